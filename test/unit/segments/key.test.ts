/** Segment keys and names: which are refused, how lists and cells are read. */
import * as fc from 'fast-check';
import { readSegmentsCell } from '../../../nodes/shared/segments/cell';
import { NO_CHANGE, SegmentInputError, toOperations } from '../../../nodes/shared/segments/change';
import {
	checkSegmentKey,
	checkSegmentText,
	readSegmentTexts,
} from '../../../nodes/shared/segments/key';
import { mayHoldSeveral } from '../../../nodes/shared/segments/listText';

/** Keys that can be sent, in a cell as well. */
const key = fc
	.string({ minLength: 1, maxLength: 12 })
	.map((text) => text.trim())
	.filter((text) => checkSegmentKey(text) === undefined && !mayHoldSeveral(text));
const keys = fc.uniqueArray(key, { maxLength: 6 });

describe('keys that are refused', () => {
	test.each([
		['', 'blank'],
		['   ', 'blank'],
		[' a', 'starts or ends with a blank'],
		['a\t', 'starts or ends with a blank'],
		['~', "starts with '~'"],
		['~a', "starts with '~'"],
		['~*', "starts with '~'"],
		['*', 'stands for all segments'],
		['a,b', 'contains a comma'],
		['a\u0000b', 'control character'],
		['a\u007fb', 'control character'],
		['a\u009fb', 'control character'],
		['a\nb', 'control character'],
	])('%j', (subject, reason) => {
		expect(checkSegmentKey(subject)).toContain(reason);
	});

	test.each(['a', 'A b', 'a~', 'a*', '**', '-', '日本', 'ü'.repeat(500), '😀', 'a|b', 'null'])(
		'not %j: the API judges it',
		(subject) => {
			expect(checkSegmentKey(subject)).toBeUndefined();
		},
	);
});

describe('lists', () => {
	test('read the same as an array, as text and as JSON in a text', () => {
		fc.assert(
			fc.property(keys, (list) => {
				expect(readSegmentTexts(list)).toEqual(list);
				expect(readSegmentTexts(JSON.stringify(list))).toEqual(list);
				const text = list.join(' , ');
				fc.pre(!(text.startsWith('[') && text.endsWith(']')));
				expect(readSegmentTexts(text)).toEqual(list);
			}),
		);
	});

	test('drop blanks and repetitions, keep the order', () => {
		expect(readSegmentTexts(['b', '', ' a ', 'b', '  '])).toEqual(['b', 'a']);
		expect(readSegmentTexts(',b,, a ,b,')).toEqual(['b', 'a']);
		expect(readSegmentTexts([3, '3'])).toEqual(['3']);
	});

	test.each([[undefined], [null], [''], [[]], ['[]'], [' , '], [['', ' ']]])(
		'%j is empty',
		(value) => {
			expect(readSegmentTexts(value)).toEqual([]);
		},
	);

	test.each([
		['a;b|c\nd', ['a', 'b', 'c', 'd']],
		['[a, b]', ['a', 'b']],
		["['a', 'b c']", ['a', 'b c']],
		["['it\\'s']", ["it's"]],
		['{a,b}', ['a', 'b']],
		['{"a b",c,"d,e"}', ['a b', 'c', 'd,e']],
		['{}', []],
		['["a","b, c"]', ['a', 'b, c']],
		['[a] [b]', ['[a] [b]']],
		['{a}{b}', ['{a}{b}']],
	])('the text %j is the list %j', (text, expected) => {
		expect(readSegmentTexts(text)).toEqual(expected);
	});

	test.each([
		[{ a: 1 }, 'not an object'],
		[true, 'not the boolean true'],
		[5, 'not the number 5'],
		[['a', {}], 'entry 2 is an object'],
		[['a', 'a', '', null], 'entry 4 is empty'],
		[['a', false], 'entry 2 is a boolean'],
		['["a", {"key":"b"}]', 'entry 2 is an object'],
	])('%j is refused', (value, reason) => {
		expect(() => readSegmentTexts(value)).toThrow(reason);
		expect(() => readSegmentTexts(value)).toThrow(SegmentInputError);
	});

	test('never crash, and never let an operator through', () => {
		fc.assert(
			fc.property(fc.anything(), (value) => {
				try {
					for (const entry of readSegmentTexts(value)) {
						expect(checkSegmentText(entry)).toBeUndefined();
					}
				} catch (error) {
					expect(error).toBeInstanceOf(SegmentInputError);
				}
			}),
		);
	});
});

