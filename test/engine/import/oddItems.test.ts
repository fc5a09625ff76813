/** Items are no table: what one of them looks like says nothing about those below it, and a gap between them is none. */
import type { IDataObject } from 'n8n-workflow';
import { memberships, OWN_SEGMENTS, runImport, statuses } from './helpers';
import type { ImportInput, ImportRun } from './helpers';
import { TestApi } from './testApi';

const sim = new TestApi();

const importItems = async (list: IDataObject[], input: ImportInput = {}): Promise<ImportRun> =>
	await runImport(
		sim.api,
		list.map((json) => ({ json })),
		{ ...input, parameters: { operation: 'importItems' } },
	);

const GAP = { id: '' };

test.each(['unknown', 'sentinel'])('behind a blank item, %s is an ID like others', async (odd) => {
	const run = await importItems([{ id: '1' }, { id: '2' }, GAP, { id: odd }, { id: '3' }]);
	expect(Object.keys(memberships(sim.api)).sort()).toEqual(['1', '2', '3', odd].sort());
	expect(run.summary.notes).toContain(
		'Item 3 has a participant ID unlike all others; check that it is a participant',
	);
});

test('behind a blank item, a word for no value is refused as one', async () => {
	const run = await importItems([{ id: 'a@x.test' }, { id: 'b@x.test' }, GAP, { id: 'n/a' }]);
	expect(statuses(run)).toEqual({ 0: 'succeeded', 1: 'succeeded', 3: 'invalid' });
	expect(run.rows[2].message).toContain('which programs write for a missing value');
});

test.each<[string, IDataObject[]]>([
	['behind a blank item', [GAP, { id: 'email' }]],
	['right behind another one', [{ id: 'email', firstName: '' }]],
	['beside other values', [{ id: 'email', firstName: 'Bob' }]],
])('the name of a column is refused as such: %s', async (_, odd) => {
	const run = await importItems([{ id: '1' }, ...odd, { id: '2' }]);
	expect(memberships(sim.api)).toEqual({ 1: ['vip'], 2: ['vip'] });
	expect(run.rows[1]).toMatchObject({
		status: 'invalid',
		message:
			"The item looks like a header and not like a participant: its participant ID is 'email', the name of a column. Correct it, or remove the item",
		hint: "If the participant is really called that, turn on 'Accept Unusual IDs'",
	});
	const accepted = await importItems([{ id: '1' }, ...odd], {
		options: { acceptUnusualIds: true },
	});
	expect(accepted.summary).toMatchObject({ rows: 2, invalid: 0 });
});

test('the same as the only item', async () => {
	const run = await importItems([{ id: 'Participant ID', segments: 'vip' }], OWN_SEGMENTS);
	expect(statuses(run)).toEqual({ 0: 'invalid' });
	expect(memberships(sim.api)).toEqual({});
});

test('of a file, behind a blank row: the message says both ways out', async () => {
	const run = await runImport(sim.api, 'id\n1\n2\n\nunknown\n3\n');
	expect(run.rows.slice(2).map(({ message }) => message)).toEqual([
		'The row looks like the header of another table; put each table into a file of its own. If it belongs to the rows above it, remove what stands between them',
		'The row stands below row 5, which looks like the header of another table; put each table into a file of its own',
	]);
	expect(memberships(sim.api)).toEqual({ 1: ['vip'], 2: ['vip'] });
});

test('of a file, behind a blank row: a word for no value is no header', async () => {
	const run = await runImport(sim.api, 'id\n1\n2\n\nn/a\n3\n');
	expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'succeeded', 5: 'invalid', 6: 'succeeded' });
	expect(run.summary.notes).toEqual([]);
});
