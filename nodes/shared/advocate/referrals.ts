/** Programs, and the referrals they count. Read only. */
import { unlessMissing } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import type { Transport } from './client/transport';
import { isRecord } from './client/values';
import { runGraphql } from './graphql';
import { readList, readPages } from './paging';
import type { ParticipantId } from './participants';

/** A referral as the API sends it. Dates are milliseconds since the epoch. */
export type Referral = Record<string, unknown> & { id: string };

/** Which referrals to list. */
export interface ReferralFilter {
	programId?: string;
	/** Whether it has converted; both without it. */
	converted?: boolean;
	/** Milliseconds since the epoch. */
	startedSince?: number;
}

export interface Program {
	id: string;
	name: string;
	status: string;
}

const REFERRAL_FIELDS =
	'id programId moderationStatus dateReferralStarted dateConverted dateReferralEnded dateModified referralCodeUsed shareLinkUsed referrerUser { id accountId email } referredUser { id accountId email }';

const PAGE_SIZE = 100;

function readReferral(value: unknown): Referral {
	if (!isRecord(value) || typeof value.id !== 'string') throw errorFromBadAnswer(200, value);
	return value as Referral;
}

const filterOf = ({ programId, converted, startedSince }: ReferralFilter): object => ({
	programId_eq: programId,
	dateConverted_exists: converted,
	dateReferralStarted_gte: startedSince,
});

/**
 * List the referrals of the tenant, the newest first.
 * @param wanted how many at most
 * @throws AdvocateError
 */
export async function listReferrals(
	transport: Transport,
	filter: ReferralFilter,
	wanted?: number,
): Promise<Referral[]> {
	const fetchPage = async (page: { limit: number; offset: number }) => {
		const data = await runGraphql(transport, {
			operationName: 'ListReferrals',
			document: `query ListReferrals($filter: ReferralFilterInput, $limit: Int!, $offset: Int!, $sortBy: [RSSortByInput!]) { referrals(filter: $filter, limit: $limit, offset: $offset, sortBy: $sortBy) { totalCount data { ${REFERRAL_FIELDS} } } }`,
			variables: {
				filter: filterOf(filter),
				...page,
				sortBy: [{ field: 'dateReferralStarted', order: 'DESC' }],
			},
		});
		return readList(data.referrals, 'data', readReferral);
	};
	return await readPages(fetchPage, { pageSize: PAGE_SIZE, wanted });
}

/**
 * List the referrals that a participant has made. The API's general list has no filter for that.
 * @returns nothing when there is no such participant
 * @throws AdvocateError
 */
export async function listReferralsOf(
	transport: Transport,
	referrer: ParticipantId,
	filter: ReferralFilter,
	wanted?: number,
): Promise<Referral[] | undefined> {
	let isMissing = false;
	const fetchPage = async (page: { limit: number; offset: number }) => {
		const data = await unlessMissing(
			runGraphql(transport, {
				operationName: 'ListReferralsOfParticipant',
				document: `query ListReferralsOfParticipant($accountId: String!, $id: String!, $filter: ReferralFilterInput, $limit: Int!, $offset: Int!) { user(accountId: $accountId, id: $id) { referrals(filter: $filter, limit: $limit, offset: $offset) { totalCount data { ${REFERRAL_FIELDS} } } } }`,
				variables: {
					accountId: referrer.accountId,
					id: referrer.id,
					filter: filterOf(filter),
					...page,
				},
			}),
		);
		if (isRecord(data?.user)) return readList(data.user.referrals, 'data', readReferral);
		isMissing = true;
		return { results: [], entries: 0, totalCount: 0 };
	};
	const found = await readPages(fetchPage, { pageSize: PAGE_SIZE, wanted });
	return isMissing ? undefined : found;
}

/**
 * Get one referral.
 * @returns nothing when there is none
 * @throws AdvocateError
 */
export async function getReferral(transport: Transport, id: string): Promise<Referral | undefined> {
	const data = await unlessMissing(
		runGraphql(transport, {
			operationName: 'GetReferral',
			document: `query GetReferral($id: ID!) { referral(id: $id) { ${REFERRAL_FIELDS} } }`,
			variables: { id },
		}),
	);
	return data?.referral === null || data?.referral === undefined
		? undefined
		: readReferral(data.referral);
}

/**
 * The programs of the tenant, archived ones left out.
 * @throws AdvocateError
 */
export async function listPrograms(transport: Transport): Promise<Program[]> {
	const fetchPage = async (page: { limit: number; offset: number }) => {
		const data = await runGraphql(transport, {
			operationName: 'ListPrograms',
			document:
				'query ListPrograms($filter: ProgramFilterInput, $limit: Int!, $offset: Int!) { programs(filter: $filter, limit: $limit, offset: $offset) { totalCount data { id name status } } }',
			variables: { filter: { status_ne: 'ARCHIVED' }, ...page },
		});
		return readList(data.programs, 'data', (entry) => {
			if (!isRecord(entry) || typeof entry.id !== 'string') throw errorFromBadAnswer(200, entry);
			return entry as unknown as Program;
		});
	};
	return await readPages(fetchPage, { pageSize: PAGE_SIZE });
}
