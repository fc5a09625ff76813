/** What Advocate knows of one participant besides its own fields: codes, links, statistics, balances, referrers. */
import { unlessMissing } from './client/error';
import type { Transport } from './client/transport';
import { isRecord } from './client/values';
import { runGraphql } from './graphql';
import { LISTED_FIELDS, readRecord } from './participants';
import type { ParticipantId, ParticipantRecord } from './participants';

export const INCLUDABLE = [
	'customFields',
	'referralCodes',
	'shareLinks',
	'stats',
	'rewardBalances',
	'referredBy',
] as const;

export type Includable = (typeof INCLUDABLE)[number];

/** Share links of up to ten active programs, one each. */
export const SHARE_LINK_FIELDS =
	'programShareLinks(shareMediums: [UNKNOWN], engagementMediums: [UNKNOWN])';

const REFERRED_BY =
	'{ id programId dateReferralStarted dateConverted referrerUser { id accountId } }';

/** The GraphQL fields of each, of one program when it is given. A JSON text is a text of GraphQL too. */
const FIELDS: Readonly<Record<Includable, (program?: string) => string>> = {
	// These two are among the fields of everybody.
	customFields: () => '',
	referralCodes: () => '',
	shareLinks: (program) =>
		program === undefined
			? SHARE_LINK_FIELDS
			: `shareLink(programId: ${program}) messageLink(programId: ${program})`,
	stats: () =>
		'stats { dateModified traffic referrals conversions goals rewards revenue referredRevenue }',
	rewardBalances: (program) =>
		`rewardBalanceDetails${program === undefined ? '' : `(programId: ${program})`} { type unit availableValue prettyAvailableValue }`,
	referredBy: (program) =>
		program === undefined
			? `referredByReferrals ${REFERRED_BY}`
			: `referredByReferral(programId: ${program}) ${REFERRED_BY}`,
};

function selectionOf(include: readonly Includable[], program: string): string {
	const id = program === '' ? undefined : JSON.stringify(program);
	return [LISTED_FIELDS, ...include.map((name) => FIELDS[name](id))].join(' ').trim();
}

/** Who to get: by ID, or by a referral code of any program. */
export type Whom = ParticipantId | { referralCode: string };

/**
 * Get one participant with what is to be included.
 * @param program ID of the program that it is about; empty for all
 * @returns nothing when there is no such participant, or no such code
 * @throws AdvocateError
 */
export async function getDetailed(
	transport: Transport,
	whom: Whom,
	include: readonly Includable[],
	program: string,
): Promise<ParticipantRecord | undefined> {
	const selection = selectionOf(include, program);
	if ('referralCode' in whom) {
		const data = await unlessMissing(
			runGraphql(transport, {
				operationName: 'FindByReferralCode',
				document: `query FindByReferralCode($referralCode: String!) { referralCode(referralCode: $referralCode) { user { ${selection} } } }`,
				variables: { referralCode: whom.referralCode },
			}),
		);
		return isRecord(data?.referralCode) ? recordOf(data.referralCode.user) : undefined;
	}
	const { accountId, id } = whom;
	const data = await unlessMissing(
		runGraphql(transport, {
			operationName: 'GetParticipant',
			document: `query GetParticipant($accountId: String!, $id: String!) { user(accountId: $accountId, id: $id) { ${selection} } }`,
			variables: { accountId, id },
		}),
	);
	return recordOf(data?.user);
}

const recordOf = (user: unknown): ParticipantRecord | undefined =>
	user === null || user === undefined ? undefined : readRecord(user);
