/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** What a person sees when something goes wrong: the API's text, what to do, where; and never a secret. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { INodeParameters } from 'n8n-workflow';
import type { FaultAction } from '../simulator/faults';
import { allOptions } from '../../nodes/ImpactAdvocate/actions/optionGroups';
import { RESOURCES } from '../../nodes/ImpactAdvocate/actions/router';
import { loadNodeType, pickFromList } from './harness';
import { startSimulator } from '../simulator/server';
import {
	SOME_SEGMENTS,
	byKey,
	credentials,
	expression,
	forAnyOperation,
	keyCredentials,
	nodeRunner,
	onParticipant,
	onSegment,
	sent,
	shown,
	useSimulator,
} from '../support/advocate';
import { selfSignedCertificate } from '../support/tls';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

/** No retries where they would wait: the failure itself is what counts here. */
const noWait = { options: { maxWaitTime: 0 } };
const get = onParticipant('get', noWait);
const add = onParticipant('addSegments', { segments: expression(['a']), ...noWait });
const getSegment = onSegment('get', { segment: byKey('vip'), ...noWait });

const CHECK_VALUES =
	"The API did not accept the values sent. Compare them with the API's text above";
const TENANT =
	'Check the tenant alias in the credential: impact.com shows it under Settings > Advocate Settings > General > Tenant Details';
const KEY =
	'The API did not accept the key. Open the credential and save it: n8n tests it then. Account SID and Auth Token belong together, and each tenant (test, live) has its own keys';
const TROUBLE =
	'The API reported an internal error. Try again later; what was not confirmed is safe to send again';
const SLOW_DOWN = 'The API limits the request rate. Try again later';
const NO_WAIT = "The longest wait without progress is set to 0 s. Raise 'Max Wait Time'";
const BASE_URL =
	'Check the Base URL in the credential. If it is right, something between n8n and the API (a proxy?) changes the answers';

/** Let the next request meet a fault, and return what the second of two items shows. */
async function failWith(fault: FaultAction, parameters: INodeParameters = get) {
	simulator().faults.clear();
	simulator().faults.add({ match: { nth: 2 }, times: 'always', then: fault });
	simulator().state.addParticipant({ id: 'a' });
	simulator().state.addSegment({ key: 'vip' });
	const { main, status } = await run(parameters, {
		input: [{ id: 'a' }, { id: 'a' }],
		onError: 'continueRegularOutput',
	});
	expect(status).toBe('success');
	expect(main[0].error).toBeUndefined();
	return shown(main[1].error);
}

describe("the API's own codes", () => {
	test.each([
		['RS013', 400, 'The account has reached its 1,000 participants'],
		['RS015', 404, TENANT],
		['RS023', 400, "Check the participant's e-mail address"],
		['RS038', 404, TENANT],
		['RS039', 400, 'Write the locale as language_COUNTRY, for example en_US'],
		['RS043', 400, 'Give a participant ID that is not blank'],
		['RS044', 400, 'Give an Account ID that is not blank'],
		['RS045', 404, TENANT],
		['RS045', 401, KEY],
		['RS046', 415, 'The API rejected the content type'],
		['RS049', 400, 'A live program rejected the change'],
		['RS050', 400, 'The participant asked not to be tracked'],
		['RS999', 400, CHECK_VALUES],
		['toString', 400, CHECK_VALUES],
	])('%s with status %i', async (rsCode, status, hint) => {
		const body = { message: 'What the API says.', statusCode: status, apiErrorCode: 'X_Y', rsCode };
		const error = await failWith({ kind: 'status', status, body });
		expect(error).toEqual({
			message: 'What the API says. [item 1]',
			description: expect.stringContaining(hint),
			httpCode: String(status),
			context: expect.objectContaining({
				itemIndex: 1,
				data: { message: 'What the API says.', apiErrorCode: 'X_Y', rsCode },
			}),
		});
		expect(error.description).toMatch(new RegExp(`\\(code ${rsCode}, X_Y\\)$`));
	});

	test('RS033 asks for a slower pace, whatever the status', async () => {
		const error = await failWith({
			kind: 'status',
			status: 400,
			body: { message: 'Slow down.', rsCode: 'RS033', statusCode: 400 },
		});
		expect(error.description).toBe(`${SLOW_DOWN}. ${NO_WAIT} (code RS033)`);
	});

	test.each([
		['RS041', 'No account has this ID. Check the Account ID; it often equals the participant ID'],
		['RS042', 'No participant has this ID. Check the participant ID and the Account ID'],
	])('%s of a write', async (rsCode, hint) => {
		const body = { message: 'Not there.', statusCode: 404, apiErrorCode: 'NOT_FOUND', rsCode };
		simulator().faults.add({ then: { kind: 'status', status: 404, body } });
		const { error } = await run(add, { input: [{ id: 'a' }] });
		expect(shown(error).description).toContain(hint);
	});
});

