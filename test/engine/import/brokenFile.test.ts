/**
 * The stored file can't be read to its end: an object store closes the connection, or the object is gone. Before
 * anything was sent, the node fails; afterwards it keeps the account of every row.
 */
import { SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import { storedBinary, watchStore } from '../harness';
import { listOf, memberships, runImport, statuses, writesOf } from './helpers';
import type { ImportInput, ImportRun } from './helpers';

const simulator = useSimulator(SOME_SEGMENTS);

const ROWS = 4000;

const CSV = listOf(ROWS);

/** Some of the file, less than all of it. */
const BYTES = 12_000;

const BATCHES: ImportInput = { output: 'failed', options: { engine: 'rows', batchSize: 100 } };

async function importStored(input: ImportInput, opening?: number, bytes?: number, csv = CSV) {
	const items = [{ json: {}, binary: { data: await storedBinary(csv, 'people.csv') } }];
	const store = await watchStore(opening, bytes);
	try {
		const run = await runImport(simulator(), items, { binaryField: 'data', ...input });
		return { run, openings: store.openings };
	} finally {
		store.restore();
	}
}

/** How often an import opens its file, so that one of the readings can be chosen. */
async function openingsOf(input: ImportInput): Promise<number> {
	const { run, openings } = await importStored(input);
	expect(run.error).toBeUndefined();
	simulator().reset();
	return openings;
}

/** Who is reported as imported is, exactly. */
function expectHonest({ summary }: ImportRun): void {
	const { rows, succeeded, notSent } = summary;
	expect(rows).toBe(ROWS);
	expect(Number(succeeded) + Number(notSent)).toBe(ROWS);
	expect(Object.keys(memberships(simulator()))).toHaveLength(Number(succeeded));
	expect(summary).toMatchObject({ complete: false, firstRowNotSent: Number(succeeded) + 2 });
}

it('says that nothing was sent when the file breaks off while it is looked through', async () => {
	const openings = await openingsOf(BATCHES);
	for (let opening = 1; opening < openings; opening++) {
		const { run } = await importStored(BATCHES, opening, opening === 1 ? BYTES : 1);
		expect(run.error?.message).toBe('The file could not be read to its end: aborted [item 0]');
		expect(run.error?.description).toMatch(/^Nothing was sent\. /);
		expect(writesOf(simulator())).toEqual([]);
	}
});

it('says so too when not even the first row could be read again', async () => {
	const openings = await openingsOf(BATCHES);
	const { run } = await importStored(BATCHES, openings, 1);
	expect(run.error?.description).toMatch(/^Nothing was sent\. /);
	expect(memberships(simulator())).toEqual({});
});

it('keeps the account of what was sent before it broke off', async () => {
	const input: ImportInput = { output: 'failed', options: { engine: 'rows', undoFile: true } };
	const openings = await openingsOf(input);
	// A row that can't be sent, among the first ones.
	const csv = CSV.replace('\np7\n', `\n${'x'.repeat(600)}\n`);
	const { run } = await importStored(input, openings, BYTES, csv);
	expect(run.error).toBeUndefined();
	const { summary } = run;
	const done = Number(summary.succeeded);
	const left = Number(summary.notSent);
	const bad = Number(summary.invalid);
	expect(bad).toBeGreaterThan(0);
	expect(summary).toMatchObject({
		rows: ROWS,
		complete: false,
		stopReason: 'The file could not be read to its end: aborted',
		firstRowNotSent: done + bad + 2,
	});
	expect(done + bad + left).toBe(ROWS);
	expect(Object.keys(memberships(simulator()))).toHaveLength(done);
	const count = (value: number) => value.toLocaleString('en-US');
	expect(summary.message).toBe(
		`${count(done)} of 4,000 rows imported, ${count(bad + left)} not (${bad} invalid, ${count(left)} not sent). ${count(done)} participants were created. The file could not be read to its end: aborted. The first row not sent is row ${done + bad + 2}`,
	);
	expect(run.hints).toEqual([
		expect.objectContaining({
			type: 'warning',
			message: expect.stringMatching(
				/^[\d,]+ of 4,000 rows imported, [\d,]+ not \([^)]*\): row 8: the participant ID has 600 characters .*; rejects file and undo file attached\. [\d,]+ participants were created\. The file could not be read to its end: aborted\. The first row not sent is row \d+$/,
			) as unknown,
		}),
		expect.objectContaining({
			message: expect.stringMatching(
				/^The undo file takes back segments only: the [\d,]+ participants whom this import created stay/,
			) as unknown,
		}),
	]);
	expect(run.rejects?.slice(1).map(([rowNumber]) => rowNumber)[0]).toBe('8');
	expect(run.main[0].binary?.undo).toBeDefined();

	// The rest goes in from there.
	const startAtRow = Number(summary.firstRowNotSent);
	const { run: rest } = await importStored({ options: { engine: 'rows', startAtRow } });
	expect(rest.summary.succeeded).toBe(left);
	expect(Object.keys(memberships(simulator()))).toHaveLength(ROWS - bad);
});

