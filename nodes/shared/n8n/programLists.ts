/**
 * Lists of the editor about programs: rewards, units, event keys, custom fields. Of an empty one n8n shows "No results";
 * what it would list stands in the hint below the field (`listHint` of its locator).
 */
import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { listCustomFields } from '../advocate/customFields';
import { listEventKeys } from '../advocate/events';
import { listPrograms } from '../advocate/referrals';
import { listRewardConfigs, listRewards } from '../advocate/rewards';
import { withTransport } from './lists';

interface Entry {
	name: string;
	value: string;
}

/** Entries whose name or value contains the text, by name. */
function matching(entries: readonly Entry[], filter?: string): INodeListSearchResult {
	const wanted = filter?.trim().toLowerCase() ?? '';
	return {
		results: entries
			.filter(({ name, value }) => `${name}\n${value}`.toLowerCase().includes(wanted))
			.sort((a, b) => a.name.localeCompare(b.name)),
	};
}

const named = (name: string | null, key: string): Entry => ({
	name: name === null || name === '' || name === key ? key : `${name} (${key})`,
	value: key,
});

/** Custom fields that the tenant has. */
export async function searchCustomFields(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return await withTransport(this, async (transport) => {
		const fields = await listCustomFields(transport);
		return matching(
			fields.map(({ key, name }) => named(name, key)),
			filter,
		);
	});
}

/** Keys of events that the tenant has seen. */
export async function searchEventKeys(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return await withTransport(this, async (transport) => {
		const keys = await listEventKeys(transport);
		return matching(
			keys.map((key) => named(null, key)),
			filter,
		);
	});
}

/** Programs that are not archived. */
export async function searchPrograms(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return await withTransport(this, async (transport) => {
		const programs = await listPrograms(transport);
		return matching(
			programs.map(({ id, name }) => named(name, id)),
			filter,
		);
	});
}

/** Rewards that are configured in the tenant. */
export async function searchRewards(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return await withTransport(this, async (transport) => {
		const configs = await listRewardConfigs(transport);
		return matching(
			configs.map(({ key, name }) => named(name, key)),
			filter,
		);
	});
}

/** Rewards that were given, the newest first, whose units are listed: one page. */
const LATEST_REWARDS = 100;

/** Units of the rewards that are configured in the tenant, and of those that were given last. */
export async function searchUnits(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return await withTransport(this, async (transport) => {
		const [configs, given] = await Promise.all([
			listRewardConfigs(transport),
			listRewards(transport, {}, LATEST_REWARDS),
		]);
		const units = new Set(
			[...configs, ...given].flatMap(({ unit }) =>
				typeof unit === 'string' && unit !== '' ? [unit] : [],
			),
		);
		return matching(
			[...units].map((unit) => named(null, unit)),
			filter,
		);
	});
}
