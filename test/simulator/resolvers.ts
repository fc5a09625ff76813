/** What each field of the GraphQL schema does. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import type { EventLog } from './events';
import type { FaultAction } from './faults';
import { ApiFailure, attempt, failures } from './failures';
import type { ImportJob, JobInput, JobQueue } from './jobs';
import type { FileKind } from './links';
import type { SimulatorOptions } from './options';
import { shuffled } from './random';
import { participantFieldsOf, participantRoot } from './participantResolvers';
import { programFieldsOf, programRoot } from './programResolvers';
import type { ReferralBook } from './referrals';
import type { RewardBook } from './rewards';
import { checkKey } from './segmentOperations';
import type { Participant, SegmentRecord, SimulatorState } from './state';
import { findParticipants, pageOf, upsertParticipant } from './users';
import type { UserFilter, UserInput } from './users';

/** What the fields work on. */
export interface GraphqlContext {
	state: SimulatorState;
	options: SimulatorOptions;
	jobs: JobQueue;
	rewards: RewardBook;
	events: EventLog;
	referrals: ReferralBook;
	tenantAlias: string;
	random: () => number;
	/** The address of a file of a job. */
	link(job: ImportJob, kind: FileKind, isPublic: boolean): string;
	/** A fault of this request that concerns its fields. */
	fault?: FaultAction;
}

export interface PageArguments {
	limit: number;
	offset: number;
}

interface UsersArguments extends PageArguments {
	filter?: UserFilter | null;
	query?: string | null;
	sortBy?: Array<{ field: string; order: 'ASC' | 'DESC' }> | null;
}

interface SegmentInput {
	key: string;
	name?: string | null;
	status?: 'ACTIVE' | 'ARCHIVED' | null;
}

interface JobFilter {
	AND?: JobFilter[] | null;
	OR?: JobFilter[] | null;
	id_eq?: string | null;
	id_in?: string[] | null;
	type_eq?: string | null;
	type_ne?: string | null;
	dateCreated_gte?: number | null;
	dateCreated_lt?: number | null;
	status_eq?: string | null;
	status_ne?: string | null;
	status_in?: string[] | null;
}

export function userFields(user: Participant) {
	const lastInitial = user.lastName?.charAt(0) ?? null;
	// A copy: the answer must not change when a later write lands while it waits to be sent.
	return {
		__typename: 'User',
		...user,
		lastInitial,
		...programFieldsOf(user),
		...participantFieldsOf(user),
	};
}

function segmentFields(segment: SegmentRecord, { state, options }: GraphqlContext) {
	const { dateModified, membersModified } = segment;
	return {
		...segment,
		dateModified:
			options.segmentDateModified === 'members'
				? Math.max(dateModified, membersModified)
				: dateModified,
		participantsCount: state.membersOf(segment.key).size,
	};
}

export function listFields<T>(rows: T[], totalCount: number) {
	return { data: rows, count: rows.length, totalCount };
}

function jobFields(job: ImportJob, context: GraphqlContext) {
	const url =
		(kind: FileKind, isThere: boolean) =>
		({ publicLink }: { publicLink: boolean }) =>
			isThere ? context.link(job, kind, publicLink) : null;
	const hasFiles = context.jobs.hasFiles(job);
	return {
		id: job.id,
		type: job.type,
		name: job.name,
		requester: job.requester,
		dateCreated: job.dateCreated,
		dateCompleted: job.dateCompleted,
		dateExpires: job.dateExpires,
		outputFormat: job.outputFormat,
		status: job.status,
		mailtoEmail: job.mailtoEmail,
		params: job.params,
		fileRef: job.fileRef,
		stats: { ...job.stats },
		downloadUrl: url('results', hasFiles && context.options.jobResultsFile),
		downloadErrorUrl: url('errors', hasFiles && job.errorsFile.trimEnd().includes('\n')),
		downloadFileRefUrl: url('input', Date.now() < job.dateExpires),
	};
}

function compare(left: unknown, right: unknown): number {
	if (typeof left === 'number' && typeof right === 'number') return left - right;
	const [a, b] = [String(left ?? ''), String(right ?? '')];
	if (a === b) return 0;
	return a < b ? -1 : 1;
}

