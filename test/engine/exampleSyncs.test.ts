/** Examples that keep a segment equal to a list: what they send, and what they say when they send nothing. */
import type { INodeExecutionData } from 'n8n-workflow';
import { runExample } from '../demo/exampleFiles';
import { useSimulator } from '../support/advocate';
import { inlineBinary } from './harness';

const simulator = useSimulator();
const jsonOf = (items: INodeExecutionData[]) => items.map(({ json }) => json);

describe('nightly-sync-google-sheet.json', () => {
	const members = () => [...simulator().state.membersOf('vip')].map(({ id }) => id).sort();
	const night = async (ids: string[]) =>
		await runExample('nightly-sync-google-sheet.json', simulator(), {
			mode: 'trigger',
			given: { 'Read the Sheet': ids.map((id, row) => ({ json: { row_number: row + 2, id } })) },
		});

	beforeEach(() => {
		for (const id of ['ann', 'ben', 'cy', 'dan', 'eve']) {
			simulator().state.addParticipant({ id, segments: ['vip'], dateCreated: 1 });
		}
		simulator().state.addParticipant({ id: 'new' });
	});

	it('makes the segment equal to the sheet', async () => {
		const run = await night(['ann', 'ben', 'cy', 'dan', 'new']);
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Synced'))).toMatchObject([
			{ message: '1 added, 1 removed, 4 kept', complete: true },
		]);
		expect(members()).toEqual(['ann', 'ben', 'cy', 'dan', 'new']);
	});

	it('ends as failed when too many would go, and sends nothing', async () => {
		const run = await night(['new']);
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(
			/^Nothing was sent\. 5 of 5 members would be removed\. The limit is 2: half of a small segment\. .*\. If these people are to go .*\. The plan code is 5-1-[0-9a-z]+-[0-9a-f]{36}$/,
		);
		expect(members()).toHaveLength(5);
	});

	it('ends as failed with the way out of any other failure, too', async () => {
		simulator().faults.add({
			match: { operationName: 'ListSegments' },
			times: 'always',
			then: { kind: 'status', status: 401, body: { message: 'No.' } },
		});
		const run = await night(['ann']);
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(/\. .*credential/i);
		expect(run.error?.message).not.toMatch(/undefined|null|\[item/);
	});
});

describe('sync-with-approval.json', () => {
	const ids = ['ann', 'ben', 'cy', 'dan', 'eve'];
	const members = () => [...simulator().state.membersOf('vip')].map(({ id }) => id).sort();
	const rows = (people: string[]) => people.map((id) => ({ json: { id } }));
	const night = async (
		approved: boolean,
		first: string[],
		again = first,
		changes: Record<string, Record<string, unknown>> = {},
	) =>
		await runExample(
			'sync-with-approval.json',
			simulator(),
			{
				mode: 'trigger',
				given: {
					'Read the Sheet': rows(first),
					Ask: [{ json: { data: { approved } } }],
					'Read Again': rows(again),
				},
			},
			changes,
		);

	beforeEach(() => {
		for (const id of ids) {
			simulator().state.addParticipant({ id, segments: ['vip'], dateCreated: 1 });
		}
	});

	it('carries out the plan that was agreed to, also above the limit', async () => {
		const run = await night(true, ['ann']);
		expect(jsonOf(run.items('Log'))).toMatchObject([{ removed: 4, complete: true, notes: [] }]);
		expect(members()).toEqual(['ann']);
	});

	it.each<[string, string[], string[], string]>([
		[
			'more join than were agreed to',
			['ann', 'ben', 'cy', 'dan', 'n0'],
			['ann', 'ben', 'cy', 'dan', 'n0', 'n1', 'n2', 'n3'],
			'The plan that the code is for adds 1 participant; this one adds 4',
		],
		[
			'others join than were agreed to',
			[...ids, 'n0'],
			[...ids, 'n1'],
			'The plan that the code is for adds 1 participant; this one adds 1 other',
		],
		[
			'somebody would leave of whom the plan said nothing',
			[...ids, 'n0'],
			['ann', 'ben', 'cy', 'dan', 'n0'],
			'The plan that the code is for removes 0 members; this one removes 1',
		],
	])('changes nothing when %s', async (_, first, again, message) => {
		for (const id of ['n0', 'n1', 'n2', 'n3']) simulator().state.addParticipant({ id });
		const run = await night(true, first, again);
		expect(run.status).toBe('error');
		expect(run.error?.message).toContain(message);
		// Not a code to put in place of the expression.
		expect(run.error?.description).toBe(
			"Make the plan again: run the workflow from its dry run on, and leave the expression in 'Plan Code' as it is",
		);
		expect(run.items('Log')).toEqual([]);
		expect(members()).toEqual(ids);
	});

	it('changes nothing when the second node is for another segment', async () => {
		simulator().state.addSegment({ key: 'gold' });
		simulator().state.addParticipant({ id: 'n0' });
		const run = await night(true, [...ids, 'n0'], undefined, {
			'Sync Members': { segment: { __rl: true, mode: 'key', value: 'gold' } },
		});
		expect(run.error?.message).toContain('The code is for another segment');
		expect([...simulator().state.membersOf('gold')]).toEqual([]);
	});

	it('asks nobody when there is nobody to add or remove', async () => {
		const run = await night(true, ids);
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Plan'))).toMatchObject([{ kept: 5 }]);
		expect([run.items('Anything to Do'), run.items('Ask')]).toEqual([[], []]);
	});

	it('has the files of who would join and leave beside the question', async () => {
		simulator().state.addParticipant({ id: 'n0' });
		const run = await night(false, [...ids.slice(1), 'n0']);
		expect(Object.keys(run.items('Plan')[0].binary ?? {})).toEqual(['joiners', 'leavers']);
	});

	it('carries out a plan without removals', async () => {
		simulator().state.addParticipant({ id: 'n0' });
		const run = await night(true, [...ids, 'n0']);
		expect(jsonOf(run.items('Log'))).toMatchObject([{ added: 1, removed: 0, complete: true }]);
	});

	it('changes nothing when the sheet has changed meanwhile, or nobody agreed', async () => {
		const changed = await night(true, ['ann'], ['ben']);
		expect(changed.error?.message).toContain(
			'The plan that the code is for removes 4 members; this one removes 4 others',
		);
		const refused = await night(false, ['ann']);
		expect(refused.items('Not Approved')).toHaveLength(1);
		expect(members()).toEqual(ids);
	});
});

describe('sync-from-sftp-csv.json', () => {
	it('makes the segment equal to the file', async () => {
		const { state } = simulator();
		for (const id of ['ann', 'ben', 'cy']) {
			state.addParticipant({ id, segments: ['newsletter'], dateCreated: 1 });
		}
		state.addParticipant({ id: 'new' });
		const data = inlineBinary('id\nann\nben\nnew\n', 'newsletter.csv');
		const run = await runExample('sync-from-sftp-csv.json', simulator(), {
			mode: 'trigger',
			given: { 'Download CSV': [{ json: {}, binary: { data } }] },
		});
		expect(jsonOf(run.items('Sync Members'))).toMatchObject([{ added: 1, removed: 1, kept: 2 }]);
		expect(simulator().state.segmentsOf('new')).toEqual(['newsletter']);
	});
});
