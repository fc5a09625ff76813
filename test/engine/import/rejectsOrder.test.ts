/**
 * The rejects file keeps the order of a participant's rows: rows that were applied after one that failed come again
 * behind it, so that importing the file leaves everybody as one import without faults would have.
 */
import * as fc from 'fast-check';
import type { FaultAction, FaultRule } from '../../simulator/faults';
import { useQuickTime } from '../../support/quickTime';
import { SOME_SEGMENTS, useSimulator } from '../../support/simulator';
import { COMES_AGAIN, expectAccounted, memberships, runImport, statuses } from './helpers';
import type { ImportInput, ImportRun } from './helpers';

useQuickTime();
const simulator = useSimulator(SOME_SEGMENTS);

const refusedOnce = (nth: number, times = 1): void =>
	simulator().faults.add({
		match: { method: 'PUT', nth },
		times,
		then: { kind: 'status', status: 400, body: { message: 'No.', statusCode: 400 } },
	});

const ONE_BY_ONE: ImportInput = { action: 'file', options: { batchSize: 1, concurrency: 1 } };

/** Row numbers and reasons in the rejects file. */
const reasons = (run: ImportRun): string[][] =>
	(run.rejects ?? []).slice(1).map(([rowNumber, message]) => [rowNumber, message]);

describe('a row that failed before another one of its participant succeeded', () => {
	const csv = 'id,segments,action\np1,vip,remove\np2,vip,add\np1,vip,add\n';

	beforeEach(() => {
		simulator().state.addParticipant({ id: 'p1', segments: ['vip'] });
		simulator().options.upsertUsersAvailable = false;
		refusedOnce(1);
	});

	test('says so, and the later row comes again behind it', async () => {
		// One at a time: rows that wait together would be merged.
		const run = await runImport(simulator(), csv, {
			...ONE_BY_ONE,
			onError: 'continueRegularOutput',
		});
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({ 2: 'rejected', 3: 'succeeded', 4: 'succeeded' });
		const [failed, again] = reasons(run);
		expect(failed[0]).toBe('2');
		expect(failed[1]).toContain('row 4 changed this participant afterwards');
		expect(again).toEqual(['4', expect.stringMatching(COMES_AGAIN)]);
		expect(run.rejects).toHaveLength(3);
		expect(run.rows[0].message).toContain('row 4 changed this participant afterwards');
		expect(run.summary.notes).toContainEqual(
			expect.stringContaining('The rejects file also has 1 row that did not fail'),
		);

		const rest = await runImport(simulator(), run.rejectsFile?.toString() ?? '', ONE_BY_ONE);
		expect(rest.summary.rejected).toBe(0);
		expect(memberships(simulator())).toEqual({ p1: ['vip'], p2: ['vip'] });
	});
});

test('a skipped row comes again: what failed before it would have created its participant', async () => {
	const csv = 'id,segments,action\np1,vip,add\np1,vip,remove\np2,vip,add\n';
	simulator().options.upsertUsersAvailable = false;
	refusedOnce(1);
	const run = await runImport(simulator(), csv, ONE_BY_ONE);
	expect(statuses(run)).toEqual({ 2: 'rejected', 3: 'skipped', 4: 'succeeded' });
	expect(reasons(run).map(([rowNumber]) => rowNumber)).toEqual(['2', '3']);
	await runImport(simulator(), run.rejectsFile?.toString() ?? '', ONE_BY_ONE);
	expect(memberships(simulator())).toEqual({ p1: [], p2: ['vip'] });
});

test('an invalid row counts as one that failed, as far as its participant can be read', async () => {
	const csv = 'id,segments,action\np1,vip,oops\np1,vip,remove\n';
	simulator().state.addParticipant({ id: 'p1', segments: ['vip'] });
	const run = await runImport(simulator(), csv, ONE_BY_ONE);
	expect(statuses(run)).toEqual({ 2: 'invalid', 3: 'succeeded' });
	const mended = (run.rejectsFile?.toString() ?? '').replace('oops', 'add');
	await runImport(simulator(), mended, ONE_BY_ONE);
	expect(memberships(simulator())).toEqual({ p1: [] });
});

