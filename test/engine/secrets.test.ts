/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/**
 * Nothing that leaves a failing run holds a secret: no item, error, hint, log line or file. And the credential itself
 * goes to no other server than its own.
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INodeParameters,
	INodeType,
} from 'n8n-workflow';
import type { FaultAction, FaultRule } from '../simulator/faults';
import {
	SOME_SEGMENTS,
	byEmail,
	byKey,
	credentials,
	expression,
	keyCredentials,
	nodeRunner,
	onParticipant,
	onSegment,
	useSimulator,
} from '../support/advocate';
import {
	CREDENTIAL_NAME,
	inlineBinary,
	loadNodeType,
	loadOptions,
	pickFromList,
	readBinary,
	testCredential,
} from './harness';
import type { NodeRun } from './harness';
import { loadTrigger, PollHost, WebhookHost } from './triggers/contexts';
// After the harness, which prepares the environment that n8n reads while it loads.
import { Logger } from '@n8n/backend-common';

// Some failures are repeated before they are told, with random waits.
jest.setTimeout(60_000);

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

// What is said

/** Every form in which the secrets of a credential could be told. */
function formsOf(data: ICredentialDataDecryptedObject): string[] {
	const { accountSid = '', authToken = '', apiKey = '' } = data as Record<string, string>;
	const pair = apiKey === '' ? `${accountSid}:${authToken}` : `:${apiKey}`;
	const secrets = [accountSid, authToken, apiKey].filter((secret) => secret !== '');
	return [...secrets, pair].flatMap((text) => [
		text,
		encodeURIComponent(text),
		Buffer.from(text).toString('base64').replace(/=+$/, ''),
		Buffer.from(text).toString('hex'),
	]);
}

/** All texts in a value: own properties whether enumerable or not, keys, causes, stacks, maps, sets and bytes. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
	if (typeof value === 'string') return [value];
	if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return [];
	if (seen.has(value)) return [];
	seen.add(value);
	if (ArrayBuffer.isView(value)) {
		const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		return [bytes.toString('utf8')];
	}
	const entries: unknown[] =
		value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : [];
	for (const key of Reflect.ownKeys(value)) {
		entries.push(typeof key === 'string' ? key : key.description);
		try {
			entries.push((value as Record<PropertyKey, unknown>)[key]);
		} catch {
			// A getter that can't be called here tells nothing.
		}
	}
	return entries.flatMap((entry) => textsIn(entry, seen));
}

/** What n8n was asked to log while a test ran. */
let logged: unknown[];
let printed: string[];

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip', name: 'VIP' });
	logged = [];
	printed = [];
	for (const level of ['error', 'warn', 'info', 'debug'] as const) {
		jest.spyOn(Logger.prototype, level).mockImplementation((...line: unknown[]) => {
			logged.push(line);
		});
		jest.spyOn(console, level).mockImplementation((...line: unknown[]) => {
			printed.push(line.map(String).join(' '));
		});
	}
});

afterEach(() => jest.restoreAllMocks());

/** The texts that came out of a run: its result, the files of its items, and the log. */
async function told(result: NodeRun | unknown): Promise<string[]> {
	const { outputs = [] } = result as Partial<NodeRun>;
	const files: string[] = [];
	for (const item of outputs.flat()) {
		for (const name of Object.keys(item.binary ?? {})) {
			files.push((await readBinary(item, name)).toString('utf8'));
		}
	}
	return [...textsIn(result), ...files, ...textsIn(logged), ...printed];
}

async function expectNoSecrets(
	result: unknown,
	data: ICredentialDataDecryptedObject,
): Promise<void> {
	const texts = await told(result);
	expect(texts.length).toBeGreaterThan(0);
	const forms = formsOf(data);
	const leaks = texts.filter((text) => forms.some((form) => text.includes(form)));
	expect(leaks).toEqual([]);
}

