/** Answers of a batch, given back to the inputs they belong to. */
import * as fc from 'fast-check';
import { participantKey } from '../../../nodes/shared/advocate/participants';
import { matchAnswers } from '../../../nodes/shared/advocate/upserts';

const user = (id: string, accountId = id) => ({ __typename: 'User', id, accountId, segments: [] });
const refusal = (message: string) => ({ __typename: 'ApiError', message, statusCode: 400 });
const inputs = (...ids: string[]) => ids.map((id) => ({ id, accountId: id }));

/** In short: the id of a participant, `!message` of a refusal, `?` for unclear. */
const outcomes = (answers: ReturnType<typeof matchAnswers>) =>
	answers.map((answer) => {
		if (answer.outcome === 'done') return answer.participant.id;
		return answer.outcome === 'rejected' ? `!${answer.error.message}` : '?';
	});

test.each<[string, unknown[], string[]]>([
	['all done in order', [user('a'), user('b'), user('c')], ['a', 'b', 'c']],
	['all done in another order', [user('c'), user('a'), user('b')], ['a', 'b', 'c']],
	['a refusal at its place', [user('a'), refusal('x'), user('c')], ['a', '!x', 'c']],
	['one refusal in another order', [refusal('x'), user('c'), user('a')], ['a', '!x', 'c']],
	['several refusals in another order', [refusal('x'), user('a'), refusal('y')], ['a', '?', '?']],
	['nothing but refusals', [refusal('x'), refusal('y'), refusal('z')], ['!x', '!y', '!z']],
	['an answer missing', [user('a'), user('c')], ['a', '?', 'c']],
	['all answers missing', [], ['?', '?', '?']],
	['an empty answer', [user('a'), null, user('c')], ['a', '?', 'c']],
	['one too many', [user('a'), user('b'), user('c'), refusal('x')], ['a', 'b', 'c']],
	['somebody else', [user('a'), user('z'), user('c')], ['a', '?', 'c']],
	['a refusal and one missing', [user('c'), refusal('x')], ['?', '?', 'c']],
	['a refusal without its type', [user('a'), { message: 'x' }, user('c')], ['a', '!x', 'c']],
])('%s', (_, results, expected) => {
	expect(outcomes(matchAnswers(inputs('a', 'b', 'c'), results))).toEqual(expected);
});

test('participants of one ID in different accounts are kept apart', () => {
	const both = [
		{ id: 'a', accountId: 'x' },
		{ id: 'a', accountId: 'y' },
	];
	const answers = matchAnswers(both, [user('a', 'y'), user('a', 'x')]);
	expect(
		answers.map((answer) => answer.outcome === 'done' && answer.participant.accountId),
	).toEqual(['x', 'y']);
});

test('in any order, nobody gets the success of another, and nobody done is called refused', () => {
	const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 12 });
	fc.assert(
		fc.property(
			ids.chain((list) =>
				fc.tuple(
					fc.constant(list),
					fc.array(fc.boolean(), { minLength: list.length, maxLength: list.length }),
					fc.shuffledSubarray([...list.keys()], { minLength: list.length }),
				),
			),
			([list, good, order]) => {
				const results = order.map((index) =>
					good[index] ? user(list[index]) : refusal(list[index]),
				);
				const answers = matchAnswers(inputs(...list), results);
				expect(answers).toHaveLength(list.length);
				answers.forEach((answer, index) => {
					if (good[index]) {
						expect(answer).toMatchObject({
							outcome: 'done',
							participant: { id: list[index] },
						});
					} else {
						expect(answer.outcome).not.toBe('done');
					}
				});
			},
		),
	);
});

test('the key of a pair tells pairs apart', () => {
	const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((id) => !id.includes('\0'));
	const pair = fc.record({ id: text, accountId: text });
	fc.assert(
		fc.property(pair, pair, (one, other) => {
			const isSame = one.id === other.id && one.accountId === other.accountId;
			expect(participantKey(one) === participantKey(other)).toBe(isSame);
		}),
	);
});

test('an entry of a batch that names nobody leaves its participant unclear, and the others as they are', () => {
	const inputs = ['a', 'b'].map((id) => ({ id, accountId: id }));
	const done = { __typename: 'User', id: 'a', accountId: 'a', segments: ['vip'] };
	expect(matchAnswers(inputs, [done, { __typename: 'User', segments: [] }])).toEqual([
		{ outcome: 'done', participant: { id: 'a', accountId: 'a', segments: ['vip'] } },
		{ outcome: 'unclear', mayBeApplied: true },
	]);
});

test('who is left with as many rejections is not in doubt, unless a rejection says little', () => {
	const open = (results: unknown[]) =>
		matchAnswers(inputs('a', 'b', 'c'), results).map(
			(answer) => answer.outcome === 'unclear' && answer.mayBeApplied,
		);
	expect(open([refusal('x'), user('a'), refusal('y')])).toEqual([false, false, false]);
	expect(open([refusal('x'), user('a'), { ...refusal('y'), statusCode: 500 }])).toEqual([
		false,
		true,
		true,
	]);
	expect(open([refusal('x'), user('a'), null])).toEqual([false, true, true]);
	expect(open([user('c'), refusal('x')])).toEqual([true, true, false]);
});