test('rows that come after a doubt that ends well do not come again', async () => {
	const csv = 'id,segments,action\np1,a,add\np2,a,add\np1,b,add\n';
	simulator().options.upsertUsersAvailable = false;
	simulator().faults.add({ match: { method: 'PUT' }, times: 5, then: { kind: 'applyThenReset' } });
	const run = await runImport(simulator(), csv, ONE_BY_ONE);
	expect(run.summary).toMatchObject({ succeeded: 3, rejected: 0, unconfirmed: 0 });
	expect(run.rejects).toBeUndefined();
	expect(run.summary.notes).toEqual([]);
});

test('where all rows ask for the same, nothing has to come again', async () => {
	refusedOnce(1);
	simulator().options.upsertUsersAvailable = false;
	const csv = 'id\np1\np2\np1\n';
	const run = await runImport(simulator(), csv, { options: { batchSize: 1, concurrency: 1 } });
	expectAccounted(run, csv);
	expect(reasons(run).filter(([, message]) => COMES_AGAIN.test(message))).toEqual([]);
});

// --- whatever goes wrong -----------------------------------------------------------------------------------------

interface Row {
	id: string;
	segments: string;
	action: string;
}

const row: fc.Arbitrary<Row> = fc
	.record({
		id: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
		keys: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
		action: fc.constantFrom('add', 'remove', 'set', 'clear', 'oops'),
	})
	.map(({ id, keys, action }) => ({
		id,
		segments: action === 'clear' ? '' : keys.join('|'),
		action,
	}));

const fault: fc.Arbitrary<FaultRule> = fc
	.record({
		nth: fc.integer({ min: 1, max: 12 }),
		times: fc.integer({ min: 1, max: 6 }),
		then: fc.constantFrom<FaultAction>(
			{ kind: 'status', status: 400, body: { message: 'No.', statusCode: 400 } },
			{ kind: 'status', status: 500 },
			{ kind: 'applyThenReset' },
			{ kind: 'resetBeforeReply' },
			{ kind: 'truncatedJson' },
			{ kind: 'graphqlErrors', applyFirst: 1 },
			{ kind: 'status', status: 401 },
			{ kind: 'partialBatchFailure', participants: ['p1', 'p3'], error: { statusCode: 400 } },
		),
	})
	.map(({ nth, times, then }) => ({ match: { nth }, times, then }));

const textOf = (rows: readonly Row[]): string =>
	[
		'id,segments,action',
		...rows.map(({ id, segments, action }) => `${id},${segments},${action}`),
		'',
	].join('\n');

const mended = (csv: string): string => csv.replaceAll('oops', 'add');

const START = { p1: ['a'], p2: ['b', 'c'] };

function reset(): void {
	simulator().reset();
	for (const [id, segments] of Object.entries(START))
		simulator().state.addParticipant({ id, segments });
}

test('an import with faults, then its rejects: as one import without faults', async () => {
	let again = 0;
	await fc.assert(
		fc.asyncProperty(
			fc.array(row, { minLength: 2, maxLength: 14 }),
			fc.array(fault, { maxLength: 4 }),
			fc.constantFrom(1, 2, 100),
			fc.constantFrom(1, 3),
			fc.constantFrom('never', 'firstFailure'),
			async (rows, faults, batchSize, concurrency, stopOn) => {
				const csv = textOf(rows);
				const input: ImportInput = { action: 'file', onError: 'continueRegularOutput' };
				reset();
				await runImport(simulator(), mended(csv), input);
				const expected = memberships(simulator());

				reset();
				for (const rule of faults) simulator().faults.add(rule);
				const options = { batchSize, concurrency, stopOn };
				const run = await runImport(simulator(), csv, { ...input, options });
				expectAccounted(run, csv);
				simulator().faults.clear();
				if (run.rejectsFile !== undefined) {
					again += reasons(run).filter(([, message]) => COMES_AGAIN.test(message)).length;
					const rest = await runImport(simulator(), mended(run.rejectsFile.toString()), input);
					expect(rest.rejects).toBeUndefined();
				}
				expect(memberships(simulator())).toEqual(expected);
			},
		),
		{ numRuns: 60 },
	);
	expect(again).toBeGreaterThan(0);
}, 300_000);
