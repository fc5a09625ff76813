/** Switches of the simulator: one for each thing the API's documentation leaves open, plus load and limits. */
import type { WebhookShapes } from './webhookData';

/** How the simulator behaves. Every switch can be changed while it runs (`simulator.options.x = ...`). */
export interface SimulatorOptions {
	/** Port to listen on; 0 lets the system choose. Read once, at start. */
	port: number;
	/** Where the random latency and order come from; the same seed gives the same sequence. Read at start. */
	seed: number;

	/** What an upsert does with a segment key nobody created: create it, leave it out, or refuse (400). */
	unknownSegment: 'autoCreate' | 'ignore' | 'reject';
	/** What a lone `~` in a list of segment operations does. */
	bareTilde: 'reject' | 'clear' | 'ignore';
	/** Whether an archived segment can get new members; `reject` answers 400, `ignore` leaves it out without a word. */
	archivedSegmentAccepts: 'accept' | 'reject' | 'ignore';
	/** What `~*` does, which the documentation says clears everything. */
	clearOperator: 'clear' | 'ignore';
	/** Which answers tell a participant's segments: all, only look-ups, or none. */
	segmentsTold: 'always' | 'onLookUp' | 'never';
	/** What archiving a segment does to its members. */
	archivedSegmentMembers: 'keep' | 'remove';
	/** Regular expression a new segment key must match; null accepts all but operators and blanks. */
	segmentKeyPattern: string | null;

	/** False: the schema has no `upsertUsers`, as in tenants with an older API. */
	upsertUsersAvailable: boolean;
	/** Order of the results of `upsertUsers`. */
	upsertUsersOrder: 'same' | 'shuffled';
	/** Whether `upsertUsers` answers IDs as they were sent. */
	upsertUsersIds: 'asSent' | 'lowerCase';
	/** Whether one bad input fails alone (`ApiError`), or makes `upsertUsers` refuse the whole batch. */
	upsertUsersBadInput: 'perInput' | 'wholeBatch';
	/** Most inputs in one `upsertUsers`. */
	upsertUsersLimit: number;
	/** What GraphQL `user` gives for somebody who does not exist. */
	absentUser: 'null' | 'error';

	/** How GraphQL refuses a bad credential. */
	badCredentials: '401' | '200WithErrors';
	/** How REST refuses a bad credential. */
	restBadCredentials: '401' | '200WithErrors';
	/** A valid credential that lacks the right for these endpoints: they answer 403. `open`: the Open Endpoints of REST. */
	scopedToken403: false | 'graphql' | 'open' | 'upload' | 'all';

	/** Whether REST refuses fields it does not know (400 INVALID_JSON_REQUEST) or drops them. */
	strictUnknownFields: boolean;
	/** Whether a REST PUT keeps the fields it does not mention. */
	restPutKeepsOmitted: boolean;
	/** What null does to a detail other than a custom field: erase it, nothing, or have the write refused (400). */
	nullDetails: 'clear' | 'ignore' | 'reject';
	/** Whether look-ups by ID and e-mail address tell upper and lower case apart. */
	lookUpCase: 'exact' | 'ignored';
	/** What sorting users by their date of creation does: sort them, or nothing. */
	sortByDateCreated: 'sorts' | 'ignored';
	/** Most users of one account (RS013). */
	accountLimit: number;

	/** What redeeming more than the balance does: refuse (400), or redeem what is there. */
	redeemAboveBalance: 'reject' | 'partly';
	/** What giving a credit below 0 does. */
	negativeCredit: 'reject' | 'accept';

	/** Largest `limit` of a list; null for no maximum. */
	maxPageLimit: number | null;
	/** What a list does with a `limit` over `maxPageLimit`: give fewer, or refuse (400). */
	overMaxPageLimit: 'clamp' | 'reject';
	/** How many milliseconds late lists and searches see a write. */
	filterDelayMs: number;

	/** Time of every answer in milliseconds: fixed, or uniform between two values. */
	latencyMs: number | [number, number];
	/** Refuse with 429 above this rate; null for no limit. */
	rateLimit: RateLimit | null;
	/** Participants, by id, whose writes are always refused, on every route. */
	participantRejects: Record<string, RejectedParticipant>;

	/** What an import job does with `~key` and `~*` in `params.segments`. */
	importJobRemoves: 'accept' | 'reject' | 'ignore';
	/** What an import job does with columns it does not know. */
	jobUnknownColumns: 'reject' | 'ignore';
	/** What an import job does with a `segments` column (or JSONL array). */
	jobSegmentsColumn: 'reject' | 'ignore' | 'apply';
	/** Number of the first data row in a job's errors file. */
	jobRecordNumberBase: 0 | 1 | 2;
	/** Records that a job passes over: nothing is done about them, and they stand in none of its files. */
	jobPassesOver: number;
	/** What a job counts as processed: every record, those that it did not pass over, or those that it applied. */
	jobCountsProcessed: 'all' | 'done' | 'succeeded';
	/** Whether the refused records of a job stand in its count of errors, or only in its errors file. */
	jobCountsErrors: boolean;
	/** Whether a job has a file of those who succeeded. */
	jobResultsFile: boolean;
	/** How many looks at a job (`job`) find it pending. */
	jobPendingPolls: number;
	/** How long a job stays pending at least. */
	jobPendingMs: number;
	/** End new jobs as ABORTED after this many records; null to let them complete. */
	jobAbortAfter: number | null;
	/** Life of a job and of its files. */
	jobTtlMs: number;
	/** Life of one download link. */
	linkTtlMs: number;
	/** Whether a link asked for with `publicLink: false` needs the API credential. */
	privateLinks: 'signed' | 'needCredential';
	/** Largest uploaded file. */
	uploadLimitBytes: number;

