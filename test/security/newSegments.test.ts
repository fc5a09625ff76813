/** Segments can't be deleted, so a run creates a few at most, and only after it was checked that they are a few. */
import type { INodeParameters } from 'n8n-workflow';
import {
	apartFromSegments,
	nodeRunner,
	onParticipant,
	segmentReads,
	sent,
	shown,
	useSimulator,
} from '../support/advocate';
import { counts, runImport, writesOf } from '../engine/import/helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const keys = (count: number, from = 0): string[] =>
	Array.from({ length: count }, (_, index) => `s${from + index}`);

const csvOf = (names: string[]): string =>
	`id,segments\n${names.map((key, index) => `p${index},${key}`).join('\n')}\n`;

const options = { createMissingSegments: true };

const TOO_MANY =
	/^More than 10 segments would be created in this run, for example 's0', 's1', 's2', 's3', 's4'/;

/** Reads only. */
function expectUntouched(): void {
	expect(writesOf(simulator())).toEqual([]);
	expect(
		new Set(sent(simulator()).filter((name) => !/^(Get|List|LookUp)Segment/.test(name))),
	).toEqual(new Set());
	expect(simulator().state.segments.size).toBe(0);
	expect(simulator().state.participants.size).toBe(0);
}

describe('a file', () => {
	it.each([true, false])(
		'that names 300 new segments creates none (dry run: %s)',
		async (dryRun) => {
			const result = await runImport(simulator(), csvOf(keys(300)), {
				segments: [],
				dryRun,
				options,
			});
			expect(result.status).toBe('error');
			expect(result.error?.message).toMatch(TOO_MANY);
			expect(result.error?.description).toContain("raise 'Max New Segments'");
			expectUntouched();
			// It stops looking once they are too many.
			expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(12);
		},
	);

	it('that names 11 of them in its last rows creates none', async () => {
		const csv = csvOf([...new Array<string>(1_000).fill('s0'), ...keys(10, 1)]);
		const result = await runImport(simulator(), csv, { segments: [], options });
		expect(result.error?.message).toMatch(TOO_MANY);
		expectUntouched();
	});

	it('may create ten, those there are already do not count, and a dry run lists them', async () => {
		for (const key of keys(30, 100)) simulator().state.addSegment({ key });
		const csv = csvOf([...keys(30, 100), ...keys(10), ...keys(10)]);
		const dry = await runImport(simulator(), csv, { segments: [], dryRun: true, options });
		expect(dry.summary.plan).toMatchObject({ segmentsToCreate: keys(10) });
		expect(simulator().state.segments.size).toBe(30);
		const result = await runImport(simulator(), csv, { segments: [], options });
		expect(counts(result.summary)).toEqual({ succeeded: 50 });
		expect([...(result.summary.segmentsCreated as string[])].sort()).toEqual(keys(10).sort());
	});

	it('may create as many as the option says', async () => {
		const csv = csvOf(keys(12));
		const more = await runImport(simulator(), csv, {
			segments: [],
			options: { ...options, maxNewSegments: 12 },
		});
		expect(counts(more.summary)).toEqual({ succeeded: 12 });
		const fewer = await runImport(simulator(), csvOf(keys(2, 50)), {
			segments: [],
			options: { ...options, maxNewSegments: 1 },
		});
		expect(fewer.error?.message).toMatch(/^More than 1 segment would be created/);
		expect(simulator().state.segments.size).toBe(12);
	});

	it('does not count segments that it takes people out of, nor those of rows before the start', async () => {
		for (const key of keys(20)) simulator().state.addSegment({ key });
		const csv = `id,segments\n${keys(20)
			.map((key) => `p,~${key}`)
			.join('\n')}\np,s0\n`;
		const result = await runImport(simulator(), csv, { action: 'file', options });
		expect(counts(result.summary)).toEqual({ succeeded: 21 });
		const later = await runImport(simulator(), csvOf(keys(30, 100)), {
			segments: [],
			options: { ...options, startAtRow: 30 },
		});
		expect(counts(later.summary)).toEqual({ succeeded: 2 });
	});

	it('that names more segments than can be looked up is refused without a request', async () => {
		const csv = csvOf(keys(10_001));
		const result = await runImport(simulator(), csv, {
			segments: [],
			options: { ...options, maxNewSegments: 1000 },
		});
		expect(result.error?.message).toMatch(/^More than 10,000 different segments are named/);
		expect(apartFromSegments(simulator())).toEqual([]);
	});

	it('for an import job is held to it too', async () => {
		const result = await runImport(simulator(), 'id\na\n', {
			segments: keys(11),
			options: { ...options, engine: 'job' },
		});
		expect(result.error?.message).toMatch(TOO_MANY);
		expectUntouched();
	});

	it.each([true, false])(
		'counts together with the other files of a run (dry run: %s)',
		async (dryRun) => {
			const files = [keys(6), keys(6), keys(4, 6), keys(1, 10)].map((names) => ({
				json: { csv: csvOf(names) },
			}));
			const result = await runImport(simulator(), files, {
				segments: [],
				dryRun,
				output: 'summary',
				onError: 'continueRegularOutput',
				options,
			});
			expect(result.main.map(({ json }) => json.error ?? 'done')).toEqual([
				'done',
				'done',
				'done',
				"More than 10 segments would be created in this run, for example 's10' [item 3]",
			]);
			expect(simulator().state.segments.size).toBe(dryRun ? 0 : 10);
		},
	);

	it('has its limit as a number', async () => {
		const result = await runImport(simulator(), 'id\na\n', {
			options: { ...options, maxNewSegments: 0 },
		});
		expect(result.error?.message).toBe("'Max New Segments' is 0 [item 0]");
	});
});