function sortUsers(users: Participant[], sortBy: UsersArguments['sortBy']): Participant[] {
	if (!sortBy || sortBy.length === 0) return users;
	const known = ['id', 'accountId', 'firstName', 'lastName', 'email', 'dateCreated'] as const;
	const keys = sortBy.map(({ field, order }) => {
		const name = known.find((entry) => entry === field);
		if (name === undefined) throw failures.badRequest(`Users can't be sorted by '${field}'.`);
		return { name, sign: order === 'DESC' ? -1 : 1 };
	});
	return [...users].sort((left, right) => {
		for (const { name, sign } of keys) {
			const difference = compare(left[name], right[name]);
			if (difference !== 0) return sign * difference;
		}
		return 0;
	});
}

function matchesJob(job: ImportJob, filter: JobFilter): boolean {
	const isGiven = <T>(value: T | null | undefined): value is T =>
		value !== null && value !== undefined;
	return (
		(!isGiven(filter.id_eq) || job.id === filter.id_eq) &&
		(!isGiven(filter.id_in) || filter.id_in.includes(job.id)) &&
		(!isGiven(filter.type_eq) || job.type === filter.type_eq) &&
		(!isGiven(filter.type_ne) || job.type !== filter.type_ne) &&
		(!isGiven(filter.dateCreated_gte) || job.dateCreated >= filter.dateCreated_gte) &&
		(!isGiven(filter.dateCreated_lt) || job.dateCreated < filter.dateCreated_lt) &&
		(!isGiven(filter.status_eq) || job.status === filter.status_eq) &&
		(!isGiven(filter.status_ne) || job.status !== filter.status_ne) &&
		(!isGiven(filter.status_in) || filter.status_in.includes(job.status)) &&
		(!isGiven(filter.AND) || filter.AND.every((entry) => matchesJob(job, entry))) &&
		(!isGiven(filter.OR) || filter.OR.some((entry) => matchesJob(job, entry)))
	);
}

function upsertSegment(input: SegmentInput, context: GraphqlContext) {
	const { state, options } = context;
	const { key, name, status } = input;
	const existing = state.segments.get(key);
	if (existing === undefined) checkKey(key, options.segmentKeyPattern);
	const segment = existing ?? state.addSegment({ key });
	if (typeof name === 'string') segment.name = name;
	if (status === 'ACTIVE' || status === 'ARCHIVED') segment.status = status;
	segment.dateModified = Date.now();
	if (segment.status === 'ARCHIVED' && options.archivedSegmentMembers === 'remove') {
		for (const member of [...state.membersOf(key)]) {
			state.setSegments(
				member,
				member.segments.filter((entry) => entry !== key),
			);
		}
	}
	return segmentFields(segment, context);
}

function upsertOne(input: UserInput, context: GraphqlContext) {
	const { state, options, fault } = context;
	if (fault?.kind === 'partialBatchFailure' && fault.participants.includes(String(input.id))) {
		const { message = 'The user could not be saved.', statusCode = 500 } = fault.error ?? {};
		throw new ApiFailure(statusCode, 'BAD_REQUEST', message, fault.error?.rsCode ?? null);
	}
	return upsertParticipant(state, options, input, { source: 'graphql' });
}

function upsertUsers(inputs: UserInput[], context: GraphqlContext): unknown[] {
	const { options, random, fault } = context;
	if (inputs.length > options.upsertUsersLimit) {
		throw failures.badRequest(`At most ${options.upsertUsersLimit} users at a time.`);
	}
	if (options.upsertUsersBadInput === 'wholeBatch') rehearse(inputs, context);
	const cutOff = fault?.kind === 'graphqlErrors' ? fault.applyFirst : undefined;
	const results = inputs.slice(0, cutOff).map((input) => {
		const outcome = attempt(() => userFields(upsertOne(input, context)));
		if (!(outcome instanceof ApiFailure)) {
			if (options.upsertUsersIds === 'asSent') return outcome;
			const { id, accountId } = outcome;
			return { ...outcome, id: id.toLowerCase(), accountId: accountId.toLowerCase() };
		}
		const { message, statusCode, rsCode } = outcome;
		return { __typename: 'ApiError', message, statusCode, rsCode };
	});
	return options.upsertUsersOrder === 'shuffled' ? shuffled(results, random) : results;
}

