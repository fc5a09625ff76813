/** Nothing that leaves a failing run holds a secret: no item, error, hint, log line or file. */
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import type { FaultAction } from '../simulator/faults';
import { credentials, keyCredentials } from '../support/advocate';
import { loadOptions, pickFromList, testCredential } from './harness';
import {
	formsOf,
	importOf,
	input,
	noWait,
	OPERATIONS,
	textsIn,
	useSecretSearch,
} from './secretSearch';
import { loadTrigger, PollHost, WebhookHost } from './triggers/contexts';

const { simulator, run, expectNoSecrets } = useSecretSearch();

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
