/**
 * Answers that do not tell a participant's segments: they are looked up. What nobody tells is neither a success nor a
 * refusal.
 */
import {
	apartFromSegments,
	nodeRunner,
	onParticipant,
	SOME_SEGMENTS,
	useSimulator,
} from '../../support/advocate';
import { counts, expectAccounted, listOf, memberships, runImport } from './helpers';
import { readBinary } from '../harness';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const requests = (): string[] =>
	apartFromSegments(simulator()).map(({ method, operationName }) => operationName ?? method);

describe('segments told by look-ups only', () => {
	beforeEach(() => {
		simulator().options.segmentsTold = 'onLookUp';
	});

	test.each([
		[1, ['PUT', 'GET', 'PUT', 'GET']],
		[100, ['UpsertParticipants', 'LookUpParticipants']],
	])('an import looks them up, %i participants per request', async (batchSize, sent) => {
		const csv = listOf(2);
		const result = await runImport(simulator(), csv, { options: { batchSize, concurrency: 1 } });
		expectAccounted(result, csv);
		expect(counts(result.summary)).toEqual({ succeeded: 2 });
		expect(result.rows.map(({ segments }) => segments)).toEqual([['vip'], ['vip']]);
		expect(requests()).toEqual(sent);
	});

	test('a Clear that the API ignores is no success', async () => {
		simulator().state.addParticipant({ id: 'p1', segments: ['vip'] });
		simulator().options.clearOperator = 'ignore';
		const result = await runImport(simulator(), listOf(1), { action: 'clear' });
		expect(counts(result.summary)).toEqual({ rejected: 1 });
		expect(result.rows[0].message).toContain("'vip' was not removed");
	});

	test('an Add that worked is no refusal', async () => {
		const result = await run(
			onParticipant('addSegments', { segments: ['vip'], ifParticipantMissing: 'create' }),
			{ input: [{ json: { id: 'a' } }] },
		);
		expect(result.main.map(({ json }) => json)).toEqual([
			{ id: 'a', accountId: 'a', segments: ['vip'] },
		]);
	});

	test("without 'Verify Result' nothing is looked up", async () => {
		const csv = listOf(2);
		const result = await runImport(simulator(), csv, { options: { verifyResult: false } });
		expect(counts(result.summary)).toEqual({ succeeded: 2 });
		expect(result.rows.map(({ segments }) => segments)).toEqual([undefined, undefined]);
		expect(requests()).toEqual(['UpsertParticipants']);
	});

	test('a look-up that fails leaves the rows unconfirmed', async () => {
		simulator().faults.add({
			match: { operationName: 'LookUpParticipants' },
			times: 'always',
			then: { kind: 'status', status: 400 },
		});
		const csv = listOf(2);
		const result = await runImport(simulator(), csv);
		expectAccounted(result, csv);
		expect(counts(result.summary)).toEqual({ unconfirmed: 2 });
		expect(memberships(simulator())).toEqual({ p1: ['vip'], p2: ['vip'] });
	});
});

describe('segments told by no answer', () => {
	beforeEach(() => {
		simulator().options.segmentsTold = 'never';
	});

	test('the rows are unconfirmed, and say why', async () => {
		const csv = listOf(2);
		const result = await runImport(simulator(), csv);
		expectAccounted(result, csv);
		expect(counts(result.summary)).toEqual({ unconfirmed: 2 });
		expect(result.rows[0].message).toBe(
			"It is not known whether this change was applied: The API does not say which segments participant 'p1' is in",
		);
	});

	test('nobody is changed whose segments must be known for the undo file', async () => {
		simulator().state.addParticipant({ id: 'p1', segments: ['old'] });
		const csv = listOf(2);
		const result = await runImport(simulator(), csv, {
			action: 'set',
			options: { undoFile: true, verifyResult: false },
		});
		expectAccounted(result, csv);
		expect(counts(result.summary)).toEqual({ rejected: 1, succeeded: 1 });
		expect(memberships(simulator())).toEqual({ p1: ['old'], p2: ['vip'] });
		// Of who is created, the segments before are known all the same.
		const undo = (await readBinary(result.main[0], 'undo')).toString('utf8');
		expect(undo.split('\r\n').slice(1)).toEqual([
			expect.stringMatching(/^p2,p2,vip,remove,3,[a-z]{8}$/),
			'',
		]);
	});

	test('one participant: the item fails, and says what is not known', async () => {
		const result = await run(onParticipant('clearSegments', { ifParticipantMissing: 'create' }), {
			input: [{ json: { id: 'a' } }],
		});
		expect(result.error?.message).toContain('It is not known whether this change was applied');
	});

	test('a preview is refused instead of made up', async () => {
		simulator().state.addParticipant({ id: 'p1', segments: ['old'] });
		const result = await runImport(simulator(), listOf(1), {
			dryRun: true,
			options: { previewSize: 10 },
		});
		expect(result.error?.message).toContain('does not say which segments');
	});
});