/**
 * Refuse the batch when any input would be refused, before anything is changed. Each input is tried alone on a
 * state of its own, so limits that several inputs reach together are not seen.
 */
function rehearse(inputs: UserInput[], context: GraphqlContext): void {
	for (const input of inputs) {
		const overlay = context.state.rehearsalFor(String(input.accountId));
		upsertOne(input, { ...context, state: overlay });
	}
}

/** The root of the schema. graphql-js calls these with the arguments of the field. */
export const root = {
	...programRoot,
	...participantRoot,

	user({ accountId, id }: { accountId: string; id: string }, { state, options }: GraphqlContext) {
		const found =
			options.lookUpCase === 'ignored'
				? state.participantInAnyCase(accountId, id)
				: state.participant(accountId, id);
		if (found !== undefined) return userFields(found);
		if (options.absentUser === 'error') throw failures.userNotFound();
		return null;
	},

	users({ filter, query, limit, offset, sortBy }: UsersArguments, context: GraphqlContext) {
		const { state, options } = context;
		const found = findParticipants(state, filter ?? {}, query ?? '', options.lookUpCase);
		const isSorted = options.sortByDateCreated === 'sorts' || sortBy?.[0].field !== 'dateCreated';
		const page = pageOf(sortUsers(found, isSorted ? sortBy : []), limit, offset, context.options);
		return listFields(page.rows.map(userFields), page.totalCount);
	},

	segment({ key }: { key: string }, context: GraphqlContext) {
		const found = context.state.segments.get(key);
		return found === undefined ? null : segmentFields(found, context);
	},

	segments({ limit, offset }: PageArguments, context: GraphqlContext) {
		const page = pageOf([...context.state.segments.values()], limit, offset, context.options);
		return listFields(
			page.rows.map((segment) => segmentFields(segment, context)),
			page.totalCount,
		);
	},

	tenant(_: unknown, { tenantAlias }: GraphqlContext) {
		return { tenantAlias, isLiveMode: false };
	},

	job({ id }: { id: string }, context: GraphqlContext) {
		const job = context.jobs.poll(id);
		return job === undefined ? null : jobFields(job, context);
	},

	jobs({ filter, limit, offset }: PageArguments & { filter?: JobFilter }, context: GraphqlContext) {
		const found = context.jobs.list().filter((job) => matchesJob(job, filter ?? {}));
		const page = pageOf(found, limit, offset, context.options);
		return listFields(
			page.rows.map((job) => jobFields(job, context)),
			page.totalCount,
		);
	},

	validateJobCreation({ jobInput }: { jobInput: JobInput }, { jobs }: GraphqlContext) {
		return { errors: jobs.validate(jobInput) };
	},

	upsertUser({ userInput }: { userInput: UserInput }, context: GraphqlContext) {
		return userFields(upsertOne(userInput, context));
	},

	upsertUsers({ userInputs }: { userInputs: UserInput[] }, context: GraphqlContext) {
		return upsertUsers(userInputs, context);
	},

	upsertSegment({ segmentInput }: { segmentInput: SegmentInput }, context: GraphqlContext) {
		return upsertSegment(segmentInput, context);
	},

	createJob({ jobInput }: { jobInput: JobInput }, context: GraphqlContext) {
		return jobFields(context.jobs.create(jobInput), context);
	},

	deleteJob({ id }: { id: string }, { state }: GraphqlContext) {
		return { deletedCount: state.jobs.delete(id) ? 1 : 0 };
	},
};

/** The error of the API behind a GraphQL error, if there is one. */
export function apiErrorOf(error: unknown): ApiFailure | undefined {
	if (error instanceof ApiFailure) return error;
	return isRecord(error) && error.originalError instanceof ApiFailure
		? error.originalError
		: undefined;
}
