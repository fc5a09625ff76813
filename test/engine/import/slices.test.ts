/** Max Rows per Run: a file in slices, each a run that ends in order. */
import { requestCount } from '../jobs/helpers';
import { TestApi } from './testApi';
import {
	AS_THE_FILE_SAYS,
	counts,
	expectAccounted,
	inputsOf,
	listOf,
	memberships,
	OWN_SEGMENTS,
	runImport,
} from './helpers';
import type { ImportInput, ImportRun } from './helpers';

const sim = new TestApi();

/** Runs, each from where the one before says, until none says so. */
async function inSlices(csv: string, input: ImportInput = {}): Promise<ImportRun[]> {
	const runs: ImportRun[] = [];
	let next: unknown = 2;
	while (next !== undefined) {
		expect(runs.length).toBeLessThan(20);
		const run = await runImport(sim.api, csv, {
			...input,
			options: { ...input.options, startAtRow: Number(next) },
		});
		if (run.error !== undefined) throw run.error;
		runs.push(run);
		next = run.summary.nextRow;
	}
	return runs;
}

const rowsOf = (runs: ImportRun[]): number[] =>
	runs.flatMap(({ rows }) => rows.map(({ rowNumber }) => Number(rowNumber)));

describe('a run with Max Rows per Run', () => {
	it('takes so many rows, says where the next one starts, and is no failure', async () => {
		const csv = listOf(25);
		const run = await runImport(sim.api, csv, { options: { maxRowsPerRun: 10 } });
		expect(run.summary).toMatchObject({
			rows: 10,
			succeeded: 10,
			notSent: 0,
			nextRow: 12,
			rowsLeft: 15,
			firstRowNotSent: 12,
			complete: false,
			stopReason: "The run ended after 10 rows, as set in 'Max Rows per Run'",
			message:
				"10 of 10 rows imported. The run ended after 10 rows, as set in 'Max Rows per Run'. 15 more rows are left to the next run, which starts at row 12",
		});
		expect(run.rejects).toBeUndefined();
		expect(run.rows).toHaveLength(10);
		expect(Object.keys(memberships(sim.api))).toHaveLength(10);
		// Said above the output, but not as trouble.
		expect(run.hints).toEqual([
			expect.objectContaining({ type: 'info', message: run.summary.message }),
		]);
	});

	it('after run, every row is imported once, and the last one has no nextRow', async () => {
		const csv = listOf(25);
		const runs = await inSlices(csv, { options: { maxRowsPerRun: 10 } });
		expect(runs.map(({ summary }) => [summary.rows, summary.nextRow, summary.rowsLeft])).toEqual([
			[10, 12, 15],
			[10, 22, 5],
			[5, undefined, undefined],
		]);
		expect(runs[2].summary).toMatchObject({ complete: true });
		expect(runs[2].summary).not.toHaveProperty('nextRow');
		expect(runs[2].summary).not.toHaveProperty('firstRowNotSent');
		expect(runs[2].hints).toEqual([]);
		expect(rowsOf(runs)).toEqual(Array.from({ length: 25 }, (_, index) => index + 2));
		expect(inputsOf(sim.api)).toHaveLength(25);
	});

	it('counts rows as the summary does: blank lines are none, and a file that fits is done', async () => {
		const csv = 'id,note\na,1\n\n\nb,2\n,3\n\nc,4\n';
		const runs = await inSlices(csv, { options: { maxRowsPerRun: 2 } });
		expect(runs.map(({ summary }) => [summary.rows, summary.nextRow])).toEqual([
			[2, 6],
			[2, undefined],
		]);
		expect(counts(runs[1].summary)).toEqual({ succeeded: 1, invalid: 1 });
		expect(rowsOf(runs)).toEqual([2, 5, 6, 8]);
		const whole = await runImport(sim.api, csv, { options: { maxRowsPerRun: 4 } });
		expect(whole.summary).toMatchObject({ rows: 4, complete: true });
		expect(whole.summary).not.toHaveProperty('nextRow');
	});

	it('0 takes all rows', async () => {
		const all = await runImport(sim.api, listOf(5), { options: { maxRowsPerRun: 0 } });
		expect(all.summary).toMatchObject({ rows: 5, complete: true });
	});

	it('a dry run checks the whole file', async () => {
		const run = await runImport(sim.api, listOf(25), {
			dryRun: true,
			options: { maxRowsPerRun: 10 },
		});
		expect(run.summary).toMatchObject({ rows: 25, planned: 25 });
		expect(run.summary).not.toHaveProperty('nextRow');
	});

	it('refuses a file as a whole before its first slice', async () => {
		const csv = 'id,segments\na,vip\nb,vip\nc,one\nd,two\n';
		const run = await runImport(sim.api, csv, {
			...OWN_SEGMENTS,
			options: { maxRowsPerRun: 2, createMissingSegments: true, maxNewSegments: 1 },
		});
		expect(run.error?.message).toContain('More than 1 segment would be created in this run');
		expect(inputsOf(sim.api)).toEqual([]);
	});
});

