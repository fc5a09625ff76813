/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * Long work gives n8n a turn every 50 ms, and ends with it when the user stops the execution. Counted are rows between
 * two turns and rows after Stop: each row takes a millisecond more than it does by itself.
 */
import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { Breather } from '../../nodes/shared/advocate/client/breather';
import { RowPlanner } from '../../nodes/ImpactAdvocate/import/plan/planRow';
import { RejectsCsv } from '../../nodes/ImpactAdvocate/import/report/rejects';
import { inlineBinary, storedBinary } from '../engine/harness';
import { loadNodeType } from '../engine/harness/source';
import { runImport } from '../engine/import/helpers';
import type { ImportInput, ImportRun } from '../engine/import/helpers';
import {
	runImport as runImportWithState,
	importOrFail as importWithState,
} from '../engine/jobs/helpers';
import {
	apartFromSegments,
	SOME_SEGMENTS,
	nodeRunner,
	onParticipant,
	people,
	useSimulator,
	addSegments,
} from '../support/advocate';

/** Milliseconds of work after which n8n has its turn. */
const LONGEST_WORK = 50;

/** Rows that are handed on together, at most. */
const PORTION = 1000;

/** Requests at the same time, by default. */
const CONCURRENCY = 2;

const simulator = useSimulator(SOME_SEGMENTS);

const realNow = Date.now;

/** Milliseconds that the clock is ahead by. */
let ahead = 0;

/** Rows that were planned, or items that were read. */
let handled = 0;

const plan = RowPlanner.prototype.plan;

beforeEach(() => {
	handled = 0;
	jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
	jest.spyOn(RowPlanner.prototype, 'plan').mockImplementation(function (this: RowPlanner, row) {
		handled++;
		ahead++;
		return plan.call(this, row);
	});
});

afterEach(() => {
	jest.restoreAllMocks();
});

/** What other work the process has: called whenever it has a turn. */
async function withTurns<T>(onTurn: () => void, work: () => Promise<T>): Promise<T> {
	let pending = setImmediate(function turn() {
		onTurn();
		pending = setImmediate(turn);
	});
	try {
		return await work();
	} finally {
		clearImmediate(pending);
	}
}

/** The most that was handled between two rests. */
async function longestStretch(work: () => Promise<unknown>): Promise<number> {
	const { rest } = Breather.prototype;
	let longest = 0;
	let before = handled;
	const note = () => {
		longest = Math.max(longest, handled - before);
		before = handled;
	};
	jest.spyOn(Breather.prototype, 'rest').mockImplementation(async function (this: Breather) {
		note();
		await rest.call(this);
	});
	let withoutTurn = 0;
	let handledAtTurn = handled;
	await withTurns(() => {
		withoutTurn = Math.max(withoutTurn, handled - handledAtTurn);
		handledAtTurn = handled;
	}, work);
	note();
	// A timer that is due may run before others have their turn, but not again and again.
	expect(withoutTurn).toBeLessThan(5 * (LONGEST_WORK + PORTION));
	return longest;
}

interface Stopped<Run> {
	run: Run;
	/** What was handled, and the requests that had been sent, when the user pressed Stop. */
	handledBefore: number;
	requestsBefore: number;
}

/** Press Stop at the first turn that is late enough. */
async function stopped<Run>(
	isLate: () => boolean,
	start: (cancelAfter: (cancel: () => void) => void) => Promise<Run>,
): Promise<Stopped<Run>> {
	let cancel: (() => void) | undefined;
	let handledBefore = -1;
	let requestsBefore = -1;
	const run = await withTurns(
		() => {
			if (cancel === undefined || handledBefore >= 0 || !isLate()) return;
			handledBefore = handled;
			requestsBefore = apartFromSegments(simulator()).length;
			cancel();
		},
		async () => {
			const result = await start((stop) => (cancel = stop));
			// n8n does not wait for the node.
			for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
			return result;
		},
	);
	return { run, handledBefore, requestsBefore };
}

const ROWS = 8000;

const csvOf = (rows: number): string =>
	`id\n${Array.from({ length: rows }, (_, row) => `p${row}\n`).join('')}`;

type Source = 'text' | 'inline file' | 'stored file';

const SOURCES: Source[] = ['text', 'inline file', 'stored file'];

