/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The node as a tool of AI agents. */
import assert from 'node:assert/strict';
import type { INodeParameters, INodeTypeDescription } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import type { EditorApi, WorkflowJson } from './editorApi';
import { FakeModel } from './fakeModel';
import { fixtureWorkflow, withNodes } from './fixtures';
import { NODE_TYPE } from './instance';
import { startOver, writeRequests } from './simulatorState';

/** What the agent may fill in. */
const PARTICIPANT = {
	participant: {
		__rl: true,
		mode: 'id',
		value: "={{ $fromAI('Participant', 'The ID of the participant', 'string') }}",
	},
};

/** Operations that are closed to agents: what the tool is set to, and what the model passes. */
const GUARDED: Array<{
	name: string;
	parameters: INodeParameters;
	callWith: Record<string, unknown>;
	/** The segments of Grace, who is in two, after the operation. */
	after: string[];
}> = [
	{
		name: 'Set Segments',
		parameters: { operation: 'setSegments', ...PARTICIPANT, segments: ['betaTesters'] },
		callWith: { Participant: 'grace@example.com' },
		after: ['betaTesters'],
	},
	{
		name: 'Clear Segments',
		parameters: { operation: 'clearSegments', ...PARTICIPANT },
		callWith: { Participant: 'grace@example.com' },
		after: [],
	},
	{
		name: 'Import CSV',
		parameters: {
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: "={{ $fromAI('CSV', 'A CSV with the column id', 'string') }}",
			segmentAction: 'clear',
			ifParticipantMissing: 'byAction',
			rowOutput: 'summary',
		},
		callWith: { CSV: 'id\ngrace@example.com\n' },
		after: [],
	},
];

export class AgentChecks {
	private readonly model = new FakeModel();

	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly api: EditorApi,
	) {}

	async run(): Promise<void> {
		const { api, model } = this;
		await model.listen();
		const id = await api.createCredential('Model', 'openAiApi', { apiKey: 'none', url: model.url });
		const workflow = withNodes(fixtureWorkflow('ai-agent'), {
			Model: { credentials: { openAiApi: { id, name: 'Model' } } },
		});
		await this.description();
		await this.use(workflow);
		await this.guard(workflow);
		model.close();
	}

	/** The tool that n8n makes of the node. */
	private async description(): Promise<void> {
		await this.checks.check('the tool for AI agents is loaded, with its switches', async () => {
			const types = await this.api.types<INodeTypeDescription>('nodes');
			const node = types.find(({ name }) => name === NODE_TYPE);
			const tool = types.find(({ name }) => name === `${NODE_TYPE}Tool`);
			assert.ok(node && tool, 'n8n did not load the node or its tool');
			assert.deepEqual(tool.outputs, ['ai_tool']);
			assert.match(tool.description, /segment/i);
			const fields = ({ properties }: INodeTypeDescription) => properties.map(({ name }) => name);
			for (const name of fields(node)) assert.ok(fields(tool).includes(name), `tool has '${name}'`);
			assert.ok(fields(tool).includes('toolDescription'));
			const switches = tool.properties.filter(({ name }) => name === 'allowAgent');
			assert.deepEqual(
				switches.flatMap(({ displayOptions }) => displayOptions?.show?.operation ?? []).sort(),
				[
					'block',
					'cancel',
					'clearSegments',
					'create',
					'create',
					'delete',
					'exportCsv',
					'importCsv',
					'importItems',
					'log',
					'redeem',
					'removeSegments',
					'setSegments',
					'syncMembers',
					'unblock',
					'update',
					'updateSegments',
					'upsert',
				],
			);
			for (const { default: value, noDataExpression } of switches) {
				assert.equal(value, false);
				assert.equal(noDataExpression, true);
			}
		});
	}

	private async use(workflow: WorkflowJson): Promise<void> {
		const { api, checks, model, simulator } = this;
		await checks.check('an AI agent uses the node as its tool', async () => {
			startOver(simulator);
			model.callWith = { Participant: 'katherine@example.com', Segments: 'vip' };
			const { status, data } = await api.runWorkflow(workflow);
			assert.equal(status, 'success', JSON.stringify(data.resultData.error));
			assert.equal(model.tools.length, 1);
			const [{ name, description, parameters }] = model.tools;
			assert.equal(name, 'Add_Segments');
			assert.match(description, /segments.*participant.*Advocate/i);
			const described = (text: string) => ({ type: 'string', description: text });
			assert.deepEqual(parameters.properties, {
				Participant: described('The ID of the participant'),
				Segments: described('Keys of the segments, separated by commas'),
			});
			assert.deepEqual(parameters.required, ['Participant', 'Segments']);
			assert.deepEqual(simulator.state.segmentsOf('katherine@example.com'), ['vip']);
			assert.match(model.toolAnswer, /"segments":\["vip"\]/);
		});
		await checks.check('an AI agent is told what failed', async () => {
			startOver(simulator);
			model.callWith = { Participant: 'nobody@example.com', Segments: 'vip' };
			const { status } = await api.runWorkflow(workflow);
			assert.equal(status, 'success');
			assert.match(model.toolAnswer, /'nobody@example.com' does not exist/);
			assert.equal(simulator.state.segmentsOf('nobody@example.com'), undefined);
		});
	}

	/** What can do much harm at once is closed until the owner opens it. */
	private async guard(workflow: WorkflowJson): Promise<void> {
		const { api, checks, model, simulator } = this;
		for (const { name, parameters, callWith, after } of GUARDED) {
			const run = async (more: INodeParameters) => {
				startOver(simulator);
				model.callWith = callWith;
				const changed = withNodes(workflow, {
					'Add Segments': { parameters: { ...parameters, ...more } },
				});
				const { status, data } = await api.runWorkflow(changed);
				assert.equal(status, 'success', JSON.stringify(data.resultData.error));
				return simulator.state.segmentsOf('grace@example.com');
			};
			await checks.check(`an AI agent may use ${name} only when allowed`, async () => {
				assert.deepEqual(await run({}), ['newsletter', 'vip']);
				assert.match(model.toolAnswer, /An AI agent is not allowed to use this operation here/);
				assert.equal(writeRequests(simulator).length, 0, 'write requests');
				assert.deepEqual(await run({ allowAgent: true }), after);
			});
		}
		await checks.check("an AI agent can't open the switch", async () => {
			const [{ parameters, callWith }] = GUARDED;
			startOver(simulator);
			model.callWith = { ...callWith, Allow: true };
			const allowAgent = "={{ $fromAI('Allow', 'Whether this is allowed', 'boolean') }}";
			await api.runWorkflow(
				withNodes(workflow, { 'Add Segments': { parameters: { ...parameters, allowAgent } } }),
			);
			assert.deepEqual(simulator.state.segmentsOf('grace@example.com'), ['newsletter', 'vip']);
		});
	}
}
