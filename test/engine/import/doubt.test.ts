/**
 * What may have been applied is never reported as not sent, nor as surely refused: over the attempts of a request, the
 * parts of a batch and the end of the run. A last look at the participants settles what can be settled.
 */
import type { FaultAction } from '../../simulator/faults';
import { useQuickTime } from '../../support/quickTime';
import { SOME_SEGMENTS, useSimulator } from '../../support/simulator';
import {
	counts,
	expectAccounted,
	listOf,
	memberships,
	readTable,
	runImport,
	statuses,
} from './helpers';
import type { ImportInput, ImportRun } from './helpers';
import { readBinary } from '../harness';

useQuickTime();
const simulator = useSimulator(SOME_SEGMENTS);

const GONE: FaultAction = { kind: 'applyThenReset' };

const lookUps = (): number =>
	simulator().requests.filter(({ operationName }) => operationName === 'LookUpParticipants').length;

/** Looks at participants fail from now on. */
const noLookUps = (): void => {
	const then: FaultAction = { kind: 'status', status: 400 };
	simulator().faults.add({ match: { operationName: 'LookUpParticipants' }, times: 'always', then });
};

/** Who is not reported as imported or in doubt is not imported; who is reported as imported is. */
function expectHonest(run: ImportRun, csv: string): void {
	expectAccounted(run, csv);
	const members = memberships(simulator());
	for (const { id, status } of run.rows) {
		const isMember = members[String(id)]?.includes('vip') ?? false;
		if (status === 'succeeded') expect([id, status, isMember]).toEqual([id, status, true]);
		if (status === 'notSent' || status === 'rejected') {
			expect([id, status, isMember]).toEqual([id, status, false]);
		}
	}
}

const FIRST_FAILURE: ImportInput['options'] = { stopOn: 'firstFailure', concurrency: 1 };

const inOneBatch = {
	match: { operationName: 'upsertUsers', participantId: 'p1' },
	times: 5,
	then: GONE,
} as const;

/** The parts of that batch: the first one is refused, which ends the run before the second one is sent again. */
const FIRST_PART = {
	match: { operationName: 'upsertUsers', nth: 6 },
	times: 'always',
	then: { kind: 'status', status: 401 },
} as const;

describe('40 rows in batches of 20, the first of which was applied five times without an answer', () => {
	const csv = listOf(40);
	const options = { ...FIRST_FAILURE, batchSize: 20 };

	test('with a refused participant in it: a last look tells who was imported', async () => {
		simulator().faults.add(inOneBatch);
		simulator().options.participantRejects = { p1: { message: 'p1 is bad', statusCode: 400 } };
		const run = await runImport(simulator(), csv, { options });
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 39, rejected: 1 });
		expect(statuses(run)['2']).toBe('rejected');
		expect(lookUps()).toBe(1);
	});

	test('when the API does not answer to a last look: they are in doubt, and in the rejects', async () => {
		simulator().faults.add(inOneBatch);
		simulator().faults.add(FIRST_PART);
		const run = await runImport(simulator(), csv, { options });
		expectHonest(run, csv);
		// The other batch was sent meanwhile, to find out whether the API is down.
		expect(counts(run.summary)).toEqual({ unconfirmed: 20, succeeded: 20 });
		expect(lookUps()).toBe(0);
		const [first] = run.rows;
		expect(first.message).toMatch(/^It is not known whether this change was applied: /);
		expect(first.hint).toContain('repeating what was already done changes nothing');
		expect(run.summary).toMatchObject({ complete: false, firstRowNotSent: 2 });
		expect(run.hints[0].message).toContain('it is not known what became of 20 rows');
		expect(run.rejects).toHaveLength(21);
	});

	test('they are all in the undo file, which takes them back', async () => {
		simulator().faults.add(inOneBatch);
		simulator().faults.add(FIRST_PART);
		const run = await runImport(simulator(), csv, { options: { ...options, undoFile: true } });
		expect(counts(run.summary)).toEqual({ unconfirmed: 20, succeeded: 20 });
		const undo = (await readBinary(run.main[0], 'undo')).toString('utf8');
		expect(readTable(undo)).toHaveLength(1 + 40);
		expect(Object.values(memberships(simulator())).flat()).toHaveLength(40);
		simulator().faults.clear();
		const back = await runImport(simulator(), undo, { action: 'file' });
		expect(back.summary.rejected).toBe(0);
		expect(Object.values(memberships(simulator())).flat()).toEqual([]);
	});

	test('a doubt ends the run as a failure does, and says so', async () => {
		simulator().options.upsertUsersAvailable = false;
		simulator().faults.add({ match: { method: 'PUT', participantId: 'p3' }, times: 5, then: GONE });
		const run = await runImport(simulator(), csv, { options });
		expectHonest(run, csv);
		// The last look finds that it was applied.
		const { succeeded, notSent } = counts(run.summary);
		expect([succeeded + notSent, notSent > 0]).toEqual([40, true]);
		expect(run.summary.stopReason).toContain('It was not known whether a row was applied');
	});
});

