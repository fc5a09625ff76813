/** The workflow of "Watch the subscription": it fails when Advocate does not call the trigger, and only then. */
import type { INodeExecutionData } from 'n8n-workflow';
import { EXAMPLE_NODE_TYPES } from '../demo/standIns';
import { runWorkflow } from '../engine/harness';
import type { WorkflowInput } from '../engine/harness';
import { readText } from './markdown';

const [, text] =
	/^```json watch\n(.*?)^```$/ms.exec(readText('docs', 'how-to', 'watch-the-subscription.md')) ??
	[];

const OWN = 'https://n8n.example.com/webhook/YOUR_WEBHOOK/webhook';
const OTHER = 'https://other.example.com/webhook/1/webhook';

it.each<[string, string[], boolean]>([
	['its own', [OWN], true],
	['its own among others', [OTHER, OWN], true],
	['another', [OTHER], false],
	['nothing', [], false],
])('subscribed is %s', async (_, urls, isFine) => {
	const workflow = JSON.parse(text) as WorkflowInput;
	const found: INodeExecutionData[] = urls.map((endpointUrl) => ({ json: { endpointUrl } }));
	const result = await runWorkflow(
		{ ...workflow, nodes: workflow.nodes.map((node) => ({ ...node, id: node.name })) },
		{
			nodeTypes: { ...EXAMPLE_NODE_TYPES },
			// An empty list is one empty item, as the node is set.
			given: { Subscriptions: found.length > 0 ? found : [{ json: {} }] },
		},
	);
	expect(result.status).toBe(isFine ? 'success' : 'error');
	if (!isFine) expect(result.error?.message).toMatch(/^Advocate does not call this workflow/);
});