describe('rows of one participant in several slices', () => {
	const CSV = 'id,segments,action\na,vip,add\nb,vip,add\na,vip,remove\nb,beta,add\na,beta,add\n';

	it('keep their order', async () => {
		await inSlices(CSV, { ...AS_THE_FILE_SAYS, options: { maxRowsPerRun: 2 } });
		expect(memberships(sim.api)).toEqual({ a: ['beta'], b: ['beta', 'vip'] });
	});

	it.each<[string, Record<string, string[]>]>([
		['first', { a: ['vip'], b: ['vip'] }],
		['last', { a: ['beta'], b: ['beta'] }],
	])('count as in one run: the %s of them', async (duplicates, expected) => {
		const runs = await inSlices(CSV, {
			...AS_THE_FILE_SAYS,
			options: { maxRowsPerRun: 2, duplicates },
		});
		expect(memberships(sim.api)).toEqual(expected);
		expect(rowsOf(runs)).toEqual([2, 3, 4, 5, 6]);
	});

	it('are refused, when several of them are, in each slice', async () => {
		const runs = await inSlices(CSV, {
			...AS_THE_FILE_SAYS,
			options: { maxRowsPerRun: 2, duplicates: 'error' },
		});
		expect(runs.map(({ summary }) => counts(summary))).toEqual([
			{ invalid: 2 },
			{ invalid: 2 },
			{ invalid: 1 },
		]);
	});

	it('a note says that the rejects file comes before the next run, where the order counts', async () => {
		sim.api.options.participantRejects = { a: { message: 'No.', statusCode: 400 } };
		const note =
			'The rows that are left may be about participants in the rejects file: import that file before the next run, or it undoes what they ask for';
		const differing = await runImport(sim.api, CSV, {
			...AS_THE_FILE_SAYS,
			options: { maxRowsPerRun: 2 },
		});
		expect(differing.rejects).toHaveLength(2);
		expect(differing.summary).toMatchObject({ nextRow: 4, rejected: 1, notes: [note] });
		const alike = await runImport(sim.api, 'id\na\nb\nc\n', { options: { maxRowsPerRun: 2 } });
		expect(alike.summary).toMatchObject({ nextRow: 4, rejected: 1, notes: [] });
	});
});

describe('a slice that ends early', () => {
	it('by Stop On: no nextRow, its rows in the rejects file, those behind it as left', async () => {
		sim.api.options.participantRejects = { p3: { message: 'No.', statusCode: 400 } };
		const run = await runImport(sim.api, listOf(20), {
			options: { maxRowsPerRun: 10, stopOn: 'firstFailure', batchSize: 1, concurrency: 1 },
		});
		expect(counts(run.summary)).toEqual({ succeeded: 2, rejected: 1, notSent: 7 });
		expect(run.summary).toMatchObject({ firstRowNotSent: 5, rowsLeft: 10, complete: false });
		expect(run.summary).not.toHaveProperty('nextRow');
		expect(run.summary.message).toMatch(
			/'First Failed Row'\. 10 more rows are left to the next run\. The first row not sent is row 5$/,
		);
		expect(run.rejects).toHaveLength(9);
		expectAccounted(run, listOf(10));
	});

	it('by a refused key: the same', async () => {
		sim.api.faults.add({
			match: { operationName: 'UpsertParticipants', nth: 2 },
			times: 'always',
			then: { kind: 'status', status: 401 },
		});
		const run = await runImport(sim.api, listOf(20), {
			onError: 'continueRegularOutput',
			options: { maxRowsPerRun: 10, batchSize: 5, concurrency: 1 },
		});
		expect(run.summary).toMatchObject({ rows: 10, succeeded: 5, rejected: 5, rowsLeft: 10 });
		expect(run.summary).not.toHaveProperty('nextRow');
	});

	it('because the segments are not known: the same', async () => {
		sim.api.faults.add({
			match: { operationName: 'ListSegments' },
			times: 'always',
			then: { kind: 'status', status: 401 },
		});
		sim.api.faults.add({
			match: { operationName: 'LookUpSegments' },
			times: 'always',
			then: { kind: 'status', status: 401 },
		});
		const run = await runImport(sim.api, listOf(20), {
			onError: 'continueRegularOutput',
			options: { maxRowsPerRun: 10 },
		});
		expect(run.summary).toMatchObject({ rows: 10, notSent: 10, rowsLeft: 10 });
		expect(run.summary).not.toHaveProperty('nextRow');
	});
});