async function importFrom(source: Source, csv: string, input: ImportInput): Promise<ImportRun> {
	if (source === 'text') return await runImport(simulator(), csv, input);
	const data = source === 'inline file' ? inlineBinary(csv) : await storedBinary(csv);
	const items: INodeExecutionData[] = [{ json: {}, binary: { data } }];
	return await runImport(simulator(), items, { ...input, binaryField: 'data' });
}

const WAYS: Array<[way: string, input: ImportInput]> = [
	['in a dry run', { dryRun: true }],
	['row by row', { options: { engine: 'rows' } }],
	['as an import job', { options: { engine: 'job', createMissingSegments: true } }],
];

describe.each(WAYS)('an import %s', (_way, input) => {
	it.each(SOURCES)('of a %s gives n8n a turn in between', async (source) => {
		const stretch = await longestStretch(async () => {
			const run = await importFrom(source, csvOf(ROWS), { output: 'summary', ...input });
			expect(run.summary.rows).toBe(ROWS);
		});
		// Each row is planned at least once to look through the file, and once to import it.
		expect(handled).toBeGreaterThanOrEqual(2 * ROWS);
		expect(stretch).toBeLessThanOrEqual(LONGEST_WORK + PORTION);
	});

	it.each(SOURCES)('of a %s handles no row after Stop, wherever it is', async (source) => {
		// While the file is looked through, and while it is imported.
		for (const late of [2000, ROWS + 2000]) {
			simulator().reset();
			addSegments(simulator());
			handled = 0;
			const { run, handledBefore, requestsBefore } = await stopped(
				() => handled >= late,
				async (cancelAfter) => await importFrom(source, csvOf(ROWS), { ...input, cancelAfter }),
			);
			expect(run.status).toBe('canceled');
			expect(run.main).toEqual([]);
			expect(handledBefore).toBeLessThan(late + LONGEST_WORK + PORTION + 1);
			expect(handled).toBe(handledBefore);
			// Those that were on the wire may arrive.
			expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(
				requestsBefore + CONCURRENCY,
			);
			if (late < ROWS) expect(apartFromSegments(simulator())).toEqual([]);
		}
	});
});

describe('Stop', () => {
	it.each(SOURCES)('ends the look for the encoding of a %s, before any row', async (source) => {
		// Every look at the clock takes a millisecond.
		jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead++);
		const rest = jest.spyOn(Breather.prototype, 'rest');
		const { run } = await stopped(
			() => rest.mock.calls.length > 0,
			async (cancelAfter) =>
				await importFrom(source, csvOf(400_000), { dryRun: true, cancelAfter }),
		);
		expect(run.status).toBe('canceled');
		expect(rest.mock.calls.length).toBeGreaterThan(0);
		expect(handled).toBe(0);
	});

	it('ends an import of several files: the next one is not touched', async () => {
		const items = [csvOf(ROWS), csvOf(ROWS)].map((csv) => ({ json: { csv } }));
		for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
			handled = 0;
			const { run, handledBefore } = await stopped(
				() => handled >= 1000,
				async (cancelAfter) =>
					await runImport(simulator(), items, { dryRun: true, onError, cancelAfter }),
			);
			expect(run.status).toBe('canceled');
			expect(handled).toBe(handledBefore);
		}
	});

	it('while a file is read loses no row: the next run goes on with the first open one', async () => {
		const settings = { options: { engine: 'rows', resume: true } };
		const { run } = await stopped(
			() => handled >= ROWS + 5000,
			async (cancelAfter) =>
				await runImportWithState(simulator(), csvOf(ROWS), { ...settings, cancelAfter }),
		);
		expect(run.status).toBe('canceled');
		const before = simulator().state.participants.size;
		expect(before).toBeLessThan(ROWS);
		const next = await importWithState(simulator(), csvOf(ROWS), {
			...settings,
			staticData: run.staticData,
		});
		const startedAt = Number(next.summary.startedAtRow);
		expect(startedAt).toBeGreaterThan(2);
		// The header is row 1, and a row that was under way at Stop may have arrived.
		expect(startedAt - 2).toBeLessThanOrEqual(before);
		expect(next.summary).toMatchObject({ complete: true, rows: ROWS + 2 - startedAt });
		expect(simulator().state.participants.size).toBe(ROWS);
	});
});