test('the search finds a secret wherever it hides', () => {
	const cause = Object.defineProperty(new Error('x'), 'hidden', { value: 'in a hidden property' });
	const value = new Error('in a message', { cause });
	Object.assign(value, { map: new Map([['in a key', Buffer.from('in bytes')]]) });
	const texts = textsIn([value]);
	for (const text of ['in a message', 'in a hidden property', 'in a key', 'in bytes']) {
		expect(texts).toContain(text);
	}
	expect(texts.some((text) => text.includes('secrets.test'))).toBe(true);
	expect(formsOf({ apiKey: 'ab' })).toContain(Buffer.from(':ab').toString('base64').slice(0, 4));
});

/** Secrets like no other text, which do not open the simulator. */
const WRONG_TOKEN = { accountSid: 'IRwrongSid7Qx', authToken: 'wrong~Token/9+Zk' };
const WRONG_KEY = { apiKey: 'TEST_wrong Key%4Pv' };

const wrongToken = () => ({ ...credentials(simulator()), ...WRONG_TOKEN });
const wrongKey = () => ({ ...keyCredentials(simulator()), ...WRONG_KEY });

const noWait = { maxWaitTime: 0, timeout: 1 };
const segments = { segments: expression(['vip']) };

const CSV = 'id\nann@example.com\nbob@example.com\ncid@example.com\n';

const importOf = (
	options: INodeParameters = {},
	parameters: INodeParameters = {},
): INodeParameters => ({
	resource: 'bulkImport',
	operation: 'importCsv',
	rowOutput: 'all',
	...segments,
	...parameters,
	options: { ...noWait, ...options },
});

/** At least one operation for each way to the API. */
const OPERATIONS: Record<string, INodeParameters> = {
	'REST read': onParticipant('get', { options: noWait }),
	'look-up by e-mail': onParticipant('get', {
		participant: byEmail('ann@example.com'),
		options: noWait,
	}),
	'batched write': onParticipant('addSegments', { ...segments, options: noWait }),
	'guarded write': onParticipant('clearSegments', { options: noWait }),
	'GraphQL read': onSegment('get', { segment: byKey('vip'), options: noWait }),
	'GraphQL write': onSegment('create', { segmentName: 'VIP', options: noWait }),
	'list of jobs': { resource: 'bulkImport', operation: 'getImportJobs', options: noWait },
	'import by rows': importOf({ engine: 'rows' }),
	'import by job': importOf({ engine: 'job' }),
};

const input = () => [
	{ json: { id: 'ann@example.com' }, binary: { data: inlineBinary(CSV, 'people.csv') } },
	{ json: { id: 'bob@example.com' }, binary: { data: inlineBinary(CSV, 'people.csv') } },
];

const ON_ERROR = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

/** Let an operation fail in each way n8n can take it. */
async function failEachWay(
	parameters: INodeParameters,
	data: ICredentialDataDecryptedObject,
): Promise<void> {
	for (const onError of ON_ERROR) {
		const result = await run(parameters, { input: input(), credentials: data, onError });
		await expectNoSecrets(result, data);
	}
}