describe('cells', () => {
	test.each<[string, Parameters<typeof readSegmentsCell>[1], string[]]>([
		['a|b', 'add', ['a', 'b']],
		[' a | | b |', 'add', ['a', 'b']],
		['a|~b', 'add', ['~b', 'a']],
		['~a | ~ b', 'add', ['~a', '~b']],
		['~*|a|b', 'add', ['~*', 'a', 'b']],
		['~*', 'add', ['~*']],
		['a|a|~b|~b', 'add', ['~b', 'a']],
		['a|b', 'remove', ['~a', '~b']],
		['a|b', 'set', ['~*', 'a', 'b']],
		['', 'clear', ['~*']],
		['', 'add', []],
		[' | ', 'set', []],
		['', 'remove', []],
		['a b', 'add', ['a b']],
		['a,b', 'add', ['a', 'b']],
		['a;~b', 'add', ['~b', 'a']],
		['a\r\nb', 'set', ['~*', 'a', 'b']],
		['["a","~b"]', 'add', ['~b', 'a']],
		['{a,b}', 'remove', ['~a', '~b']],
		['[]', 'set', []],
		['{}', 'add', []],
	])('%j with %s', (cell, action, operations) => {
		expect(toOperations(readSegmentsCell(cell, action))).toEqual(operations);
	});

	test.each<[string, Parameters<typeof readSegmentsCell>[1], string]>([
		['~', 'add', "A bare '~' names no segment"],
		['a|~ ', 'add', "A bare '~' names no segment"],
		['a|~*', 'add', "'~*' is not the first entry of the segments cell"],
		['~*|~*', 'add', "'~*' is not the first entry of the segments cell"],
		['~~a', 'add', "starts with '~'"],
		['*', 'add', 'stands for all segments'],
		['[{"key":"a"}]', 'add', 'neither text nor number'],
		['a|~a', 'add', "'a' is both added and removed in one cell"],
		['~a|a', 'add', "'a' is both added and removed in one cell"],
		['a|~b', 'remove', "the action of this row is 'remove'"],
		['~*|a', 'set', "the action of this row is 'set'"],
		['a', 'clear', 'Clear removes every segment'],
	])('%j with %s is refused', (cell, action, reason) => {
		expect(() => readSegmentsCell(cell, action)).toThrow(reason);
		expect(() => readSegmentsCell(cell, action)).toThrow(SegmentInputError);
	});

	test('a blank cell asks for nothing', () => {
		expect(readSegmentsCell('  ', 'add')).toEqual(NO_CHANGE);
	});

	test('say what was written into them', () => {
		const isNew = (list: string[]) => (entry: string) => !list.includes(entry);
		fc.assert(
			fc.property(keys, keys, (add, other) => {
				const remove = other.filter(isNew(add));
				const cell = [...add, ...remove.map((entry) => `~${entry}`)].join('|');
				expect(readSegmentsCell(cell, 'add')).toEqual({ clear: false, add, remove });
				expect(readSegmentsCell(['~*', ...add].join(' | '), 'add')).toEqual({
					clear: true,
					add,
					remove: [],
				});
			}),
		);
	});

	test('never crash, and never lead to a bare ~', () => {
		const part = fc.constantFrom('~', '*', '~*', 'a', 'b', '|', ' ', ',', '\t');
		const cell = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
		const action = fc.constantFrom('add', 'remove', 'set', 'clear' as const) as fc.Arbitrary<
			Parameters<typeof readSegmentsCell>[1]
		>;
		fc.assert(
			fc.property(cell, action, (text, how) => {
				try {
					expect(toOperations(readSegmentsCell(text, how))).not.toContain('~');
				} catch (error) {
					expect(error).toBeInstanceOf(SegmentInputError);
				}
			}),
			{ numRuns: 2000 },
		);
	});
});
