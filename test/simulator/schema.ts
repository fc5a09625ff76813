/** The part of the API's GraphQL schema that the simulator serves. */

const UPSERT_USERS = `
	upsertUsers(userInputs: [UserInput!]!): [UserUpsertResult!]!`;

const sdl = (mutations: string) => `
scalar Long
scalar RSCurrencyCode
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
	reward(id: ID!): FlatReward
	rewards(
		filter: RewardFilterInput
		limit: Int! = 20
		offset: Int! = 0
		sortBy: [RSSortByInput!]
	): FlatRewardList!
	globalRewardConfigs(limit: Int! = 20, offset: Int! = 0): GlobalRewardConfigList!
	userEventKeys(limit: Int! = 20, offset: Int! = 0): UserEventKeyList!
	programs(filter: ProgramFilterInput, limit: Int! = 20, offset: Int! = 0): ProgramList!
	customFields(limit: Int! = 20, offset: Int! = 0): CustomFieldList!
	referralCode(referralCode: String!): ReferralCode
	referral(id: ID!): Referral
	referrals(
		filter: ReferralFilterInput
		limit: Int! = 20
		offset: Int! = 0
		sortBy: [RSSortByInput!]
	): ReferralList
}

type Mutation {
	upsertUser(userInput: UserInput!): User!${mutations}
	createUser(userInput: UserInput!): User!
	blockUser(accountId: String!, id: String!): UserBlockingResult!
	unblockUser(accountId: String!, id: String!): UserBlockingResult!
	deleteUser(
		accountId: String!
		id: String!
		doNotTrack: Boolean! = false
		preserveEmptyAccount: Boolean! = true
	): Boolean!
	upsertSegment(segmentInput: SegmentInput!): Segment!
	createJob(jobInput: JobInput!): Job!
	deleteJob(id: ID!): JobDeleteResult!
	logUserEvent(userEventInput: UserEventInput!): UserEventResult!
	createReward(
		rewardInput: RSJsonNode
		globalRewardKey: String
		userId: String!
		accountId: String!
		status: RewardStatus
	): FlatReward!
	redeemRewardCredit(id: ID!, redeemCreditInput: RedeemCreditInput!): RedeemCreditResult!
	redeemUserCredit(
		userId: String!
		accountId: String!
		redeemCreditInput: RedeemCreditInput!
	): RedeemCreditResult!
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
	referralCode(programId: ID): String
	programShareLinks(
		shareMediums: [ReferralShareMedium!]! = [UNKNOWN]
		engagementMediums: [UserEngagementMedium!] = [UNKNOWN]
	): RSJsonNode
	shareLink(
		programId: ID
		shareMedium: ReferralShareMedium! = UNKNOWN
		engagementMedium: UserEngagementMedium! = UNKNOWN
	): String
	messageLink(
		programId: ID
		shareMedium: ReferralShareMedium! = UNKNOWN
		engagementMedium: UserEngagementMedium! = UNKNOWN
	): String
	referredByReferral(programId: ID): Referral
	referredByReferrals: [Referral!]!
	stats: UserStats
	rewardBalanceDetails(filter: RewardBalanceFilterInput, programId: ID): [RewardBalance!]!
	referrals(filter: ReferralFilterInput, limit: Int! = 20, offset: Int! = 0): ReferralList!
}

enum ReferralShareMedium {
	FACEBOOK
	TWITTER
	EMAIL
	DIRECT
	LINKEDIN
	SMS
	FBMESSENGER
	WHATSAPP
	LINEMESSENGER
	PINTEREST
	REMINDER
	UNKNOWN
}

enum UserEngagementMedium {
	NOCONTENT
	EMBED
	HOSTED
	MOBILE
	POPUP
	DEMO_EMBED
	DEMO
	EMPTY
	EMAIL
	UNKNOWN
}

type UserStats {
	dateModified: RSDate
	traffic: Int
	referrals: Int
	conversions: Int
	goals: Int
	rewards: Int
	revenue: Float
	referredRevenue: Float
}

type UserBlockingResult {
	user: User
}

type CustomField {
	key: String!
	name: String
}

type CustomFieldList {
	data: [CustomField!]!
	count: Int!
	totalCount: Long!
}

type ReferralCode {
	code: String!
	isPrimaryForProgram: Boolean!
	program: Program
	user: User
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

enum RewardType {
	PCT_DISCOUNT
	CREDIT
	FUELTANK
	INTEGRATION
}

enum RewardStatus {
	PENDING
	CANCELLED
	EXPIRED
	REDEEMED
	AVAILABLE
}

enum RewardSourceType {
	FRIEND_SIGNUP
	REFERRED
	MANUAL
	PROGRAM
	ACTIVATION
	ACQUISITION
	RETENTION
	REACTIVATION
	AUTOMATED
}

type FlatReward {
	id: ID!
	type: RewardType!
	value: Int!
	availableValue: Int!
	prettyValue: String!
	prettyAvailableValue: String!
	unit: String!
	name: String
	dateCreated: RSDate
	dateScheduledFor: RSDate
	dateGiven: RSDate
	dateExpires: RSDate
	dateCancelled: RSDate
	dateRedeemed: RSDate
	rewardSource: RewardSourceType
	fuelTankCode: String
	cancellable: Boolean!
	programId: String
	globalRewardKey: String
	referralId: ID
	user: User
	statuses: [RewardStatus!]!
}

type FlatRewardList {
	data: [FlatReward!]!
	count: Int!
	totalCount: Long!
}

input RewardStatusFilterInput {
	status: RewardStatus!
}

input RewardFilterInput {
	AND: [RewardFilterInput!]
	OR: [RewardFilterInput!]
	id_eq: ID
	id_in: [ID!]
	type_eq: RewardType
	unit_eq: String
	dateCreated_gte: RSDate
	dateCreated_lt: RSDate
	userId_eq: String
	accountId_eq: String
	programId_eq: ID
	statuses_eq: RewardStatusFilterInput
}

interface RewardBalance {
	type: RewardType!
	unit: String!
	availableValue: Int!
	prettyAvailableValue: String!
}

type CreditRewardBalance implements RewardBalance {
	type: RewardType!
	unit: String!
	availableValue: Int!
	prettyAvailableValue: String!
	totalPendingCredit: Int!
	totalAssignedCredit: Int!
	totalRedeemedCredit: Int!
	totalExpiredCredit: Int!
	totalCancelledCredit: Int!
}

type DiscountPercentRewardBalance implements RewardBalance {
	type: RewardType!
	unit: String!
	availableValue: Int!
	prettyAvailableValue: String!
}

input RewardBalanceFilterInput {
	type_eq: RewardType
	unit_eq: String
}

input RedeemCreditInput {
	amount: Int!
	unit: String!
}

type RedeemCreditResult {
	unit: String!
	creditRedeemed: Int!
	creditAvailable: Int!
}

type GlobalRewardConfig {
	key: String!
	name: String
	rewardType: RewardType
	amount: Int
	unit: String
	currency: RSCurrencyCode
}

type GlobalRewardConfigList {
	data: [GlobalRewardConfig!]!
	count: Int!
	totalCount: Long!
}

input UserEventInput {
	userId: String!
	accountId: String!
	events: [UserEventDataInput!]
}

input UserEventDataInput {
	key: String!
	fields: RSJsonNode
	dateTriggered: RSDate
}

type UserEventResult {
	userId: String!
	accountId: String!
	events: [UserEventData!]!
}

type UserEventData {
	id: ID!
	userId: String!
	accountId: String!
	key: String!
	fields: RSJsonNode
	dateTriggered: RSDate
	dateReceived: RSDate
	dateProcessed: RSDate
}

type UserEventKeyList {
	data: [String!]!
	count: Int!
	totalCount: Long!
}

enum ProgramStatus {
	LIVE
	PAUSED
	ARCHIVED
}

type Program {
	id: ID!
	name: String!
	status: ProgramStatus!
}

type ProgramList {
	data: [Program!]
	count: Int!
	totalCount: Long!
}

input ProgramFilterInput {
	status_eq: ProgramStatus
	status_ne: ProgramStatus
}

enum ReferralModerationStatus {
	PENDING
	ACTIONED
}

type Referral {
	id: ID!
	programId: ID
	referredUser: User
	referrerUser: User
	moderationStatus: ReferralModerationStatus
	dateReferralStarted: RSDate
	dateReferralEnded: RSDate
	dateConverted: RSDate
	dateModified: RSDate
	referralCodeUsed: String
	shareLinkUsed: String
}

type ReferralList {
	data: [Referral!]!
	count: Int!
	totalCount: Long!
}

input ReferralFilterInput {
	AND: [ReferralFilterInput!]
	id_eq: ID
	programId_eq: ID
	dateReferralStarted_gte: RSDate
	dateConverted_exists: Boolean
	dateConverted_gte: RSDate
}
`;

/** The schema in GraphQL's schema language. */
export const SCHEMA = sdl(UPSERT_USERS);

/** The schema of a tenant whose API is older than `upsertUsers`. */
export const SCHEMA_WITHOUT_UPSERT_USERS = sdl('').replace(
	'union UserUpsertResult = User | ApiError\n',
	'',
);
