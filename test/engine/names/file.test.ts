/** Names or keys of segments in the cells of a file: understood before the first row is sent, or their rows are invalid. */
import { allSent, apartFromSegments, segmentReads, useSimulator } from '../../support/advocate';
import { readBinary } from '../harness';
import { counts, expectAccounted, memberships, runImport, statuses } from '../import/helpers';

const simulator = useSimulator();

beforeEach(() => {
	const { state } = simulator();
	state.addSegment({ key: 'vip', name: 'VIP Customers' });
	state.addSegment({ key: 'beta', name: 'Beta Testers' });
	state.addSegment({ key: 'gold', name: 'Gold' });
	state.addSegment({ key: 'comma', name: 'Madrid, Spain' });
	state.addSegment({ key: 'gone', name: 'Gone', status: 'ARCHIVED' });
	state.addParticipant({ id: 'a@x.test', segments: ['beta'] });
	state.addParticipant({ id: 'b@x.test', segments: ['beta', 'vip'] });
});

const asTheFileSays = (csv: string, more: object = {}) =>
	runImport(simulator(), csv, { action: 'file', ...more });

const MESSAGE = 'There is no segment with the name or key';

// As spreadsheets, databases and scripts write lists; keys hold none of these signs.
test.each([
	['semicolon', 'c@x.test,vip;beta', ['beta', 'vip']],
	['vertical bar', 'c@x.test,vip|beta', ['beta', 'vip']],
	['comma', 'c@x.test,"vip, beta"', ['beta', 'vip']],
	['line break', 'c@x.test,"vip\nbeta"', ['beta', 'vip']],
	['JSON', 'c@x.test,"[""vip"",""beta""]"', ['beta', 'vip']],
	['Python', `c@x.test,"['vip', 'beta']"`, ['beta', 'vip']],
	['PostgreSQL', 'c@x.test,"{vip,beta}"', ['beta', 'vip']],
	['PostgreSQL, one', 'c@x.test,{gold}', ['gold']],
	['PostgreSQL, with quotes', 'c@x.test,"{""VIP Customers"",beta}"', ['beta', 'vip']],
	['a name', 'c@x.test,VIP Customers', ['vip']],
	['names', 'c@x.test,vip customers;Beta Testers', ['beta', 'vip']],
	['a name with a comma', 'c@x.test,"Madrid, Spain"', ['comma']],
	['a name with a comma among others', 'c@x.test,"[""Madrid, Spain"",""vip""]"', ['comma', 'vip']],
	['an operation on a name', 'b@x.test,~VIP Customers;gold', ['beta', 'gold']],
	['a removal beside an addition', 'b@x.test,"vip|~beta"', ['vip']],
	['a removal of what is archived', 'b@x.test,~Gone', ['beta', 'vip']],
])('%s', async (_, row, expected) => {
	const csv = `id,segments\n${row}\n`;
	const result = await asTheFileSays(csv);
	expect(counts(result.summary)).toEqual({ succeeded: 1 });
	expect(memberships(simulator())[row.split(',')[0]]).toEqual(expected);
	// One list or one look-up, and no segment that was not there before.
	expect(segmentReads(simulator())).toHaveLength(1);
	expect(simulator().state.segments.size).toBe(5);
});

test.each(['{}', '[]'])('the empty list %s names no segment', async (cell) => {
	const result = await asTheFileSays(`id,segments\nc@x.test,${cell}\na@x.test,gold\n`);
	expect(counts(result.summary)).toEqual({ succeeded: 1, invalid: 1 });
	expect(memberships(simulator())).not.toHaveProperty(['c@x.test']);
});

test('rows with an unknown or archived segment are invalid, with the nearest name; the others are sent', async () => {
	const csv = 'id,segments\na@x.test,vip\nc@x.test,vipp\nd@x.test,gone\ne@x.test,VIP Customers\n';
	const result = await asTheFileSays(csv);
	expectAccounted(result, csv);
	expect(statuses(result)).toEqual({ 2: 'succeeded', 3: 'invalid', 4: 'invalid', 5: 'succeeded' });
	expect(result.rows.map(({ message }) => message ?? '')).toEqual([
		'',
		`${MESSAGE} 'vipp'. The nearest is 'VIP Customers' (key 'vip')`,
		"The segment 'Gone' (key 'gone') is archived",
		'',
	]);
	expect(memberships(simulator())).toEqual({
		'a@x.test': ['beta', 'vip'],
		'b@x.test': ['beta', 'vip'],
		'e@x.test': ['vip'],
	});
	expect(simulator().state.segments.size).toBe(5);
});

test('a file whose rows all name unknown segments is refused', async () => {
	const result = await asTheFileSays('id,segments\na@x.test,Jane\nb@x.test,Joe\n');
	expect(result.error?.message).toContain(`No row can be imported: there is no segment`);
	expect(result.error?.message).toContain("'Jane'");
	expect(apartFromSegments(simulator())).toEqual([]);
});