describe.each<[string, FaultAction]>([
	['504', { kind: 'status', status: 504, apply: true }],
	['a lost connection', GONE],
	['a time-out', { kind: 'hang', apply: true }],
	['half an answer', { kind: 'truncatedJson' }],
])('%s after the work, then', (_, then) => {
	test.each([1, 2])('401, with %i participants per request', async (batchSize) => {
		const match = batchSize === 1 ? { method: 'PUT' } : { operationName: 'upsertUsers' };
		simulator().faults.add({ match, then });
		simulator().faults.add({ times: 'always', match, then: { kind: 'status', status: 401 } });
		const csv = listOf(4);
		const run = await runImport(simulator(), csv, {
			onError: 'continueRegularOutput',
			options: { batchSize, concurrency: 1, timeout: 1 },
		});
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ unconfirmed: batchSize, notSent: 4 - batchSize });
		expect(lookUps()).toBe(0);
	});

	test('400: a look tells that it was applied', async () => {
		simulator().faults.add({ match: { method: 'PUT' }, then });
		simulator().faults.add({ match: { method: 'PUT' }, then: { kind: 'status', status: 400 } });
		const csv = listOf(1);
		const run = await runImport(simulator(), csv, { options: { timeout: 1 } });
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
	});

	test('Max Wait Time is over', async () => {
		simulator().faults.add({ match: { method: 'PUT' }, then });
		simulator().faults.add({
			times: 'always',
			then: { kind: 'status', status: 429, retryAfter: 3600 },
		});
		const csv = listOf(2);
		const run = await runImport(simulator(), csv, {
			options: { batchSize: 1, concurrency: 1, timeout: 1, maxWaitTime: 5 },
		});
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ unconfirmed: 1, notSent: 1 });
	});
});

test('what was surely not applied is not in doubt', async () => {
	simulator().faults.add({
		match: { method: 'PUT' },
		times: 'always',
		then: { kind: 'status', status: 429, retryAfter: 3600 },
	});
	const run = await runImport(simulator(), listOf(2), {
		onError: 'continueRegularOutput',
		options: { batchSize: 1, concurrency: 1, maxWaitTime: 5 },
	});
	expect(counts(run.summary)).toEqual({ rejected: 1, notSent: 1 });
	expect(lookUps()).toBe(0);
});

test('a look-up before the change that fails leaves no doubt about it', async () => {
	simulator().faults.add({
		match: { method: 'GET' },
		times: 'always',
		then: { kind: 'status', status: 500 },
	});
	const run = await runImport(simulator(), listOf(1), { ifMissing: 'skip' });
	expect(counts(run.summary)).toEqual({ rejected: 1 });
});

describe('the last look', () => {
	test('takes at most ten requests, and says how many rows are left', async () => {
		for (const participantId of ['p5', 'p9']) {
			const match = { method: 'PUT', participantId };
			simulator().faults.add({ match, times: 'always', then: GONE });
		}
		noLookUps();
		const csv = listOf(12);
		const run = await runImport(simulator(), csv, { options: { batchSize: 1, concurrency: 4 } });
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 10, unconfirmed: 2 });
		expect(lookUps()).toBeLessThanOrEqual(10);
		expect(run.summary.notes).toContainEqual(
			expect.stringMatching(
				/^After \d+ requests? to look at their participants, it is still not known/,
			),
		);
	});

	test('does not take details for applied that segments say nothing about', async () => {
		simulator().state.addParticipant({ id: 'p1', segments: ['vip'] });
		simulator().faults.add({
			match: { method: 'PUT' },
			times: 'always',
			then: { kind: 'resetBeforeReply' },
		});
		const run = await runImport(simulator(), 'id,firstName\np1,Ann\n', { details: 'all' });
		expect(counts(run.summary)).toEqual({ unconfirmed: 1 });
	});

	test('judges a row by what later rows of its participant have done', async () => {
		simulator().state.addParticipant({ id: 'p1', segments: [] });
		simulator().state.addParticipant({ id: 'p2', segments: [] });
		// Its first row is lost five times; the others go through.
		simulator().faults.add({ match: { participantId: 'p1' }, times: 5, then: GONE });
		const csv = 'id,segments,action\np1,a,add\np2,a,add\np1,a,remove\np2,b,add\n';
		const run = await runImport(simulator(), csv, {
			action: 'file',
			options: { batchSize: 1, concurrency: 1 },
		});
		expect(memberships(simulator())).toEqual({ p1: [], p2: ['a', 'b'] });
		expect(statuses(run)).toMatchObject({
			2: expect.stringMatching(/succeeded|unchanged/) as unknown,
		});
	});
});