describe('the other ways to import', () => {
	it('Import Items: items are counted, and the next one is a number of an item', async () => {
		const input = Array.from({ length: 5 }, (_, index) => ({ json: { id: `p${index}` } }));
		const options = { maxRowsPerRun: 3 };
		const parameters = { operation: 'importItems' };
		const first = await runImport(sim.api, input, { options, parameters });
		expect(first.summary).toMatchObject({
			rows: 3,
			nextRow: 3,
			rowsLeft: 2,
			message: expect.stringContaining("after 3 items, as set in 'Max Rows per Run'. 2 more items"),
		});
		const rest = await runImport(sim.api, input, {
			options: { ...options, startAtItem: 3 },
			parameters,
		});
		expect(rest.summary).toMatchObject({ rows: 2, complete: true });
		expect(rest.summary).not.toHaveProperty('nextRow');
	});

	it('an import job for each slice', async () => {
		sim.api.options.jobPendingPolls = 0;
		const runs = await inSlices(listOf(25), {
			details: 'none',
			options: { maxRowsPerRun: 10, engine: 'job', rowsPerJob: 8 },
		});
		expect(runs.map(({ summary }) => [summary.succeeded, summary.nextRow])).toEqual([
			[10, 12],
			[10, 22],
			[5, undefined],
		]);
		expect(rowsOf(runs)).toEqual(Array.from({ length: 25 }, (_, index) => index + 2));
		expect(requestCount(sim.api, 'CreateImportJob')).toBe(5);
		expect(Object.keys(memberships(sim.api))).toHaveLength(25);
	});

	it('Automatic looks at the rows of the run', async () => {
		const run = await runImport(sim.api, listOf(100_050), {
			details: 'none',
			output: 'summary',
			options: { maxRowsPerRun: 50 },
		});
		expect(run.summary).toMatchObject({
			engine: 'rows',
			engineReason: 'The run has at most 100,000 rows',
			nextRow: 52,
			rowsLeft: 100_000,
		});
	});
});

describe('Start at Row behind the last row', () => {
	const refusal = async (csv: string, input: ImportInput) => {
		const { error } = await runImport(sim.api, csv, input);
		expect(sim.api.requests).toEqual([]);
		return { message: error?.message, hint: error?.description };
	};

	it.each<[string, ImportInput]>([
		['an import', {}],
		['a dry run', { dryRun: true }],
		['an import job', { details: 'none', options: { engine: 'job' } }],
		['one that may be gone on with', { options: { resume: true }, mode: 'trigger' }],
	])('is refused: %s', async (_, input) => {
		const csv = 'id,note\na,1\n\n,2\n\n';
		const options = { ...input.options, startAtRow: 5 };
		expect(await refusal(csv, { ...input, options })).toEqual({
			message: "'Start at Row' is 5, but the file has 2 rows, and the last one is row 4 [item 0]",
			hint: "Nothing was sent. Rows are counted as in a spreadsheet, where the header is row 1. Enter a lower number, or remove the option to import all of them. In a loop, end it when the summary has no 'nextRow'",
		});
		const last = await runImport(sim.api, csv, {
			...input,
			options: { ...options, startAtRow: 4 },
		});
		expect(last.summary).toMatchObject({ rows: 1, invalid: 1 });
	});

	it('of items too', async () => {
		const input = [{ json: { id: 'a' } }, { json: { id: 'b' } }];
		const run = await runImport(sim.api, input, {
			options: { startAtItem: 99 },
			parameters: { operation: 'importItems' },
		});
		expect(sim.api.requests).toEqual([]);
		expect(run.error?.message).toBe(
			"'Start at Item' is 99, but the list has 2 items, and the last one is item 1",
		);
		expect(run.error?.description).toContain('Items are counted from 0. Enter a lower number');
	});

	it.each(['id\n', 'id\n\n'])(
		'a file with nothing below its header says just that',
		async (csv) => {
			for (const startAtRow of [2, 999]) {
				const run = await runImport(sim.api, csv, { options: { startAtRow } });
				expect(run.summary).toMatchObject({
					rows: 0,
					notes: ['The file has a header, but no rows below it.'],
				});
			}
		},
	);
});
