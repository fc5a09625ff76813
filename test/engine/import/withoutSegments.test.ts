/** Rows that name no segment, where others do: what becomes of their participants is said. */
import { AS_THE_FILE_SAYS, COLUMN_BY_NAME, memberships, OWN_SEGMENTS, runImport } from './helpers';
import type { ImportInput } from './helpers';
import { TestApi } from './testApi';

const sim = new TestApi();

beforeEach(() => {
	for (const id of ['old', 'other']) sim.api.state.addParticipant({ id, segments: ['vip'] });
});

const CSV = 'id,segments,firstName\na,vip,Ann\nb,,Bob\nold, ,Cy\n';

const notesWith = async (csv: string, input: ImportInput): Promise<unknown> =>
	(await runImport(sim.api, csv, input)).summary.notes;

const JOIN_NONE =
	'2 rows (row 3, row 4) name no segment. Participants who do not exist yet are created in no segment; those who exist stay in the segments that they are in.';

test.each<[string, ImportInput]>([
	['an import', {}],
	['of all details', { details: 'all' }],
	['with Set', { action: 'set' }],
])('a note says so: %s', async (_, input) => {
	const dry = await notesWith(CSV, { ...OWN_SEGMENTS, ...input, dryRun: true });
	expect(dry).toContain(JOIN_NONE);
	expect(await notesWith(CSV, { ...OWN_SEGMENTS, ...input })).toContain(JOIN_NONE);
	expect(memberships(sim.api)).toEqual({ a: ['vip'], b: [], old: ['vip'], other: ['vip'] });
});

test.each<[string, string, ImportInput]>([
	['Remove', 'id,segments,firstName\nother,vip,Ann\nb,,Bob\n', OWN_SEGMENTS],
	[
		'Skip',
		'id,segments,firstName\nother,vip,Ann\nb,,Bob\n',
		{ ...OWN_SEGMENTS, ifMissing: 'skip' },
	],
])('with %s, nobody is created', async (name, csv, input) => {
	const action = name === 'Remove' ? 'remove' : 'add';
	expect(await notesWith(csv, { ...input, action, details: 'all' })).toContain(
		'1 row (row 3) names no segment. Nobody is created for that, and participants stay in the segments that they are in.',
	);
	expect(Object.keys(memberships(sim.api))).toEqual(['old', 'other']);
});

test('as the file says, with no segment anywhere', async () => {
	expect(await notesWith('id,action,firstName\na,add,Ann\n', AS_THE_FILE_SAYS)).toContain(
		'1 row (row 2) names no segment. Participants who do not exist yet are created in no segment; those who exist stay in the segments that they are in.',
	);
});

test('of items too', async () => {
	const input = [{ json: { id: 'a', segments: [], firstName: 'Ann' } }];
	const run = await runImport(sim.api, [...input, { json: { id: 'b', segments: ['vip'] } }], {
		...OWN_SEGMENTS,
		parameters: { operation: 'importItems' },
	});
	expect(run.summary.notes).toContainEqual(
		expect.stringContaining('1 item (item 0) names no segment'),
	);
});

test.each<[string, string, ImportInput]>([
	['the node names one for them', CSV, { options: COLUMN_BY_NAME }],
	['it asks for none with ~*', 'id,segments,firstName\na,~*,Ann\n', AS_THE_FILE_SAYS],
	['nothing is sent for them', 'id,segments\na,vip\nb,\n', OWN_SEGMENTS],
])('no note where %s', async (_, csv, input) => {
	expect(JSON.stringify(await notesWith(csv, input))).not.toContain('no segment');
});