describe('a failing run tells no secret', () => {
	const operations = Object.entries(OPERATIONS);

	test.each(operations)('refused credential: %s', async (_, parameters) => {
		for (const data of [wrongToken(), wrongKey()]) await failEachWay(parameters, data);
		simulator().setOptions({
			badCredentials: '200WithErrors',
			restBadCredentials: '200WithErrors',
		});
		await failEachWay(parameters, wrongToken());
	});

	test.each(operations)('wrong alias: %s', async (_, parameters) => {
		await failEachWay(parameters, { ...wrongToken(), tenantAlias: 'test_nobody' });
	});

	const FAULTS: Array<[string, FaultAction]> = [
		...[400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503].map(
			(status): [string, FaultAction] => [`status ${status}`, { kind: 'status', status }],
		),
		['a web page', { kind: 'status', status: 503, body: '<html>Down</html>' }],
		['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere' }],
		['GraphQL errors', { kind: 'graphqlErrors', errors: [{ message: 'Unauthorized' }] }],
		['a reset connection', { kind: 'resetBeforeReply' }],
		['a lost answer', { kind: 'applyThenReset' }],
		['half an answer', { kind: 'truncatedJson', dropConnection: true }],
		['an empty answer', { kind: 'emptyBody' }],
	];

	test.each(FAULTS)('%s, whatever the operation', async (_, then) => {
		const data = credentials(simulator());
		for (const parameters of Object.values(OPERATIONS)) {
			simulator().faults.clear();
			simulator().faults.add({ times: 'always', then });
			const result = await run(parameters, { input: input(), onError: 'continueErrorOutput' });
			await expectNoSecrets(result, data);
		}
	});

	test('no answer in time', async () => {
		simulator().faults.add({ times: 'always', then: { kind: 'hang' } });
		for (const name of ['REST read', 'import by rows']) {
			await failEachWay(OPERATIONS[name], credentials(simulator()));
		}
	});

	test.each([
		['nobody listens', { baseUrl: 'http://127.0.0.1:9' }],
		['no such host', { baseUrl: 'https://advocate.invalid' }],
		['no https', { baseUrl: 'http://example.com' }],
		['no URL', { baseUrl: 'https://' }],
		['no alias', { tenantAlias: '' }],
		['an alias that is none', { tenantAlias: 'a/b' }],
		['no secret', { authToken: '' }],
	])('%s', async (_, changes) => {
		const data = { ...wrongToken(), ...changes };
		await failEachWay(OPERATIONS['REST read'], data);
		await failEachWay(OPERATIONS['batched write'], data);
	});

	test('secrets put into the Base URL', async () => {
		const { accountSid, authToken } = WRONG_TOKEN;
		const data = {
			...wrongToken(),
			baseUrl: `https://${accountSid}:${encodeURIComponent(authToken)}@example.com`,
		};
		await failEachWay(OPERATIONS['REST read'], data);
	});

	test.each<[string, (text: string) => FaultAction]>([
		['JSON', (text) => ({ kind: 'status', status: 400, body: { message: text } })],
		['plain text', (text) => ({ kind: 'status', status: 400, body: text })],
		['GraphQL errors', (text) => ({ kind: 'graphqlErrors', errors: [{ message: text }] })],
	])('an answer that repeats the credential as %s', async (_, answer) => {
		const data = credentials(simulator());
		const pair = `${String(data.accountSid)}:${String(data.authToken)}`;
		for (const secret of [pair, `Basic ${Buffer.from(pair).toString('base64')}`]) {
			for (const name of ['REST read', 'GraphQL read', 'import by rows']) {
				simulator().faults.clear();
				simulator().faults.add({ times: 'always', then: answer(`Can't read ${secret}`) });
				const result = await run(OPERATIONS[name], {
					input: input(),
					onError: 'continueRegularOutput',
				});
				await expectNoSecrets(result, data);
			}
		}
	});

	test('the files of an import with rejects, undo file included', async () => {
		simulator().options.participantRejects = { 'bob@example.com': { message: 'Refused' } };
		const data = credentials(simulator());
		for (const options of [{ engine: 'rows', undoFile: true }, { engine: 'job' }]) {
			const result = await run(importOf(options), { input: input().slice(0, 1) });
			expect(result.main[0].json).toMatchObject({ succeeded: 2, rejected: 1 });
			expect(Object.keys(result.main[0].binary ?? {})).toContain('rejects');
			await expectNoSecrets(result, data);
		}
	});

	test('the lists of the editor', async () => {
		for (const data of [
			wrongToken(),
			wrongKey(),
			{ ...wrongToken(), baseUrl: 'https://x.invalid' },
		]) {
			for (const load of [
				async () => await pickFromList('searchParticipants', { credentials: data, filter: 'a' }),
				async () => await pickFromList('searchSegments', { credentials: data }),
				async () => await loadOptions('getSegments', { credentials: data }),
			]) {
				const failure: unknown = await load().catch((error: unknown) => error);
				expect(failure).toBeInstanceOf(Error);
				await expectNoSecrets(failure, data);
			}
		}
	});

	test('the Test button of the credential', async () => {
		const all: ICredentialDataDecryptedObject[] = [
			{},
			{ tenantAlias: 'test_nobody' },
			{ baseUrl: 'http://127.0.0.1:9' },
			{ baseUrl: 'http://example.com' },
			{ baseUrl: `https://${WRONG_TOKEN.accountSid}:x@example.com` },
		];
		for (const changes of all) {
			for (const data of [wrongToken(), wrongKey()]) {
				const result = await testCredential({ ...data, ...changes });
				expect(result.status).toBe('Error');
				await expectNoSecrets(result, data);
			}
		}
	});
});

