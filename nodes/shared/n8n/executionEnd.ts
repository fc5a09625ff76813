/** When n8n ends an execution by its time-out. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { isRecord } from '../advocate/client/values';

/**
 * When n8n will stop this execution, in milliseconds since the epoch.
 *
 * n8n 1.123 to 2.41 keep the moment beside what they offer to nodes. It is the only place that counts the time-out of
 * the whole n8n (EXECUTIONS_TIMEOUT), its upper bound, and what the nodes before have used up; the settings of the
 * workflow have none of these.
 * @returns nothing when there is no time-out, or this n8n does not say
 */
export function executionEndsAt(context: IExecuteFunctions): number | undefined {
	const { additionalData } = context as unknown as { additionalData?: unknown };
	const end = isRecord(additionalData) ? additionalData.executionTimeoutTimestamp : undefined;
	return typeof end === 'number' && Number.isFinite(end) ? end : undefined;
}
