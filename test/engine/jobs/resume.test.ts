/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** An interrupted import goes on where it was interrupted, and repeats nothing of what was done before. */
import type { IDataObject } from 'n8n-workflow';
import type { Interruption } from '../../../nodes/ImpactAdvocate/import/checkpoint';
import type { FaultAction } from '../../simulator/faults';
import { SOME_SEGMENTS, useSimulator, addSegments } from '../../support/advocate';
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

const simulator = useSimulator(SOME_SEGMENTS);

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
	simulator().options.jobPendingPolls = 0;
});

const ROWS = 60;
const CSV = listOf(ROWS);

const settings = (options: IDataObject = {}): ImportSettings => ({
	onError: 'continueRegularOutput',
	options: { batchSize: 5, concurrency: 2, resume: true, ...options },
});

/** What the workflow remembers of unfinished imports: the rows to go on with. */
const checkpoints = ({ staticData }: Pick<ImportRun, 'staticData'>): unknown[] =>
	Object.values(
		((staticData['node:Import'] as IDataObject)?.imports ?? {}) as Record<string, Interruption>,
	).map(({ nextRow }) => nextRow);

const timesWritten = (id: string): number =>
	simulator().state.writeCounts.get(`${id}\u0000${id}`) ?? 0;

const failFrom = (nth: number, then: FaultAction) =>
	simulator().faults.add({
		match: { operationName: 'UpsertParticipants', nth },
		times: 'always',
		then,
	});

/** A run that the user stops once the API has had so many requests of a kind. */
async function stoppedOnce(
	settingsOfRun: ImportSettings,
	kind: string,
	nth?: number,
): Promise<ImportRun> {
	let cancel = () => {};
	const running = runImport(simulator(), CSV, {
		...settingsOfRun,
		cancelAfter: (stop) => (cancel = stop),
	});
	await once(simulator(), kind, nth);
	cancel();
	return await running;
}

/** Run again without trouble, and check that only the rest was sent. */
async function expectFinished(interrupted: ImportRun, again = settings()): Promise<ImportRun> {
	const [next] = checkpoints(interrupted);
	expect(next).toEqual(expect.any(Number));
	simulator().faults.clear();
	const run = await importOrFail(simulator(), CSV, {
		...again,
		staticData: interrupted.staticData,
	});
	expect(run.summary).toMatchObject({
		startedAtRow: next,
		rows: ROWS + 2 - Number(next),
		complete: true,
	});
	expectAccounted(run, CSV);
	for (let row = 2; row < Number(next); row++) {
		expect([row, timesWritten(`p${row - 1}`)]).toEqual([row, 1]);
	}
	expect(Object.values(memberships(simulator()))).toEqual(Array(ROWS).fill(['vip']));
	expect(checkpoints(run)).toEqual([]);
	return run;
}