describe('a failing trigger tells no secret', () => {
	const faults: Array<[string, FaultAction | undefined]> = [
		['a refused credential', undefined],
		['an outage', { kind: 'status', status: 503, body: '<html>Down</html>' }],
		['a refusal', { kind: 'status', status: 403 }],
		['a reset connection', { kind: 'resetBeforeReply' }],
		['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere' }],
	];

	/** What a host keeps and says, its own copy of the credential left out. */
	const keptBy = (host: WebhookHost | PollHost) => [host.log, host.database, host.runs];

	test.each(faults)('that n8n activates: %s', async (_, then) => {
		for (const data of [then ? credentials(simulator()) : wrongToken(), wrongKey()]) {
			simulator().faults.clear();
			if (then !== undefined) simulator().faults.add({ times: 'always', then });
			const host = new WebhookHost(loadTrigger('ImpactAdvocateTrigger'), {
				parameters: { events: ['user.created'], options: noWait },
				credentials: data,
			});
			await host.listen();
			try {
				const failure: unknown = await host.activate().catch((error: unknown) => error);
				expect(failure).toBeInstanceOf(Error);
				await expectNoSecrets([failure, keptBy(host)], data);
			} finally {
				host.close();
			}
		}
	});

	test.each(faults)('that polls: %s', async (_, then) => {
		for (const data of [then ? credentials(simulator()) : wrongToken(), wrongKey()]) {
			simulator().faults.clear();
			if (then !== undefined) simulator().faults.add({ times: 'always', then });
			const host = new PollHost(loadTrigger('ImpactAdvocateSegmentTrigger'), {
				parameters: { event: 'entered', watch: 'chosen', segments: ['vip'], options: noWait },
				credentials: data,
			});
			const failure: unknown = await host.poll('manual').catch((error: unknown) => error);
			expect(failure).toBeInstanceOf(Error);
			expect(simulator().requests.length).toBeGreaterThan(0);
			simulator().clearRequests();
			await expectNoSecrets([failure, keptBy(host)], data);
		}
	});

	test('that gets a forged event', async () => {
		const data = keyCredentials(simulator());
		const host = new WebhookHost(loadTrigger('ImpactAdvocateTrigger'), {
			parameters: { events: ['user.created'], options: {} },
			credentials: data,
		});
		await host.listen();
		try {
			await host.activate();
			const answer = await fetch(host.url, {
				method: 'POST',
				body: JSON.stringify({ id: 'x', type: 'user.created', data: {} }),
				headers: { 'content-type': 'application/json', 'x-hook-signature': 'forged' },
			});
			expect(host.runs).toEqual([]);
			await expectNoSecrets([await answer.text(), [...answer.headers], keptBy(host)], data);
		} finally {
			host.close();
		}
	});
});

// Where it goes

interface Visitor {
	method: string;
	url: string;
	headers: IncomingHttpHeaders;
}

