/** Answers that name IDs in other capitals than they were sent. */
import * as fc from 'fast-check';
import { matchAnswers } from '../../../nodes/shared/advocate/upserts';

const person = (id: string) => ({ id, accountId: id });
const answer = (id: string) => ({ __typename: 'User', ...person(id), segments: ['vip'] });

test('are those of the only participant that fits, in any order', () => {
	const inputs = ['Ann@x.org', 'BOB@x.org', 'cleo'].map(person);
	const answers = matchAnswers(inputs, ['cleo', 'bob@x.org', 'ann@x.org'].map(answer));
	expect(answers).toEqual(
		['Ann@x.org', 'BOB@x.org', 'cleo'].map((id) => ({
			outcome: 'done',
			participant: { ...person(id), segments: ['vip'] },
			...(id === 'cleo' ? {} : { otherCase: true }),
		})),
	);
});

test('are nobody’s when two participants differ in nothing else', () => {
	const inputs = ['Ann', 'ann', 'Bob'].map(person);
	const answers = matchAnswers(inputs, ['ANN', 'ann', 'bob'].map(answer));
	expect(answers.map(({ outcome }) => outcome)).toEqual(['unclear', 'done', 'done']);
});

test('never take an answer from the participant whose ID it has', () => {
	const letters = fc.string({
		unit: fc.constantFrom('a', 'A', 'b', 'B'),
		minLength: 1,
		maxLength: 2,
	});
	fc.assert(
		fc.property(fc.uniqueArray(letters, { minLength: 1, maxLength: 6 }), (ids) => {
			const results = [...ids].reverse().map(answer);
			const answers = matchAnswers(ids.map(person), results);
			for (const [index, id] of ids.entries()) {
				expect(answers[index]).toMatchObject({ outcome: 'done', participant: { id } });
			}
		}),
	);
});
