/** One of the API's two ways is closed (403), or takes no batches: the other one serves, and a note says so. */
import type { FaultAction } from '../../simulator/faults';
import { useQuickTime } from '../../support/quickTime';
import { apartFromSegments } from '../../support/advocate';
import { credentials, SOME_SEGMENTS, useSimulator } from '../../support/simulator';
import { runNode } from '../harness';
import { counts, expectAccounted, listOf, memberships, runImport } from './helpers';

useQuickTime();
const simulator = useSimulator(SOME_SEGMENTS);

const routes = () => apartFromSegments(simulator()).map(({ method }) => method);

describe('GraphQL is refused', () => {
	test.each([1, 8])('participants go one by one over REST, %i at a time', async (concurrency) => {
		simulator().options.scopedToken403 = 'graphql';
		const csv = listOf(150);
		const run = await runImport(simulator(), csv, { details: 'all', options: { concurrency } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 150 });
		expect(Object.keys(memberships(simulator()))).toHaveLength(150);
		expect(routes().filter((method) => method === 'POST').length).toBeLessThanOrEqual(2);
		expect(run.summary.notes).toContainEqual(expect.stringContaining('over REST'));
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test('look-ups before the write go over REST too', async () => {
		simulator().options.scopedToken403 = 'graphql';
		for (const id of ['p1', 'p2', 'p3']) simulator().state.addParticipant({ id });
		const csv = listOf(5);
		const run = await runImport(simulator(), csv, { ifMissing: 'skip' });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 3, skipped: 2 });
		expect(run.summary.notes).toContainEqual(expect.stringContaining('over REST'));
	});
});

describe('the Open Endpoints of REST are off', () => {
	test('single participants go over GraphQL', async () => {
		simulator().options.scopedToken403 = 'open';
		const csv = listOf(12);
		const run = await runImport(simulator(), csv, { options: { batchSize: 1, concurrency: 1 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 12 });
		// Found out once.
		expect(routes().filter((method) => method !== 'POST')).toHaveLength(1);
		expect(run.summary.notes).toContainEqual(expect.stringContaining('GraphQL was used'));
	});

	test('one participant is read over GraphQL, with a hint', async () => {
		simulator().options.scopedToken403 = 'open';
		simulator().state.addParticipant({ id: 'p1', segments: ['vip'] });
		const run = await runNode({
			credentials: credentials(simulator()),
			input: [{ json: {} }, { json: {} }],
			parameters: {
				resource: 'participant',
				operation: 'get',
				participant: { __rl: true, mode: 'id', value: 'p1' },
			},
		});
		expect(run.main.map(({ json }) => json.segments)).toEqual([['vip'], ['vip']]);
		expect(run.hints.filter(({ message }) => message.includes('GraphQL was used'))).toHaveLength(1);
	});
});

test('both are refused: nothing is sent twice, and the run ends', async () => {
	simulator().options.scopedToken403 = 'all';
	const csv = listOf(40);
	const run = await runImport(simulator(), csv, {
		onError: 'continueRegularOutput',
		options: { batchSize: 10, concurrency: 1 },
	});
	expect(counts(run.summary)).toEqual({ rejected: 10, notSent: 30 });
	expect(routes()).toEqual(['POST', 'PUT']);
});

describe('batches always fail while single participants go through', () => {
	const ALWAYS: Array<[string, FaultAction]> = [
		['500', { kind: 'status', status: 500 }],
		['403', { kind: 'status', status: 403 }],
		['200 with errors', { kind: 'graphqlErrors' }],
		['a lost connection', { kind: 'resetBeforeReply' }],
	];

	test.each(ALWAYS.flatMap(([name, then]) => [2, 8].map((most) => [name, most, then] as const)))(
		'%s, %i at a time: found out soon, then one by one',
		async (_, concurrency, then) => {
			simulator().faults.add({ match: { operationName: 'upsertUsers' }, times: 'always', then });
			const csv = listOf(1000);
			const run = await runImport(simulator(), csv, { options: { concurrency } });
			expectAccounted(run, csv);
			expect(counts(run.summary)).toEqual({ succeeded: 1000 });
			expect(routes().filter((method) => method === 'PUT')).toHaveLength(1000);
			// How many are on their way when it is found out depends on the machine.
			const most = 32 + 4 * concurrency;
			expect(routes().filter((method) => method === 'POST').length).toBeLessThanOrEqual(most);
			expect(run.summary.notes).toContainEqual(expect.stringContaining('one by one'));
		},
	);
});

test('IDs that come back in lower case: ten batches, not a thousand requests', async () => {
	const csv = listOf(1000).replaceAll('p', 'P');
	simulator().options.upsertUsersIds = 'lowerCase';
	const run = await runImport(simulator(), csv);
	expect(counts(run.summary)).toEqual({ succeeded: 1000 });
	expect(apartFromSegments(simulator())).toHaveLength(10);
	expect(run.summary.notes).toContainEqual(expect.stringContaining('in other capitals'));
});
