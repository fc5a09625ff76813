import fc from 'fast-check';
import {
	describeValue,
	entriesOf,
	numberOf,
	switchOf,
	textOf,
} from '../../nodes/shared/inputValue';

test('any value is described without being turned into text by force', () => {
	fc.assert(
		fc.property(
			fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true }),
			(value) => {
				const says = describeValue(value);
				expect(says).not.toBe('');
				expect(says).not.toContain('[object Object]');
				expect(says).not.toMatch(/[\r\n]/);
				expect(says.length).toBeLessThan(120);
			},
		),
	);
});

test('nothing but texts and numbers is taken for one', () => {
	fc.assert(
		fc.property(fc.anything({ withDate: true, withBigInt: true }), (value) => {
			const isPlain = typeof value === 'string' || typeof value === 'number';
			if (!isPlain) expect([textOf(value), numberOf(value)]).toEqual([undefined, undefined]);
			if (!isPlain && typeof value !== 'boolean') expect(switchOf(value)).toBeUndefined();
			const isOne = typeof value === 'string' || Number.isSafeInteger(value);
			const isList = isOne || Array.isArray(value);
			if (!isList) expect(entriesOf(value)).toBeUndefined();
		}),
	);
});

test.each([
	['0x10', undefined],
	['1e3', undefined],
	['1,000', undefined],
	['', undefined],
	[' 12 ', 12],
	['-3', -3],
	['2.5', 2.5],
	[Infinity, undefined],
])('the number of %j', (value, number) => {
	expect(numberOf(value)).toBe(number);
});

test('whole numbers come back as their digits, or not at all', () => {
	fc.assert(
		fc.property(fc.double(), (value) => {
			const text = textOf(value);
			if (text !== undefined) expect(Number(text)).toBe(value === 0 ? 0 : value);
			else expect(Number.isSafeInteger(value)).toBe(false);
		}),
	);
});

test('a list is read the same as an array and as its JSON', () => {
	fc.assert(
		fc.property(fc.array(fc.oneof(fc.string(), fc.integer())), (list) => {
			expect(entriesOf(list)).toBe(list);
			expect(entriesOf(` ${JSON.stringify(list)} `)).toEqual(list);
		}),
	);
});
