/** The API's error answers. Codes are the vendor's published ones, wording is ours. */

/** The JSON body of a REST error. */
export interface ApiErrorBody {
	message: string;
	statusCode: number;
	apiErrorCode: string;
	rsCode: string | null;
}

/** A refusal: thrown by the rules, turned into the answer of whichever route was used. */
export class ApiFailure extends Error {
	constructor(
		readonly statusCode: number,
		readonly apiErrorCode: string,
		message: string,
		readonly rsCode: string | null = null,
	) {
		super(message);
		this.name = 'ApiFailure';
	}

	/** The error as REST gives it. */
	toBody(): ApiErrorBody {
		const { message, statusCode, apiErrorCode, rsCode } = this;
		return { message, statusCode, apiErrorCode, rsCode };
	}
}

const badRequest = (message: string, rsCode: string | null = null) =>
	new ApiFailure(400, 'BAD_REQUEST', message, rsCode);

const invalidJson = (message: string) => new ApiFailure(400, 'INVALID_JSON_REQUEST', message);

/** Do something, and give the refusal instead of throwing it. */
export function attempt<T>(work: () => T): T | ApiFailure {
	try {
		return work();
	} catch (error) {
		if (error instanceof ApiFailure) return error;
		// Not a refusal: a defect of the simulator itself.
		// eslint-disable-next-line @n8n/community-nodes/require-node-api-error
		throw error;
	}
}

/** Every refusal the simulator knows. */
export const failures = {
	badRequest,
	invalidJson,
	unknownTenant: () =>
		new ApiFailure(404, 'TENANT_NOT_FOUND', 'Missing or invalid tenant alias.', 'RS045'),
	missingCredentials: () =>
		new ApiFailure(401, 'UNAUTHORIZED', 'This request carries no credentials.', 'RS045'),
	badCredentials: () =>
		new ApiFailure(401, 'UNAUTHORIZED', 'The credentials of this request are not valid.'),
	forbidden: () => new ApiFailure(403, 'FORBIDDEN', 'This endpoint is disabled for this token.'),
	noSuchEndpoint: () =>
		new ApiFailure(404, 'API_REQUEST_NOT_SUPPORTED', 'There is no such endpoint.'),
	accountNotFound: () =>
		new ApiFailure(404, 'NOT_FOUND', 'No account has the provided id.', 'RS041'),
	userNotFound: () => new ApiFailure(404, 'NOT_FOUND', 'No user has the provided id.', 'RS042'),
	rewardNotFound: () => new ApiFailure(404, 'NOT_FOUND', 'No reward has the provided id.'),
	referralNotFound: () => new ApiFailure(404, 'NOT_FOUND', 'No referral has the provided id.'),
	duplicateEvent: () =>
		new ApiFailure(409, 'CONFLICT', 'An event with this idempotency key was processed before.'),
	subscriptionNotFound: () =>
		new ApiFailure(404, 'NOT_FOUND', 'No webhook subscription has the provided URL.'),
	emptyUserId: () => badRequest('This request requires a user id that is not empty.', 'RS043'),
	emptyAccountId: () =>
		badRequest('This request requires an account id that is not empty.', 'RS044'),
	idMismatch: (field: string) =>
		badRequest(`The ${field} in the body differs from the one in the address.`),
	accountFull: (limit: number) => badRequest(`An account holds at most ${limit} users.`, 'RS013'),
	badEmail: () => badRequest('The email address is not valid.', 'RS023'),
	badLocale: () => badRequest('The locale is not valid.', 'RS039'),
	badCountry: () => badRequest('The country code is not valid.'),
	doNotTrack: () => badRequest('This user asked not to be tracked.', 'RS050'),
	userExists: () => badRequest('The user exists already.', 'RS048'),
	alreadyBlocked: () => new ApiFailure(403, 'FORBIDDEN', 'The user is blocked already.'),
	notBlocked: () => new ApiFailure(403, 'FORBIDDEN', 'The user is not blocked.'),
	wrongContentType: () =>
		new ApiFailure(415, 'BAD_REQUEST', 'The content type must be application/json.', 'RS046'),
	rateLimited: () => new ApiFailure(429, 'RATE_LIMITED', 'Rate limit exceeded.', 'RS033'),
	tooLarge: () => new ApiFailure(413, 'BAD_REQUEST', 'The body of the request is too large.'),
	linkExpired: () => new ApiFailure(403, 'FORBIDDEN', 'This link is expired or not valid.'),
	fileGone: () => new ApiFailure(404, 'NOT_FOUND', 'This file does not exist any more.'),
};