describe('after an interruption by', () => {
	it.each<[string, FaultAction]>([
		['a credential that is refused', { kind: 'status', status: 401 }],
		['the end of the wait budget', { kind: 'status', status: 429, retryAfter: 3600 }],
	])('%s, the import goes on there', async (_, then) => {
		failFrom(5, then);
		const first = await runImport(simulator(), CSV, settings());
		expect(first.summary).toMatchObject({ complete: false });
		expectAccounted(first, CSV);
		expect(checkpoints(first)).toEqual([first.summary.firstRowNotSent]);
		expect(Number(first.summary.firstRowNotSent)).toBeGreaterThan(2);
		await expectFinished(first);
	});

	it('a stop of the execution, the import begins again: n8n would not have saved the place', async () => {
		simulator().options.latencyMs = 20;
		const first = await stoppedOnce(settings(), 'UpsertParticipants', 6);
		expect(first.status).toBe('canceled');
		expect(checkpoints(first)).toEqual([]);
		await new Promise((resolve) => setTimeout(resolve, 200));
		simulator().options.latencyMs = 0;
		const { staticData } = first;
		const again = await importOrFail(simulator(), CSV, { ...settings(), staticData });
		expect(again.summary).toMatchObject({ rows: ROWS, complete: true });
		expect(Object.values(memberships(simulator()))).toEqual(Array(ROWS).fill(['vip']));
	});

	it('Stop On, the import goes on there', async () => {
		simulator().options.participantRejects = { p22: { message: 'No.', statusCode: 400 } };
		const stopping = settings({ stopOn: 'firstFailure' });
		const first = await runImport(simulator(), CSV, stopping);
		expect(counts(first.summary)).toMatchObject({ rejected: 1 });
		simulator().options.participantRejects = {};
		const [next] = checkpoints(first);
		const second = await importOrFail(simulator(), CSV, {
			...settings(),
			staticData: first.staticData,
		});
		expect(second.summary.startedAtRow).toBe(next);
		// The row that failed is in the rejects file of the first run, not open.
		expect(memberships(simulator()).p22 ?? []).toEqual([]);
		await importOrFail(simulator(), first.rejectsFile ?? '', settings());
		expect(Object.values(memberships(simulator()))).toEqual(Array(ROWS).fill(['vip']));
	});

	it('a refused credential, an import job can do the rest', async () => {
		failFrom(3, { kind: 'status', status: 401 });
		const first = await runImport(simulator(), CSV, settings());
		await expectFinished(first, { options: { ...asJob().options, resume: true } });
		expect(requestCount(simulator(), 'CreateImportJob')).toBe(1);
	});
});

it('goes on at the first piece that no job got', async () => {
	simulator().faults.add({
		match: { path: '/export/upload', nth: 3 },
		times: 'always',
		then: { kind: 'status', status: 401 },
	});
	const asJobs: ImportSettings = {
		...asJob({ rowsPerJob: 20, resume: true }),
		onError: 'continueRegularOutput',
	};
	const first = await runImport(simulator(), CSV, asJobs);
	expect(checkpoints(first)).toEqual([42]);
	await expectFinished(first, asJobs);
});

it('goes on again and again', async () => {
	let { staticData } = await runImport(simulator(), CSV, {
		...settings(),
		segments: ['x'],
		dryRun: true,
	});
	let starts = 0;
	for (let nth = 2; nth < 5; nth++) {
		simulator().faults.clear();
		failFrom(nth, { kind: 'status', status: 401 });
		const run = await runImport(simulator(), CSV, { ...settings({ concurrency: 1 }), staticData });
		({ staticData } = run);
		expectAccounted(run, CSV);
		expect(Number(run.summary.firstRowNotSent)).toBeGreaterThan(starts);
		starts = Number(run.summary.firstRowNotSent);
	}
	await expectFinished({ staticData } as ImportRun);
	for (let row = 1; row <= ROWS; row++) expect(timesWritten(`p${row}`)).toBe(1);
});

describe('starts at the beginning', () => {
	it.each<[string, string, ImportSettings]>([
		['for other segments', CSV, { ...settings(), segments: ['beta'] }],
		['for another action', CSV, { ...settings(), action: 'set' }],
		['for another rule about missing participants', CSV, { ...settings(), ifMissing: 'create' }],
		['for another file', listOf(ROWS + 1), settings()],
		['without Resume', CSV, settings({ resume: false })],
	])('%s', async (_, csv, other) => {
		failFrom(5, { kind: 'status', status: 401 });
		const first = await runImport(simulator(), CSV, settings());
		simulator().faults.clear();
		const run = await importOrFail(simulator(), csv, { ...other, staticData: first.staticData });
		expect(run.summary.startedAtRow).toBeUndefined();
		expect(checkpoints(run)).toHaveLength(1);
	});

	it('once it has been finished', async () => {
		const first = await importOrFail(simulator(), CSV, settings());
		expect(checkpoints(first)).toEqual([]);
		const again = await importOrFail(simulator(), CSV, {
			...settings(),
			staticData: first.staticData,
		});
		expect(again.summary.rows).toBe(ROWS);
	});

	it('and forgets nothing in a dry run', async () => {
		failFrom(5, { kind: 'status', status: 401 });
		const first = await runImport(simulator(), CSV, settings());
		const dry = await importOrFail(simulator(), CSV, {
			...settings(),
			dryRun: true,
			staticData: first.staticData,
		});
		expect(dry.summary.rows).toBe(ROWS);
		expect(checkpoints(dry)).toEqual([first.summary.firstRowNotSent]);
	});
});