test("the node's own segments are names or keys, and refused as a whole", async () => {
	const good = await runImport(simulator(), 'id\nc@x.test\n', { segments: ['VIP Customers'] });
	expect(counts(good.summary)).toEqual({ succeeded: 1 });
	expect(memberships(simulator())['c@x.test']).toEqual(['vip']);
	simulator().clearRequests();
	const bad = await runImport(simulator(), 'id\nd@x.test\n', { segments: ['vipp'] });
	expect(bad.error?.message).toContain(`${MESSAGE} 'vipp'`);
	expect(bad.error?.description).toContain("turn on 'Create Missing Segments'");
	expect(apartFromSegments(simulator())).toEqual([]);
});

test('a dry run finds the same, and changes nothing', async () => {
	const csv = 'id,segments\na@x.test,VIP Customers\nc@x.test,vipp\n';
	const result = await asTheFileSays(csv, { dryRun: true });
	expect(counts(result.summary)).toEqual({ planned: 1, invalid: 1 });
	expect(result.summary.plan).toMatchObject({ segments: [{ key: 'vip', add: 1, remove: 0 }] });
	// What is not in the list is asked about too: it may be new.
	expect(allSent(simulator())).toEqual(['ListSegments', 'LookUpSegments', 'LookUpParticipants']);
});

test('Create Missing Segments makes the key from the name', async () => {
	const csv = 'id,segments\na@x.test,Win-Back 2024\nc@x.test,win-back 2024;vip\nd@x.test,клиенты\n';
	const result = await asTheFileSays(csv, { options: { createMissingSegments: true } });
	expect(statuses(result)).toEqual({ 2: 'succeeded', 3: 'succeeded', 4: 'invalid' });
	expect(result.summary.segmentsCreated).toEqual(['winBack2024']);
	expect(simulator().state.segments.get('winBack2024')?.name).toBe('Win-Back 2024');
	expect(memberships(simulator())).toMatchObject({
		'a@x.test': ['beta', 'winBack2024'],
		'c@x.test': ['vip', 'winBack2024'],
	});
});

test('the last usable row of a participant counts, when a later one names an unknown segment', async () => {
	const csv = 'id,segments\nc@x.test,vip\nc@x.test,VIP Customers\nc@x.test,vipp\n';
	const result = await asTheFileSays(csv, { options: { duplicates: 'last' } });
	expect(statuses(result)).toEqual({ 2: 'skipped', 3: 'succeeded', 4: 'invalid' });
	expect(memberships(simulator())['c@x.test']).toEqual(['vip']);
});

test('undo and rejects files have keys, and work', async () => {
	const csv = 'id,segments\na@x.test,VIP Customers;~Beta Testers\nc@x.test,vipp\n';
	const result = await asTheFileSays(csv, { options: { undoFile: true } });
	expect(counts(result.summary)).toEqual({ succeeded: 1, invalid: 1 });
	const undo = (await readBinary(result.main[0], 'undo')).toString('utf8');
	expect(undo).toContain('~vip|beta');
	const [header, rejected] = result.rejects ?? [];
	expect(rejected[header.indexOf('segments')]).toBe('vipp');
});

test('many different names take one list, and more than can be looked up are refused', async () => {
	const names = Array.from({ length: 60 }, (_, index) => `Group ${index}`);
	names.forEach((name, index) => simulator().state.addSegment({ key: `g${index}`, name }));
	const csv = `id,segments\n${names.map((name, index) => `p${index},${name}`).join('\n')}\n`;
	expect(counts((await asTheFileSays(csv)).summary)).toEqual({ succeeded: 60 });
	expect(segmentReads(simulator())).toEqual(['ListSegments']);
	simulator().clearRequests();
	const wrong = Array.from({ length: 10_001 }, (_, index) => `p${index},x${index}`).join('\n');
	const result = await asTheFileSays(`id,segments\n${wrong}\n`);
	expect(result.error?.message).toContain(
		'More than 10,000 different segments are named in the file',
	);
	expect(simulator().requests).toEqual([]);
});

test('an import job gets keys', async () => {
	const result = await runImport(simulator(), 'id\nc@x.test\nd@x.test\n', {
		segments: ['VIP Customers'],
		options: { engine: 'job' },
	});
	expect(result.status).toBe('success');
	expect(memberships(simulator())).toMatchObject({ 'c@x.test': ['vip'], 'd@x.test': ['vip'] });
});

test('where segments can not be looked up at the moment, every row is one to import again', async () => {
	simulator().faults.add({
		match: { operationName: 'ListSegments' },
		times: 'always',
		then: { kind: 'status', status: 401, body: { message: 'No.' } },
	});
	const csv = 'id,segments\na@x.test,VIP Customers\nc@x.test,vip\n';
	const result = await asTheFileSays(csv, { onError: 'continueRegularOutput' });
	expect(counts(result.summary)).toEqual({ notSent: 2 });
	expect(result.rejects).toHaveLength(3);
	expect(apartFromSegments(simulator())).toEqual([]);
});

test('where this key may not look segments up, keys are taken as they stand, and a note says so', async () => {
	simulator().setOptions({ scopedToken403: 'graphql' });
	const csv = 'id,segments\na@x.test,gold\nc@x.test,VIP Customers\n';
	const result = await asTheFileSays(csv);
	expect(statuses(result)).toEqual({ 2: 'succeeded', 3: 'invalid' });
	expect(JSON.stringify(result.summary.notes)).toContain('taken for segment keys as it stands');
});
