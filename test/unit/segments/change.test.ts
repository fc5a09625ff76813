/** Laws of segment changes: what is composed, inverted or verified agrees with what the API does on the wire. */
import * as fc from 'fast-check';
import {
	applyChange,
	changeOf,
	composeChanges,
	findMismatch,
	inverseChange,
	isNoChange,
	membershipDifference,
	mixedChange,
	NO_CHANGE,
	SEGMENT_ACTIONS,
	SegmentInputError,
	toOperations,
} from '../../../nodes/shared/segments/change';
import type { SegmentChange } from '../../../nodes/shared/segments/change';

const key: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const keys = fc.uniqueArray(key);

/** Any change that can be asked for: no key both added and removed. */
const change: fc.Arbitrary<SegmentChange> = fc
	.tuple(fc.boolean(), keys, keys)
	.map(([clear, add, remove]) => ({
		clear,
		add,
		remove: clear ? [] : remove.filter((entry) => !add.includes(entry)),
	}));

const sorted = (list: readonly string[]) => [...list].sort();

/** What the API does, from its documentation: operations from left to right. */
function applyOnWire(before: readonly string[], operations: readonly string[]): string[] {
	const segments = new Set(before);
	for (const operation of operations) {
		if (operation === '~*') segments.clear();
		else if (operation.startsWith('~')) segments.delete(operation.slice(1));
		else segments.add(operation);
	}
	return [...segments];
}

test('the wire form does what the change says', () => {
	fc.assert(
		fc.property(keys, change, (before, subject) => {
			expect(sorted(applyOnWire(before, toOperations(subject)))).toEqual(
				sorted(applyChange(before, subject)),
			);
		}),
	);
});

test('a clear comes first, alone, and a bare ~ never', () => {
	fc.assert(
		fc.property(change, (subject) => {
			const operations = toOperations(subject);
			expect(operations).not.toContain('~');
			expect(operations.indexOf('~*')).toBe(subject.clear ? 0 : -1);
			expect(operations.lastIndexOf('~*')).toBe(subject.clear ? 0 : -1);
			expect(new Set(operations).size).toBe(operations.length);
		}),
	);
});

test('composing is applying one after the other', () => {
	fc.assert(
		fc.property(keys, fc.array(change, { maxLength: 6 }), (before, changes) => {
			const oneByOne = changes.reduce<string[]>(applyChange, before);
			const composed = changes.reduce(composeChanges, NO_CHANGE);
			expect(sorted(applyChange(before, composed))).toEqual(sorted(oneByOne));
			expect(sorted(applyOnWire(before, toOperations(composed)))).toEqual(sorted(oneByOne));
			expect(composed.add.filter((entry) => composed.remove.includes(entry))).toEqual([]);
		}),
		{ numRuns: 500 },
	);
});

test('composing is associative in its effect, and nothing is neutral', () => {
	fc.assert(
		fc.property(keys, change, change, change, (before, a, b, c) => {
			const left = composeChanges(composeChanges(a, b), c);
			const right = composeChanges(a, composeChanges(b, c));
			expect(sorted(applyChange(before, left))).toEqual(sorted(applyChange(before, right)));
			expect(sorted(applyChange(before, composeChanges(NO_CHANGE, a)))).toEqual(
				sorted(applyChange(before, composeChanges(a, NO_CHANGE))),
			);
		}),
	);
});

test('applying a change twice changes nothing more', () => {
	fc.assert(
		fc.property(keys, change, (before, subject) => {
			const once = applyChange(before, subject);
			expect(sorted(applyChange(once, subject))).toEqual(sorted(once));
		}),
	);
});

test('the inverse restores', () => {
	fc.assert(
		fc.property(keys, change, (before, subject) => {
			const after = applyChange(before, subject);
			const inverse = inverseChange(before, after);
			expect(sorted(applyChange(after, inverse))).toEqual(sorted(before));
			expect(sorted(applyOnWire(after, toOperations(inverse)))).toEqual(sorted(before));
			expect(toOperations(inverse)).not.toContain('~*');
		}),
	);
});

test('the difference is what changed, no more and no less', () => {
	fc.assert(
		fc.property(keys, keys, (before, after) => {
			const { added, removed } = membershipDifference(before, after);
			expect(sorted([...before.filter((entry) => !removed.includes(entry)), ...added])).toEqual(
				sorted(after),
			);
			expect(added.filter((entry) => before.includes(entry))).toEqual([]);
			expect(removed.filter((entry) => !before.includes(entry))).toEqual([]);
		}),
	);
});

test('a change that was applied leaves no mismatch', () => {
	fc.assert(
		fc.property(keys, change, (before, subject) => {
			expect(findMismatch(subject, applyChange(before, subject))).toBeUndefined();
		}),
	);
});

test('an operation that was not applied is a mismatch that names it', () => {
	fc.assert(
		fc.property(keys, change, fc.nat(), (before, subject, pick) => {
			const operations = toOperations(subject);
			fc.pre(operations.length > 0);
			const lost = operations[pick % operations.length];
			const actual = applyOnWire(
				before,
				operations.filter((operation) => operation !== lost),
			);
			const mismatch = findMismatch(subject, actual);
			const isSame = sorted(actual).join() === sorted(applyChange(before, subject)).join();
			expect(mismatch === undefined).toBe(isSame);
			if (mismatch === undefined) return;
			const { missing, unexpected } = mismatch;
			if (lost === '~*') expect(unexpected.every((entry) => before.includes(entry))).toBe(true);
			else if (lost.startsWith('~')) expect(unexpected).toEqual([lost.slice(1)]);
			else expect(missing).toEqual([lost]);
		}),
	);
});

test.each([
	['add', ['a', 'b'], ['a', 'b']],
	['remove', ['a', 'b'], ['~a', '~b']],
	['set', ['a', 'b'], ['~*', 'a', 'b']],
	['clear', [], ['~*']],
] as const)('%s %j', (action, segments, operations) => {
	expect(toOperations(changeOf(action, segments))).toEqual(operations);
	expect(toOperations(changeOf(action, [...segments, ...segments]))).toEqual(operations);
});

test('every action but clear needs segments, and clear takes none', () => {
	for (const action of SEGMENT_ACTIONS) {
		const segments = action === 'clear' ? ['a'] : [];
		expect(() => changeOf(action, segments)).toThrow(SegmentInputError);
	}
	expect(() => changeOf('set', [])).toThrow('Set needs at least one segment');
});

test('contradictions are refused, all of them named', () => {
	expect(() => mixedChange(['a'], ['a'])).toThrow("'a' is both added and removed");
	expect(() => mixedChange(['a', 'b', 'c'], ['c', 'a'])).toThrow(
		"'a', 'c' are both added and removed",
	);
	expect(() => mixedChange([], [])).toThrow('No segment was given');
	expect(mixedChange(['a', 'a'], ['b', 'b'])).toEqual({ clear: false, add: ['a'], remove: ['b'] });
});

test('only a change without effect is no change', () => {
	expect(isNoChange(NO_CHANGE)).toBe(true);
	fc.assert(
		fc.property(change, (subject) => {
			expect(isNoChange(subject)).toBe(toOperations(subject).length === 0);
		}),
	);
});