describe('several rows of one participant, before and after the interruption', () => {
	const ids = [...Array.from({ length: ROWS }, (_, index) => `p${index + 1}`), 'p1', 'p60'];
	const mixed = `id,segments\n${ids.map((id, index) => `${id},s${index}`).join('\n')}\n`;

	it.each(['first', 'last', 'error', 'merge'])('are treated alike (%s)', async (duplicates) => {
		const all: ImportSettings = { ...settings({ duplicates }), segments: [] };
		const keys = ids.map((_, index) => `s${index}`);
		addSegments(simulator(), keys);
		await importOrFail(simulator(), mixed, all);
		const calm = memberships(simulator());
		simulator().reset();
		addSegments(simulator(), keys);
		failFrom(5, { kind: 'status', status: 401 });
		const first = await runImport(simulator(), mixed, all);
		simulator().faults.clear();
		const second = await importOrFail(simulator(), mixed, { ...all, staticData: first.staticData });
		expect(Number(second.summary.startedAtRow)).toBeGreaterThan(2);
		expect(memberships(simulator())).toEqual(calm);
		expectAccounted(second, mixed);
	});
});

it('can be continued by hand: firstRowNotSent goes into Start at Row', async () => {
	failFrom(5, { kind: 'status', status: 401 });
	const first = await runImport(simulator(), CSV, settings({ resume: false }));
	expect(checkpoints(first)).toEqual([]);
	simulator().faults.clear();
	const start = Number(first.summary.firstRowNotSent);
	const rest = await importOrFail(simulator(), CSV, settings({ resume: false, startAtRow: start }));
	expect(rest.summary).toMatchObject({ startedAtRow: start, rows: ROWS + 2 - start });
	expect(Object.values(memberships(simulator()))).toEqual(Array(ROWS).fill(['vip']));
	for (let row = 2; row < start; row++) expect(timesWritten(`p${row - 1}`)).toBe(1);
});