describe('HTTP status with JSON', () => {
	test.each([
		[400, CHECK_VALUES],
		[401, KEY],
		[402, 'The API rejected the request for this plan. Ask impact.com support'],
		[
			403,
			"The key is valid but may not do this. Ask for a token with Advocate access, or check that the tenant's plan includes the API",
		],
		[
			404,
			'The API found nothing of this name. Check the IDs and keys that were given; if they are right, check the Base URL and the tenant alias in the credential',
		],
		[408, `The API took too long. Try again. ${NO_WAIT}`],
		[409, 'The API is already working on the same change. Try again in a moment'],
		[
			413,
			'The request was too large for the API, or for a proxy in front of it. Send shorter values',
		],
		[418, "Compare the values sent with the API's text above"],
		[429, `${SLOW_DOWN}. ${NO_WAIT}`],
		[500, `${TROUBLE}. ${NO_WAIT}`],
		[502, `${TROUBLE}. ${NO_WAIT}`],
		[503, `${TROUBLE}. ${NO_WAIT}`],
		[504, `${TROUBLE}. ${NO_WAIT}`],
	])('%i', async (status, description) => {
		const fault = { kind: 'status', status, body: { message: 'API text' } } as const;
		expect(await failWith(fault)).toEqual({
			message: 'API text [item 1]',
			description,
			httpCode: String(status),
			context: expect.objectContaining({ itemIndex: 1 }),
		});
	});

	test.each([
		['a blank message', { message: ' ' }, 'The API answered with status 400'],
		['a nested error', { error: { message: 'Inner' } }, 'Inner'],
		['an error text', { error: 'Inner' }, 'Inner'],
		['a list of errors', { errors: [{ message: 'First' }, { message: 'Second' }] }, 'First'],
		['a list of texts', { errors: ['First'] }, 'First'],
		[
			'validation errors',
			{ message: 'Invalid', validationErrors: ['a is bad', { field: 'b' }] },
			'Invalid: a is bad; {"field":"b"}',
		],
		[
			'no field of the API',
			{ detail: 'Blocked' },
			"Something in front of the API answered with status 400 and no word of the API's",
		],
		[
			'an array',
			[1],
			"Something in front of the API answered with status 400 and no word of the API's",
		],
	])('with %s', async (_, body, message) => {
		expect((await failWith({ kind: 'status', status: 400, body })).message).toBe(
			`${message} [item 1]`,
		);
	});
});