	/** Whether the tenant's own exports may be used; 403 otherwise. */
	exportsAvailable: boolean;
	/** Which columns a USER export has: those that the vendor's Singer tap knows, or everything. */
	exportColumns: 'tap' | 'all';
	/** How a USER export writes segments: as keys between these, by their names, as nothing, or in no column. */
	exportSegments: 'pipes' | 'commas' | 'json' | 'names' | 'blank' | 'none';
	/** How many looks at an export find it pending. */
	exportPendingLooks: number;
	/** How exports end. */
	exportEnds: 'COMPLETED' | 'ABORTED' | 'EXPIRED';
	/** Participants that the file of an export lacks. */
	exportMissingRows: number;
	/** Whether a change of somebody's segments is an update for `updatedSince`. */
	segmentChangeUpdates: boolean;

	/** Whether membership changes move a segment's `dateModified`, or only changes of its name and status. */
	segmentDateModified: 'edits' | 'members';
	/** What a subscription does with `webhookTypes`: take them, keep those it had, or bring everything. */
	subscriptionTypes: 'replaced' | 'keptOnRepeat' | 'ignored';
	/** Whether events come with the fields of a tenant that has classic programs, or of one that has none. */
	webhookShapes: WebhookShapes;
	/** Whether the Base64URL form of a webhook's body is signed, or (RFC 7797) the body as it is. */
	webhookBase64: boolean;
	/** Pause between two deliveries of the same event. */
	webhookRetryMs: number;
	/** Most deliveries of one event. */
	webhookMaxTries: number;

	/** What is kept of each request; `summary` leaves the body and the headers out, for large runs. */
	record: 'full' | 'summary' | 'off';
}

/** A limit on the number of requests in any second, and the header that comes with the refusal. */
interface RateLimit {
	requestsPerSecond: number;
	retryAfter: 'seconds' | 'date' | 'none';
}

/** The error a refused participant gets. */
interface RejectedParticipant {
	message: string;
	statusCode?: number;
	apiErrorCode?: string;
	rsCode?: string | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The switches as they stand at start: the answers that the documentation makes most likely. */
export function defaultOptions(): SimulatorOptions {
	return {
		port: 0,
		seed: 1,
		unknownSegment: 'autoCreate',
		bareTilde: 'reject',
		archivedSegmentAccepts: 'accept',
		archivedSegmentMembers: 'keep',
		clearOperator: 'clear',
		segmentsTold: 'always',
		segmentKeyPattern: null,
		upsertUsersAvailable: true,
		upsertUsersOrder: 'same',
		upsertUsersIds: 'asSent',
		upsertUsersBadInput: 'perInput',
		upsertUsersLimit: 100,
		absentUser: 'null',
		badCredentials: '401',
		restBadCredentials: '401',
		scopedToken403: false,
		strictUnknownFields: true,
		restPutKeepsOmitted: true,
		nullDetails: 'clear',
		lookUpCase: 'exact',
		sortByDateCreated: 'sorts',
		accountLimit: 1000,
		redeemAboveBalance: 'reject',
		negativeCredit: 'reject',
		maxPageLimit: null,
		overMaxPageLimit: 'clamp',
		filterDelayMs: 0,
		latencyMs: 0,
		rateLimit: null,
		participantRejects: {},
		importJobRemoves: 'accept',
		jobUnknownColumns: 'reject',
		jobSegmentsColumn: 'reject',
		jobRecordNumberBase: 1,
		jobPassesOver: 0,
		jobCountsProcessed: 'all',
		jobCountsErrors: true,
		jobResultsFile: true,
		jobPendingPolls: 1,
		jobPendingMs: 0,
		jobAbortAfter: null,
		jobTtlMs: 30 * DAY_MS,
		linkTtlMs: 15 * 60 * 1000,
		privateLinks: 'signed',
		uploadLimitBytes: 100 * 1024 * 1024,
		exportsAvailable: true,
		exportColumns: 'all',
		exportSegments: 'pipes',
		exportPendingLooks: 1,
		exportEnds: 'COMPLETED',
		exportMissingRows: 0,
		segmentChangeUpdates: true,
		segmentDateModified: 'edits',
		subscriptionTypes: 'replaced',
		webhookShapes: 'current',
		webhookBase64: true,
		webhookRetryMs: 60 * 60 * 1000,
		webhookMaxTries: 72,
		record: 'full',
	};
}