describe('items', () => {
	const OPERATIONS: Array<[string, INodeParameters]> = [
		['addSegments', { segments: '={{ [$json.key] }}' }],
		['setSegments', { segments: '={{ [$json.key] }}' }],
		['updateSegments', { addSegments: '={{ [$json.key] }}' }],
	];
	const input = (count: number) => keys(count).map((key, index) => ({ id: `p${index}`, key }));

	it.each(OPERATIONS)(
		'%s: none of 11 is created, nothing is sent',
		async (operation, parameters) => {
			for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
				const { main, error } = await run(onParticipant(operation, { ...parameters, options }), {
					input: input(11),
					onError,
				});
				const failures = onError === 'stopWorkflow' ? [error] : main.map((item) => item.error);
				expect(failures).toHaveLength(onError === 'stopWorkflow' ? 1 : 11);
				for (const failure of failures) {
					expect(shown(failure).message).toMatch(TOO_MANY);
					expect(shown(failure).description).toContain("raise 'Max New Segments'");
				}
				expectUntouched();
			}
		},
	);

	it.each(OPERATIONS)('%s: ten are created', async (operation, parameters) => {
		const { main, status } = await run(onParticipant(operation, { ...parameters, options }), {
			input: input(10),
		});
		expect(status).toBe('success');
		expect(main).toHaveLength(10);
		expect(simulator().state.segments.size).toBe(10);
	});

	it('that name many segments of the tenant are checked with few requests', async () => {
		for (const key of keys(200)) simulator().state.addSegment({ key });
		const parameters = onParticipant('addSegments', { segments: '={{ [$json.key] }}', options });
		const { main } = await run(parameters, { input: input(200) });
		expect(main.filter(({ error }) => error !== undefined)).toEqual([]);
		expect(sent(simulator()).filter((name) => /Segments?$/.test(name))).toEqual([]);
		expect(segmentReads(simulator())).toEqual(['ListSegments']);
	});

	it('without Create Missing Segments create nothing, and are refused', async () => {
		const parameters = onParticipant('addSegments', { segments: '={{ [$json.key] }}' });
		const { error } = await run(parameters, { input: input(20) });
		expect(shown(error).message).toContain("There is no segment with the name or key 's0'");
		expectUntouched();
	});
});
