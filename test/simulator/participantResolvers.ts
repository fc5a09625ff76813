/** What the fields of participants in the GraphQL schema do: codes, links, statistics, blocking, deleting. */
import { failures } from './failures';
import { referralFields } from './programResolvers';
import type { GraphqlContext, PageArguments } from './resolvers';
import { listFields, userFields } from './resolvers';
import { statusesOf } from './rewards';
import { participantKey } from './state';
import type { Participant } from './state';
import { pageOf, upsertParticipant } from './users';
import type { UserInput } from './users';

interface Ids {
	accountId: string;
	id: string;
}

interface OfProgram {
	programId?: string | null;
}

const linkOf = (code: string): string => `https://share.example/${code}`;

function codeOf(user: Participant, { programId }: OfProgram): string | null {
	if (programId === undefined || programId === null) {
		return Object.values(user.referralCodes)[0] ?? null;
	}
	return user.referralCodes[programId] ?? null;
}

/** Fields of a user that are computed. */
export function participantFieldsOf(user: Participant) {
	const linkIn = (program: OfProgram, prefix = ''): string | null => {
		const code = codeOf(user, program);
		return code === null ? null : prefix + linkOf(code);
	};
	const broughtBy = (context: GraphqlContext) =>
		[...context.referrals.referrals.values()].filter(
			({ referred }) => referred.id === user.id && referred.accountId === user.accountId,
		);
	return {
		referralCode: (program: OfProgram) => codeOf(user, program),
		programShareLinks: () =>
			Object.fromEntries(
				Object.entries(user.referralCodes).map(([program, code]) => [
					program,
					{ cleanShareLink: linkOf(code), UNKNOWN: { UNKNOWN: linkOf(code) } },
				]),
			),
		shareLink: (program: OfProgram) => linkIn(program),
		messageLink: (program: OfProgram) => linkIn(program, 'https://message.example/?to='),
		referredByReferral: ({ programId }: OfProgram, context: GraphqlContext) => {
			const found = broughtBy(context).find(
				(referral) => (programId ?? referral.programId) === referral.programId,
			);
			return found === undefined ? null : referralFields(found, context);
		},
		referredByReferrals: (_: unknown, context: GraphqlContext) =>
			broughtBy(context).map((referral) => referralFields(referral, context)),
		stats: (_: unknown, context: GraphqlContext) => {
			const made = context.referrals.find({}, user);
			const rewards = context.rewards.find({ userId_eq: user.id, accountId_eq: user.accountId });
			return {
				dateModified: user.dateCreated,
				traffic: 0,
				referrals: made.length,
				conversions: made.filter(({ dateConverted }) => dateConverted !== null).length,
				goals: 0,
				rewards: rewards.filter((reward) => !statusesOf(reward).includes('CANCELLED')).length,
				revenue: 0,
				referredRevenue: 0,
			};
		},
	};
}

function find({ accountId, id }: Ids, { state, options }: GraphqlContext): Participant {
	const found =
		options.lookUpCase === 'ignored'
			? state.participantInAnyCase(accountId, id)
			: state.participant(accountId, id);
	if (found === undefined) throw failures.userNotFound();
	return found;
}

/** Root fields. */
export const participantRoot = {
	customFields({ limit, offset }: PageArguments, { state, options }: GraphqlContext) {
		const all = [...state.customFields].map(([key, name]) => ({ key, name }));
		const page = pageOf(all, limit, offset, options);
		return listFields(page.rows, page.totalCount);
	},

	referralCode({ referralCode }: { referralCode: string }, { state, referrals }: GraphqlContext) {
		for (const user of state.participants.values()) {
			for (const [program, code] of Object.entries(user.referralCodes)) {
				if (code.toUpperCase() !== referralCode.toUpperCase()) continue;
				return {
					code,
					isPrimaryForProgram: true,
					program: referrals.programs.get(program) ?? null,
					user: userFields(user),
				};
			}
		}
		return null;
	},

	createUser({ userInput }: { userInput: UserInput }, { state, options }: GraphqlContext) {
		const settings = { source: 'graphql', createOnly: true } as const;
		return userFields(upsertParticipant(state, options, userInput, settings));
	},

	blockUser(ids: Ids, context: GraphqlContext) {
		const user = find(ids, context);
		if (user.dateBlocked !== null) throw failures.alreadyBlocked();
		user.dateBlocked = Date.now();
		return { user: userFields(user) };
	},

	unblockUser(ids: Ids, context: GraphqlContext) {
		const user = find(ids, context);
		if (user.dateBlocked === null) throw failures.notBlocked();
		user.dateBlocked = null;
		return { user: userFields(user) };
	},

	deleteUser(
		{
			doNotTrack,
			preserveEmptyAccount,
			...ids
		}: Ids & { doNotTrack: boolean; preserveEmptyAccount: boolean },
		context: GraphqlContext,
	) {
		const { accountId, id } = find(ids, context);
		if (doNotTrack) context.state.doNotTrack.add(participantKey(accountId, id));
		context.state.removeParticipant(accountId, id, preserveEmptyAccount);
		return true;
	},
};
