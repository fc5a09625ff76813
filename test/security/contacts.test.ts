/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Which servers are contacted, and what they are sent: what SECURITY.md says of it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import path from 'node:path';
import type { INodeParameters } from 'n8n-workflow';
import { bulk } from '../../nodes/ImpactAdvocate/actions/bulk';
import { participant } from '../../nodes/ImpactAdvocate/actions/participant';
import { segment } from '../../nodes/ImpactAdvocate/actions/segment';
import { inlineBinary, loadOptions, pickFromList, testCredential } from '../engine/harness';
import { loadTrigger, WebhookHost } from '../engine/triggers/contexts';
import { segmentTrigger } from '../engine/triggers/segmentHost';
import {
	SOME_SEGMENTS,
	bodies,
	credentials,
	forAnyOperation,
	keyCredentials,
	nodeRunner,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

/** A request that this process has sent, as Node.js tells it. */
interface SentRequest {
	origin: string;
	path: string;
	hasCredential: boolean;
}

let requests: SentRequest[];

const note = (message: unknown): void => {
	const { request } = message as { request: ClientRequest };
	requests.push({
		origin: `${request.protocol}//${String(request.getHeader('host'))}`,
		path: request.path,
		hasCredential: request.hasHeader('authorization'),
	});
};

beforeAll(() => subscribe('http.client.request.start', note));
afterAll(() => unsubscribe('http.client.request.start', note));
beforeEach(() => {
	requests = [];
	simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
	simulator().options.jobPendingPolls = 0;
});

/** The servers contacted. */
const origins = () => [...new Set(requests.map(({ origin }) => origin))];

const OPERATIONS = Object.entries({
	bulk: bulk.operations,
	participant: participant.operations,
	segment: segment.operations,
}).flatMap(([resource, operations]) =>
	Object.keys(operations).map((operation) => [resource, operation] as const),
);

describe('only the server of the Base URL is contacted', () => {
	afterEach(() => expect(origins()).toEqual([simulator().url]));

	test.each(OPERATIONS)('by %s, %s', async (resource, operation) => {
		await run(forAnyOperation(resource, operation), { input: [{ id: 'a' }] });
		expect(requests.every(({ hasCredential }) => hasCredential)).toBe(true);
	});

	test('by the lists of the editor and the test of the credential', async () => {
		const data = credentials(simulator());
		await pickFromList('searchSegments', { credentials: data });
		await pickFromList('searchParticipants', { credentials: data });
		await loadOptions('getSegments', { credentials: data });
		expect(await testCredential(data)).toMatchObject({ status: 'OK' });
		expect(requests).toHaveLength(4);
	});

	test.each(['entered', 'left', 'changed'])('by the segment trigger: %s', async (event) => {
		const { put, watching } = segmentTrigger(simulator);
		const host = await watching({ event });
		put('a');
		put('b', 'vip');
		expect(await host.poll()).not.toBeNull();
	});
});

describe('the event trigger', () => {
	const nodeType = loadTrigger('ImpactAdvocateTrigger');
	let host: WebhookHost;

	const start = async (parameters: INodeParameters = {}, data = credentials(simulator())) => {
		host = new WebhookHost(nodeType, {
			parameters: { events: ['user.created'], options: {}, ...parameters },
			credentials: data,
		});
		await host.listen();
	};

	afterEach(() => host.close());

	/** What the node sends; the simulator, in the same process, delivers events to the node. */
	const sentByNode = () => requests.filter(({ origin }) => origin === simulator().url);

	test('tells Advocate its address, the event types and the name of the workflow, no more', async () => {
		await start();
		await host.activate();
		expect(bodies(simulator(), 'POST')).toEqual([
			{ endpointUrl: host.url, name: 'n8n: Test', webhookTypes: ['user.created'] },
		]);
		expect(origins()).toEqual([simulator().url]);
		await host.deactivate();
		expect([...simulator().webhooks.subscriptions.values()]).toEqual([]);
	});

	test('asks for the published keys without the credential, once for known keys', async () => {
		await start();
		await host.activate();
		requests = [];
		for (let count = 0; count < 3; count++) {
			simulator().webhooks.emit('user.created', {});
			await simulator().webhooks.settled();
		}
		expect(host.runs).toHaveLength(3);
		expect(sentByNode()).toEqual([
			{ origin: simulator().url, path: '/.well-known/jwks.json', hasCredential: false },
		]);
	});

	test('asks for no keys where the tenant API key is the signature', async () => {
		await start({ options: { signature: 'hmac' } }, keyCredentials(simulator()));
		await host.activate();
		requests = [];
		simulator().webhooks.emit('user.created', {});
		await simulator().webhooks.settled();
		expect(host.runs).toHaveLength(1);
		expect(sentByNode()).toEqual([]);
	});
});

describe('an import job', () => {
	const CSV = 'id,firstName,shoeSize\nada@example.com,Ada,38\n';

	const importJob = async (participantDetails: string, options: INodeParameters = {}) => {
		const { error } = await run(
			{
				resource: 'bulk',
				operation: 'importCsv',
				segments: ['vip'],
				participantDetails,
				options: { engine: 'job', ...options },
			},
			{ input: [{ json: {}, binary: { data: inlineBinary(CSV, 'people.csv') } }] },
		);
		expect(error).toBeUndefined();
	};

	const uploaded = () => {
		const { uploads } = simulator().state;
		return [...uploads.values()].map(({ content }) => content.toString('utf8'));
	};

	test('sends the IDs of the rows, and details only when they are to be updated', async () => {
		await importJob('none');
		expect(uploaded()).toEqual(['accountId,id\r\nada@example.com,ada@example.com\r\n']);
		simulator().state.uploads.clear();
		await importJob('all', { duplicates: 'last' });
		expect(uploaded()).toEqual([
			'accountId,id,firstName\r\nada@example.com,ada@example.com,Ada\r\n',
		]);
	});

	test('is named after the file, with a mark', async () => {
		await importJob('none');
		const names = [...simulator().state.jobs.values()].map(({ name }) => name);
		expect(names).toEqual([expect.stringMatching(/^n8n import of people\.csv .*[\w-]{6,}/)]);
	});
});

describe('the code', () => {
	const root = path.join(__dirname, '..', '..');

	/** `app.` is where requests go; the others are links and examples in the editor. */
	const HOSTS = ['app.referralsaasquatch.com', 'docs.n8n.io', 'example.com', 'github.com'];

	const sources = ['nodes', 'credentials'].flatMap((folder) =>
		readdirSync(path.join(root, folder), { recursive: true })
			.map((name) => path.join(folder, String(name)))
			.filter((name) => name.endsWith('.ts'))
			.map((name) => [name, readFileSync(path.join(root, name), 'utf8')] as const),
	);

	test('sends in one place, by the helpers of n8n', () => {
		const sending =
			/\bfetch\(|XMLHttpRequest|WebSocket|EventSource|\bsendBeacon\b|helpers\s*\.\s*\w*[rR]equest\w*/;
		const senders = sources.filter(([, code]) => sending.test(code)).map(([name]) => name);
		expect(senders).toEqual([path.join('nodes', 'shared', 'n8n', 'port.ts')]);
	});

	test('names no server but the default of the Base URL, and pages for people', () => {
		const named = new Set(
			sources.flatMap(([, code]) =>
				[...code.matchAll(/https?:\/\/([\w.-]+\.[a-z]{2,})/g)].map(([, host]) => host),
			),
		);
		expect([...named].sort()).toEqual(HOSTS);
	});
});
