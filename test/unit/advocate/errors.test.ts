/** Errors of the API: which kind they are, and texts from servers made fit to show. */
import * as fc from 'fast-check';
import {
	AdvocateError,
	isFatal,
	isMissing,
	isRetryable,
	isThrottle,
	isTrouble,
	isWorthSplitting,
	mayHaveBeenApplied,
} from '../../../nodes/shared/advocate/client/error';
import {
	errorFromGraphql,
	errorFromNoAnswer,
	errorFromResponse,
	graphqlErrorsOf,
	tidyText,
} from '../../../nodes/shared/advocate/client/readErrors';
import type { AdvocateErrorDetails } from '../../../nodes/shared/advocate/client/error';

const error = (details: Partial<AdvocateErrorDetails>) =>
	new AdvocateError('x', { kind: 'api', hint: '', ...details });

type Meaning = 'retry' | 'split' | 'fatal' | 'in doubt' | 'throttle' | 'missing';

/** Everything that callers ask about a failure; what is not listed is answered with no. */
const MEANINGS: Array<[Partial<AdvocateErrorDetails>, Meaning[]]> = [
	[{ statusCode: 400 }, ['split']],
	[{ statusCode: 401 }, ['fatal']],
	[{ statusCode: 403 }, ['fatal']],
	[{ statusCode: 403, ofOneParticipant: true }, ['split']],
	[{ statusCode: 404 }, ['split']],
	[{ statusCode: 404, apiErrorCode: 'NOT_FOUND' }, ['split', 'missing']],
	[{ statusCode: 404, apiErrorCode: 'API_REQUEST_NOT_SUPPORTED' }, ['split']],
	[{ statusCode: 404, apiErrorCode: 'TENANT_NOT_FOUND' }, ['fatal']],
	[{ statusCode: 404, rsCode: 'RS045' }, ['fatal']],
	[{ statusCode: 400, rsCode: 'RS038', ofOneParticipant: true }, ['fatal']],
	[{ rsCode: 'RS041' }, ['split', 'in doubt', 'missing']],
	[{ statusCode: 404, rsCode: 'RS042' }, ['split', 'missing']],
	[{ statusCode: 408 }, ['retry', 'split', 'in doubt']],
	[{ statusCode: 413 }, ['split']],
	[{ statusCode: 429 }, ['retry', 'throttle']],
	[{ rsCode: 'RS033' }, ['retry', 'throttle']],
	[{ statusCode: 302 }, []],
	[{ statusCode: 500 }, ['retry', 'split', 'in doubt']],
	[{ statusCode: 501 }, ['retry', 'split', 'in doubt']],
	[{}, ['split', 'in doubt']],
	[{ kind: 'noAnswer' }, ['retry', 'split', 'in doubt']],
	[{ kind: 'noAnswer', permanent: true }, ['fatal']],
	[{ kind: 'badAnswer', statusCode: 200 }, ['retry', 'split', 'in doubt']],
	[{ kind: 'badAnswer', statusCode: 302 }, ['in doubt']],
	[{ kind: 'mismatch' }, []],
	[{ kind: 'missing', statusCode: 404 }, []],
	[{ kind: 'gaveUp', statusCode: 500 }, ['fatal']],
	[{ kind: 'gaveUp', statusCode: 500, mayBeApplied: true }, ['fatal', 'in doubt']],
	[{ kind: 'api', statusCode: 401, mayBeApplied: true }, ['fatal', 'in doubt']],
	[{ kind: 'gaveUp', statusCode: 500, neverSent: true }, ['fatal']],
	[{ kind: 'cancelled' }, ['fatal', 'in doubt']],
];

test.each(MEANINGS)('%j means %j', (details, expected) => {
	const subject = error(details);
	const answers: Array<[Meaning, boolean]> = [
		['retry', isRetryable(subject)],
		['split', isWorthSplitting(subject)],
		['fatal', isFatal(subject)],
		['in doubt', mayHaveBeenApplied(subject)],
		['throttle', isThrottle(subject)],
		['missing', isMissing(subject)],
	];
	expect(answers.filter(([, isSo]) => isSo).map(([meaning]) => meaning)).toEqual(expected);
});

test('any failure: what ends the run is neither repeated nor split; trouble is both', () => {
	const details = fc.record(
		{
			kind: fc.constantFrom(
				...([
					'api',
					'noAnswer',
					'badAnswer',
					'mismatch',
					'missing',
					'gaveUp',
					'cancelled',
				] as const),
			),
			statusCode: fc.option(fc.integer({ min: 200, max: 599 }), { nil: undefined }),
			rsCode: fc.constantFrom(undefined, 'RS015', 'RS023', 'RS033', 'RS041', 'RS045'),
			permanent: fc.boolean(),
			ofOneParticipant: fc.boolean(),
			neverSent: fc.boolean(),
		},
		{ requiredKeys: ['kind'] },
	);
	fc.assert(
		fc.property(details, (given) => {
			const subject = error(given);
			if (isFatal(subject))
				expect([isRetryable(subject), isWorthSplitting(subject)]).toEqual([false, false]);
			if (isTrouble(subject)) expect(isWorthSplitting(subject)).toBe(true);
			if (isThrottle(subject)) expect(mayHaveBeenApplied(subject)).toBe(false);
		}),
	);
});

test('a failure with something changed keeps the rest', () => {
	const details: AdvocateErrorDetails = {
		kind: 'api',
		hint: 'Try again',
		helpfulOptions: ['timeout'],
		statusCode: 503,
		apiErrorCode: 'DOWN',
		rsCode: 'RS000',
		ofOneParticipant: true,
		permanent: true,
		neverSent: true,
		retryAfterMs: 5,
	};
	const original = new AdvocateError('Down', details);
	const changed = original.with({ kind: 'gaveUp', helpfulOptions: undefined });
	expect(changed).toBeInstanceOf(AdvocateError);
	expect({ ...changed, message: changed.message }).toEqual({
		...details,
		name: 'AdvocateError',
		message: 'Down',
		kind: 'gaveUp',
		helpfulOptions: undefined,
	});
	expect(original.with({ message: 'Still down' })).toMatchObject({
		...details,
		message: 'Still down',
	});
	expect(original).toMatchObject({ ...details, message: 'Down' });
});

test.each([
	['ENOTFOUND', 'Check the Base URL in the credential: its host is not known'],
	['EAI_AGAIN', 'The host name could not be looked up'],
	['ECONNREFUSED', 'Nothing listens at this address'],
	['SELF_SIGNED_CERT_IN_CHAIN', 'Set NODE_EXTRA_CA_CERTS'],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'Set NODE_EXTRA_CA_CERTS'],
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
