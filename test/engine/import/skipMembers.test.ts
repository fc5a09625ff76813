/** Skip Members Already In: the members are read once, and nothing is sent that would change nothing. */
import { KnownMembers } from '../../../nodes/ImpactAdvocate/import/plan/knownMembers';
import { addSegments, sent, shown } from '../../support/advocate';
import { counts, inputsOf, listOf, memberships, runImport, statuses, writesOf } from './helpers';
import type { ImportInput, ImportRun } from './helpers';
import { TestApi } from './testApi';

const sim = new TestApi();

const SKIP = { skipMembers: true };

const skipping = async (csv: string, input: ImportInput = {}): Promise<ImportRun> =>
	await runImport(sim.api, csv, { ...input, options: { ...SKIP, ...input.options } });

/** Participants by ID, and what they are in. */
const given = (people: Record<string, string[]>): void => {
	for (const [id, segments] of Object.entries(people))
		sim.api.state.addParticipant({ id, segments });
};

const idsOf = () => inputsOf(sim.api).map(({ id }) => id);

test.each(['importCsv', 'importItems'])(
	'%s adds only those who are not in yet',
	async (operation) => {
		given({ a: ['vip'], b: ['other'], c: ['vip', 'other'] });
		const list = ['a', 'b', 'c', 'd'];
		const run =
			operation === 'importCsv'
				? await skipping(`id\n${list.join('\n')}\n`)
				: await runImport(
						sim.api,
						list.map((id) => ({ json: { id } })),
						{ options: SKIP, parameters: { operation } },
					);
		expect(run.error).toBeUndefined();
		expect(idsOf()).toEqual(['b', 'd']);
		expect(counts(run.summary)).toEqual({ succeeded: 2, unchanged: 2 });
		expect(Object.values(statuses(run))).toEqual([
			'unchanged',
			'succeeded',
			'unchanged',
			'succeeded',
		]);
		expect(sent(sim.api)).toEqual(['ListParticipants', 'UpsertParticipants']);
		expect(run.summary.message).toMatch(/^4 of 4 (rows|items) imported \(2 unchanged\)$/);
		expect(run.hints).toEqual([]);
	},
);

test('a second run of a large list reads and writes nothing', async () => {
	const csv = listOf(350);
	await skipping(csv, { output: 'summary' });
	const writes = writesOf(sim.api).length;
	const run = await skipping(csv, { output: 'summary' });
	expect(counts(run.summary)).toEqual({ unchanged: 350 });
	expect(writesOf(sim.api)).toHaveLength(writes);
	expect(sent(sim.api).slice(-4)).toEqual(Array(4).fill('ListParticipants'));
	// And one that looks up the segment.
	expect(run.summary.requests).toBe(5);
});

test('off, everybody is sent', async () => {
	given({ a: ['vip'] });
	const run = await runImport(sim.api, 'id\na\n');
	expect(idsOf()).toEqual(['a']);
	expect(counts(run.summary)).toEqual({ succeeded: 1 });
});

test('who is in some of the segments only is sent, and accounts count', async () => {
	given({ a: ['one', 'two'], b: ['one'] });
	sim.api.state.addParticipant({ id: 'c', accountId: 'acme', segments: ['one', 'two'] });
	const run = await skipping('id,accountId\na,\nb,\nc,acme\nc,\n', { segments: ['one', 'two'] });
	expect(inputsOf(sim.api).map(({ id, accountId }) => [id, accountId])).toEqual([
		['b', 'b'],
		['c', 'c'],
	]);
	expect(counts(run.summary)).toEqual({ succeeded: 2, unchanged: 2 });
});

test('rows with segments of their own', async () => {
	addSegments(sim.api, ['two']);
	given({ a: ['one'], b: ['one'] });
	await skipping('id,segments\na,one\nb,one|two\n', { segments: [] });
	expect(idsOf()).toEqual(['b']);
	expect(memberships(sim.api)).toEqual({ a: ['one'], b: ['one', 'two'] });
});

describe('details', () => {
	const CSV = 'id,firstName\na,Ann\nb,Bob\n';

	beforeEach(() => given({ a: ['vip'] }));

	test('of new participants only: who is in has nothing to be sent', async () => {
		await skipping(CSV);
		expect(idsOf()).toEqual(['b']);
	});

	test('of all: they are sent', async () => {
		await skipping(CSV, { details: 'all' });
		expect(idsOf()).toEqual(['a', 'b']);
	});
});

