/** A dry run can show what would become of some participants; it only reads. */
import { apartFromSegments, SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import { importOrFail, listOf, memberships, requestCount, runImport } from './helpers';
import type { ImportSettings } from './helpers';

const simulator = useSimulator(SOME_SEGMENTS);

interface Effect {
	id: string;
	accountId: string;
	exists: boolean;
	before: string[];
	after: string[];
	added: string[];
	removed: string[];
}

const preview = async (
	csv: string,
	previewSize: number,
	settings: ImportSettings = {},
): Promise<Effect[]> => {
	const run = await importOrFail(simulator(), csv, {
		output: 'summary',
		...settings,
		dryRun: true,
		options: { previewSize, ...settings.options },
	});
	return ((run.summary.plan as { effects?: Effect[] }).effects ?? []).sort((a, b) =>
		a.id < b.id ? -1 : 1,
	);
};

it('shows before, after and the difference, repeated rows together', async () => {
	simulator().state.addParticipant({ id: 'a', segments: ['x', 'y'] });
	simulator().state.addParticipant({ id: 'b', accountId: 'B', segments: ['x'] });
	const before = memberships(simulator());
	const csv = [
		'id,accountId,action,segments',
		'a,,remove,x',
		'b,B,set,z',
		'c,,add,z',
		'a,,add,z|x',
		'a,,remove,y',
		',,add,z',
		'',
	].join('\n');
	expect(await preview(csv, 10, { action: 'file' })).toEqual([
		{
			id: 'a',
			accountId: 'a',
			exists: true,
			before: ['x', 'y'],
			after: expect.arrayContaining(['x', 'z']) as unknown,
			added: ['z'],
			removed: ['y'],
		},
		{
			id: 'b',
			accountId: 'B',
			exists: true,
			before: ['x'],
			after: ['z'],
			added: ['z'],
			removed: ['x'],
		},
		{ id: 'c', accountId: 'c', exists: false, before: [], after: ['z'], added: ['z'], removed: [] },
	]);
	expect(memberships(simulator())).toEqual(before);
	expect(apartFromSegments(simulator()).map(({ rootFields }) => new Set(rootFields))).toEqual([
		new Set(['user']),
	]);
});

it('agrees with the import', async () => {
	for (let index = 1; index <= 30; index += 2) {
		simulator().state.addParticipant({ id: `p${index}`, segments: ['x', 'y'] });
	}
	const csv = listOf(30);
	const settings: ImportSettings = { action: 'set', segments: ['x', 'z'] };
	const effects = await preview(csv, 30, settings);
	await importOrFail(simulator(), csv, settings);
	const after = memberships(simulator());
	expect(effects).toHaveLength(30);
	for (const effect of effects) expect([...effect.after].sort()).toEqual(after[effect.id]);
});

it.each(['skip', 'error'] as const)(
	'agrees with the import that does not create: %s',
	async (ifMissing) => {
		simulator().state.addParticipant({ id: 'p1', segments: ['x'] });
		const effects = await preview(listOf(2), 2, { segments: ['y'], ifMissing });
		expect(effects.map(({ exists, after }) => ({ exists, after }))).toEqual([
			{ exists: true, after: ['x', 'y'] },
			{ exists: false, after: [] },
		]);
	},
);

it('takes the same sample every time, of the size that was asked for', async () => {
	const csv = listOf(2_000);
	const first = await preview(csv, 50);
	expect(first).toHaveLength(50);
	expect(await preview(csv, 50)).toEqual(first);
	const numbers = first.map(({ id }) => Number(id.slice(1)));
	for (const quarter of [0, 1, 2, 3]) {
		const inQuarter = numbers.filter((n) => Math.floor((n - 1) / 500) === quarter).length;
		expect(inQuarter).toBeGreaterThan(3);
	}
});

it('reads 100 participants per request, and without the option those of a short list, for their number', async () => {
	expect(await preview(listOf(300), 250)).toHaveLength(250);
	expect(requestCount(simulator(), 'LookUpParticipants')).toBe(3);
	simulator().clearRequests();
	expect(await preview(listOf(300), 0)).toEqual([]);
	expect(apartFromSegments(simulator())).toHaveLength(3);
	simulator().clearRequests();
	expect(await preview(listOf(1_001), 0)).toEqual([]);
	expect(apartFromSegments(simulator())).toHaveLength(0);
});

it('takes at most 1000 participants', async () => {
	expect(await preview(listOf(1_500), 1_000)).toHaveLength(1_000);
	const run = await runImport(simulator(), listOf(1), {
		dryRun: true,
		options: { previewSize: 1_001 },
	});
	expect(run.error?.message).toContain('Preview Effects');
});

it('is left out when the import is not a dry run', async () => {
	const run = await importOrFail(simulator(), listOf(2), { options: { previewSize: 2 } });
	expect(run.summary.plan).toBeUndefined();
	expect(requestCount(simulator(), 'LookUpParticipants')).toBe(0);
});
