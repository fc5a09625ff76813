/** Segments that can't be used are found out before the first of several items is sent, whatever the operation. */
import type { INodeParameters } from 'n8n-workflow';
import {
	apartFromSegments,
	hideSegments,
	nodeRunner,
	onSegment,
	shown,
	useSimulator,
} from '../../support/advocate';
import { asJob, listOf, runImport } from '../jobs/helpers';

const simulator = useSimulator(['vip']);
const run = nodeRunner(simulator);

const byName = (value: string) => ({ __rl: true as const, mode: 'name', value });

const bulk = (more: INodeParameters): INodeParameters => ({
	resource: 'bulk',
	operation: 'importCsv',
	csvSource: 'text',
	csvText: '={{ $json.csv }}',
	segmentAction: 'add',
	segments: '={{ $json.segments }}',
	ifParticipantMissing: 'create',
	...more,
});

const FILES = [
	{ csv: 'id\na\n', segments: ['vip'] },
	{ csv: 'id\nb\n', segments: ['vipp'] },
];

test('of several files none is sent when a segment chosen for one of them does not exist', async () => {
	const { error } = await run(bulk({}), { input: FILES });
	expect(shown(error).message).toBe(
		"'Segment Names or IDs': There is no segment with the name or key 'vipp'. The nearest is 'vip'. Nothing was sent [item 1]",
	);
	expect(apartFromSegments(simulator())).toEqual([]);
});

test('where the workflow goes on, the other files are imported', async () => {
	const { main } = await run(bulk({}), { input: FILES, onError: 'continueRegularOutput' });
	expect(main.map(({ error }) => error === undefined)).toEqual([true, false]);
	expect([...simulator().state.participants.values()].map(({ id }) => id)).toEqual(['a']);
});

test('a preview that could not look segments up is no reason for the next file to do without', async () => {
	simulator().faults.add({
		match: { operationName: 'LookUpSegments' },
		then: { kind: 'status', status: 400, body: { message: 'No.', statusCode: 400 } },
		times: 'always',
	});
	simulator().faults.add({
		match: { operationName: 'ListSegments' },
		then: { kind: 'status', status: 401, body: { message: 'Not now.', statusCode: 401 } },
	});
	const input = [
		{ csv: 'id,segments\na,VIP\n', segments: [], dry: true },
		{ csv: 'id,segments\nb,nobody\n', segments: [], dry: false },
	];
	const { main } = await run(bulk({ dryRun: '={{ $json.dry }}', segmentAction: 'file' }), {
		input,
		onError: 'continueRegularOutput',
	});
	expect(main).toHaveLength(2);
	expect(JSON.stringify(main[1].json)).toContain("no segment with the name or key 'nobody'");
	expect(simulator().state.participants.size).toBe(0);
});

test('Segment > Update: of several items none is sent when one has a name that no segment has', async () => {
	const parameters = onSegment('update', {
		segment: byName('={{ $json.name }}'),
		updateFields: { name: 'Other' },
	});
	simulator().state.addSegment({ key: 'beta', name: 'Beta Testers' });
	const { error } = await run(parameters, {
		input: [{ name: 'Beta Testers' }, { name: 'Beta Testres' }],
	});
	expect(shown(error).message).toContain(
		"'Segment': There is no segment with the name or key 'Beta Testres'. The nearest is 'Beta Testers' (key 'beta'). Nothing was sent",
	);
	expect(apartFromSegments(simulator())).toEqual([]);
});

test('By Name, a text is a name, also where another segment has it as its key', async () => {
	simulator().state.addSegment({ key: 'gold1', name: 'Silver' });
	simulator().state.addSegment({ key: 'other', name: 'gold1' });
	const { main } = await run(onSegment('get', { segment: byName('gold1') }));
	expect(main[0].json.key).toBe('other');
});

test('no import job takes segments that could not be looked up: nobody knows what it makes of them', async () => {
	hideSegments(simulator());
	const job = await runImport(simulator(), listOf(2), asJob());
	expect(job.error?.message).toContain("can't go through an import job: it is not known how a job");
	expect(apartFromSegments(simulator())).toEqual([]);
});

test('Get Many looks the segments of all items up at once', async () => {
	simulator().state.addSegment({ key: 'beta' });
	await run(
		{
			resource: 'participant',
			operation: 'getAll',
			membership: 'any',
			segments: '={{ [$json.key] }}',
		},
		{ input: [{ key: 'vip' }, { key: 'beta' }, { key: 'vip' }] },
	);
	const reads = simulator().requests.filter(
		({ operationName }) => operationName === 'LookUpSegments',
	);
	expect(reads).toHaveLength(1);
});
