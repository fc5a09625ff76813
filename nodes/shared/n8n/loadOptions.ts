/** The choices behind the multi-selects. */
import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import { listAllSegments } from '../advocate/segments';
import { segmentLabel, sortedForChoice } from './segmentChoices';
import { withTransport } from './withTransport';

/** All segments of the tenant; those in use come first. */
export async function getSegments(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await withTransport(this, async (transport) =>
		sortedForChoice(await listAllSegments(transport)).map((segment) => ({
			name: segmentLabel(segment),
			value: segment.key,
		})),
	);
}
