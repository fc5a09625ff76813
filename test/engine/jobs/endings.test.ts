/** How an import ends before its last row, what it leaves for the next one, and what that makes of it. */
import type { IDataObject } from 'n8n-workflow';
import { useSimulator } from '../../support/advocate';
import {
	asJob,
	counts,
	expectAccounted,
	importOrFail,
	listOf,
	memberships,
	once,
	requestCount,
	runImport,
} from './helpers';
import type { ImportRun, ImportSettings } from './helpers';

const simulator = useSimulator();

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
	simulator().options.jobPendingPolls = 0;
});

const ROWS = 60;
const A = listOf(ROWS);
const B = listOf(ROWS, 1001);

const settings = (options: IDataObject = {}): ImportSettings => ({
	onError: 'continueRegularOutput',
	options: { batchSize: 5, concurrency: 2, resume: true, ...options },
});

/** n8n's memory of a workflow: each execution gets a copy, and a changed copy is saved whole when it has ended. */
class Host {
	private saved: IDataObject = {};

	private executions = 100;

	/** Begin an execution, and run it later with what it knew then. */
	begin(): (csv: string, options?: IDataObject) => Promise<ImportRun> {
		const staticData = JSON.parse(JSON.stringify(this.saved)) as IDataObject;
		const executionId = String(++this.executions);
		return async (csv, options) => {
			const own = { ...settings(options), staticData, executionId };
			const run = await runImport(simulator(), csv, own);
			const { __dataChanged: isChanged } = run.staticData;
			if (isChanged === true && run.status !== 'canceled') {
				this.saved = JSON.parse(JSON.stringify(run.staticData)) as IDataObject;
			}
			return run;
		};
	}
}

const refuseFrom = (nth: number) =>
	simulator().faults.add({
		match: { operationName: 'UpsertParticipants', nth },
		times: 'always',
		then: { kind: 'status', status: 401 },
	});

const SHOWN = (notes: unknown) => (notes as string[]).filter((note) => /left out/.test(note));

describe('a slow import of another file, beside the interruption and the continuation', () => {
	it.each<[string, boolean]>([
		['that gets to its end', false],
		['that is interrupted itself', true],
	])('%s: no row is left out the next night', async (_, isInterrupted) => {
		const host = new Host();
		refuseFrom(5);
		const first = await host.begin()(A);
		const next = Number(first.summary.firstRowNotSent);
		expect(next).toBeGreaterThan(2);
		simulator().faults.clear();

		const slow = host.begin();
		const again = await host.begin()(A);
		expect(again.summary).toMatchObject({ startedAtRow: next, complete: true });
		expect(SHOWN(again.summary.notes)).toEqual([
			expect.stringMatching(
				new RegExp(
					`^Rows 2 to ${next - 1} were left out\\. Execution 101 got there with this file and ended early \\(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\); .*turn off 'Resume Interrupted Import'$`,
				),
			),
		]);
		expect(again.hints.map(({ message }) => message).join()).toContain('were left out');

		if (isInterrupted) refuseFrom(3);
		await slow(B);
		simulator().faults.clear();

		const nextNight = await host.begin()(A);
		expect(nextNight.summary).toMatchObject({ rows: ROWS, complete: true, notes: [] });
		expect(nextNight.summary.startedAtRow).toBeUndefined();
	});

	it('nothing is written for an import that gets to its end', async () => {
		const run = await runImport(simulator(), A, settings());
		expect(run.staticData.__dataChanged).toBe(false);
	});
});

describe("before the execution's time-out", () => {
	/** Half of it is kept for the end. Enough for a busy machine to send something in the other half. */
	const TIME_LEFT_MS = 8_000;

	/** Answers so slow that the file would take a minute. */
	const inTime = async (given: ImportSettings = settings()): Promise<ImportRun> => {
		simulator().options.latencyMs = 700;
		const run = await runImport(simulator(), A, {
			...given,
			executionEndsAt: Date.now() + TIME_LEFT_MS,
		});
		simulator().options.latencyMs = 0;
		return run;
	};

	it('an import ends by itself, and says where to go on', async () => {
		const run = await inTime();
		expect(run.status).toBe('success');
		const { nextRow, firstRowNotSent } = run.summary;
		expect(nextRow).toBe(firstRowNotSent);
		expect(Number(nextRow)).toBeGreaterThan(2);
		expect(run.summary).toMatchObject({
			rejected: 0,
			complete: false,
			stopReason: "The import ended because the execution's time-out is near",
			message: expect.stringMatching(
				/^\d+ of 60 rows imported, \d+ not \(\d+ not sent\)\. The import ended because the execution's time-out is near\. The first row not sent is row \d+$/,
			),
		});
		expectAccounted(run, A);
		// The next one does the rest, by the option or by hand.
		const { staticData } = run;
		const rest = await importOrFail(simulator(), A, { ...settings(), staticData });
		expect(rest.summary).toMatchObject({ startedAtRow: nextRow, complete: true });
		expect(rest.summary).not.toHaveProperty('nextRow');
		expect(Object.values(memberships(simulator()))).toEqual(Array(ROWS).fill(['vip']));
	});

	it('an API that asks for a pause does not hold the end up', async () => {
		simulator().faults.add({
			match: { operationName: 'UpsertParticipants', nth: 3 },
			times: 'always',
			then: { kind: 'status', status: 429, retryAfter: 60 },
		});
		const run = await inTime();
		expect(run.status).toBe('success');
		expect(run.summary).toMatchObject({
			complete: false,
			stopReason: "The import ended because the execution's time-out is near",
			nextRow: expect.any(Number),
		});
		expectAccounted(run, A);
	});

	it('an answer that does not come does not hold it up either', async () => {
		simulator().faults.add({
			match: { operationName: 'UpsertParticipants', nth: 2 },
			times: 'always',
			then: { kind: 'hang' },
		});
		const run = await inTime();
		expect(run.status).toBe('success');
		expect(run.summary).toMatchObject({
			complete: false,
			stopReason: "The import ended because the execution's time-out is near",
			nextRow: expect.any(Number),
		});
		expectAccounted(run, A);
	});

	it('jobs are not waited for any longer, and found again', async () => {
		simulator().options.jobPendingMs = 3_600_000;
		const options = { rowsPerJob: 20, resume: true };
		const run = await runImport(simulator(), A, {
			...asJob(options),
			executionEndsAt: Date.now() + TIME_LEFT_MS,
		});
		expect(run.status).toBe('success');
		expect(counts(run.summary)).toEqual({ unconfirmed: ROWS });
		expect(run.jobs[0].message).toContain("because the execution's time-out is near");
		simulator().clearRequests();
		const following = importOrFail(simulator(), A, asJob(options));
		await once(simulator(), 'GetImportJob');
		simulator().jobs.settle();
		const again = await following;
		expect(requestCount(simulator(), 'CreateImportJob')).toBe(0);
		expect(counts(again.summary)).toEqual({ succeeded: ROWS });
	});

	it('pieces that there is no time for are not handed over', async () => {
		simulator().faults.add({
			match: { path: '/export/upload' },
			then: { kind: 'slow', ms: 5_000 },
		});
		const run = await runImport(simulator(), A, {
			...asJob({ rowsPerJob: 20 }),
			executionEndsAt: Date.now() + TIME_LEFT_MS,
		});
		expect(run.status).toBe('success');
		expect(run.summary).toMatchObject({ nextRow: 22, notSent: 40, complete: false });
		expect(requestCount(simulator(), 'upload')).toBe(1);
		expectAccounted(run, A);
	});
});