describe('the items of an operation', () => {
	const run = nodeRunner(simulator);
	const ITEMS = 2000;

	/** The node; each item that it reads takes a millisecond. */
	function counted(): INodeType {
		const { description, methods, execute } = loadNodeType();
		return {
			description,
			methods,
			async execute(this: IExecuteFunctions) {
				const read = this.getNodeParameter.bind(this) as (...args: unknown[]) => unknown;
				const context = Object.create(this, {
					getNodeParameter: {
						value(...args: unknown[]) {
							if (args[0] === 'participant') {
								handled++;
								ahead++;
							}
							return read(...args);
						},
					},
				}) as IExecuteFunctions;
				return (await execute?.call(context)) ?? [];
			},
		};
	}

	const parameters = onParticipant('addSegments', {
		ifParticipantMissing: 'create',
		segments: ['vip'],
		options: {},
	});

	it('are read with turns for n8n in between', async () => {
		const stretch = await longestStretch(async () => {
			const { main } = await run(parameters, { input: people(ITEMS), nodeType: counted() });
			expect(main).toHaveLength(ITEMS);
		});
		expect(handled).toBe(ITEMS);
		expect(stretch).toBeLessThanOrEqual(LONGEST_WORK);
	});

	it.each(['stopWorkflow', 'continueRegularOutput'] as const)(
		'are left alone after Stop (%s)',
		async (onError) => {
			const { run: result, handledBefore } = await stopped(
				() => handled >= 500,
				async (cancelAfter) =>
					await run(parameters, {
						input: people(ITEMS),
						nodeType: counted(),
						onError,
						cancelAfter,
					}),
			);
			expect(result.status).toBe('canceled');
			expect(handled).toBe(handledBefore);
			expect(apartFromSegments(simulator())).toEqual([]);
		},
	);
});

it('rows that become items are put out with turns in between', async () => {
	// Only the output looks at the clock so often.
	jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead++);
	let turns = 0;
	await withTurns(
		() => turns++,
		async () => {
			const run = await runImport(simulator(), csvOf(ROWS), { dryRun: true, output: 'all' });
			expect(run.rows).toHaveLength(ROWS);
		},
	);
	expect(turns).toBeGreaterThan(ROWS / LONGEST_WORK);
});

describe('a rejects file', () => {
	const rejectsOf = (rows: number): RejectsCsv => {
		const rejects = new RejectsCsv(['id'], false);
		for (let row = 0; row < rows; row++) {
			rejects.add({ rowNumber: 2 + (row ^ 7), message: 'No' }, [`p${row}`]);
		}
		return rejects;
	};

	it('is put together with rests, and not to its end after Stop', async () => {
		let rests = 0;
		let stopAfter = Infinity;
		let now = 0;
		const host = {
			now: () => now++,
			sleep: async () => {
				rests++;
			},
			cancelled: () => rests >= stopAfter,
		};
		const lines = (await rejectsOf(ROWS).toBuffer(new Breather(host))).toString().split('\r\n');
		expect(lines).toHaveLength(ROWS + 2);
		expect(rests).toBeGreaterThanOrEqual(ROWS / LONGEST_WORK);

		rests = 0;
		stopAfter = 3;
		await expect(rejectsOf(ROWS).toBuffer(new Breather(host))).rejects.toMatchObject({
			kind: 'cancelled',
		});
		expect(rests).toBe(3);
	});
});

describe('a breather', () => {
	const host = () => {
		const state = { time: 1000, rests: [] as number[], isCancelled: false };
		const breather = new Breather({
			now: () => state.time,
			sleep: async (milliseconds) => {
				state.rests.push(milliseconds);
				// The host's own work does not count.
				state.time += 500;
			},
			cancelled: () => state.isCancelled,
		});
		return { state, breather };
	};

	it('is due after 50 ms of work, and not right after a rest', async () => {
		const { state, breather } = host();
		expect(breather.isDue).toBe(false);
		state.time += LONGEST_WORK - 1;
		expect(breather.isDue).toBe(false);
		state.time += 1;
		expect(breather.isDue).toBe(true);
		await breather.rest();
		expect(state.rests).toEqual([0]);
		expect(breather.isDue).toBe(false);
	});

	it('does not wait for years when the clock is set back', () => {
		const { state, breather } = host();
		state.time -= 1_000_000_000;
		expect(breather.isDue).toBe(true);
	});

	it('ends at once when the execution is stopped, before or during a rest', async () => {
		const { state, breather } = host();
		state.isCancelled = true;
		expect(breather.isDue).toBe(true);
		await expect(breather.rest()).rejects.toMatchObject({ kind: 'cancelled' });
		expect(state.rests).toEqual([]);
	});
});
