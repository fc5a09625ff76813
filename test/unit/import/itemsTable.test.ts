import fc from 'fast-check';
import { Breather } from '../../../nodes/shared/advocate/client/breather';
import { visitFields } from '../../../nodes/ImpactAdvocate/import/items/flatten';
import type { FieldValue } from '../../../nodes/ImpactAdvocate/import/items/flatten';
import { itemsSource } from '../../../nodes/ImpactAdvocate/import/items/itemsTable';
import type { CsvRow } from '../../../nodes/ImpactAdvocate/import/table';
import { atEase } from './helpers';

const open = async (items: object[], breather = atEase()) =>
	await itemsSource(items).open(breather, () => true);

async function rowsOf({ rows }: { rows(): AsyncGenerator<CsvRow[]> }): Promise<CsvRow[]> {
	const all: CsvRow[] = [];
	for await (const portion of rows()) {
		expect(portion).not.toEqual([]);
		all.push(...portion);
	}
	return all;
}

/** Fields of one item by their paths. */
function fieldsOf(item: object): Record<string, FieldValue> {
	const fields: Array<[string, FieldValue]> = [];
	visitFields(item, { field: (path, value) => fields.push([path, value]) });
	return Object.fromEntries(fields);
}

/** Luxon's date, as `$now` gives it. */
const luxon = { isLuxonDateTime: true, toISO: () => '2026-01-02T03:04:05.000Z' };

test.each<[unknown, FieldValue['kind'], string]>([
	['a', 'text', 'a'],
	['', 'text', ''],
	[null, 'text', ''],
	[undefined, 'text', ''],
	[7, 'text', '7'],
	[-0, 'text', '0'],
	[1.5, 'value', '1.5'],
	[true, 'value', 'true'],
	[new Date(0), 'value', '1970-01-01T00:00:00.000Z'],
	[luxon, 'value', '2026-01-02T03:04:05.000Z'],
	[new Date(NaN), 'other', ''],
	[NaN, 'other', 'NaN'],
	[2 ** 53, 'other', '9007199254740992'],
	[new Uint8Array(3), 'other', ''],
	[Symbol('s'), 'other', ''],
	[1n, 'other', ''],
	[['a', 7], 'list', 'a|7'],
	[['a, b', 'c'], 'list', '["a, b","c"]'],
	[['[x]'], 'list', '["[x]"]'],
	[[], 'text', ''],
	[[null, ''], 'text', ''],
	[[{ key: 'a' }], 'other', '[{"key":"a"}]'],
	[[1.5], 'other', '[1.5]'],
])('%p is %s %j', (value, kind, text) => {
	expect(fieldsOf({ value })).toEqual({ value: { kind, text, value } });
});

test('objects have dots, and what is too deep is a value', () => {
	const circle: Record<string, unknown> = { id: 'x' };
	circle.self = circle;
	const fields = fieldsOf(circle);
	expect(fields.id.text).toBe('x');
	expect(fields['self.self.id'].text).toBe('x');
	expect(Object.keys(fields)).toHaveLength(9);
	expect(Object.values(fields).at(-1)).toMatchObject({ kind: 'other', text: '' });
});

test('names of the prototype are fields like any other', async () => {
	const item = JSON.parse('{"__proto__": "a", "constructor": "b", "id": "c"}') as object;
	const table = await open([item]);
	expect(table.header).toEqual(['__proto__', 'constructor', 'id']);
	expect(await rowsOf(table)).toEqual([{ rowNumber: 0, cells: ['a', 'b', 'c'] }]);
});

const anyItem = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 3 }));

test('whatever the items are: each that says something is a row, read alike each time', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(anyItem, { maxLength: 6 }), async (items) => {
			const before = JSON.stringify(items);
			const table = await open(items);
			const rows = await rowsOf(table);
			expect(await rowsOf(table)).toEqual(rows);
			expect((await open(structuredClone(items))).fingerprint).toBe(table.fingerprint);
			expect(JSON.stringify(items)).toBe(before);
			const { blankItems } = table.facts;
			expect(rows.length + Number(blankItems)).toBe(items.length);
			for (const { rowNumber, cells } of rows) {
				expect(cells).toHaveLength(table.header.length);
				expect(cells.join()).not.toContain('[object');
				// Every text of the item stands in a cell.
				const texts = Object.values(fieldsOf(items[rowNumber])).filter(({ text }) => text !== '');
				for (const { text } of texts.slice(0, 1)) expect(cells).toContain(text);
			}
		}),
		{ numRuns: 300 },
	);
});

test('another list has another fingerprint', async () => {
	const prints = await Promise.all(
		[[{ id: 'a' }], [{ id: 'b' }], [{ name: 'a' }], [{ id: 'a' }, {}], [{ id: ['a'] }]].map(
			async (items) => (await open(items)).fingerprint,
		),
	);
	expect(new Set(prints).size).toBeGreaterThanOrEqual(4);
});

test('n8n has its turn after 50 ms, and Stop ends it', async () => {
	let clock = 0;
	let since = 0;
	let longest = 0;
	let stopped = false;
	const host = {
		now: () => clock,
		sleep: async () => {
			longest = Math.max(longest, clock - since);
			since = clock;
		},
		cancelled: () => stopped,
	};
	// Each look at an item takes a millisecond.
	const items = Array.from({ length: 500 }, (_, index) => ({
		get id() {
			clock++;
			return `p${index}`;
		},
	}));
	const table = await open(items, new Breather(host));
	expect(await rowsOf(table)).toHaveLength(500);
	expect(clock).toBeGreaterThanOrEqual(1000);
	expect(longest).toBeLessThan(55);
	stopped = true;
	await expect(rowsOf(table)).rejects.toMatchObject({ kind: 'cancelled' });
});
