/** What an operation is: its fields, and how it turns input items into outcomes. */
import type { IBinaryKeyData, IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Breather } from '../../shared/advocate/client/breather';
import type { Transport } from '../../shared/advocate/client/transport';
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import type { AgentAccess } from './agentGuard';

/** What all operations of one execution share. */
export interface Run {
	n8n: IExecuteFunctions;
	transport: Transport;
	/** What the segments are called. Read once, for all items. */
	segments: SegmentDirectory;
	/** For long work between requests. */
	breather: Breather;
	/** See `Tenant.tenantMark`. */
	tenantMark: string;
	itemCount: number;
	/** Whether a failing item ends the execution ('On Error' is 'Stop Workflow'). */
	stopsOnFailure: boolean;
}

/** What came of one input item. An item may have several outcomes, or none. */
export type ItemOutcome =
	| { itemIndex: number; json: IDataObject; binary?: IBinaryKeyData }
	| { itemIndex: number; failure: unknown };

export interface Operation {
	/** Shown when this operation is chosen. */
	fields: INodeProperties[];
	/** What an AI agent may do with it before the owner of the workflow allows the rest. */
	agents: AgentAccess;
	/** Carry the operation out for all input items. The router shapes outcomes into output items. */
	execute(run: Run): AsyncIterable<ItemOutcome>;
}

/** Whether the options of an operation include this one. */
export function hasOption({ fields }: Operation, name: string): boolean {
	return fields
		.filter((field) => field.name === 'options')
		.some(({ options = [] }) => options.some((option) => option.name === name));
}

/**
 * An operation that handles each input item on its own, in order.
 * @param agents what an AI agent may do with it
 * @param executeItem the JSON of the output items that one input item leads to
 */
export function perItem(
	agents: AgentAccess,
	fields: INodeProperties[],
	executeItem: (run: Run, itemIndex: number) => Promise<IDataObject[]>,
): Operation {
	return {
		agents,
		fields,
		async *execute(run) {
			for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++) {
				try {
					for (const json of await executeItem(run, itemIndex)) yield { itemIndex, json };
				} catch (failure) {
					yield { itemIndex, failure };
				}
			}
		},
	};
}
