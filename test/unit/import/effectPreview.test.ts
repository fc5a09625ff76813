import { ParticipantSample } from '../../../nodes/ImpactAdvocate/import/plan/effectPreview';
import type { Transport } from '../../../nodes/shared/advocate/client/transport';
import { changeOf } from '../../../nodes/shared/segments/change';

const add = changeOf('add', ['vip']);

const FILE_HASH = Buffer.from('some file');

/** An API that knows nobody. */
const nobody = {
	closedWays: new Set(),
	async request(_: unknown, read: (body: unknown) => unknown) {
		return read({ data: {} });
	},
} as unknown as Transport;

async function sample(size: number, ids: readonly string[]): Promise<string[]> {
	const picked = new ParticipantSample(size, FILE_HASH);
	for (const id of ids) picked.offer({ accountId: id, id }, add);
	return (await picked.preview(nobody, true)).map(({ id }) => id).sort();
}

const people = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);

it('takes everybody while there is room', async () => {
	expect(await sample(3, ['b', 'a', 'b', 'c', 'a'])).toEqual(['a', 'b', 'c']);
	expect(await sample(0, ['a'])).toEqual([]);
});

it('does not depend on the order of the file', async () => {
	const ids = people(5_000);
	const expected = await sample(100, ids);
	expect(expected).toHaveLength(100);
	expect(await sample(100, [...ids].reverse())).toEqual(expected);
	expect(await sample(100, [...ids, ...ids])).toEqual(expected);
});

it('grows with its size: a smaller sample is part of a larger one', async () => {
	const ids = people(3_000);
	const large = new Set(await sample(200, ids));
	for (const id of await sample(50, ids)) expect(large).toContain(id);
});

it('is spread evenly over the file', async () => {
	const ids = people(100_000);
	const tenths = Array<number>(10).fill(0);
	for (const id of await sample(1_000, ids)) tenths[Math.floor(Number(id.slice(1)) / 10_000)]++;
	// 100 each on average; six standard deviations are about 57.
	for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(57);
});

it('puts all rows of a participant together, also those before others were dropped', async () => {
	const picked = new ParticipantSample(20, FILE_HASH);
	for (const action of ['add', 'remove', 'add'] as const) {
		for (const id of people(500)) {
			picked.offer(
				{ accountId: id, id },
				changeOf(action, [action === 'add' ? `${action}-x` : 'y']),
			);
		}
	}
	for (const id of people(500)) picked.offer({ accountId: id, id }, changeOf('add', ['last']));
	for (const { before, after, added, exists } of await picked.preview(nobody, true)) {
		expect({ before, after, added, exists }).toEqual({
			before: [],
			after: ['add-x', 'last'],
			added: ['add-x', 'last'],
			exists: false,
		});
	}
});

it('says that nothing becomes of participants that are not created', async () => {
	const picked = new ParticipantSample(1, FILE_HASH);
	picked.offer({ accountId: 'a', id: 'a' }, add);
	expect(await picked.preview(nobody, false)).toEqual([
		{ accountId: 'a', id: 'a', exists: false, before: [], after: [], added: [], removed: [] },
	]);
});