it('does the same when the file has become shorter', async () => {
	const openings = await openingsOf(BATCHES);
	const { run } = await importStored(BATCHES, openings, -BYTES);
	expectHonest(run);
	expect(run.summary.stopReason).toMatch(
		/^The file could not be read to its end: it had \d+ bytes/,
	);
});

it('tells what a dry run has seen', async () => {
	const dry = { ...BATCHES, dryRun: true };
	const openings = await openingsOf(dry);
	const { run } = await importStored(dry, openings, BYTES);
	const { planned, notSent } = run.summary;
	expect(Number(planned)).toBeGreaterThan(0);
	expect(Number(planned) + Number(notSent)).toBe(ROWS);
	expect(run.summary.complete).toBe(false);
});

describe('through import jobs', () => {
	const asJob: ImportInput = {
		output: 'all',
		options: { engine: 'job', rowsPerJob: 200, createMissingSegments: true },
	};

	it('knows what became of the jobs before it broke off, and never calls the last of them the last', async () => {
		// The file is read twice more after the jobs: for a sample of its participants, and to report on its rows.
		const openings = await openingsOf(asJob);
		const { run } = await importStored(asJob, openings - 2, BYTES);
		const { succeeded, unconfirmed, notSent, complete, firstRowNotSent } = run.summary;
		// The jobs report success, which nothing can be held to any more.
		expect([succeeded, complete]).toEqual([0, false]);
		expect(Number(unconfirmed) + Number(notSent)).toBe(ROWS);
		expect(Object.keys(memberships(simulator()))).toHaveLength(Number(unconfirmed));
		expect(firstRowNotSent).toBe(Number(unconfirmed) + 2);
		const names = (run.summary.jobs as Array<{ name: string }>).map(({ name }) => name);
		expect(names.length).toBeGreaterThan(5);
		for (const name of names) expect(name).not.toMatch(/\(last\)$/);
	});

	it('confirms nothing when the participants to look at are gone', async () => {
		const openings = await openingsOf(asJob);
		const { run } = await importStored(asJob, openings - 1, BYTES);
		expect(run.summary).toMatchObject({ succeeded: 0, unconfirmed: ROWS, complete: false });
		expect(run.rows[0].message).toContain("the file can't be read again to check that");
		expect(run.rejects).toHaveLength(1 + ROWS);
	});

	it('reports on every row although its cells are gone', async () => {
		const openings = await openingsOf(asJob);
		const { run } = await importStored(asJob, openings, 1);
		expect(run.summary).toMatchObject({ succeeded: ROWS, complete: true });
		expect(Object.keys(statuses(run))).toHaveLength(ROWS);
		expect(Object.keys(memberships(simulator()))).toHaveLength(ROWS);
	});
});
