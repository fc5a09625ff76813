/** Segment keys and names: which are refused, how lists and cells are read. */
import * as fc from 'fast-check';
import { readSegmentsCell, mayHoldSeveral } from '../../../nodes/shared/segments/cell';
import { NO_CHANGE, SegmentInputError, toOperations } from '../../../nodes/shared/segments/change';
import {
	checkSegmentKey,
	checkSegmentText,
	readSegmentTexts,
} from '../../../nodes/shared/segments/key';

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
				// In an array a key may hold what separates text, or begin like JSON.
				fc.pre(!/^[[{]/.test(text) && !/[;|\r\n]/.test(text));
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
		['a;b', ['a', 'b']],
		['a|b', ['a', 'b']],
		['a\nb\r\nc', ['a', 'b', 'c']],
		[' a , b; c | d ', ['a', 'b', 'c', 'd']],
		['2024', ['2024']],
		[2024, ['2024']],
	])('%j is separated', (text, list) => {
		expect(readSegmentTexts(text)).toEqual(list);
	});

	test.each([
		[{ a: 1 }, 'not an object with 1 field'],
		[true, 'not true'],
		[5.5, 'not 5.5'],
		[2 ** 60, 'which is too large to be exact'],
		['[a, b]', "not '[a, b]'"],
		['[object Object]', "not '[object Object]'"],
		['{"key":"vip"}', 'not \'{"key":"vip"}\''],
		['{vip}', "not '{vip}'"],
		[new Date(0), 'not a date (1970-01-01T00:00:00.000Z)'],
		[['a', {}], 'entry 2 is an empty object'],
		[['a', ['b']], 'entry 2 is a list with 1 entry'],
		[
			[Number('12345678901234567890')],
			'entry 1 is the number 12345678901234567000, which is too large',
		],
		[[1.5], 'entry 1 is 1.5'],
		[['a', 'a', '', null], 'entry 4 is empty'],
		[['a', false], 'entry 2 is false'],
		['["a", {"key":"b"}]', 'entry 2 is an object with 1 field'],
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
		['a; b\n c', 'add', ['a', 'b', 'c']],
		['["a","b"]', 'add', ['a', 'b']],
		["['a', '~b']", 'add', ['~b', 'a']],
		['{gold,"silver plus"}', 'add', ['gold', 'silver plus']],
		['[]', 'add', []],
		['{}', 'set', []],
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
		// Keys that a cell can hold; the undo file leaves others out.
		const plainKeys = keys.map((list) => list.filter((key) => !mayHoldSeveral(key)));
		const isNew = (list: string[]) => (entry: string) => !list.includes(entry);
		fc.assert(
			fc.property(plainKeys, plainKeys, (add, other) => {
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
