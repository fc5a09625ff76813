/** Errors of the API: which kind they are, and texts from servers made fit to show. */
import * as fc from 'fast-check';
import {
	AdvocateError,
	errorFromGraphql,
	errorFromNoAnswer,
	errorFromResponse,
	graphqlErrorsOf,
	isFatal,
	isNotFound,
	isRetryable,
	isThrottle,
	tidyText,
} from '../../../nodes/shared/advocate/client/readErrors';
import type { AdvocateErrorDetails } from '../../../nodes/shared/advocate/client/readErrors';

const error = (details: Partial<AdvocateErrorDetails>) =>
	new AdvocateError('x', { kind: 'api', hint: '', ...details });

test.each<[Partial<AdvocateErrorDetails>, boolean, boolean, boolean, boolean]>([
	// fatal, retryable, throttle, not found
	[{ statusCode: 400 }, false, false, false, false],
	[{ statusCode: 401 }, true, false, false, false],
	[{ statusCode: 403 }, true, false, false, false],
	[{ statusCode: 404 }, false, false, false, false],
	[{ statusCode: 404, apiErrorCode: 'NOT_FOUND' }, false, false, false, true],
	[{ statusCode: 404, apiErrorCode: 'API_REQUEST_NOT_SUPPORTED' }, false, false, false, false],
	[{ statusCode: 404, apiErrorCode: 'TENANT_NOT_FOUND' }, true, false, false, false],
	[{ statusCode: 404, rsCode: 'RS045' }, true, false, false, false],
	[{ rsCode: 'RS041' }, false, false, false, true],
	[{ statusCode: 404, rsCode: 'RS042' }, false, false, false, true],
	[{ statusCode: 408 }, false, true, false, false],
	[{ statusCode: 429 }, false, true, true, false],
	[{ rsCode: 'RS033' }, false, true, true, false],
	[{ statusCode: 500 }, false, true, false, false],
	[{ statusCode: 501 }, false, true, false, false],
	[{}, false, false, false, false],
	[{ kind: 'noAnswer' }, false, true, false, false],
	[{ kind: 'badAnswer', statusCode: 200 }, false, true, false, false],
	[{ kind: 'mismatch' }, false, false, false, false],
	[{ kind: 'missing', statusCode: 404 }, false, false, false, false],
	[{ kind: 'gaveUp', statusCode: 500 }, true, false, false, false],
	[{ kind: 'cancelled' }, true, false, false, false],
])('%j', (details, fatal, retryable, throttle, notFound) => {
	const subject = error(details);
	expect([
		isFatal(subject),
		isRetryable(subject),
		isThrottle(subject),
		isNotFound(subject),
	]).toEqual([fatal, retryable, throttle, notFound]);
});

test.each([
	['ENOTFOUND', 'Check the Base URL in the credential: its host is not known'],
	['EAI_AGAIN', 'The host name could not be looked up'],
	['ECONNREFUSED', 'Nothing listens at this address'],
	['SELF_SIGNED_CERT_IN_CHAIN', "Turn on 'Ignore SSL Issues (Insecure)'"],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', "Turn on 'Ignore SSL Issues (Insecure)'"],
	['CERT_HAS_EXPIRED', "The server's certificate has expired"],
	['EPIPE', 'Check the network of this n8n'],
])('no answer because of %s', (code, hint) => {
	const subject = errorFromNoAnswer(code, 'text', { timeoutMs: 30_000, maxBytes: 1 });
	expect(subject).toMatchObject({
		kind: 'noAnswer',
		message: `The API could not be reached (${code}): text`,
		hint: expect.stringContaining(hint),
	});
});

test.each(['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT'])(
	'no answer because of %s is a time-out',
	(code) => {
		expect(errorFromNoAnswer(code, '', { timeoutMs: 1500, maxBytes: 1 }).message).toBe(
			'The API did not answer within 1.5 s',
		);
	},
);

test('any text becomes one bounded line without control characters', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
			const tidy = tidyText(text);
			expect(tidy).not.toMatch(/\p{Cc}/u);
			expect(tidy).toBe(tidy.trim());
			expect(tidy.length).toBeLessThanOrEqual(501);
			expect(tidyText('short')).toBe('short');
		}),
	);
});

test('any body of an answer leads to an error that can be shown', () => {
	const body = fc.oneof(
		fc.json().map((text) => JSON.parse(text) as unknown),
		fc.string(),
	);
	fc.assert(
		fc.property(fc.integer({ min: 300, max: 599 }), body, (statusCode, value) => {
			const subject = errorFromResponse({ statusCode, headers: {}, body: value });
			expect(subject.message.trim()).not.toBe('');
			expect(subject.hint).not.toBe('');
			expect(subject.statusCode).toBe(statusCode);
		}),
	);
});

test('any list of GraphQL errors leads to an error that can be shown', () => {
	fc.assert(
		fc.property(
			fc.array(fc.jsonValue(), { minLength: 1 }),
			fc.jsonValue(),
			(errors, extensions) => {
				const subject = errorFromGraphql(graphqlErrorsOf({ errors }), extensions);
				expect(subject.message.trim()).not.toBe('');
				expect(subject.hint).not.toBe('');
			},
		),
	);
});
