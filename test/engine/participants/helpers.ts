/** Parameters of the operations on participants as a whole. */
import type { INodeParameters } from 'n8n-workflow';
import { byId } from '../../support/advocate';

const on = (operation: string, parameters: INodeParameters): INodeParameters => ({
	resource: 'participant',
	operation,
	...parameters,
});

/** Create or update the item's participant. */
export const upserting = (parameters: INodeParameters = {}): INodeParameters =>
	on('upsert', { participantId: '={{ $json.id }}', ...parameters });

/** Delete the item's participant. */
export const deleting = (parameters: INodeParameters = {}): INodeParameters =>
	on('delete', { participant: byId('={{ $json.id }}'), ...parameters });

/** Block or unblock the item's participant. */
export const blocking = (parameters: INodeParameters = {}): INodeParameters =>
	on('block', { participant: byId('={{ $json.id }}'), ...parameters });

export const unblocking = (parameters: INodeParameters = {}): INodeParameters =>
	on('unblock', { participant: byId('={{ $json.id }}'), ...parameters });

/** Get the item's participant. */
export const getting = (parameters: INodeParameters = {}): INodeParameters =>
	on('get', { participant: byId('={{ $json.id }}'), ...parameters });

export const listing = (parameters: INodeParameters = {}): INodeParameters =>
	on('getAll', { returnAll: true, segments: [], ...parameters });

/** Custom fields as the editor keeps them. */
export const customFields = (
	...fields: Array<[name: string, type: string, value?: string]>
): INodeParameters => ({
	field: fields.map(([name, type, value]) => ({
		name: { __rl: true, mode: 'name', value: name },
		type,
		...(value === undefined ? {} : { value }),
	})),
});
