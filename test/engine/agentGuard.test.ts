/** Operations that can take many out of segments, in the hands of an AI agent. */
import type { IExecuteFunctions, INodeParameters, INodeType } from 'n8n-workflow';
import { byId, nodeRunner, useSimulator } from '../support/advocate';
import { loadNodeType } from './harness';

const simulator = useSimulator();
const run = nodeRunner(simulator);

/** The node as n8n runs it for an agent: with the parameters that only a tool has. */
function asTool(more: INodeParameters): INodeType {
	const { description, methods, execute } = loadNodeType();
	return {
		description,
		methods,
		async execute(this: IExecuteFunctions) {
			const node = this.getNode();
			const context = Object.create(this, {
				isToolExecution: { value: () => true },
				getNode: { value: () => ({ ...node, parameters: { ...node.parameters, ...more } }) },
			}) as IExecuteFunctions;
			return (await execute?.call(context)) ?? [];
		},
	};
}

const ADA = byId('ada@example.com');

const GUARDED: Array<[name: string, parameters: INodeParameters]> = [
	['Set Segments', { operation: 'setSegments', participant: ADA, segments: ['beta'] }],
	['Clear Segments', { operation: 'clearSegments', participant: ADA }],
	[
		'Import CSV',
		{
			resource: 'bulkImport',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: 'id\nada@example.com\n',
			segmentAction: 'clear',
			ifParticipantMissing: 'byAction',
		},
	],
];

describe.each(GUARDED)('%s', (_name, parameters) => {
	const runTool = async (more: INodeParameters) => {
		simulator().state.addParticipant({ id: 'ada@example.com', segments: ['vip'] });
		const result = await run(
			{
				resource: 'participant',
				ifParticipantMissing: 'skip',
				options: {},
				...parameters,
			},
			{ nodeType: asTool(more) },
		);
		return { result, segments: simulator().state.segmentsOf('ada@example.com') };
	};

	it.each<[string, INodeParameters]>([
		['is left alone', {}],
		['is off', { allowAgent: false }],
		['is an expression, which might ask the agent', { allowAgent: '={{ true }}' }],
	])('is refused when the switch %s', async (_text, more) => {
		const { result, segments } = await runTool(more);
		expect(result.error?.message).toContain('not allowed to use this operation');
		expect(simulator().requests.filter(({ writes }) => writes.length > 0)).toEqual([]);
		expect(segments).toEqual(['vip']);
	});

	it('runs when the switch is on', async () => {
		const { result, segments } = await runTool({ allowAgent: true });
		expect(result.error).toBeUndefined();
		expect(segments).not.toContain('vip');
	});
});
