/** Custom fields of participants. */
import { errorFromBadAnswer } from './client/readErrors';
import type { Transport } from './client/transport';
import { isRecord } from './client/values';
import { runGraphql } from './graphql';
import { readList, readPages } from './paging';

/** What the API takes of custom fields in one request (vendor's REST description). */
export const CUSTOM_FIELD_LIMITS = { fields: 100, nameLength: 64, textLength: 1024 } as const;

export const CUSTOM_FIELD_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** A custom field that the tenant has. */
export interface CustomField {
	key: string;
	name: string | null;
}

const PAGE_SIZE = 100;

/**
 * The custom fields that the tenant has.
 * @throws AdvocateError
 */
export async function listCustomFields(transport: Transport): Promise<CustomField[]> {
	const fetchPage = async (page: { limit: number; offset: number }) => {
		const data = await runGraphql(transport, {
			operationName: 'ListCustomFields',
			document:
				'query ListCustomFields($limit: Int!, $offset: Int!) { customFields(limit: $limit, offset: $offset) { totalCount data { key name } } }',
			variables: page,
		});
		return readList(data.customFields, 'data', (entry) => {
			if (!isRecord(entry) || typeof entry.key !== 'string') throw errorFromBadAnswer(200, entry);
			return entry as unknown as CustomField;
		});
	};
	return await readPages(fetchPage, { pageSize: PAGE_SIZE });
}
