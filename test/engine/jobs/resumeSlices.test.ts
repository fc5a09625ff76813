/** Max Rows per Run together with Resume Interrupted Import: neither repeats or leaves out what the other has done. */
import type { IDataObject } from 'n8n-workflow';
import { SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import {
	asJob,
	counts,
	importOrFail,
	listOf,
	memberships,
	requestCount,
	runImport,
} from './helpers';
import type { ImportRun, ImportSettings } from './helpers';

const simulator = useSimulator(SOME_SEGMENTS);

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
	simulator().options.jobPendingPolls = 0;
});

const ROWS = 50;
const CSV = listOf(ROWS);

const byRows = (options: IDataObject = {}): ImportSettings => ({
	onError: 'continueRegularOutput',
	options: { batchSize: 5, concurrency: 1, resume: true, maxRowsPerRun: 20, ...options },
});

const byJobs = (options: IDataObject = {}): ImportSettings => ({
	...asJob({ rowsPerJob: 10, resume: true, maxRowsPerRun: 20, ...options }),
	onError: 'continueRegularOutput',
});

const rowNumbers = ({ rows }: ImportRun): number[] =>
	rows.map(({ rowNumber }) => Number(rowNumber));

const range = (first: number, last: number): number[] =>
	Array.from({ length: last - first + 1 }, (_, index) => first + index);

const timesWritten = (row: number): number =>
	simulator().state.writeCounts.get(`p${row - 1}\u0000p${row - 1}`) ?? 0;

const everybodyOnce = (): void => {
	expect(range(2, ROWS + 1).map(timesWritten)).toEqual(Array(ROWS).fill(1));
	expect(Object.values(memberships(simulator()))).toEqual(Array(ROWS).fill(['vip']));
};

describe.each([
	['row by row', byRows],
	['with import jobs', byJobs],
])('%s', (_, settings) => {
	it('a later execution takes the next slice by itself, and the one after the last begins anew', async () => {
		const first = await importOrFail(simulator(), CSV, settings());
		const second = await importOrFail(simulator(), CSV, {
			...settings(),
			staticData: first.staticData,
		});
		const third = await importOrFail(simulator(), CSV, {
			...settings(),
			staticData: second.staticData,
		});
		expect([first, second, third].map(rowNumbers)).toEqual([
			range(2, 21),
			range(22, 41),
			range(42, 51),
		]);
		everybodyOnce();
		expect(third.summary).toMatchObject({ startedAtRow: 42, complete: true });
		const again = await importOrFail(simulator(), CSV, {
			...settings(),
			staticData: third.staticData,
		});
		expect(rowNumbers(again)).toEqual(range(2, 21));
		expect(again.summary).toMatchObject({ succeeded: 20 });
		expect(timesWritten(2)).toBe(2);
	});

	it('so does a loop with nextRow, without a note about rows that were left out', async () => {
		let staticData: IDataObject | undefined;
		let next: unknown = 2;
		const notes: unknown[] = [];
		while (next !== undefined) {
			const run: ImportRun = await importOrFail(simulator(), CSV, {
				...settings({ startAtRow: Number(next) }),
				staticData,
			});
			({ staticData } = run);
			next = run.summary.nextRow;
			notes.push(...(run.summary.notes as unknown[]));
		}
		everybodyOnce();
		expect(notes).toEqual([]);
	});
});

it('row by row, a slice that was interrupted goes on there, with a slice of full length', async () => {
	simulator().faults.add({
		match: { operationName: 'UpsertParticipants', nth: 3 },
		times: 'always',
		then: { kind: 'status', status: 401 },
	});
	const first = await runImport(simulator(), CSV, byRows());
	expect(first.summary).toMatchObject({ succeeded: 10, firstRowNotSent: 12, rowsLeft: 30 });
	simulator().faults.clear();
	const second = await importOrFail(simulator(), CSV, {
		...byRows(),
		staticData: first.staticData,
	});
	expect(rowNumbers(second)).toEqual(range(12, 31));
	expect(second.summary).toMatchObject({ startedAtRow: 12, nextRow: 32, rowsLeft: 20 });
});

it('jobs of a slice that was interrupted are found by a run over the same slice, and by no other', async () => {
	await importOrFail(simulator(), CSV, byJobs({ resume: false }));
	// The second job of the second slice is never started.
	simulator().faults.add({
		match: { path: '/export/upload', nth: 2 },
		times: 'always',
		then: { kind: 'status', status: 401 },
	});
	simulator().clearRequests();
	const broken = await runImport(simulator(), CSV, byJobs({ resume: false, startAtRow: 22 }));
	expect(counts(broken.summary)).toEqual({ succeeded: 10, notSent: 10 });
	simulator().faults.clear();

	// From the top: the first slice is begun again, since it was finished.
	simulator().clearRequests();
	const first = await importOrFail(simulator(), CSV, byJobs());
	expect(rowNumbers(first)).toEqual(range(2, 21));
	expect(requestCount(simulator(), 'CreateImportJob')).toBe(2);

	// The second one goes on with its first job.
	simulator().clearRequests();
	const second = await importOrFail(simulator(), CSV, {
		...byJobs(),
		staticData: first.staticData,
	});
	expect(rowNumbers(second)).toEqual(range(22, 41));
	expect(counts(second.summary)).toEqual({ succeeded: 20 });
	expect(requestCount(simulator(), 'CreateImportJob')).toBe(1);
	expect(range(22, 41).map(timesWritten)).toEqual(Array(20).fill(1));
});
