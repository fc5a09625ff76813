/**
 * Batches that can't go through as they are: because of one participant, because they are too large or too slow, or
 * because the API is in trouble. Each test has a simulator of its own, so that their waits overlap.
 */
import { apartFromSegments } from '../../support/advocate';
import type { FaultAction, FaultMatch } from '../../simulator/faults';
import type { Simulator } from '../../simulator/server';
import { addSegments, withSimulator } from '../../support/simulator';
import { useQuickTime } from '../../support/quickTime';
import { counts, expectAccounted, inputsOf, listOf, memberships, runImport } from './helpers';
import type { ImportRun } from './helpers';

useQuickTime();

const HTML = '<html><body>Bad gateway</body></html>';

const always = (simulator: Simulator, match: FaultMatch, then: FaultAction): void =>
	simulator.faults.add({ match, times: 'always', then });

/** A simulator of its own, with the segments of the files. */
const withSegments = async (work: (simulator: Simulator) => Promise<void>): Promise<void> =>
	await withSimulator(async (simulator) => {
		addSegments(simulator);
		await work(simulator);
	});

/** The sizes of the batches, in order of arrival; 1 for a single request. */
const sizes = (simulator: Simulator): number[] =>
	apartFromSegments(simulator).map(({ writes }) => writes.length);

const failed = (run: ImportRun): unknown[] =>
	run.rows
		.filter(({ status }) => status === 'rejected' || status === 'unconfirmed')
		.map(({ id }) => id);

/** Who is reported as imported is, exactly; nobody was written more often than told. */
function expectHonest(simulator: Simulator, run: ImportRun, csv: string, mostWrites = 1): void {
	expectAccounted(run, csv);
	expect(run.summary.requests).toBe(simulator.requests.length);
	const members = memberships(simulator);
	for (const { id, status } of run.rows) {
		if (status === 'succeeded') expect([id, members[String(id)]]).toEqual([id, ['vip']]);
		if (status === 'notSent') expect([id, members[String(id)]]).toEqual([id, undefined]);
	}
	for (const count of simulator.state.writeCounts.values()) {
		expect(count).toBeLessThanOrEqual(mostWrites);
	}
	expect(simulator.orderViolations).toEqual([]);
}