describe('the credential goes to its own server only', () => {
	let other: Server;
	let otherUrl: string;
	let visitors: Visitor[];

	beforeAll(async () => {
		other = createServer((request, response) => {
			visitors.push({
				method: String(request.method),
				url: String(request.url),
				headers: request.headers,
			});
			response.setHeader('content-type', 'text/csv');
			response.end('recordNumber,message,apiErrorCode,statusCode\n2,Refused,BAD_REQUEST,400\n');
		});
		await new Promise<void>((resolve) => {
			other.listen(0, '127.0.0.1', resolve);
		});
		otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
	});
	beforeEach(() => {
		visitors = [];
	});
	afterAll(() => {
		other.closeAllConnections();
		other.close();
	});

	test.each([301, 302, 303, 307, 308])('a redirect with %i is not followed', async (status) => {
		for (const parameters of Object.values(OPERATIONS)) {
			simulator().faults.clear();
			simulator().faults.add({
				times: 'always',
				then: { kind: 'redirect', status, location: `${otherUrl}/api/v1/test_simulator/users` },
			});
			await run(parameters, { input: input(), onError: 'continueRegularOutput' });
			expect(simulator().faults.fired).toBeGreaterThan(0);
		}
		expect(visitors).toEqual([]);
	});

	test('nor by the lists of the editor and the Test button', async () => {
		simulator().faults.add({
			times: 'always',
			then: { kind: 'redirect', location: `${otherUrl}/elsewhere` },
		});
		const data = credentials(simulator());
		await expect(pickFromList('searchSegments', { credentials: data })).rejects.toThrow();
		await expect(pickFromList('searchParticipants', { credentials: data })).rejects.toThrow();
		await expect(loadOptions('getSegments', { credentials: data })).rejects.toThrow();
		expect(await testCredential(data)).toMatchObject({ status: 'Error' });
		expect(visitors).toEqual([]);
	});

	test.each(['httpRequestWithAuthentication', 'requestWithAuthentication'] as const)(
		'nor does it follow a redirect out of another node: %s',
		async (helper) => {
			simulator().faults.add({
				match: { path: '/users$' },
				then: { kind: 'redirect', location: `${otherUrl}/elsewhere` },
			});
			const data = credentials(simulator());
			const url = `${simulator().url}/api/v1/${simulator().credentials.tenantAlias}/users`;
			const otherNode: INodeType = {
				description: {
					...loadNodeType().description,
					properties: [],
				},
				async execute() {
					// As n8n's HTTP Request calls it.
					await this.helpers[helper].call(this, CREDENTIAL_NAME, { method: 'GET', url });
					return [this.getInputData()];
				},
			};
			await run({}, { nodeType: otherNode, credentials: data });
			expect(simulator().faults.fired).toBe(1);
			expect(visitors).toEqual([]);
		},
	);

	const rejecting = importOf({ engine: 'job', maxWaitTime: 30, timeout: 10 });

	test('a file of an import job elsewhere is fetched without it', async () => {
		simulator().setOptions({
			privateLinks: 'needCredential',
			participantRejects: { 'bob@example.com': { message: 'Refused' } },
		});
		const toOther: FaultRule = {
			match: { path: '/download/errors$' },
			then: { kind: 'redirect', status: 303, location: `${otherUrl}/signed?signature=x` },
		};
		simulator().faults.add(toOther);
		const { main, error } = await run(rejecting, { input: input().slice(0, 1) });
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ engine: 'job', rejected: 1 });
		expect(visitors).toHaveLength(1);
		expect(visitors[0]).toMatchObject({ method: 'GET', url: '/signed?signature=x' });
		expect(visitors[0].headers).not.toHaveProperty('authorization');
		await expectNoSecrets(visitors, credentials(simulator()));
	});
});

