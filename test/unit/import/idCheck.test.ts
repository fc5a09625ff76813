import fc from 'fast-check';
import { idCheckOf, idCheckProblem } from '../../../nodes/shared/advocate/participantId';

const anyText = fc.oneof(
	fc.string({ unit: 'grapheme', maxLength: 20 }),
	fc.string({ unit: 'binary', maxLength: 20 }),
	fc.constantFrom(
		'',
		'0',
		'00123',
		'123',
		'true',
		'TRUE',
		'\ud83d',
		'\ud83e',
		'\ufffd',
		'+49',
		'49',
	),
);

const participant = fc.record({ id: anyText, accountId: anyText });

test('any participant fits its own check, in any case and with blanks around it', () => {
	fc.assert(
		fc.property(participant, (someone) => {
			const check = idCheckOf(someone);
			for (const cell of [check, check.toUpperCase(), ` ${check} `, '', ' ']) {
				expect(idCheckProblem(someone, cell)).toBeUndefined();
			}
		}),
	);
});

test('any other participant does not fit it, also when only the border between the IDs moves', () => {
	fc.assert(
		fc.property(participant, participant, (someone, other) => {
			fc.pre(someone.id !== other.id || someone.accountId !== other.accountId);
			expect(idCheckProblem(other, idCheckOf(someone))).toContain('format the column as text');
		}),
	);
	const pairs = [
		['ab', 'c'],
		['a', 'bc'],
		['c', 'ab'],
		['', 'abc'],
		['abc', ''],
		['a","b', 'c'],
		['a', 'b","c'],
	];
	const checks = pairs.map(([accountId, id]) => idCheckOf({ accountId, id }));
	expect(new Set(checks).size).toBe(pairs.length);
});

test('is eight letters without a vowel: no number, no date, no word of a spreadsheet, no formula', () => {
	fc.assert(
		fc.property(participant, (someone) => {
			expect(idCheckOf(someone)).toMatch(/^[bcdfghjkmnpqrstv]{8}$/);
		}),
	);
});

test('stays the same from one version to the next: files are imported later', () => {
	expect(idCheckOf({ accountId: 'a@x.test', id: 'a@x.test' })).toBe('smjcsfmq');
});

test('a check that was changed itself is no check: the row is refused', () => {
	expect(idCheckProblem({ accountId: 'a', id: 'a' }, 'yes')).toContain("'idCheck'");
});
