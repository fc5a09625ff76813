/** Sync Members when the API fails: before the first write nothing is sent, afterwards nothing is silent. */
import type { FaultAction } from '../../simulator/faults';
import { readBinary } from '../harness';
import { items, names, useSegment, writes } from './helpers';

const { simulator, put, sync, members } = useSegment();

const LIST = [...names(30).slice(4), ...names(4, 'n')];

beforeEach(() => {
	put(names(30), ['vip']);
	put(names(4, 'n'));
});

const fault = (operationName: string, then: FaultAction, nth = 1, times: number | 'always' = 1) =>
	simulator().faults.add({ match: { operationName, nth }, times, then });

const REFUSED: FaultAction = { kind: 'status', status: 401, body: { message: 'No.' } };
const DOWN: FaultAction = { kind: 'status', status: 503 };

/** Every look before the first write, by the request and which of its kind. */
test.each([
	['ListSegments', 1],
	['ListParticipants', 1],
	['FindParticipantsById', 1],
	['LookUpParticipants', 1],
])('a failure of %s %i sends nothing', async (operationName, nth) => {
	for (const then of [REFUSED, DOWN]) {
		simulator().reset();
		put(names(30), ['vip']);
		put(names(4, 'n'));
		fault(operationName, then, nth, 'always');
		const { error } = await sync(items(LIST), { options: { maxWaitTime: 0 } });
		expect(error).toBeDefined();
		expect(writes(simulator())).toEqual([]);
		expect(members()).toEqual(names(30).sort());
	}
});

/** Each fault hits the first or the second write; the run that follows has to end at the list. */
const FAULTS: Array<[string, FaultAction]> = [
	['is refused', REFUSED],
	['answers 503', DOWN],
	['is applied, then the line drops', { kind: 'applyThenReset' }],
	['drops the line', { kind: 'resetBeforeReply' }],
	['is cut in the middle', { kind: 'truncatedJson' }],
	['has no body', { kind: 'emptyBody' }],
	['has errors', { kind: 'graphqlErrors', data: 'null' }],
	['is applied in part', { kind: 'graphqlErrors', applyFirst: 2, errors: [{ message: 'No.' }] }],
	['rejects one', { kind: 'partialBatchFailure', participants: ['n1', 'm1'] }],
];

describe.each(FAULTS)('when a write %s', (_, then) => {
	test.each([1, 2])(
		'the %i. of them: it is said, and a second run ends at the list',
		async (nth) => {
			fault('UpsertParticipants', then, nth, 'always');
			const first = await sync(items(LIST), { options: { maxWaitTime: 0, timeout: 5 } });
			const isDone = JSON.stringify(members()) === JSON.stringify([...LIST].sort());
			const json = first.main[0]?.json;
			if (json === undefined) {
				// A failure is thrown only while nothing has been changed.
				expect(first.error).toBeDefined();
				expect(members()).toEqual(names(30).sort());
			} else {
				// It may be done without anybody knowing, but never the other way round.
				expect(json.complete === true && !isDone).toBe(false);
				expect(first.hints[0].type).toBe(json.complete === true ? 'info' : 'danger');
				const { added, removed, failed, unconfirmed, notSent } = json as Record<string, number>;
				expect(added + removed + failed + unconfirmed + notSent).toBe(8);
				expect([null, members().length]).toContain(json.membersAfter);
			}
			// Nobody was removed while somebody is still to be added for want of a request.
			if (nth === 1 && (json?.notSent ?? 0) !== 0) expect(json?.removed).toBe(0);

			simulator().faults.clear();
			const second = await sync(items(LIST));
			expect(second.main[0].json).toMatchObject({ complete: true });
			expect(members()).toEqual([...LIST].sort());
		},
	);
});

test('adds that are not sent keep everybody in', async () => {
	fault('UpsertParticipants', REFUSED, 1, 'always');
	put(names(150, 'more'));
	const { main, error } = await sync(items([...LIST, ...names(150, 'more')]), {
		options: { concurrency: 1 },
	});
	expect(main[0]?.json ?? error).toBeDefined();
	expect(members()).toEqual(names(30).sort());
	expect(writes(simulator())).toHaveLength(1);
});

test('a failure after the first write is an item with what was done, and a file to take it back', async () => {
	fault('UpsertParticipants', REFUSED, 2, 'always');
	const { main, error, hints } = await sync(items(LIST));
	expect(error).toBeUndefined();
	expect(main[0].json).toMatchObject({ complete: false, added: 4, removed: 0 });
	expect(main[0].json.message).toContain('4 added, 0 removed, 26 kept');
	expect(hints[0]).toMatchObject({
		type: 'danger',
		message: expect.stringContaining('The segment is not as the list says yet'),
	});
	const undo = (await readBinary(main[0], 'undo')).toString('utf8');
	expect(undo.trim().split('\r\n')).toHaveLength(5);
});

test('a look right before sending that fails leaves the rest, and says so', async () => {
	// The first look-up is that of the plan, the second that of the adds, the next one is of the removals.
	fault('LookUpParticipants', DOWN, 3, 'always');
	const { main, error } = await sync(items(LIST), { options: { maxWaitTime: 0 } });
	expect(error).toBeUndefined();
	expect(main[0].json).toMatchObject({ complete: false, added: 4, removed: 0, notSent: 4 });
	expect(main[0].json.problems).toHaveLength(4);
});

test('removals that the API does not carry out are failures', async () => {
	fault(
		'UpsertParticipants',
		{
			kind: 'status',
			status: 200,
			body: {
				data: {
					upsertUsers: names(4).map((id) => ({
						__typename: 'User',
						id,
						accountId: id,
						segments: ['vip'],
					})),
				},
			},
		},
		2,
	);
	const { main } = await sync(items(LIST));
	expect(main[0].json).toMatchObject({ complete: false, failed: 4, removed: 0 });
	const hint =
		"Something else may have added the participant again, such as another workflow. Look at the participant and the segments in Advocate. If this is expected, turn off 'Verify Result'";
	expect(main[0].json.problems).toEqual(
		names(4).map((id) => expect.objectContaining({ id, status: 'failed', hint })),
	);
});
