/** n8n's Loop Over Items, as far as the tests need it: it hands items on in batches and keeps its place in its context. */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { parameter, standIn } from '../engine/harness/standIn';

export const LOOP_TYPE = 'n8n-nodes-base.splitInBatches';

/** Outputs: done, loop. */
export const loopOverItems = () =>
	standIn(
		'splitInBatches',
		async function () {
			const context = this.getContext('node') as IDataObject;
			const size = Number(this.getNodeParameter('batchSize', 0, 1));
			if (context.waiting === undefined) context.waiting = this.getInputData() as never;
			const waiting = context.waiting as unknown as INodeExecutionData[];
			const batch = waiting.splice(0, size).map((item) => ({ json: item.json }));
			return batch.length === 0 ? [[{ json: {} }], []] : [[], batch];
		},
		{ outputs: ['main', 'main'], properties: [parameter('batchSize', 1)] },
	);
