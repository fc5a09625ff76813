/** The how-tos: every workflow in them is run. */
import type { IDataObject, INode, INodeExecutionData, INodeType } from 'n8n-workflow';
import { EXAMPLE_NODE_TYPES } from '../demo/standIns';
import { CREDENTIAL_NAME, inlineBinary, NODE_TYPE, runWorkflow } from '../engine/harness';
import type { WorkflowInput, WorkflowRun } from '../engine/harness';
import { passThrough, standIn, TRIGGER } from '../engine/harness/standIn';
import type { Simulator } from '../simulator/server';
import {
	SOME_SEGMENTS,
	credentials,
	failedJson,
	nodeRunner,
	useSimulator,
} from '../support/advocate';
import { ofKind } from './howtoPages';

const simulator = useSimulator(SOME_SEGMENTS);

const run = nodeRunner(simulator);

/** Those of other services only give out what a test says. */
const NODE_TYPES: Record<string, INodeType> = {
	...EXAMPLE_NODE_TYPES,
	'n8n-nodes-base.hubspotTrigger': standIn('hubspotTrigger', passThrough, TRIGGER),
	'n8n-nodes-base.hubspot': standIn('hubspot'),
	'n8n-nodes-base.ftp': standIn('ftp'),
};

interface Scenario {
	prepare?: (simulator: Simulator) => void;
	/** What nodes outside of this package put out. */
	given?: Record<string, INodeExecutionData[]>;
	check: (result: WorkflowRun, simulator: Simulator) => void;
}

/** A node as it is on the canvas, with the credential chosen. */
const pasted = (node: INode): INode => ({
	...node,
	id: node.name,
	...(node.type === NODE_TYPE
		? { credentials: { [CREDENTIAL_NAME]: { id: 'c1', name: 'Advocate account' } } }
		: {}),
});

const pairedJson = (...all: IDataObject[]): INodeExecutionData[] =>
	all.map((json, item) => ({ json, pairedItem: { item } }));

/** A run of each workflow of each page, in the order of the page. */
const SCENARIOS: Record<string, Scenario[]> = {
	'crm-to-segments.md': [
		{
			prepare: ({ state }) => {
				state.addParticipant({ id: 'ada@example.com', segments: ['leads'] });
				state.addParticipant({ id: 'grace@example.com', segments: ['customers'] });
			},
			given: {
				'Stage Changed': pairedJson(
					{ contactId: 1, propertyName: 'lifecyclestage', propertyValue: 'customer' },
					{ contactId: 2, propertyName: 'lifecyclestage', propertyValue: 'lead' },
					{ contactId: 3, propertyName: 'lifecyclestage', propertyValue: 'lead' },
				),
				Contact: pairedJson(
					{ properties: { email: { value: 'ada@example.com' } } },
					{ properties: { email: { value: 'grace@example.com' } } },
					{ properties: { email: { value: 'unknown@example.com' } } },
				),
			},
			check: (result, { state }) => {
				expect(result.items('Update Segments').map(({ json }) => json.segments)).toEqual([
					['customers'],
					['leads'],
					[],
				]);
				expect(state.participants.size).toBe(2);
			},
		},
	],
	'nightly-csv-import.md': [
		{
			given: {
				Download: [
					{
						json: {},
						binary: { data: inlineBinary('id\nada@example.com\ngrace@example.com\n') },
						pairedItem: { item: 0 },
					},
				],
			},
			check: (result, { state }) => {
				expect(result.items('Everything Imported?')[0].json).toMatchObject({ succeeded: 2 });
				expect(state.segmentsOf('grace@example.com')).toEqual(['newsletter']);
			},
		},
	],
	'segment-clean-up.md': [
		{
			prepare: ({ state }) => {
				state.segments.clear();
				state.addParticipant({ id: 'ada', segments: ['used'] });
				state.addSegment({ key: 'unused' });
			},
			check: (result, { state }) => {
				expect(result.items('Archive').map(({ json }) => json.key)).toEqual(['unused']);
				expect(state.segments.get('used')?.status).toBe('ACTIVE');
			},
		},
		{
			prepare: ({ state }) => {
				state.addParticipant({ id: 'ada', accountId: 'family', segments: ['summerCampaign', 'a'] });
				state.addParticipant({ id: 'bob', segments: ['summerCampaign'] });
				state.addParticipant({ id: 'cid', segments: ['a'] });
			},
			check: (result, { state }) => {
				expect(result.items('Take Out')).toHaveLength(2);
				expect(state.segmentsOf('ada', 'family')).toEqual(['a']);
				expect(state.membersOf('summerCampaign').size).toBe(0);
			},
		},
	],
	'error-handling.md': [
		{
			given: {
				Start: pairedJson({ id: 'ada', segments: ['vip'] }, { id: 'bob', segments: [] }),
			},
			check: (result) => {
				expect(result.items('Changed').map(({ json }) => json.id)).toEqual(['ada']);
				expect(result.items('For Review')[0].json).toEqual(
					failedJson(
						expect.stringContaining('[item 1]'),
						{ itemIndex: 1, hint: expect.any(String) },
						{ id: 'bob', segments: [] },
					),
				);
			},
		},
	],
	'large-files.md': [
		{
			prepare: ({ state }) => state.addParticipant({ id: 'ada', segments: ['a'] }),
			given: { Start: [{ json: {}, binary: { data: inlineBinary('id\nada\nbob\n') } }] },
			check: (result, { state }) => {
				const [{ json }] = result.items('Check');
				expect(json).toMatchObject({ planned: 2, succeeded: 0 });
				expect((json.plan as IDataObject).effects).toHaveLength(2);
				expect(state.segmentsOf('ada')).toEqual(['a']);
			},
		},
	],
};

describe('workflows', () => {
	const workflows = ofKind(/^json workflow$/).filter(([page]) => page !== 'ai-agent.md');

	it('each has a run here', () => {
		const counts: Record<string, number> = {};
		for (const [page] of workflows) counts[page] = (counts[page] ?? 0) + 1;
		const scenarios = Object.entries(SCENARIOS).map(([page, all]) => [page, all.length]);
		expect(counts).toEqual(Object.fromEntries(scenarios));
	});

	it.each(workflows)('%s, workflow %i does what the page says', async (page, index, { text }) => {
		const workflow = JSON.parse(text) as WorkflowInput;
		const { prepare, given, check } = SCENARIOS[page][index];
		prepare?.(simulator());
		const result = await runWorkflow(
			{ ...workflow, nodes: workflow.nodes.map(pasted) },
			{ credentials: credentials(simulator()), nodeTypes: NODE_TYPES, given },
		);
		expect(result.error).toBeUndefined();
		expect(result.status).toBe('success');
		check(result, simulator());
	});

	it("the agent's tool chooses the person only", async () => {
		const [[, , { text }]] = ofKind(/^json workflow$/).filter(([page]) => page === 'ai-agent.md');
		const [{ parameters }] = (JSON.parse(text) as WorkflowInput).nodes;
		simulator().state.addParticipant({ id: 'p1', email: 'ada@example.com' });
		const filled = JSON.parse(
			JSON.stringify(parameters).replace(/=\{\{ \$fromAI\(.*?\) \}\}/, 'ada@example.com'),
		) as typeof parameters;
		const { main, error } = await run(filled);
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ id: 'p1', segments: ['vip'] });
	});
});