describe('answers that are not what the API sends', () => {
	test.each<[string, FaultAction, string, string | undefined]>([
		[
			'HTML with 403',
			{ kind: 'status', status: 403, body: '<html><h1>Blocked</h1></html>' },
			'Something in front of the API answered with status 403 and a web page',
			'Something between n8n and the API answered',
		],
		[
			'HTML with 502',
			{ kind: 'status', status: 502, body: '\n <!doctype html><p>Bad gateway' },
			'The API answered with status 502 and a web page',
			TROUBLE,
		],
		[
			'HTML with 404',
			{ kind: 'status', status: 404, body: '<html></html>' },
			'Something in front of the API answered with status 404 and a web page',
			'Something between n8n and the API answered',
		],
		[
			'text with 500',
			{ kind: 'status', status: 500, body: 'upstream\n\tsays   no' },
			'The API answered with status 500: upstream says no',
			TROUBLE,
		],
		[
			'nothing with 500',
			{ kind: 'status', status: 500, body: '' },
			'The API answered with status 500 and no text',
			TROUBLE,
		],
		[
			'HTML with 200',
			{ kind: 'status', status: 200, body: '<html>Sign in</html>' },
			'The API sent a web page (status 200)',
			BASE_URL,
		],
		[
			'text with 200',
			{ kind: 'status', status: 200, body: 'OK' },
			'The API sent an answer that is cut off or not JSON (status 200)',
			BASE_URL,
		],
		['an empty body', { kind: 'emptyBody' }, 'The API sent an empty answer (status 200)', BASE_URL],
		[
			'204',
			{ kind: 'emptyBody', status: 204 },
			'The API sent an empty answer (status 204)',
			BASE_URL,
		],
		[
			'JSON cut in the middle',
			{ kind: 'truncatedJson' },
			'The API sent an answer that is cut off or not JSON (status 200)',
			BASE_URL,
		],
		[
			'JSON of another kind',
			{ kind: 'status', status: 200, body: { hello: 1 } },
			'The API sent an answer without the expected data (status 200)',
			BASE_URL,
		],
	])('%s', async (_, fault, message, hint) => {
		const error = await failWith(fault);
		expect(error.message).toBe(`${message} [item 1]`);
		expect(error.description).toContain(hint);
		expect(error.context?.itemIndex).toBe(1);
	});

	test('a participant that is a list of segments is no success', async () => {
		simulator().faults.add({
			match: { method: 'PUT' },
			times: 'always',
			then: { kind: 'status', status: 200, body: { segments: ['A'] } },
		});
		const { error } = await run(add, { input: [{ id: 'a' }] });
		expect(shown(error).message).toBe(
			'The API sent an answer without the expected data (status 200). Nothing of it was applied, as a look at the participant showed [item 0]',
		);
	});
});

