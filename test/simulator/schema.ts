/** The part of the API's GraphQL schema that the simulator serves. */

const UPSERT_USERS = `
	upsertUsers(userInputs: [UserInput!]!): [UserUpsertResult!]!`;

const sdl = (mutations: string) => `
scalar Long
scalar JobType
scalar RSCountryCode
scalar RSDate
scalar RSJsonNode
scalar RSLocale
scalar RSShallowMap
scalar SegmentKey
scalar SegmentOperation

type Query {
	user(accountId: String!, id: String!): User
	users(
		filter: UserFilterInput
		query: String
		limit: Int! = 20
		offset: Int! = 0
		sortBy: [RSSortByInput!]
	): UserList
	segment(key: SegmentKey!): Segment
	segments(limit: Int! = 20, offset: Int! = 0): SegmentList!
	tenant: Tenant
	job(id: ID!): Job
	jobs(filter: JobFilterInput, limit: Int! = 20, offset: Int! = 0): JobList!
	validateJobCreation(jobInput: JobInput!): ValidateJobCreationResult!
}

type Mutation {
	upsertUser(userInput: UserInput!): User!${mutations}
	upsertSegment(segmentInput: SegmentInput!): Segment!
	createJob(jobInput: JobInput!): Job!
	deleteJob(id: ID!): JobDeleteResult!
}

union UserUpsertResult = User | ApiError

type ApiError {
	message: String!
	statusCode: Int!
	rsCode: String
}

type User {
	id: String!
	accountId: String!
	firstName: String
	lastName: String
	lastInitial: String
	email: String
	imageUrl: String
	paymentProviderId: String
	locale: RSLocale
	countryCode: RSCountryCode
	referable: Boolean
	customFields: RSJsonNode
	referralCodes: RSShallowMap!
	referredByCodes: [String!]!
	segments: [SegmentKey!]!
	dateCreated: RSDate
	dateBlocked: RSDate
	dateUsTaxFormSubmitted: RSDate
}

type UserList {
	data: [User]!
	count: Int!
	totalCount: Long!
}

input UserFilterInput {
	AND: [UserFilterInput!]
	OR: [UserFilterInput!]
	id_eq: String
	accountId_eq: String
	firstName_eq: String
	lastName_eq: String
	email_eq: String
	email_exists: Boolean
	locale_eq: RSLocale
	locale_in: [RSLocale!]
	dateBlocked_exists: Boolean
	segments_eq: String
	segments_ne: String
	segments_in: [String!]
	segments_all: [String!]
	segments_nin: [String!]
}

enum RSSortOrder {
	ASC
	DESC
}

input RSSortByInput {
	field: String!
	order: RSSortOrder!
}

input UserInput {
	id: String
	accountId: String
	firstName: String
	lastName: String
	lastInitial: String
	email: String
	imageUrl: String
	cookieId: String
	cookies: String
	paymentProviderId: String
	locale: RSLocale
	countryCode: RSCountryCode
	referable: Boolean
	referralCode: String
	referralCodes: RSShallowMap
	referredBy: RSJsonNode
	referredByCodes: [String!]
	shareLinks: RSShallowMap
	customFields: RSJsonNode
	segments: [SegmentOperation!]
	dateCreated: RSDate
	dateUsTaxFormSubmitted: RSDate
}

enum SegmentStatus {
	ACTIVE
	ARCHIVED
}

type Segment {
	key: SegmentKey!
	name: String
	status: SegmentStatus
	dateCreated: RSDate
	dateModified: RSDate
	participantsCount: Long!
}

type SegmentList {
	data: [Segment!]!
	count: Int!
	totalCount: Long!
}

input SegmentInput {
	key: SegmentKey!
	name: String
	status: SegmentStatus
}

type Tenant {
	tenantAlias: ID!
	isLiveMode: Boolean!
}

enum JobStatus {
	PENDING
	ABORTED
	COMPLETED
}

enum DataFileFormat {
	CSV
	XLSX
	JSONL
}

type Job {
	id: ID!
	type: JobType!
	name: String
	requester: String
	dateCreated: RSDate
	dateCompleted: RSDate
	dateExpires: RSDate
	outputFormat: DataFileFormat
	status: JobStatus!
	mailtoEmail: String
	downloadUrl(publicLink: Boolean! = false): String
	downloadErrorUrl(publicLink: Boolean! = false): String
	downloadFileRefUrl(publicLink: Boolean! = false): String
	params: RSJsonNode
	fileRef: String
	stats: JobStats
}

type JobStats {
	recordsProcessed: Long!
	errors: Long!
}

type JobList {
	data: [Job!]!
	count: Int!
	totalCount: Long!
}

type JobDeleteResult {
	deletedCount: Long!
}

type ValidateJobCreationResult {
	errors: [String!]!
}

input JobInput {
	type: JobType!
	name: String
	requester: String
	outputFormat: DataFileFormat
	mailtoEmail: String
	fileRef: String
	params: RSJsonNode
}

input JobFilterInput {
	AND: [JobFilterInput!]
	OR: [JobFilterInput!]
	id_eq: ID
	id_in: [ID!]
	type_eq: JobType
	type_ne: JobType
	dateCreated_gte: RSDate
	dateCreated_lt: RSDate
	status_eq: JobStatus
	status_ne: JobStatus
	status_in: [JobStatus!]
}
`;

/** The schema in GraphQL's schema language. */
export const SCHEMA = sdl(UPSERT_USERS);

/** The schema of a tenant whose API is older than `upsertUsers`. */
export const SCHEMA_WITHOUT_UPSERT_USERS = sdl('').replace(
	'union UserUpsertResult = User | ApiError\n',
	'',
);