describe('with Remove', () => {
	const CSV = 'id\nmember\nother\nnobody\n';

	beforeEach(() => given({ member: ['vip', 'old'], other: ['old'] }));

	test('only members are sent', async () => {
		const run = await skipping(CSV, { action: 'remove' });
		expect(idsOf()).toEqual(['member']);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'unchanged', 4: 'unchanged' });
		expect(memberships(sim.api)).toEqual({ member: ['old'], other: ['old'] });
	});

	test('whose details are kept is unchanged when looked up and found outside', async () => {
		const run = await skipping('id,firstName\nmember,Mia\nother,Otto\n', {
			action: 'remove',
			ifMissing: 'error',
		});
		expect(idsOf()).toEqual(['member']);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'unchanged' });
		expect(sim.api.state.participants.get('other')?.firstName ?? null).toBeNull();
	});

	test('who must exist is looked up, and written only if a member', async () => {
		const run = await skipping(CSV, { action: 'remove', ifMissing: 'error' });
		expect(idsOf()).toEqual(['member']);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'unchanged', 4: 'rejected' });
	});

	test('who is to be created is', async () => {
		const run = await skipping(CSV, { action: 'remove', ifMissing: 'create' });
		expect(idsOf()).toEqual(['member', 'nobody']);
		expect(statuses(run)).toMatchObject({ 2: 'succeeded', 3: 'unchanged' });
		expect(memberships(sim.api)).toEqual({ member: ['old'], nobody: [], other: ['old'] });
	});
});

test('a dry run tells it', async () => {
	given({ a: ['vip'] });
	const run = await skipping('id\na\nb\n\n,\n', { dryRun: true });
	expect(writesOf(sim.api)).toEqual([]);
	expect(counts(run.summary)).toEqual({ planned: 1, unchanged: 1 });
	expect(run.summary.message).toBe(
		'Dry run. Nothing was sent. 1 of 2 rows can be sent, 1 participant would be created, 1 already as asked',
	);
});

test('an import job gets the others only', async () => {
	sim.api.state.addSegment({ key: 'vip', name: 'VIP' });
	given({ a: ['vip'] });
	const run = await skipping('id\na\nb\n', { options: { engine: 'job' } });
	expect(run.error).toBeUndefined();
	expect(statuses(run)).toEqual({ 2: 'unchanged', 3: 'succeeded' });
	expect(memberships(sim.api)).toEqual({ a: ['vip'], b: ['vip'] });
	expect(run.summary.jobs).toEqual([expect.objectContaining({ rows: 1, firstRow: 3 })]);
});

test.each(['set', 'clear', 'file'] as const)('the action %s is refused', async (action) => {
	const run = await skipping('id\na\n', { action, segments: action === 'set' ? ['vip'] : [] });
	expect(shown(run.error)).toMatchObject({
		message: "'Skip Members Already In' does not go with this 'Action' [item 0]",
		description: "Turn 'Skip Members Already In' off, or set 'Action' to 'Add' or 'Remove'",
	});
	expect(sim.api.requests).toEqual([]);
});

test('more than 50 segments are refused', async () => {
	const rows = Array.from({ length: 51 }, (_, index) => `p${index},s${index}`);
	const run = await skipping(`id,segments\n${rows.join('\n')}\n`, { segments: [] });
	expect(shown(run.error).message).toMatch(/^More than 50 different segments are named/);
	expect(sim.api.requests).toEqual([]);
});

describe('a reading that is not complete', () => {
	const known = new KnownMembers(['vip'], false);
	known.add('a', ['vip', 'other']);
	const row = (id: string, change: { add?: string[]; remove?: string[] }) => ({
		id,
		accountId: id,
		action: 'add' as const,
		change: { clear: false, add: [], remove: [], ...change },
	});

	test('whoever it has is a member; who it lacks may be one', () => {
		expect(known.isAsAsked(row('a', { add: ['vip'] }))).toBe(true);
		expect(known.isAsAsked(row('b', { add: ['vip'] }))).toBe(false);
		expect(known.isAsAsked(row('b', { remove: ['vip'] }))).toBe(false);
		expect(known.notes).toEqual([expect.stringContaining('changed while')]);
	});

	test('a complete one knows both', () => {
		const whole = new KnownMembers(['vip'], true);
		expect(whole.isAsAsked(row('b', { remove: ['vip'] }))).toBe(true);
		expect(whole.isAsAsked({ ...row('b', {}), change: { clear: true, add: [], remove: [] } })).toBe(
			false,
		);
		expect(whole.notes).toEqual([]);
	});
});