describe('no answer', () => {
	test('a time-out', async () => {
		const parameters = onParticipant('get', { options: { maxWaitTime: 0, timeout: 1 } });
		const error = await failWith({ kind: 'hang' }, parameters);
		expect(error).toMatchObject({
			message: 'The API did not answer within 1 s [item 1]',
			description: expect.stringContaining(
				'Try again. A change may have been applied without an answer; sending it again does no harm',
			),
			context: { itemIndex: 1 },
		});
	});

	test.each<[string, FaultAction]>([
		['a reset', { kind: 'resetBeforeReply' }],
		['a reset after the work', { kind: 'applyThenReset' }],
		['a transfer that breaks off', { kind: 'truncatedJson', dropConnection: true }],
	])('%s', async (_, fault) => {
		const error = await failWith(fault);
		expect(error.message).toMatch(/^The API could not be reached \(ECONNRESET\): .* \[item 1\]$/);
		expect(error.description).toContain(
			'Check the network of this n8n, and try again. Sending a change twice does no harm',
		);
	});

	test('a refused connection', async () => {
		const { error } = await run(get, {
			input: [{ id: 'a' }],
			credentials: { ...credentials(simulator()), baseUrl: 'http://127.0.0.1:1' },
		});
		const { message, description } = shown(error);
		expect(message).toMatch(/^The API could not be reached \(ECONNREFUSED\): .* \[item 0\]$/);
		expect(description).toContain(
			'Nothing listens at this address. Check the Base URL in the credential',
		);
	});

	const certificate = selfSignedCertificate();

	(certificate === undefined ? test.skip : test)('a self-signed certificate', async () => {
		const server = createServer({ ...certificate }, (_request, response) => {
			response.setHeader('Content-Type', 'application/json');
			response.end('{"id":"a","accountId":"a","segments":[]}');
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		try {
			const { port } = server.address() as AddressInfo;
			const data = { ...credentials(simulator()), baseUrl: `https://127.0.0.1:${port}` };
			const { error } = await run(get, { input: [{ id: 'a' }], credentials: data });
			expect(shown(error)).toMatchObject({
				message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
				description: expect.stringMatching(
					/^n8n does not know the authority that signed the server's certificate.*'Ignore SSL Issues \(Insecure\)' in the credential$/,
				),
			});
			const ignoring = { ...data, ignoreSslIssues: true };
			const { main } = await run(get, { input: [{ id: 'a' }], credentials: ignoring });
			expect(main[0].json).toMatchObject({ accountId: 'a', id: 'a', segments: [] });
		} finally {
			server.closeAllConnections();
			server.close();
		}
	});
});

describe('GraphQL errors in a 200', () => {
	test.each<[string, Omit<FaultAction & { kind: 'graphqlErrors' }, 'kind'>, object]>([
		[
			'a message alone',
			{ errors: [{ message: 'Went wrong' }] },
			{
				message: 'Went wrong [item 1]',
				httpCode: null,
				description: "Compare the values sent with the API's text above",
			},
		],
		[
			'several messages',
			{ errors: [{ message: 'One' }, { message: 'Two' }, { message: 'One' }], data: 'omit' },
			{ message: 'One; Two [item 1]' },
		],
		[
			'codes beside the answer',
			{
				errors: [{ message: 'Exception while fetching data' }],
				apiError: { message: 'Bad mail', statusCode: 400, rsCode: 'RS023', apiErrorCode: 'B' },
			},
			{
				message: 'Bad mail [item 1]',
				httpCode: '400',
				description: "Check the participant's e-mail address (code RS023, B)",
			},
		],
		[
			'codes in the error',
			{ errors: [{ message: 'Bad mail', extensions: { statusCode: 400, rsCode: 'RS023' } }] },
			{ message: 'Bad mail [item 1]', httpCode: '400' },
		],
		[
			'codes deeper in the error',
			{ errors: [{ message: 'x', extensions: { apiError: { message: 'Y', statusCode: 403 } } }] },
			{ message: 'Y [item 1]', httpCode: '403' },
		],
		[
			'an authentication that is only told in words',
			{ errors: [{ message: 'Unauthorized' }] },
			{ message: 'Unauthorized [item 1]', httpCode: '401', description: KEY },
		],
		[
			'errors beside data',
			{ errors: [{ message: 'Half done' }], data: 'keep' },
			{ message: 'Half done [item 1]' },
		],
		[
			'an error without a text',
			{ errors: [{ message: '' }] },
			{ message: 'The API gave no reason [item 1]' },
		],
		[
			'no errors and no data',
			{ errors: [] },
			{ message: 'The API sent an answer without the expected data (status 200) [item 1]' },
		],
	])('%s', async (_, fault, expected) => {
		expect(await failWith({ kind: 'graphqlErrors', ...fault }, getSegment)).toMatchObject(expected);
	});

	test('an outage told in a 200 is tried again', async () => {
		simulator().state.addSegment({ key: 'vip' });
		simulator().faults.add({
			then: { kind: 'graphqlErrors', apiError: { message: 'Down', statusCode: 503 } },
		});
		const { status } = await run(onSegment('get', { segment: byKey('vip') }));
		expect(status).toBe('success');
		expect(sent(simulator())).toEqual(['GetSegment', 'GetSegment']);
	});
});

describe('redirects', () => {
	test.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
		const other = await startSimulator();
		try {
			const location = `${other.url}/api/v1/test_simulator/users`;
			const error = await failWith({ kind: 'redirect', location, status });
			expect(error).toMatchObject({
				message: `The API answered with status ${status} and no text [item 1]`,
				description:
					'The address redirects, and the credential is not sent to another address. Enter the final address as Base URL in the credential',
				httpCode: String(status),
			});
			expect(other.requests).toHaveLength(0);
		} finally {
			await other.close();
		}
	});
});

