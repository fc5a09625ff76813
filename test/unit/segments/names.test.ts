/** Which segment a text means. */
import fc from 'fast-check';
import { SegmentInputError } from '../../../nodes/shared/segments/change';
import { expectSegment, resolvedChange, SegmentNames } from '../../../nodes/shared/segments/names';
import type { SegmentUse, WayToCreate } from '../../../nodes/shared/segments/names';

function namesOf(...segments: Array<[key: string, name: string | null, status?: string]>) {
	const names = new SegmentNames();
	for (const [key, name, status = 'ACTIVE'] of segments) names.add({ key, name, status });
	return names;
}

const TENANT = namesOf(
	['vip', 'VIP Customers'],
	['beta', 'Beta'],
	['Beta', 'Other'],
	['gold1', 'Gold'],
	['gold2', 'Gold'],
	['low', 'silver'],
	['high', 'SILVER'],
	['comma', 'Madrid, Spain'],
	['gone', 'Gone', 'ARCHIVED'],
	['~x', 'Tilde'],
);

const keyOf = (text: string, use: SegmentUse = 'add', create?: WayToCreate): string =>
	expectSegment(text, TENANT.find(text), use, create).key;

test.each([
	['vip', 'vip'],
	['VIP Customers', 'vip'],
	['vip  customers', 'vip'],
	['ＶＩＰ customers', 'vip'],
	['Beta', 'Beta'],
	['Other', 'Beta'],
	['silver', 'low'],
	['SILVER', 'high'],
	['Madrid, Spain', 'comma'],
])('%j is the segment %j', (text, key) => {
	expect(keyOf(text)).toBe(key);
});

test.each([
	['Gold', "2 segments are called 'Gold': they have the keys 'gold1', 'gold2'"],
	['Silver', "2 segments are called 'Silver': they have the keys 'low', 'high'"],
	[
		'vipp',
		"There is no segment with the name or key 'vipp'. The nearest is 'VIP Customers' (key 'vip')",
	],
	[
		'VIP Custmers',
		"There is no segment with the name or key 'VIP Custmers'. The nearest is 'VIP Customers' (key 'vip')",
	],
	['entirely different', "There is no segment with the name or key 'entirely different'"],
	['__proto__', "There is no segment with the name or key '__proto__'"],
	['Gone', "The segment 'Gone' (key 'gone') is archived"],
	['gone', "The segment 'Gone' (key 'gone') is archived"],
	[
		'Tilde',
		"The segment 'Tilde' (key '~x') can't be used: segment key '~x' starts with '~', which means removal in the API",
	],
])('%j is refused', (text, message) => {
	expect(() => keyOf(text)).toThrow(new SegmentInputError(message, ''));
});

test('an archived segment can be left, and looked for', () => {
	expect(keyOf('Gone', 'remove')).toBe('gone');
	expect(keyOf('Gone', 'find')).toBe('gone');
});

test('the way out: create it where that is possible, restore it where it is archived', () => {
	const hint = (text: string, create?: WayToCreate, use: SegmentUse = 'add'): string => {
		try {
			keyOf(text, use, create);
		} catch (error) {
			return (error as SegmentInputError).hint;
		}
		return '';
	};
	expect(hint('nothing', 'field')).toContain("turn on 'Create Missing Segments'");
	expect(hint('nothing', 'option')).toContain("add the option 'Create Missing Segments'");
	expect(hint('nothing')).not.toContain('Create Missing Segments');
	expect(hint('nothing', undefined, 'remove')).toBe(
		'Check the spelling (upper and lower case count in keys), or leave it out: nobody is in a segment that does not exist',
	);
	expect(hint('Gone', 'field')).toContain('Restore it first');
	expect(hint('Gold', 'field')).toContain('key instead of the name');
});

test('a change becomes one of keys; two spellings of one segment can not be added and removed', () => {
	const change = { clear: false, add: ['vip', 'VIP Customers'], remove: ['Beta'] };
	expect(resolvedChange(change, keyOf)).toEqual({ clear: false, add: ['vip'], remove: ['Beta'] });
	const keys = { clear: true, add: ['vip'], remove: [] };
	expect(resolvedChange(keys, keyOf)).toBe(keys);
	expect(() =>
		resolvedChange({ clear: false, add: ['vip'], remove: ['VIP Customers'] }, keyOf),
	).toThrow("'vip' is both added and removed");
});

test('every key and every name that only one segment has leads to it; nothing leads to another', () => {
	const text = fc.stringMatching(/^[abAB ]{1,3}$/).filter((t) => t === t.trim() && t !== '');
	const segments = fc.uniqueArray(fc.record({ key: text, name: text }), {
		selector: ({ key }) => key,
		maxLength: 6,
	});
	fc.assert(
		fc.property(segments, text, (list, wanted) => {
			const names = new SegmentNames();
			for (const { key, name } of list) names.add({ key, name, status: 'ACTIVE' });
			const match = names.find(wanted);
			if (list.some(({ key }) => key === wanted)) {
				expect(match).toMatchObject({ segment: { key: wanted } });
				return;
			}
			const exact = list.filter(({ name }) => name === wanted);
			const fold = (name: string) => name.toLowerCase().replace(/ +/g, ' ');
			const like = list.filter(({ name }) => fold(name) === fold(wanted));
			const found = exact.length > 0 ? exact : like;
			if (found.length === 1) expect(match).toMatchObject({ segment: { key: found[0].key } });
			else if (found.length > 1) expect(match).toEqual({ ambiguous: found.map(({ key }) => key) });
			else expect(match).not.toHaveProperty('segment');
		}),
	);
});

test('a segment that got another name is found by that one alone', () => {
	const names = namesOf(['a', 'First'], ['b', 'first']);
	names.replace({ key: 'a', name: 'Second', status: 'ACTIVE' });
	names.replace({ key: 'c', name: 'Third', status: 'ACTIVE' });
	const keys = (name: string) => names.called(name).map(({ key }) => key);
	expect([keys('FIRST'), keys('second'), keys('third')]).toEqual([['b'], ['a'], ['c']]);
	expect(names.withKey('a')?.name).toBe('Second');
});