describe('the credential travels encrypted, or not at all', () => {
	test.each([
		'http://example.com',
		'http://10.0.0.1',
		'http://192.168.1.5:8080',
		'http://localhost.example.com',
		'http://127.0.0.1.example.com',
		'http://127.0.0.1@example.com',
		'http://0.0.0.0',
		'http://[::]',
		'ftp://example.com',
		'ws://127.0.0.1',
		'file:///etc/hosts',
	])('%s is refused before anything is sent', async (baseUrl) => {
		const data = { ...credentials(simulator()), baseUrl };
		const { error, status } = await run(OPERATIONS['REST read'], { credentials: data });
		expect(status).toBe('error');
		expect(error?.message).toMatch(/^Base URL/);
		expect(await testCredential(data)).toMatchObject({
			status: 'Error',
			message: expect.stringMatching(/^Base URL/),
		});
	});

	test('plain http works on this machine', async () => {
		simulator().state.addParticipant({ id: 'ann@example.com' });
		const { port } = new URL(simulator().url);
		const data = { ...credentials(simulator()), baseUrl: `http://localhost:${port}` };
		const { status } = await run(OPERATIONS['REST read'], {
			input: input().slice(0, 1),
			credentials: data,
		});
		expect(status).toBe('success');
	});
});

describe('a row tells nothing of other rows', () => {
	const people = Array.from({ length: 12 }, (_, index) => `person${index}@example.com`);
	const csv = `id\n${people.join('\n')}\n`;
	const bad = [people[3], people[7]];

	const othersIn = (text: string, own: string): string[] =>
		people.filter((person) => person !== own && text.includes(person));

	const refusing = Object.fromEntries(
		bad.map((person) => [person, { message: `${person} was refused by a program` }]),
	);

	test.each([
		['each alone', { upsertUsersBadInput: 'perInput' }],
		['the whole batch', { upsertUsersBadInput: 'wholeBatch' }],
		['in another order', { upsertUsersOrder: 'shuffled' }],
		['one by one', { upsertUsersAvailable: false }],
	])('an import in which the API refuses %s', async (_, switches) => {
		simulator().setOptions({ ...switches, participantRejects: refusing });
		const result = await run(importOf({ engine: 'rows', maxWaitTime: 5 }), {
			input: [{ json: {}, binary: { data: inlineBinary(csv) } }],
		});
		const [summary, ...rows] = result.main;
		expect(rows).toHaveLength(people.length);
		for (const { json } of rows)
			expect(othersIn(JSON.stringify(json), String(json.id))).toEqual([]);
		for (const line of (await readBinary(summary, 'rejects')).toString('utf8').split('\n')) {
			expect(people.filter((person) => line.includes(person)).length).toBeLessThanOrEqual(1);
		}
		for (const failure of summary.json.firstFailures as IDataObject[]) {
			const own = people[Number(failure.rowNumber) - 2];
			expect(othersIn(JSON.stringify(failure), own)).toEqual([]);
		}
		for (const hint of result.hints) expect(hint.message).not.toContain('@');
		expect(textsIn(logged).filter((text) => text.includes('@example.com'))).toEqual([]);
	});

	test('items that fail in one batch', async () => {
		simulator().setOptions({ participantRejects: refusing });
		const { main } = await run(OPERATIONS['batched write'], {
			input: people.map((id) => ({ id })),
			onError: 'continueRegularOutput',
		});
		people.forEach((person, index) => {
			const { error } = main[index];
			expect(error === undefined).toBe(!bad.includes(person));
			expect(
				othersIn(textsIn([main[index].json, error?.message, error?.description]).join(), person),
			).toEqual([]);
		});
	});

	test('two participants with one address are not named', async () => {
		for (const id of ['secret-id-1', 'secret-id-2']) {
			simulator().state.addParticipant({ id, email: 'ann@example.com' });
		}
		const { error } = await run(OPERATIONS['look-up by e-mail']);
		expect(error?.message).toContain('Several participants');
		expect(textsIn([error?.message, error?.description]).join()).not.toMatch(/secret-id|@/);
	});
});