describe('import jobs that an interrupted run has started', () => {
	const asJobs = (options: IDataObject = {}): ImportSettings => ({
		...asJob({ rowsPerJob: 20, resume: true, ...options }),
		onError: 'continueRegularOutput',
	});
	const created = (): number => requestCount(simulator(), 'CreateImportJob');

	/** Stopped while the third piece is uploaded; nothing of it is known to n8n afterwards. */
	async function interrupted(settingsOfRun = asJobs()): Promise<void> {
		simulator().faults.add({ match: { path: '/export/upload', nth: 3 }, then: { kind: 'hang' } });
		expect((await stoppedOnce(settingsOfRun, 'upload', 3)).status).toBe('canceled');
		expect(simulator().state.jobs.size).toBe(2);
		simulator().clearRequests();
	}

	it('are followed and reported on, and the rest is sent', async () => {
		simulator().options.participantRejects = { p3: { message: 'No.', statusCode: 400 } };
		await interrupted();
		const run = await importOrFail(simulator(), CSV, asJobs());
		expect(created()).toBe(1);
		expect(counts(run.summary)).toEqual({ succeeded: 59, rejected: 1 });
		expect(run.summary.startedAtRow).toBeUndefined();
		expect(run.rejects?.[1].slice(0, 2)).toEqual(['4', 'No.']);
		expectAccounted(run, CSV);
		for (let row = 1; row <= ROWS; row++) expect(timesWritten(`p${row}`)).toBe(row === 3 ? 0 : 1);
	});

	it('are found although the next run makes larger pieces', async () => {
		await interrupted();
		const run = await importOrFail(simulator(), CSV, asJobs({ rowsPerJob: 50 }));
		expect(run.jobs.map(({ rows }) => rows)).toEqual([20, 20, 20]);
		expect(created()).toBe(1);
	});

	it('are found again after another interruption', async () => {
		await interrupted(asJobs({ rowsPerJob: 10 }));
		simulator().faults.add({ match: { path: '/export/upload', nth: 2 }, then: { kind: 'hang' } });
		await stoppedOnce(asJobs({ rowsPerJob: 10 }), 'upload', 2);
		expect(simulator().state.jobs.size).toBe(3);
		const run = await importOrFail(simulator(), CSV, asJobs({ rowsPerJob: 10 }));
		expect(run.jobs).toHaveLength(6);
		expect(simulator().state.jobs.size).toBe(6);
		expect(counts(run.summary)).toEqual({ succeeded: ROWS });
		for (let row = 1; row <= ROWS; row++) expect(timesWritten(`p${row}`)).toBe(1);
	});

	it('are followed when only that was left to do', async () => {
		simulator().options.jobPendingMs = 3_600_000;
		await stoppedOnce(asJobs(), 'GetImportJob');
		simulator().clearRequests();
		const again = importOrFail(simulator(), CSV, asJobs());
		// A last look of the stopped run may still be on its way: jobs that end before they are listed are not followed.
		await once(simulator(), 'ListImportJobs');
		simulator().clearRequests();
		await once(simulator(), 'GetImportJob');
		simulator().jobs.settle();
		const run = await again;
		expect(created()).toBe(0);
		expect(requestCount(simulator(), 'upload')).toBe(0);
		expect(counts(run.summary)).toEqual({ succeeded: ROWS });
		expectAccounted(run, CSV);
	});

	it.each<[string, () => Promise<unknown>, string, ImportSettings]>([
		['of another file', interrupted, listOf(ROWS + 1), asJobs()],
		['with other segments', interrupted, CSV, { ...asJobs(), segments: ['beta'] }],
		['without Resume', interrupted, CSV, asJobs({ resume: false })],
		[
			'of a run that was finished',
			async () => await importOrFail(simulator(), CSV, asJobs()),
			CSV,
			asJobs(),
		],
		[
			'of long ago',
			async () => {
				await interrupted();
				for (const job of simulator().state.jobs.values()) job.dateCreated -= 4 * 86_400_000;
			},
			CSV,
			asJobs(),
		],
	])('are left alone %s', async (_, before, csv, next) => {
		simulator().state.addSegment({ key: 'beta' });
		await before();
		simulator().clearRequests();
		const run = await importOrFail(simulator(), csv, next);
		expect(created()).toBe(Math.ceil((csv.split('\n').length - 2) / 20));
		expect(run.summary.notes).toEqual([]);
		expect(run.summary).toMatchObject({ complete: true });
		expectAccounted(run, csv);
	});

	it('must be known before another one is started', async () => {
		await interrupted();
		simulator().faults.add({
			match: { operationName: 'ListImportJobs' },
			times: 'always',
			then: { kind: 'status', status: 400, body: { message: 'Not now.', statusCode: 400 } },
		});
		const run = await runImport(simulator(), CSV, asJob({ rowsPerJob: 20, resume: true }));
		expect(run.error?.message).toContain(
			'It is not known which import jobs an interrupted run has started: Not now.',
		);
		expect(run.error?.description).toContain("turn off 'Resume Interrupted Import'");
		expect(requestCount(simulator(), 'upload')).toBe(0);
		expect(created()).toBe(0);
	});
});
