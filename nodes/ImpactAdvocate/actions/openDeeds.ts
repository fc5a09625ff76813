/** From n8n's node to the notes of what its execution has done. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { Deeds } from '../deeds/deeds';

/**
 * The notes of this node in this execution. n8n keeps a node's context with the execution: over 'Retry On Fail', over
 * loops, and when a failed execution is retried.
 */
export function openDeeds(context: IExecuteFunctions): Deeds {
	return new Deeds(context.getContext('node'), {
		instanceId: context.getInstanceId(),
		workflowId: context.getWorkflow().id ?? '',
		executionId: context.getExecutionId(),
		nodeId: context.getNode().id,
		runIndex: Number(context.evaluateExpression('{{ $runIndex }}', 0)),
	});
}