describe('texts', () => {
	test.each([
		'Cannot create the preexisting segment',
		'EEXIST',
		'enoent of the segment',
		'ETIMEDOUT talking to ECONNREFUSED',
		'EPERManent EACCES, ENOTFOUND and ECONNRESET',
		'getaddrinfo ENOTFOUND is what the segment is called',
		'socket hang up',
		'A 404 Not Found and a 500',
	])('%j stays as it is', async (message) => {
		const error = await failWith({ kind: 'status', status: 400, body: { message } });
		expect(error).toMatchObject({ message: `${message} [item 1]`, description: CHECK_VALUES });
		const asGraphql = await failWith({ kind: 'graphqlErrors', errors: [{ message }] }, getSegment);
		expect(asGraphql.message).toBe(`${message} [item 1]`);
	});

	test.each(['preexisting,ENOENT', 'EEXIST, a'])(
		'a parameter with %j stays as it is',
		async (value) => {
			const parameters = onParticipant('addSegments', { segments: expression([value]) });
			const { error } = await run(parameters, { input: [{ id: 'a' }] });
			expect(shown(error).message).toBe(
				`'Segment Names or IDs': There is no segment with the name or key '${value}' [item 0]`,
			);
		},
	);

	test('of the API are shown on one line, without control characters, and bounded', async () => {
		const message = `  Line one\r\n\tline\u0000 two\u001b[31m ${'x'.repeat(2000)}`;
		const error = await failWith({ kind: 'status', status: 400, body: { message } });
		expect(error.message).toMatch(/^Line one line two \[31m x+… \[item 1\]$/);
		expect(error.message?.length).toBeLessThan(520);
		const page = await failWith({ kind: 'status', status: 400, body: message });
		expect(page.message?.length).toBeLessThan(600);
	});
});

describe('secrets', () => {
	/** Everything reachable from a value, also what JSON leaves out. */
	function everything(value: unknown, seen = new Set<unknown>()): string {
		if (typeof value === 'string') return `${value}\n`;
		if (typeof value !== 'object' || value === null || seen.has(value)) return '';
		seen.add(value);
		return Reflect.ownKeys(value)
			.map((key) => `${String(key)}\n${everything(Reflect.get(value, key), seen)}`)
			.join('');
	}

	const base64 = (text: string) => Buffer.from(text).toString('base64');

	const faults: Array<[string, FaultAction]> = [
		['401', { kind: 'status', status: 401, body: { message: 'No.' } }],
		['400', { kind: 'status', status: 400, body: { message: 'No.' } }],
		['500', { kind: 'status', status: 500 }],
		['HTML', { kind: 'status', status: 200, body: '<html></html>' }],
		['a reset', { kind: 'resetBeforeReply' }],
		['a time-out', { kind: 'hang' }],
		['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:1/' }],
		['GraphQL errors', { kind: 'graphqlErrors', errors: [{ message: 'No.' }] }],
	];

	test.each(faults)('are nowhere in the result of a run: %s', async (_, fault) => {
		const { accountSid, authToken, apiKey } = simulator().credentials;
		const options = { options: { maxWaitTime: 0, timeout: 1 } };
		for (const data of [credentials(simulator()), keyCredentials(simulator())]) {
			for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
				simulator().faults.add({ then: fault });
				const result = await run(
					onParticipant('addSegments', { segments: expression(['a']), ...options }),
					{ input: [{ id: 'a' }], credentials: data, onError },
				);
				const text = everything([result.error, result.main, result.run]);
				expect(text).toContain('[item 0]');
				expect(text).not.toContain(authToken);
				expect(text).not.toContain(apiKey);
				expect(text).not.toContain(base64(`${accountSid}:${authToken}`));
				expect(text).not.toContain(base64(`:${apiKey}`));
				expect(text).not.toMatch(/authorization/i);
			}
		}
	});
});

