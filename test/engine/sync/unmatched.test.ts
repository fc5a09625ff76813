/** Where people read who the rows are that are counted as not found, unclear or invalid. */
import type { INodeParameters } from 'n8n-workflow';
import { nodeRunner } from '../../support/advocate';
import { readBinary } from '../harness';
import type { NodeRun } from '../harness';
import { readTable } from '../import/helpers';
import { heldBy, items, names, useSegment } from './helpers';

const { simulator, put, sync, members } = useSegment();
const run = nodeRunner(simulator);

const tableIn = async ({ main }: NodeRun): Promise<string[][]> =>
	readTable((await readBinary(main[0], 'unmatched')).toString('utf8'));

const hintsOf = ({ hints }: NodeRun): string => hints.map(({ message }) => message).join('\n');

beforeEach(() => {
	put(names(40), ['vip']);
	for (const accountId of ['acme', 'zeta'])
		simulator().state.addParticipant({ id: '7', accountId });
});

const LIST = [...items([...names(40), 'ghost', '=1+1', '7']), { id: '', name: 'Nobody' }];

test('a dry run has them in a file, with item and reason', async () => {
	const dry = await sync(LIST, { dryRun: true });
	expect(await tableIn(dry)).toEqual([
		['accountId', 'id', 'item', 'reason', 'unmatchedFor'],
		['', 'ghost', '40', 'No participant has this ID', 'vip'],
		['', "'=1+1", '41', 'No participant has this ID', 'vip'],
		['', '7', '42', 'The row could mean several participants', 'vip'],
		['', '', '43', 'The participant ID is blank', 'vip'],
	]);
	expect(dry.main[0].binary?.unmatched.fileName).toBe('vip-unmatched.csv');
	expect(hintsOf(dry)).toMatch(/2 not found, 1 unclear, 1 invalid\. Attached: unmatched file/);
	// Nothing to do is nothing to allow; a workflow that takes the code from the output has one all the same.
	expect(hintsOf(dry)).not.toContain('plan code');
	expect(dry.main[0].json.plan).toMatchObject({ planCode: expect.stringMatching(/^0-0-/) });
});

test.each<[string, INodeParameters]>([
	['none', { files: 'none' }],
	['leavers only', { files: 'leavers' }],
])('with files: %s, there is none', async (_, options) => {
	const { main } = await sync(LIST, { dryRun: true, options });
	expect(main[0].binary?.unmatched).toBeUndefined();
});

test('a run that sends names them in the output, and its hint says where', async () => {
	const done = await sync(LIST);
	expect(done.main[0].binary).toBeUndefined();
	expect(hintsOf(done)).toContain(
		"'problems' in the output has the rows that are not found, unclear and invalid",
	);
	expect(hintsOf(done)).not.toContain('dry run');
	expect(done.main[0].json.problems).toHaveLength(4);
	expect(done.main[0].json.problems).toMatchObject([{ item: 40 }, { item: 41 }, { item: 42 }, {}]);
});

test('of more than a hundred it names the first, and the way to all', async () => {
	const many = items([...names(40), ...names(150, 'ghost')]);
	const done = await sync(many);
	expect(done.main[0].json.problems).toHaveLength(100);
	expect(hintsOf(done)).toContain(
		"'problems' in the output has the first 100 rows that are not found. A dry run has a file of all",
	);
	expect(await tableIn(await sync(many, { dryRun: true }))).toHaveLength(151);
});

test('by address, the file has addresses', async () => {
	put(['eve'], ['vip'], { email: 'eve@x.test' });
	const list = { listSource: 'text', csvText: 'email\neve@x.test\nnobody@x.test\n' };
	const dry = await sync([{}], { ...list, matchBy: 'email', dryRun: true });
	expect((await tableIn(dry)).slice(0, 2)).toEqual([
		['accountId', 'email', 'row', 'reason', 'unmatchedFor'],
		['', 'nobody@x.test', '3', 'No participant has this e-mail address', 'vip'],
	]);
	expect(dry.main[0].json.problems).toEqual([
		expect.objectContaining({ row: 3, message: 'No participant has this e-mail address' }),
	]);
});

test('a run that is held by them says how to see them', async () => {
	const held = await sync(items([...names(39), ...names(40, 'ghost')]));
	expect(heldBy(held).message).toContain('40 of 79 rows name no participant for certain');
	expect(heldBy(held).hint).toContain("'Dry Run' lists these rows");
});

test('imported, those who were not found become participants and members', async () => {
	const dry = await sync(items([...names(40), 'ghost']), { dryRun: true });
	const csvText = (await readBinary(dry.main[0], 'unmatched')).toString('utf8');
	const { main } = await run({
		...{ resource: 'bulk', operation: 'importCsv', csvSource: 'text', csvText },
		segments: ['vip'],
	});
	expect(main[0].json).toMatchObject({ rows: 1, succeeded: 1 });
	expect(members()).toContain('ghost');
});