describe('one participant that the API can not cope with', () => {
	const TROUBLE: Array<[string, FaultAction]> = [
		['500', { kind: 'status', status: 500 }],
		['503 with a web page', { kind: 'status', status: 503, body: HTML }],
		['408', { kind: 'status', status: 408 }],
		['a lost connection', { kind: 'resetBeforeReply' }],
		['a hanging connection', { kind: 'hang' }],
		['a web page with status 200', { kind: 'status', status: 200, body: HTML }],
	];

	it.concurrent.each(TROUBLE)(
		'fails alone with %s; the others of its batch succeed',
		async (_, then) => {
			await withSegments(async (simulator) => {
				// Not in the first batch: before any good answer, a web page says that the address is wrong.
				always(simulator, { participantId: 'p15' }, then);
				const csv = listOf(24);
				const isHanging = then.kind === 'hang';
				const run = await runImport(simulator, csv, {
					// On a busy machine, answers are late for a short time-out: batches then get smaller.
					options: { batchSize: 8, concurrency: 1, ...(isHanging ? { timeout: 2 } : {}) },
				});
				expectHonest(simulator, run, csv);
				expect(counts(run.summary)).toEqual({ succeeded: 23, unconfirmed: 1 });
				expect(failed(run)).toEqual(['p15']);
				expect(Object.keys(memberships(simulator))).toHaveLength(23);
				// Three tries of the whole, one of each part, five of the participant alone.
				expect(apartFromSegments(simulator).length).toBeLessThanOrEqual(21);
				if (isHanging) return;
				// While the API may be down, the next batch may come between.
				const sorted = sizes(simulator)
					.filter((size) => size > 0)
					.sort((a, b) => b - a);
				expect(sorted).toEqual([8, 8, 8, 8, 8, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1]);
				expect(run.summary.batchesSplit).toBe(3);
			});
		},
		60_000,
	);

	it.concurrent(
		'is told from another one in the same trouble',
		async () => {
			await withSegments(async (simulator) => {
				const bad = ['p1', 'p28'];
				for (const id of bad) {
					always(simulator, { participantId: id }, { kind: 'status', status: 500 });
				}
				const csv = listOf(100);
				const run = await runImport(simulator, csv, {
					options: { batchSize: 32, concurrency: 2 },
				});
				expectHonest(simulator, run, csv);
				expect(failed(run)).toEqual(bad);
				expect(counts(run.summary)).toEqual({ succeeded: 98, unconfirmed: 2 });
				// Three tries of the whole; for each at most two parts on five levels and four more tries; the others; a
				// last look at both.
				expect(apartFromSegments(simulator).length).toBeLessThanOrEqual(5 + 2 * 14 + 3 + 3);
			});
		},
		60_000,
	);

	it.concurrent(
		'fails alone when it can not be looked up before the change',
		async () => {
			await withSegments(async (simulator) => {
				for (let index = 1; index <= 16; index++)
					simulator.state.addParticipant({ id: `p${index}` });
				always(
					simulator,
					{ participantId: 'p5', operationName: 'LookUpParticipants' },
					{ kind: 'status', status: 500 },
				);
				always(simulator, { participantId: 'p5', method: 'GET' }, { kind: 'status', status: 500 });
				const csv = listOf(16);
				const run = await runImport(simulator, csv, {
					ifMissing: 'skip',
					options: { batchSize: 8, concurrency: 1 },
				});
				expectAccounted(run, csv);
				expect(counts(run.summary)).toEqual({ succeeded: 15, rejected: 1 });
				expect(failed(run)).toEqual(['p5']);
				expect(simulator.state.segmentsOf('p5')).toEqual([]);
				expect(simulator.state.segmentsOf('p6')).toEqual(['vip']);
				expect([...simulator.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
			});
		},
		60_000,
	);

	it.concurrent(
		'does not keep its batch from being tried again first',
		async () => {
			await withSegments(async (simulator) => {
				simulator.faults.add({ times: 2, then: { kind: 'status', status: 500 } });
				const csv = listOf(16);
				const run = await runImport(simulator, csv, { options: { batchSize: 8, concurrency: 1 } });
				expectHonest(simulator, run, csv);
				expect(counts(run.summary)).toEqual({ succeeded: 16 });
				expect(sizes(simulator)).toEqual([8, 8, 8, 8]);
				expect(run.summary.batchesSplit).toBe(0);
			});
		},
		60_000,
	);
});

describe('a batch that takes the API too long', () => {
	it.concurrent(
		'is sent in parts, and smaller ones from then on',
		async () => {
			await withSegments(async (simulator) => {
				always(simulator, { minInputs: 5 }, { kind: 'hang' });
				const csv = listOf(40);
				const run = await runImport(simulator, csv, {
					options: { batchSize: 8, concurrency: 1, timeout: 2 },
				});
				expectHonest(simulator, run, csv);
				expect(counts(run.summary)).toEqual({ succeeded: 40 });
				// Once may be an accident, twice is not.
				expect(sizes(simulator).filter((size) => size > 4)).toEqual([8, 8]);
				expect(run.summary.notes).toEqual([
					expect.stringMatching(/^The API did not take 8 participants per request, so \d/),
				]);
			});
		},
		60_000,
	);
});

describe('a tenant that takes fewer participants per request than others', () => {
	const TOO_MANY = 'At most 40 users at a time.';
	const REFUSALS: Array<[string, FaultAction]> = [
		['413', { kind: 'status', status: 413 }],
		['400', { kind: 'status', status: 400, body: { message: TOO_MANY, statusCode: 400 } }],
		['a GraphQL error', { kind: 'graphqlErrors', errors: [{ message: TOO_MANY }] }],
		[
			'a GraphQL error with status 400',
			{ kind: 'graphqlErrors', apiError: { message: TOO_MANY, statusCode: 400 } },
		],
	];

	it.concurrent.each(REFUSALS)('and says so with %s is found out about once', async (_, then) => {
		await withSegments(async (simulator) => {
			always(simulator, { minInputs: 41 }, then);
			const csv = listOf(1000);
			const run = await runImport(simulator, csv, { options: { concurrency: 1 } });
			expectHonest(simulator, run, csv);
			expect(counts(run.summary)).toEqual({ succeeded: 1000 });
			expect(sizes(simulator)).toEqual([
				100,
				...[50, 50],
				...[25, 25, 25, 25],
				...Array<number>(36).fill(25),
			]);
			expect(run.summary.batchesSplit).toBe(3);
			expect(run.summary.notes).toEqual([expect.stringContaining("Set 'Batch Size' to 25")]);
		});
	});

	it.concurrent('and says nothing about it is found out about at the second batch', async () => {
		await withSegments(async (simulator) => {
			always(simulator, { minInputs: 41 }, { kind: 'graphqlErrors' });
			const csv = listOf(1000);
			const run = await runImport(simulator, csv, { options: { concurrency: 1 } });
			expectHonest(simulator, run, csv);
			expect(counts(run.summary)).toEqual({ succeeded: 1000 });
			// It might have been trouble that was over by then.
			const split = [100, 50, 50, 25, 25, 25, 25];
			expect(sizes(simulator)).toEqual([...split, ...split, ...Array<number>(32).fill(25)]);
		});
	});

	it.concurrent('is found out about while several requests are under way', async () => {
		await withSegments(async (simulator) => {
			simulator.options.upsertUsersLimit = 60;
			simulator.options.latencyMs = [1, 20];
			const csv = listOf(3000);
			const run = await runImport(simulator, csv, { options: { concurrency: 8 } });
			expectHonest(simulator, run, csv);
			expect(counts(run.summary)).toEqual({ succeeded: 3000 });
			// Those under way at that moment are refused too, and no others.
			const refused = sizes(simulator).filter((size) => size > 60).length;
			expect(refused).toBeLessThanOrEqual(8);
			expect(apartFromSegments(simulator).length).toBeLessThanOrEqual(refused + 3000 / 50 + 8);
			expect(inputsOf(simulator).length).toBe(3000 + 100 * refused);
		});
	});

	it.concurrent('and has bad participants as well', async () => {
		await withSegments(async (simulator) => {
			Object.assign(simulator.options, {
				upsertUsersLimit: 40,
				upsertUsersBadInput: 'wholeBatch',
				participantRejects: {
					p3: { message: 'No.', statusCode: 400 },
					p333: { message: 'No.', statusCode: 400 },
				},
			});
			const csv = listOf(1000);
			const run = await runImport(simulator, csv, { options: { concurrency: 1 } });
			expectHonest(simulator, run, csv);
			expect(failed(run)).toEqual(['p3', 'p333']);
			const batches = sizes(simulator);
			expect(batches.slice(-24)).toEqual(Array(24).fill(25));
			expect(apartFromSegments(simulator).length).toBeLessThanOrEqual(7 + 36 + 2 * 12);
		});
	});
});

describe('a batch size that has proved to work', () => {
	it.concurrent('is kept when one batch is refused for another reason', async () => {
		await withSegments(async (simulator) => {
			for (const nth of [2, 6]) {
				simulator.faults.add({
					match: { operationName: 'upsertUsers', nth },
					then: { kind: 'status', status: 400 },
				});
			}
			const csv = listOf(80);
			const run = await runImport(simulator, csv, { options: { batchSize: 8, concurrency: 1 } });
			expectHonest(simulator, run, csv);
			expect(counts(run.summary)).toEqual({ succeeded: 80 });
			expect(sizes(simulator)).toEqual([8, 8, 4, 4, 8, 8, 4, 4, 8, 8, 8, 8, 8, 8]);
			expect(run.summary.notes).toEqual([]);
		});
	});
});

it.concurrent('without an address for batches, single requests are sent', async () => {
	await withSegments(async (simulator) => {
		const body = { message: 'Nothing here', statusCode: 404 };
		always(simulator, { operationName: 'upsertUsers' }, { kind: 'status', status: 404, body });
		const csv = listOf(40);
		const run = await runImport(simulator, csv, { options: { batchSize: 10, concurrency: 1 } });
		expectHonest(simulator, run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 40 });
		expect(run.summary.diagnostics).toMatchObject({ batchUpsertAvailable: false });
		expect(apartFromSegments(simulator)).toHaveLength(41);
	});
});