describe('options that would help', () => {
	const { properties } = loadNodeType().description;

	/** Names of the options of an operation, as the editor shows them. */
	const optionsOf = (resource: string, operation: string): string[] =>
		allOptions(RESOURCES[resource][operation].fields).map(({ displayName }) => displayName);

	const operations = properties
		.filter(({ name }) => name === 'operation')
		.flatMap(({ displayOptions, options = [] }) =>
			options.map((option): [string, string] => [
				String(displayOptions?.show?.resource?.[0]),
				'value' in option ? String(option.value) : '',
			]),
		);

	/** All texts of what came out, in one. */
	async function textsAfter(
		resource: string,
		operation: string,
		fault: FaultAction,
	): Promise<string> {
		simulator().faults.add({ times: 'always', then: fault });
		const { main, error } = await run(
			forAnyOperation(resource, operation, {
				rowOutput: 'failed',
				ifParticipantMissing: 'create',
				options: { maxWaitTime: 0, timeout: 1 },
			}),
			{ onError: 'continueRegularOutput', input: [{ id: 'a' }] },
		);
		const failures = main.map((item) => shown(item.error ?? {}).description ?? '');
		const rows = main.map(({ json }) => JSON.stringify(json));
		return [shown(error ?? {}).description ?? '', ...failures, ...rows].join('\n');
	}

	/** What is sent once only, whatever the wait. */
	const SENT_ONCE = ['cancel'];

	const NAMED = ['Batch Size', 'Concurrency', 'Max Wait Time', 'Timeout'];

	test.each<[string, FaultAction, string[]]>([
		['408', { kind: 'status', status: 408, body: {} }, ['Batch Size', 'Max Wait Time']],
		['413', { kind: 'status', status: 413, body: {} }, ['Batch Size']],
		['429', { kind: 'status', status: 429, body: {} }, ['Concurrency', 'Max Wait Time']],
		['no answer in time', { kind: 'hang' }, ['Timeout', 'Batch Size', 'Max Wait Time']],
	])('%s: those that the operation has, and no others', async (_, fault, helpful) => {
		for (const [resource, operation] of operations) {
			simulator().reset();
			for (const key of SOME_SEGMENTS) simulator().state.addSegment({ key });
			const texts = await textsAfter(resource, operation, fault);
			const isRepeated = fault.kind === 'status' && fault.status === 429;
			const offered = optionsOf(resource, operation).filter(
				(name) => name !== 'Max Wait Time' || isRepeated || !SENT_ONCE.includes(operation),
			);
			expect({ operation, named: NAMED.filter((name) => texts.includes(`'${name}'`)) }).toEqual({
				operation,
				named: NAMED.filter((name) => helpful.includes(name) && offered.includes(name)),
			});
		}
	});

	test('none in a list of the editor, which has no options', async () => {
		simulator().faults.add({ times: 'always', then: { kind: 'status', status: 429, body: {} } });
		const failure = await pickFromList('searchSegments', {
			credentials: credentials(simulator()),
		}).catch((error: unknown) => shown(error));
		expect(failure).toMatchObject({
			description: expect.stringMatching(/^The API limits the request rate\. Try again later\./),
		});
		for (const name of NAMED) expect(JSON.stringify(failure)).not.toContain(`'${name}'`);
	});
});

describe('a resource or operation by expression, as in a workflow that was not made in the editor', () => {
	test.each<[string, INodeParameters]>([
		['an operation', { ...add, operation: '={{ "addSegments" }}' }],
		['a resource', { ...add, resource: '={{ "participant" }}' }],
		['an operation of another resource', { ...add, resource: 'reward' }],
	])('%s is refused for every item, and nothing is sent', async (_, parameters) => {
		const input = [{ id: 'a' }, { id: 'b' }];
		const started = await run(parameters, { input }).catch((failure: unknown) => {
			// Old releases of n8n don't start such a workflow.
			expect(failure).toHaveProperty('name', 'WorkflowHasIssuesError');
		});
		if (started === undefined) return;
		expect(shown(started.error ?? {})).toMatchObject({
			message: "'Resource' and 'Operation' name no operation of this node",
			description: expect.stringContaining('Choose both from their lists'),
		});
		const { outputs } = await run(parameters, { input, onError: 'continueErrorOutput' });
		expect(outputs[0] ?? []).toEqual([]);
		expect(outputs[1].map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(sent(simulator())).toEqual([]);
	});
});
