/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** What people meet when they try the operation out: on the day on which they make their test participants. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { nodeRunner } from '../../support/advocate';
import { items, names, planCodeIn, useSegment } from './helpers';

const { simulator, put, sync, members, enter } = useSegment();
const run = nodeRunner(simulator);

const HOW_TO = path.resolve(__dirname, '..', '..', '..', 'docs', 'how-to', 'sync-members.md');

const NOTE =
	"Participants of the last 24 hours are never removed, as the list may have been made before they joined; no option changes that. To try a removal today, use members who became participants before, or import test participants with an earlier date in a column 'dateCreated'";

/** By hand, as in the editor: held with a plan code, and carried out with it. */
async function tryRemoval(list: string[]) {
	const refused = await sync(items(list), {}, { mode: 'manual' });
	expect(refused.error?.message).toContain('nobody is removed without a plan code');
	const planCode = planCodeIn(refused.error?.description ?? '');
	const { main, error } = await sync(items(list), { planCode }, { mode: 'manual' });
	expect(error).toBeUndefined();
	return main[0].json;
}

const importTrial = async (csv: string) =>
	await run(
		{
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: csv,
			segments: ['vip'],
			createMissingSegments: true,
		},
		{ mode: 'manual' },
	);

test('test participants of today stay, and a note says how to try a removal', async () => {
	await importTrial('id\ntrial-1\ntrial-2\ntrial-3\n');
	const list = items(['trial-1', 'trial-2']);
	for (const dryRun of [true, false]) {
		const { main, hints } = await sync(list, { dryRun }, { mode: 'manual' });
		expect(main[0].json).toMatchObject({ tooNew: 1, removed: 0, notes: [NOTE] });
		expect(hints.map(({ message }) => message).join()).toContain('To try a removal today');
	}
	// At night nobody tries anything out.
	expect((await sync(list)).main[0].json).toMatchObject({ tooNew: 1, notes: [] });
	expect(members()).toHaveLength(3);
});

test('with an earlier date of creation in the import, one can be removed at once', async () => {
	await importTrial('id,dateCreated\ntrial-1,2024-01-31\ntrial-2,2024-01-31\ntrial-3,2024-01-31\n');
	expect(members()).toEqual(['trial-1', 'trial-2', 'trial-3']);
	expect(await tryRemoval(['trial-1', 'trial-2'])).toMatchObject({
		removed: 1,
		kept: 2,
		tooNew: 0,
		notes: ["Empty 'Plan Code' now: it fits this plan only"],
	});
	expect(members()).toEqual(['trial-1', 'trial-2']);
});

test('the file of the how-to puts its people into a segment that it makes', async () => {
	const page = readFileSync(HOW_TO, 'utf8');
	const csvText = /```csv\n([^`]+)```/.exec(page.replace(/^ {3}/gm, ''))?.[1] ?? '';
	await run(
		{
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText,
			createMissingSegments: true,
		},
		{ mode: 'manual' },
	);
	const trial = [...simulator().state.segments.values()].find(({ name }) => name === 'Sync Trial');
	const key = trial?.key ?? '';
	expect(members(key)).toEqual(['trial-1', 'trial-2', 'trial-3']);
	const segment = { __rl: true, mode: 'name', value: 'Sync Trial' };
	const list = items(['trial-1', 'trial-2']);
	const refused = await sync(list, { segment }, { mode: 'manual' });
	const planCode = planCodeIn(refused.error?.description ?? '');
	const { main } = await sync(list, { segment, planCode }, { mode: 'manual' });
	expect(main[0].json).toMatchObject({ removed: 1, kept: 2 });
	expect(members(key)).toEqual(['trial-1', 'trial-2']);
});

test('so can somebody who was a participant before, and is a member since today', async () => {
	simulator().state.addSegment({ key: 'vip', name: 'VIP' });
	put(['ann', 'ben', 'cy']);
	for (const id of ['ann', 'ben', 'cy']) enter(id);
	expect(await tryRemoval(['ann', 'ben'])).toMatchObject({ removed: 1, kept: 2 });
	expect(members()).toEqual(['ann', 'ben']);
});

test('above the limit, the rule of test runs is a sentence of its own at the end', async () => {
	put(names(5), ['vip']);
	const { error } = await sync(items(names(2)), {}, { mode: 'manual' });
	expect(error?.message).toBe(
		'Nothing was sent. 3 of 5 members would be removed. The limit is 2: half of a small segment. 0 to be added, 3 to be removed, 2 kept. In a test run from the editor, nobody is removed without a plan code',
	);
});
