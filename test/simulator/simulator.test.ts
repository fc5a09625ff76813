/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** The simulator itself: its rules, its switches and its faults, over real HTTP. */
import { startSimulator } from './server';
import type { Simulator } from './server';
import type { FaultRule } from './faults';
import { TestClient, UPSERT_USERS } from './testClient';
import type { Answer } from './testClient';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
	simulator = await startSimulator();
});

afterAll(async () => {
	await simulator.close();
});

beforeEach(() => {
	simulator.reset();
	client = new TestClient(simulator);
});

const user = (id: string, ...segments: string[]) => ({ id, accountId: id, segments });
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const results = (answer: Answer) =>
	(answer.json as { data: { upsertUsers: unknown[] } }).data.upsertUsers;

describe('addresses and credentials', () => {
	it('listens on loopback and takes both kinds of credentials', async () => {
		expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
		expect((await client.send('GET', '/users?limit=1')).status).toBe(200);
		client.useToken();
		expect((await client.send('GET', '/users?limit=1')).status).toBe(200);
	});

	it.each([
		['a wrong key', 'Basic Ondyb25n', null],
		['the key as user name', 'Basic VEVTVF9zaW11bGF0b3JfYXBpX2tleTo=', null],
		['no credentials', undefined, 'RS045'],
	])('refuses %s with 401', async (_, authorization, rsCode) => {
		client.authorization = authorization;
		for (const answer of [
			await client.get('a'),
			await client.graphql('{ tenant { tenantAlias } }'),
		]) {
			expect(answer.status).toBe(401);
			expect(answer.json).toMatchObject({ statusCode: 401, rsCode, message: expect.any(String) });
		}
	});

	it('names a wrong tenant alias, whatever the credential', async () => {
		const response = await fetch(`${simulator.url}/api/v1/other/users`);
		expect(response.status).toBe(404);
		expect(await response.json()).toEqual({
			message: 'Missing or invalid tenant alias.',
			statusCode: 404,
			apiErrorCode: 'TENANT_NOT_FOUND',
			rsCode: 'RS045',
		});
	});

	it('can refuse bad credentials with 200 and errors', async () => {
		client.useApiKey('wrong');
		simulator.options.badCredentials = '200WithErrors';
		const viaGraphql = await client.graphql('{ tenant { tenantAlias } }');
		expect([viaGraphql.status, (await client.get('a')).status]).toEqual([200, 401]);
		expect(viaGraphql.json).toMatchObject({
			data: null,
			errors: [{ message: expect.any(String) }],
			extensions: { apiError: { statusCode: 401 } },
		});
		simulator.options.restBadCredentials = '200WithErrors';
		const viaRest = await client.send('GET', '/users?limit=1');
		expect([viaRest.status, viaRest.json]).toMatchObject([200, { errors: [{}] }]);
	});

	it.each([
		['graphql', [200, 403, 200]],
		['upload', [200, 200, 403]],
		['all', [403, 403, 403]],
	] as const)('can lack the scope for %s', async (scope, statuses) => {
		simulator.options.scopedToken403 = scope;
		const answers = [
			await client.send('GET', '/users'),
			await client.graphql('{ tenant { tenantAlias } }'),
			await client.upload('a.csv', 'id,accountId\n'),
		];
		expect(answers.map(({ status }) => status)).toEqual(statuses);
	});

	it('knows no other endpoints', async () => {
		expect((await client.send('GET', '/nothing')).status).toBe(404);
		expect((await client.download(`${simulator.url}/nothing`)).status).toBe(404);
	});
});

describe('users over REST', () => {
	it('creates and updates in part', async () => {
		const created = await client.put('a/b+c@x', { firstName: 'Ann', customFields: { x: 1, y: 2 } });
		expect(created.status).toBe(200);
		const updated = await client.put('a/b+c@x', {
			lastName: 'Lee',
			customFields: { x: null, z: 3 },
		});
		expect(updated.json).toMatchObject({
			id: 'a/b+c@x',
			firstName: 'Ann',
			lastName: 'Lee',
			customFields: { y: 2, z: 3 },
		});
		expect((updated.json as { customFields: object }).customFields).not.toHaveProperty('x');
		expect((await client.put('a/b+c@x', { firstName: null })).json).toMatchObject({
			firstName: null,
		});
		expect((await client.get('a/b+c@x')).json).toMatchObject({ lastName: 'Lee', segments: [] });
	});

	it('does with null what it is told, but always takes it for a custom field', async () => {
		await client.put('a', { firstName: 'Ann', customFields: { x: 1 } });
		simulator.options.nullDetails = 'ignore';
		const ignored = await client.put('a', { firstName: null, customFields: { x: null } });
		expect(ignored.json).toMatchObject({ firstName: 'Ann', customFields: {} });
		simulator.options.nullDetails = 'reject';
		expect((await client.put('a', { firstName: null })).status).toBe(400);
		expect((await client.put('a', { customFields: { x: null } })).status).toBe(200);
	});

	it('forgets omitted fields, but no segments, when a PUT replaces', async () => {
		simulator.options.restPutKeepsOmitted = false;
		await client.put('a', { firstName: 'Ann', segments: ['vip'] });
		expect((await client.put('a')).json).toMatchObject({ firstName: null, segments: ['vip'] });
	});

	it.each<[string, object, string | null]>([
		['an empty id', { id: '' }, 'RS043'],
		['an empty account id', { accountId: ' ' }, null],
		['an id that differs from the address', { id: 'b' }, null],
		['an e-mail without @', { email: 'nobody' }, 'RS023'],
		['a locale with a hyphen', { locale: 'en-US' }, 'RS039'],
		['a long country code', { countryCode: 'USA' }, null],
		['a number as name', { firstName: 1 }, null],
		['segments that are no list', { segments: 'vip' }, null],
		['an operation that is no text', { segments: [1] }, null],
		['a bare ~', { segments: ['~'] }, null],
		['an empty operation', { segments: [''] }, null],
		['a nested custom field', { customFields: { a: { b: 1 } } }, null],
		['a long custom field', { customFields: { a: 'x'.repeat(1025) } }, null],
		['an unknown field', { programId: 'p' }, null],
	])('refuses %s and changes nothing', async (_, fields, rsCode) => {
		const answer = await client.put('a', fields);
		expect(answer.status).toBe(400);
		expect(answer.json).toMatchObject({ statusCode: 400, rsCode });
		expect(simulator.state.participants.size).toBe(0);
		expect(simulator.state.segments.size).toBe(0);
	});

	it('takes unknown fields when it is not strict', async () => {
		expect((await client.put('a', { programId: 'p' })).json).toMatchObject({
			apiErrorCode: 'INVALID_JSON_REQUEST',
		});
		simulator.options.strictUnknownFields = false;
		expect((await client.put('a', { programId: 'p' })).status).toBe(200);
	});

	it('refuses what is no JSON', async () => {
		const headers = { authorization: client.authorization ?? '' };
		const path = '/open/account/a/user/a';
		const asText = { headers: { ...headers, 'content-type': 'text/plain' }, body: '{}' };
		expect(await client.send('PUT', path, undefined, asText)).toMatchObject({
			status: 415,
			json: { rsCode: 'RS046' },
		});
		const broken = { headers: { ...headers, 'content-type': 'application/json' }, body: '{"id":' };
		expect(await client.send('PUT', path, undefined, broken)).toMatchObject({
			status: 400,
			json: { apiErrorCode: 'INVALID_JSON_REQUEST' },
		});
	});

	it('creates with POST, once', async () => {
		const path = '/open/account/a/user/a';
		expect((await client.send('POST', path, user('a'))).status).toBe(201);
		expect((await client.send('POST', path, user('a'))).json).toMatchObject({ rsCode: 'RS048' });
	});

	it('tells an absent account from an absent user', async () => {
		simulator.state.addParticipant({ id: 'a' });
		expect((await client.get('x')).json).toMatchObject({ statusCode: 404, rsCode: 'RS041' });
		const absent = await client.send('GET', '/open/account/a/user/x');
		expect(absent.json).toMatchObject({ statusCode: 404, rsCode: 'RS042' });
	});

	it('deletes, for good when asked', async () => {
		await client.put('a', { segments: ['vip'] });
		const path = '/open/account/a/user/a';
		expect((await client.send('DELETE', path)).status).toBe(204);
		expect((await client.send('DELETE', path)).status).toBe(404);
		expect(simulator.state.membersOf('vip').size).toBe(0);
		await client.put('a');
		await client.send('DELETE', `${path}?doNotTrack=true`);
		expect((await client.put('a')).json).toMatchObject({ rsCode: 'RS050' });
	});

	it('limits the users of an account', async () => {
		simulator.options.accountLimit = 2;
		for (const id of ['1', '2']) simulator.state.addParticipant({ id, accountId: 'a' });
		const full = await client.send('PUT', '/open/account/a/user/3', { id: '3', accountId: 'a' });
		expect(full.json).toMatchObject({ statusCode: 400, rsCode: 'RS013' });
		const known = await client.send('PUT', '/open/account/a/user/2', { id: '2', accountId: 'a' });
		expect(known.status).toBe(200);
	});

	it('gives only the fields asked for', async () => {
		await client.put('a', { segments: ['vip'] });
		const path = '/open/account/a/user/a?fields=id,segments';
		expect((await client.send('GET', path)).json).toEqual({ id: 'a', segments: ['vip'] });
		expect((await client.send('GET', `${path}&extraFields=id`)).status).toBe(400);
	});

	it('lists pages of ten without segments, and searches name, e-mail and id', async () => {
		for (const index of range(12)) {
			simulator.state.addParticipant({ id: `u${index}`, segments: ['vip'] });
		}
		simulator.state.addParticipant({
			id: 'x',
			email: 'ANN@example.com',
			firstName: 'Bo',
			lastName: 'Li',
		});
		const first = (await client.send('GET', '/users')).json as { users: object[] };
		expect(first).toMatchObject({ count: 10, totalCount: 13 });
		expect(first.users[0]).not.toHaveProperty('segments');
		expect((await client.send('GET', '/users?offset=10')).json).toMatchObject({ count: 3 });
		for (const query of ['ann@', 'bo li', 'X']) {
			const found = await client.send('GET', `/users?query=${encodeURIComponent(query)}`);
			expect(found.json).toMatchObject({
				users: expect.arrayContaining([expect.objectContaining({ id: 'x' })]),
			});
		}
		expect((await client.send('GET', '/users?query=nobody')).json).toMatchObject({ totalCount: 0 });
		expect((await client.send('GET', '/users?limit=-1')).status).toBe(400);
	});

	it('keeps names such as __proto__ as they are', async () => {
		const body =
			'{"id":"__proto__","accountId":"__proto__","customFields":{"__proto__":"x"},"segments":["constructor"]}';
		const headers = {
			authorization: client.authorization ?? '',
			'content-type': 'application/json',
		};
		const path = '/open/account/__proto__/user/__proto__';
		const answer = await client.send('PUT', path, undefined, { headers, body });
		expect(answer.text).toContain('"customFields":{"__proto__":"x"},"segments":["constructor"]');
	});
});

describe('segment operations', () => {
	it.each([
		[
			['A', 'B'],
			['A', 'B', 'old'],
		],
		[['~old'], []],
		[['~nothing'], ['old']],
		[['~*'], []],
		[['~*', 'A'], ['A']],
		[['A', '~*'], []],
		[['A', '~A'], ['old']],
		[
			['~A', 'A'],
			['A', 'old'],
		],
		[[], ['old']],
	])('%j on [old] gives %j', async (operations, expected) => {
		simulator.state.addParticipant({ id: 'a', segments: ['old'] });
		const answer = await client.put('a', { segments: operations });
		expect([...(answer.json as { segments: string[] }).segments].sort()).toEqual(expected);
		expect(simulator.state.segmentsOf('a')).toEqual(expected);
		expect(results(await client.upsertUsers([user('a', ...operations)]))).toHaveLength(1);
		expect(simulator.state.segmentsOf('a')).toEqual(expected);
	});

	it('creates a participant also by removing', async () => {
		await client.put('a', { segments: ['~A'] });
		expect(simulator.state.segmentsOf('a')).toEqual([]);
	});

	it.each([
		['autoCreate', 200, ['new'], true],
		['ignore', 200, [], false],
		['reject', 400, undefined, false],
	] as const)('%s: an unknown segment', async (unknownSegment, status, segments, created) => {
		simulator.options.unknownSegment = unknownSegment;
		expect((await client.put('a', { segments: ['new'] })).status).toBe(status);
		expect(simulator.state.segmentsOf('a')).toEqual(segments);
		expect(simulator.state.segments.has('new')).toBe(created);
	});

	it('can read a bare ~ as clear, or as nothing', async () => {
		simulator.state.addParticipant({ id: 'a', segments: ['old'] });
		simulator.options.bareTilde = 'ignore';
		expect((await client.put('a', { segments: ['~'] })).json).toMatchObject({ segments: ['old'] });
		simulator.options.bareTilde = 'clear';
		expect((await client.put('a', { segments: ['~'] })).json).toMatchObject({ segments: [] });
	});

	it('can refuse archived segments, and empty them', async () => {
		simulator.state.addParticipant({ id: 'a', segments: ['old'] });
		simulator.options.archivedSegmentMembers = 'remove';
		const archive =
			'mutation { upsertSegment(segmentInput: {key: "old", status: ARCHIVED}) { status participantsCount } }';
		expect((await client.graphql(archive)).json).toEqual({
			data: { upsertSegment: { status: 'ARCHIVED', participantsCount: 0 } },
		});
		expect(simulator.state.segmentsOf('a')).toEqual([]);
		expect((await client.put('a', { segments: ['old'] })).status).toBe(200);
		simulator.options.archivedSegmentAccepts = 'reject';
		expect((await client.put('a', { segments: ['old'] })).status).toBe(400);
	});
});

describe('GraphQL', () => {
	const upsertSegment = `mutation ($s: SegmentInput!) {
		upsertSegment(segmentInput: $s) { key name status participantsCount }
	}`;

	it('creates, renames and archives a segment', async () => {
		const created = await client.graphql(upsertSegment, { s: { key: 'vip', name: 'VIP' } });
		const segment = { key: 'vip', name: 'VIP', status: 'ACTIVE', participantsCount: 0 };
		expect(created.json).toEqual({ data: { upsertSegment: segment } });
		await client.put('a', { segments: ['vip'] });
		const renamed = await client.graphql(upsertSegment, { s: { key: 'vip', name: 'Very' } });
		expect(renamed.json).toMatchObject({
			data: { upsertSegment: { name: 'Very', status: 'ACTIVE', participantsCount: 1 } },
		});
		const archived = await client.graphql(upsertSegment, { s: { key: 'vip', status: 'ARCHIVED' } });
		expect(archived.json).toMatchObject({
			data: { upsertSegment: { name: 'Very', status: 'ARCHIVED' } },
		});
		const query =
			'{ a: segment(key: "vip") { name } b: segment(key: "x") { name } segments(limit: 1) { count totalCount data { key } } }';
		expect((await client.graphql(query)).json).toEqual({
			data: {
				a: { name: 'Very' },
				b: null,
				segments: { count: 1, totalCount: 1, data: [{ key: 'vip' }] },
			},
		});
	});

	it.each(['~a', '*', ' ', 'a b'])('refuses the segment key %j', async (key) => {
		simulator.options.segmentKeyPattern = '^[A-Za-z0-9_-]+$|^[~* ]';
		const answer = await client.graphql(upsertSegment, { s: { key } });
		expect(answer.status).toBe(200);
		expect(answer.json).toMatchObject({
			errors: [{ message: expect.stringContaining('not a valid segment key') }],
			extensions: { apiError: { statusCode: 400 } },
		});
		expect(simulator.state.segments.size).toBe(0);
	});

	it('answers errors of syntax, schema and variables with 200', async () => {
		const answers = [
			await client.graphql('{ oops'),
			await client.graphql('{ oops }'),
			await client.graphql(upsertSegment, { s: { name: 'x' } }),
			await client.graphql(upsertSegment, { s: { key: 1 } }),
		];
		const messages = [
			/Syntax Error/,
			/Cannot query field "oops"/,
			/key/,
			/SegmentKey cannot represent/,
		];
		answers.forEach(({ status, json }, index) => {
			expect(status).toBe(200);
			expect(json).toMatchObject({ errors: [{ message: expect.stringMatching(messages[index]) }] });
		});
		expect((await client.send('POST', '/graphql', {})).status).toBe(400);
	});

	it('gives null or an error for an absent user', async () => {
		const query = '{ user(accountId: "x", id: "x") { id } }';
		expect((await client.graphql(query)).json).toEqual({ data: { user: null } });
		simulator.options.absentUser = 'error';
		expect((await client.graphql(query)).json).toMatchObject({
			data: { user: null },
			errors: [{ path: ['user'] }],
			extensions: { apiError: { rsCode: 'RS042' } },
		});
	});

	it.each([
		['{ segments_eq: "A" }', ['1', '2']],
		['{ segments_ne: "A" }', ['3', '4']],
		['{ segments_in: ["A", "C"] }', ['1', '2', '3']],
		['{ segments_all: ["A", "B"] }', ['2']],
		['{ segments_nin: ["B", "C"] }', ['1', '4']],
		['{ email_eq: "3@example.com" }', ['3']],
		['{ id_eq: "4" }', ['4']],
		['{ accountId_eq: "4" }', ['4']],
		['{ OR: [{ id_eq: "1" }, { AND: [{ segments_eq: "B" }, { id_eq: "2" }] }] }', ['1', '2']],
		['{ segments_eq: "A", OR: [{ id_eq: "1" }, { id_eq: "3" }] }', ['1']],
		['{}', ['1', '2', '3', '4']],
	])('users(filter: %s) finds %j', async (filter, ids) => {
		const segments = { 1: ['A'], 2: ['A', 'B'], 3: ['C'], 4: [] };
		for (const [id, keys] of Object.entries(segments)) {
			simulator.state.addParticipant({ id, email: `${id}@example.com`, segments: keys });
		}
		const query = `{ users(filter: ${filter}, limit: 3, sortBy: [{ field: "id", order: ASC }]) { totalCount data { id } } }`;
		expect((await client.graphql(query)).json).toEqual({
			data: { users: { totalCount: ids.length, data: ids.slice(0, 3).map((id) => ({ id })) } },
		});
	});

	it('gives one result per input, in order', async () => {
		simulator.options.participantRejects = {
			c: { message: 'No.', statusCode: 500, rsCode: 'RS049' },
		};
		const answer = await client.upsertUsers([user('a', 'vip'), { id: 'b' }, user('c'), user('d')]);
		expect(results(answer)).toEqual([
			{ __typename: 'User', id: 'a', accountId: 'a', segments: ['vip'] },
			{ __typename: 'ApiError', message: expect.any(String), statusCode: 400, rsCode: 'RS044' },
			{ __typename: 'ApiError', message: 'No.', statusCode: 500, rsCode: 'RS049' },
			{ __typename: 'User', id: 'd', accountId: 'd', segments: [] },
		]);
		expect((await client.put('c')).json).toMatchObject({ message: 'No.', statusCode: 500 });
	});

	it('can shuffle the results', async () => {
		simulator.options.upsertUsersOrder = 'shuffled';
		const users = range(50).map((index) => user(String(index)));
		const ids = results(await client.upsertUsers(users)).map(
			(entry) => (entry as { id: string }).id,
		);
		expect(ids).not.toEqual(users.map(({ id }) => id));
		expect([...ids].sort()).toEqual(users.map(({ id }) => id).sort());
	});

	it('takes at most 100 users, and can refuse a whole batch for one of them', async () => {
		const users = range(101).map((index) => user(String(index)));
		expect((await client.upsertUsers(users)).json).toMatchObject({ data: null, errors: [{}] });
		expect(simulator.state.participants.size).toBe(0);
		simulator.options.upsertUsersBadInput = 'wholeBatch';
		const bad = await client.upsertUsers([user('a'), { ...user('b'), email: 'x' }]);
		expect(bad.json).toMatchObject({
			data: null,
			errors: [{}],
			extensions: { apiError: { rsCode: 'RS023' } },
		});
		expect(simulator.state.participants.size).toBe(0);
		expect(results(await client.upsertUsers(users.slice(0, 100)))).toHaveLength(100);
		expect(simulator.state.participants.size).toBe(100);
	});

	it('can lack upsertUsers', async () => {
		simulator.options.upsertUsersAvailable = false;
		expect((await client.upsertUsers([user('a')])).json).toMatchObject({
			errors: expect.arrayContaining([
				expect.objectContaining({
					message: expect.stringContaining('Cannot query field "upsertUsers" on type "Mutation"'),
				}),
			]),
		});
		const single = await client.graphql(
			'mutation { upsertUser(userInput: { id: "a", accountId: "a", segments: ["vip"] }) { segments } }',
		);
		expect(single.json).toEqual({ data: { upsertUser: { segments: ['vip'] } } });
		expect(simulator.state.writeCounts.size).toBe(1);
	});

	it('has a page maximum, by cutting or by refusing', async () => {
		for (const index of range(5)) simulator.state.addParticipant({ id: String(index) });
		const query = '{ users(limit: 500) { count totalCount } }';
		expect((await client.graphql(query)).json).toEqual({
			data: { users: { count: 5, totalCount: 5 } },
		});
		simulator.options.maxPageLimit = 2;
		expect((await client.graphql(query)).json).toEqual({
			data: { users: { count: 2, totalCount: 5 } },
		});
		expect((await client.send('GET', '/users?limit=3')).json).toMatchObject({ count: 2 });
		simulator.options.overMaxPageLimit = 'reject';
		expect((await client.graphql(query)).json).toMatchObject({ errors: [{}] });
		expect((await client.send('GET', '/users?limit=3')).status).toBe(400);
	});

	it('can see writes late in lists, but not in look-ups', async () => {
		const query =
			'{ users(filter: { segments_eq: "vip" }) { totalCount data { segments } } user(accountId: "a", id: "a") { segments } }';
		const seen = async () => (await client.graphql(query)).json;
		simulator.state.addParticipant({ id: 'a', segments: ['vip'] });
		simulator.options.filterDelayMs = 150;
		await client.put('a', { segments: ['~vip', 'x'] });
		await client.put('new', { segments: ['vip'] });
		expect(await seen()).toEqual({
			data: { users: { totalCount: 1, data: [{ segments: ['vip'] }] }, user: { segments: ['x'] } },
		});
		await new Promise((resolve) => setTimeout(resolve, 200));
		const after = (await seen()) as { data: { users: unknown } };
		expect(after.data.users).toEqual({ totalCount: 1, data: [{ segments: ['vip'] }] });
		expect(
			(await client.graphql('{ users(filter: { id_eq: "a" }) { data { segments } } }')).json,
		).toEqual({
			data: { users: { data: [{ segments: ['x'] }] } },
		});
	});
});

describe('import jobs', () => {
	const CREATE = `mutation ($j: JobInput!) { createJob(jobInput: $j) { id type status requester } }`;
	const VALIDATE = `query ($j: JobInput!) { validateJobCreation(jobInput: $j) { errors } }`;
	const POLL = `query ($id: ID!) { job(id: $id) {
		status dateCompleted stats { recordsProcessed errors } downloadUrl downloadErrorUrl
		publicErrors: downloadErrorUrl(publicLink: true) downloadFileRefUrl
	} }`;
	const FILE =
		'id,accountId,email,customFields.plan\na,a,a@example.com,pro\n,b,,\nc,c,nobody,\nd,d,,\n';

	interface Polled {
		status: string;
		dateCompleted: number | null;
		stats: { recordsProcessed: number; errors: number };
		downloadUrl: string | null;
		downloadErrorUrl: string | null;
		publicErrors: string | null;
		downloadFileRefUrl: string;
	}

	async function inputFor(content: string, params: object = {}, fileName = 'my file.csv') {
		const { fileRef } = (await client.upload(fileName, content)).json as { fileRef: string };
		return { type: 'MUTATION/USER', fileRef, params };
	}

	const validate = async (jobInput: object) =>
		(
			(await client.graphql(VALIDATE, { j: jobInput })).json as {
				data: { validateJobCreation: { errors: string[] } };
			}
		).data.validateJobCreation.errors;

	const create = async (jobInput: object) =>
		(
			(await client.graphql(CREATE, { j: jobInput })).json as {
				data: { createJob: { id: string } };
			}
		).data.createJob.id;

	const poll = async (id: string) =>
		((await client.graphql(POLL, { id })).json as { data: { job: Polled } }).data.job;

	it('uploads, validates, runs and reports each bad record', async () => {
		const uploaded = (await client.upload('my.csv', FILE)).json as { fileRef: string };
		expect(uploaded.fileRef).toMatch(/^imports\/test_simulator\/my_[0-9a-f]{24}\.csv$/);
		const input = await inputFor(FILE, { segments: ['vip'] });
		expect(await validate(input)).toEqual([]);
		const id = await create(input);
		expect(await poll(id)).toMatchObject({ status: 'PENDING', downloadUrl: null });
		const job = await poll(id);
		expect(job).toMatchObject({ status: 'COMPLETED', stats: { recordsProcessed: 4, errors: 2 } });
		const errors = await client.download(String(job.downloadErrorUrl));
		expect(errors.text.split('\n')).toEqual([
			'recordNumber,message,apiErrorCode,statusCode',
			'2,This request requires a user id that is not empty.,BAD_REQUEST,400',
			'3,The email address is not valid.,BAD_REQUEST,400',
			'',
		]);
		const success = await client.download(String(job.downloadUrl));
		expect(success.text).toBe(
			'id,accountId,email,firstName,lastName\na,a,a@example.com,,\nd,d,,,\n',
		);
		expect((await client.download(job.downloadFileRefUrl)).text).toBe(FILE);
		expect(simulator.state.segmentsOf('a')).toEqual(['vip']);
		expect(simulator.state.participant('a', 'a')?.customFields).toEqual({ plan: 'pro' });
	});

	it('gives no errors file without errors, and can count the header', async () => {
		const id = await create(await inputFor('accountId,id\na,a\n'));
		await poll(id);
		expect(await poll(id)).toMatchObject({ status: 'COMPLETED', downloadErrorUrl: null });
		simulator.options.jobRecordNumberBase = 2;
		simulator.options.jobPendingPolls = 0;
		const { downloadErrorUrl } = await poll(await create(await inputFor('accountId,id\na,\n')));
		expect((await client.download(String(downloadErrorUrl))).text).toMatch(/\n2,/);
	});

	it('reads JSONL', async () => {
		simulator.options.jobPendingPolls = 0;
		const lines = [
			'{"id":"a","accountId":"a","customFields":{"x":1}}',
			'oops',
			'{"id":"b","accountId":"b","segments":["y"]}',
		];
		const job = await poll(await create(await inputFor(lines.join('\n'), {}, 'a.jsonl')));
		expect(job.stats).toEqual({ recordsProcessed: 3, errors: 2 });
		expect(simulator.state.participant('a', 'a')?.customFields).toEqual({ x: 1 });
	});

	it('makes progress from poll to poll, and waits its time', async () => {
		simulator.options.jobPendingPolls = 2;
		const rows = range(10).map((index) => `${index},${index}\n`);
		const id = await create(await inputFor(`id,accountId\n${rows.join('')}`));
		const done = [];
		for (let count = 0; count < 3; count++) done.push((await poll(id)).stats.recordsProcessed);
		expect(done).toEqual([0, 5, 10]);

		Object.assign(simulator.options, { jobPendingPolls: 0, jobPendingMs: 100 });
		const timed = await create(await inputFor('id,accountId\nx,x\n'));
		expect((await poll(timed)).status).toBe('PENDING');
		await new Promise((resolve) => setTimeout(resolve, 120));
		expect((await poll(timed)).status).toBe('COMPLETED');
	});

	it('can abort midway', async () => {
		simulator.options.jobAbortAfter = 2;
		const id = await create(await inputFor('id,accountId\na,a\nb,b\nc,c\n'));
		await poll(id);
		const job = await poll(id);
		expect(job).toMatchObject({
			status: 'ABORTED',
			stats: { recordsProcessed: 2 },
			downloadUrl: null,
		});
		expect([...simulator.state.participants.values()].map((entry) => entry.id)).toEqual(['a', 'b']);
	});

	it.each([
		[
			'id,name\na,b\n',
			["The column 'accountId' is missing.", "The column 'name' is not supported."],
		],
		['Id,accountId\n', ["The column 'id' is missing.", "The column 'Id' is not supported."]],
		['id,accountId,id\n', ["The column 'id' is there more than once."]],
		['id,accountId,segments\n', ["The column 'segments' is not supported."]],
		['', ['The file is empty.']],
	])('finds what is wrong with the file %j, and aborts it', async (content, errors) => {
		const input = await inputFor(content);
		expect(await validate(input)).toEqual(errors);
		const id = await create(input);
		await poll(id);
		expect((await poll(id)).status).toBe('ABORTED');
	});

	it.each<[object, RegExp]>([
		[{ type: 'MUTATION/OTHER' }, /not supported/],
		[{ fileRef: 'imports/none.csv' }, /no file/],
		[{ fileRef: null }, /fileRef/],
		[{ params: { segments: 'vip' } }, /list of strings/],
		[{ params: { segment: ['vip'] } }, /parameter 'segment'/],
		[{ params: { importEvaluationOptions: { webhooks: {} } } }, /webhooks/],
		[{ params: { importEvaluationOptions: { mails: false } } }, /mails/],
	])('refuses the input %j', async (changes, message) => {
		const input = { ...(await inputFor('id,accountId\n')), ...changes };
		expect((await validate(input)).join()).toMatch(message);
		expect((await client.graphql(CREATE, { j: input })).json).toMatchObject({
			data: null,
			errors: [{ message: expect.stringMatching(message) }],
		});
		expect(simulator.state.jobs.size).toBe(0);
	});

	it.each([
		['accept', [], []],
		['ignore', [], ['old']],
		['reject', ["The segment operation '~old' is not supported here."], undefined],
	] as const)('%s: removal by an import', async (importJobRemoves, errors, after) => {
		Object.assign(simulator.options, { importJobRemoves, jobPendingPolls: 0 });
		simulator.state.addParticipant({ id: 'a', segments: ['old'] });
		const input = await inputFor('id,accountId\na,a\n', { segments: ['~old'] });
		expect(await validate(input)).toEqual(errors);
		if (after === undefined) return;
		await create(input);
		expect(simulator.state.segmentsOf('a')).toEqual(after);
	});

	it('can take or drop a segments column and unknown columns', async () => {
		const input = await inputFor('id,accountId,segments,color\na,a,x|y,red\n');
		Object.assign(simulator.options, { jobPendingPolls: 0, jobUnknownColumns: 'ignore' });
		simulator.options.jobSegmentsColumn = 'ignore';
		await create(input);
		expect(simulator.state.segmentsOf('a')).toEqual([]);
		simulator.options.jobSegmentsColumn = 'apply';
		await create(input);
		expect(simulator.state.segmentsOf('a')).toEqual(['x', 'y']);
	});

	it('records what an import sets off', async () => {
		const importEvaluationOptions = { webhooks: false, programs: { enabledProgramIds: ['p'] } };
		const id = await create(await inputFor('id,accountId\n', { importEvaluationOptions }));
		expect(simulator.state.jobs.get(id)?.evaluation).toEqual({
			webhooks: false,
			programs: { enabledProgramIds: ['p'] },
			analytics: true,
		});
	});

	it('gives links that end, and files that end with their job', async () => {
		Object.assign(simulator.options, { jobPendingPolls: 0, linkTtlMs: 60 });
		const job = await poll(await create(await inputFor('id,accountId\na,a\n')));
		const link = String(job.downloadUrl);
		expect((await client.download(link)).status).toBe(200);
		expect((await client.download(link.replace('results', 'errors'))).status).toBe(403);
		expect((await client.download(link.replace('expires=', 'expires=9'))).status).toBe(403);
		await new Promise((resolve) => setTimeout(resolve, 80));
		expect((await client.download(link)).status).toBe(403);

		Object.assign(simulator.options, { jobTtlMs: 60, linkTtlMs: 60_000 });
		const id = await create(await inputFor('id,accountId\na,a\n'));
		expect((await poll(id)).downloadUrl).toEqual(expect.any(String));
		await new Promise((resolve) => setTimeout(resolve, 80));
		expect(await poll(id)).toMatchObject({ status: 'COMPLETED', downloadUrl: null });
	});

	it('can want the credential for links that are not public', async () => {
		Object.assign(simulator.options, { jobPendingPolls: 0, privateLinks: 'needCredential' });
		const job = await poll(await create(await inputFor('id,accountId\n,x\n')));
		const link = String(job.downloadErrorUrl);
		expect((await client.download(link)).status).toBe(401);
		const answer = await client.send('GET', link.replace(simulator.apiUrl, ''));
		expect(answer.status).toBe(303);
		expect((await client.download(String(answer.headers.get('location')))).status).toBe(200);
		expect((await client.download(String(job.publicErrors))).status).toBe(200);
	});

	it('lists and deletes jobs', async () => {
		const ids = [
			await create(await inputFor('id,accountId\n')),
			await create(await inputFor('id,accountId\n')),
		];
		const list = '{ jobs(limit: 1, filter: { status_eq: PENDING }) { totalCount data { id } } }';
		expect((await client.graphql(list)).json).toEqual({
			data: { jobs: { totalCount: 2, data: [{ id: ids[1] }] } },
		});
		const remove = 'mutation ($id: ID!) { deleteJob(id: $id) { deletedCount } }';
		expect((await client.graphql(remove, { id: ids[0] })).json).toEqual({
			data: { deleteJob: { deletedCount: 1 } },
		});
		expect((await client.graphql(POLL, { id: ids[0] })).json).toEqual({ data: { job: null } });
	});

	it('refuses uploads without a file, of another type, or too large', async () => {
		expect((await client.upload('a.csv', 'x', 'other')).status).toBe(400);
		expect((await client.upload('a.txt', 'x')).status).toBe(400);
		simulator.options.uploadLimitBytes = 3;
		expect((await client.upload('a.csv', 'four')).status).toBe(413);
		expect((await client.upload('a.csv', 'abc')).status).toBe(200);
		expect(simulator.state.uploads.size).toBe(1);
	});

	it('keeps the bytes of an upload as they are', async () => {
		const content = 'id,accountId\r\n"ä\r\n--x",\u0000\r\n\r\n';
		await client.upload('a.csv', content);
		const [upload] = simulator.state.uploads.values();
		expect(upload.content.toString('utf8')).toBe(content);
	});
});

describe('load', () => {
	it('takes its time', async () => {
		simulator.options.latencyMs = 60;
		const started = performance.now();
		await Promise.all(range(10).map(async (index) => await client.put(String(index))));
		const elapsed = performance.now() - started;
		expect(elapsed).toBeGreaterThanOrEqual(58);
		expect(elapsed).toBeLessThan(500);
		expect(simulator.maxInFlight).toBe(10);
		expect(simulator.inFlight).toBe(0);
	});

	it('takes a random time between two bounds', async () => {
		simulator.options.latencyMs = [0, 60];
		await Promise.all(range(20).map(async (index) => await client.put(String(index))));
		const times = simulator.requests.map(
			(request) => (request.finishedAt ?? 0) - request.startedAt,
		);
		expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(15);
		expect(Math.max(...times)).toBeLessThan(200);
	});

	it('sees writes of one participant that overlap, on every route', async () => {
		simulator.options.latencyMs = 20;
		await client.put('a');
		await client.upsertUsers([user('a'), user('b')]);
		await Promise.all([client.put('a'), client.put('b'), client.get('a')]);
		expect(simulator.orderViolations).toEqual([]);
		await Promise.all([client.put('a'), client.upsertUsers([user('b'), user('a')])]);
		expect(simulator.orderViolations.map(({ participant }) => participant)).toEqual(['a\u0000a']);
	});

	it.each([
		['seconds', /^1$/],
		['date', / GMT$/],
		['none', null],
	] as const)('refuses above the rate with Retry-After: %s', async (retryAfter, header) => {
		simulator.options.rateLimit = { requestsPerSecond: 3, retryAfter };
		// The window is shared: let the requests of other tests leave it.
		await new Promise((resolve) => setTimeout(resolve, 1010));
		const answers = await Promise.all(range(5).map(async () => await client.put('a')));
		const refused = answers.filter(({ status }) => status === 429);
		expect(refused).toHaveLength(2);
		expect(refused[0].json).toMatchObject({ rsCode: 'RS033' });
		const text = refused[0].headers.get('retry-after');
		if (header === null) expect(text).toBeNull();
		else expect(text).toMatch(header);
	});

	it('takes thousands of participants, and keeps no bodies when told so', async () => {
		simulator.options.record = 'summary';
		const batches = range(100).map((batch) =>
			range(100).map((index) => user(`${batch}-${index}`, 'vip')),
		);
		for (const batch of batches) await client.upsertUsers(batch);
		expect(simulator.state.membersOf('vip').size).toBe(10_000);
		expect(simulator.requests[99].body).toBeUndefined();
	});
});

describe('recording', () => {
	it('records requests without secrets', async () => {
		await client.put('a b', { segments: ['vip'] });
		await client.upsertUsers([user('a')]);
		await client.graphql('{ tenant { tenantAlias } }');
		client.useApiKey('wrong');
		await client.send('GET', '/users?limit=1');
		expect(simulator.requests).toMatchObject([
			{
				method: 'PUT',
				path: '/api/v1/test_simulator/open/account/a%20b/user/a%20b',
				headers: { authorization: 'Basic valid' },
				body: { id: 'a b', accountId: 'a b', segments: ['vip'] },
				writes: ['a b\u0000a b'],
				status: 200,
			},
			{ operationName: 'upsert', rootFields: ['upsertUsers'], writes: ['a\u0000a'], status: 200 },
			{ rootFields: ['tenant'], writes: [] },
			{ query: { limit: '1' }, headers: { authorization: 'Basic invalid' }, status: 401 },
		]);
		const text = JSON.stringify(simulator.requests);
		expect(text).not.toContain(client.authorization?.slice('Basic '.length));
		expect(text).not.toContain(simulator.credentials.apiKey);
		for (const request of simulator.requests) {
			expect(request.finishedAt).toBeGreaterThanOrEqual(request.startedAt);
		}
		simulator.clearRequests();
		expect(simulator.requests).toEqual([]);
	});

	it('shows uploads by name and size, and sees that downloads carry no credential', async () => {
		await client.upload('a.csv', 'id,accountId\n');
		await client.download(`${simulator.url}/downloads/x/errors`);
		expect(simulator.requests[0].body).toEqual({
			parts: [
				{ name: 'file', fileName: 'a.csv', contentType: 'application/octet-stream', size: 13 },
			],
		});
		expect(simulator.requests[1]).toMatchObject({ path: '/downloads/x/errors', status: 403 });
		expect(simulator.requests[1].headers).not.toHaveProperty('authorization');
	});

	it('can keep nothing', async () => {
		simulator.options.record = 'off';
		await client.put('a');
		expect(simulator.requests).toEqual([]);
		expect(simulator.recorder.total).toBe(1);
	});
});

describe('faults', () => {
	const add = (then: FaultRule['then'], match?: FaultRule['match'], times?: FaultRule['times']) =>
		simulator.faults.add({ then, match, times });
	const writes = () => simulator.state.writeCounts.get('a\u0000a') ?? 0;

	it('answers a status with body and headers, so many times', async () => {
		add({ kind: 'status', status: 503, body: '<html>Down</html>', headers: { 'x-a': 'b' } }, {}, 2);
		const [first, second, third] = [
			await client.put('a'),
			await client.get('a'),
			await client.put('a'),
		];
		expect(first).toMatchObject({ status: 503, text: '<html>Down</html>' });
		expect(first.headers.get('content-type')).toMatch('text/html');
		expect(first.headers.get('x-a')).toBe('b');
		expect([second.status, third.status]).toEqual([503, 200]);
		expect([simulator.faults.fired, simulator.faults.pending, writes()]).toEqual([2, 0, 1]);
		add({ kind: 'status', status: 400, body: { rsCode: 'RS023' } });
		expect(await client.put('a')).toMatchObject({ status: 400, json: { rsCode: 'RS023' } });
		add({ kind: 'status', status: 500 });
		expect(await client.put('a')).toMatchObject({ status: 500, json: { statusCode: 500 } });
	});

	it('writes every kind of Retry-After', async () => {
		const kinds = [3, 3600, 'garbage', { dateInSeconds: 30 }, { dateInSeconds: -30 }, undefined];
		const texts = [];
		for (const retryAfter of kinds) {
			add({ kind: 'status', status: 429, retryAfter });
			texts.push((await client.put('a')).headers.get('retry-after'));
		}
		expect([texts[0], texts[1], texts[2], texts[5]]).toEqual(['3', '3600', 'garbage', null]);
		const secondsFromNow = (text: string | null) => (Date.parse(String(text)) - Date.now()) / 1000;
		expect(secondsFromNow(texts[3])).toBeGreaterThan(25);
		expect(secondsFromNow(texts[4])).toBeLessThan(-25);
		expect(writes()).toBe(0);
	});

	it.each<[FaultRule['match'], boolean[]]>([
		[{ method: 'put' }, [true, false, false, false]],
		[{ path: '/graphql$' }, [false, false, true, true]],
		[{ operationName: 'upsert' }, [false, false, true, false]],
		[{ operationName: 'upsertUsers' }, [false, false, true, false]],
		[{ operationName: 'user' }, [false, false, false, true]],
		[{ participantId: 'a' }, [true, true, true, true]],
		[{ participantId: 'b' }, [false, false, true, false]],
		[{ nth: 3 }, [false, false, true, false]],
		[{ nth: 2, path: '/graphql$' }, [false, false, false, true]],
		[{ method: 'GET', path: '/graphql$' }, [false, false, false, false]],
	])('hits what matches %j', async (match, expected) => {
		add({ kind: 'status', status: 418 }, match, match?.nth === undefined ? 'always' : 1);
		const answers = [
			await client.put('a'),
			await client.get('a'),
			await client.upsertUsers([user('a'), user('b')]),
			await client.graphql('{ u0: user(accountId: "a", id: "a") { id } }'),
		];
		expect(answers.map(({ status }) => status === 418)).toEqual(expected);
	});

	it('goes through faults in order', async () => {
		add({ kind: 'status', status: 500 });
		add({ kind: 'status', status: 429 }, { nth: 3 });
		add({ kind: 'status', status: 503 });
		const statuses = [];
		for (let count = 0; count < 4; count++) statuses.push((await client.put('a')).status);
		expect(statuses).toEqual([500, 503, 429, 200]);
	});

	it('resets before and after the work', async () => {
		add({ kind: 'resetBeforeReply' });
		await expect(client.put('a')).rejects.toThrow('fetch failed');
		expect(writes()).toBe(0);
		add({ kind: 'applyThenReset' });
		await expect(client.put('a')).rejects.toThrow('fetch failed');
		expect(writes()).toBe(1);
		expect(simulator.requests.map(({ status }) => status)).toEqual([0, 0]);
		expect(simulator.inFlight).toBe(0);
	});

	it.each([
		[false, 0],
		[true, 1],
	])('never answers (applied: %s)', async (apply, count) => {
		add({ kind: 'hang', apply });
		const signal = AbortSignal.timeout(150);
		const request = client.graphql(UPSERT_USERS, { u: [user('a')] }, { signal });
		await expect(request).rejects.toThrow(/timeout/);
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect([writes(), simulator.inFlight, simulator.requests[0].status]).toEqual([count, 0, 0]);
		await client.put('a');
		expect(simulator.orderViolations).toEqual([]);
	});

	it('cuts JSON, with and without breaking off', async () => {
		add({ kind: 'truncatedJson' });
		const cut = await client.put('a');
		expect([cut.status, cut.json]).toEqual([200, undefined]);
		expect(cut.text).toMatch(/^\{"id":"a"/);
		add({ kind: 'truncatedJson', dropConnection: true });
		await expect(client.put('a')).rejects.toThrow('terminated');
		expect(writes()).toBe(2);
	});

	it('answers with an empty body', async () => {
		add({ kind: 'emptyBody' });
		expect(await client.put('a')).toMatchObject({ status: 200, text: '' });
		add({ kind: 'emptyBody', status: 502 });
		expect(await client.put('a')).toMatchObject({ status: 502, text: '' });
	});

	it('answers GraphQL errors, with any data, applied or not', async () => {
		add({ kind: 'graphqlErrors', apiError: { statusCode: 500, rsCode: 'RS049' } });
		const plain = await client.upsertUsers([user('a')]);
		expect([plain.status, plain.json]).toMatchObject([
			200,
			{ data: null, errors: [{}], extensions: { apiError: { rsCode: 'RS049' } } },
		]);
		expect(writes()).toBe(0);
		add({ kind: 'graphqlErrors', data: 'omit', errors: [{ message: 'Oops', path: ['x'] }] });
		expect((await client.upsertUsers([user('a')])).json).toEqual({
			errors: [{ message: 'Oops', path: ['x'] }],
		});
		add({ kind: 'graphqlErrors', data: 'keep' });
		const kept = await client.upsertUsers([user('a', 'vip')]);
		expect(kept.json).toMatchObject({
			errors: [{}],
			data: { upsertUsers: [{ segments: ['vip'] }] },
		});
		add({ kind: 'graphqlErrors', apply: true });
		expect((await client.upsertUsers([user('a')])).json).toMatchObject({ data: null });
		expect(writes()).toBe(2);
	});

	it('is slow once', async () => {
		add({ kind: 'slow', ms: 80 });
		const started = performance.now();
		expect((await client.put('a')).status).toBe(200);
		expect(performance.now() - started).toBeGreaterThan(75);
	});

	it('fails part of a batch, and waits for one', async () => {
		const error = { message: 'Busy.', statusCode: 503, rsCode: 'RS033' };
		add({ kind: 'partialBatchFailure', participants: ['a'], error });
		expect((await client.put('x')).status).toBe(200);
		expect(results(await client.upsertUsers([user('a'), user('b')]))).toEqual([
			{ __typename: 'ApiError', ...error },
			{ __typename: 'User', id: 'b', accountId: 'b', segments: [] },
		]);
		expect(writes()).toBe(0);
		expect(results(await client.upsertUsers([user('a')]))).toMatchObject([{ id: 'a' }]);
	});

	it('redirects', async () => {
		add({ kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere', status: 307 });
		const answer = await client.put('a');
		expect(answer.status).toBe(307);
		expect(answer.headers.get('location')).toBe('http://127.0.0.1:9/elsewhere');
	});
});

describe('inspection', () => {
	async function inspect(method: string, path: string, body?: unknown) {
		const response = await fetch(`${simulator.url}/__simulator/${path}`, {
			method,
			headers: body === undefined ? {} : { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		return { status: response.status, json: (await response.json()) as unknown };
	}

	it('shows the state and the requests, and records no look at them', async () => {
		await client.put('a', { segments: ['vip'] });
		expect((await inspect('GET', 'state')).json).toMatchObject({
			participants: [{ id: 'a', segments: ['vip'] }],
			segments: [{ key: 'vip', participantsCount: 1 }],
			jobs: [],
		});
		expect((await inspect('GET', 'requests')).json).toMatchObject({
			total: 1,
			maxInFlight: 1,
			orderViolations: [],
			requests: [{ method: 'PUT' }],
		});
	});

	it('changes options, adds faults and resets', async () => {
		expect((await inspect('POST', 'options', { unknownSegment: 'reject' })).status).toBe(200);
		expect((await client.put('a', { segments: ['x'] })).status).toBe(400);
		expect((await inspect('POST', 'options', { unknownSwitch: 1 })).status).toBe(400);
		const fault = { match: { nth: 2 }, then: { kind: 'status', status: 503 } };
		expect((await inspect('POST', 'faults', [fault])).json).toEqual({ pending: 1, fired: 0 });
		expect((await inspect('POST', 'faults', { kind: 'status' })).status).toBe(400);
		expect([(await client.put('a')).status, (await client.put('a')).status]).toEqual([200, 503]);
		await inspect('POST', 'reset');
		expect(simulator.state.participants.size).toBe(0);
		expect(simulator.options.unknownSegment).toBe('autoCreate');
		expect(simulator.faults.fired).toBe(0);
	});
});

describe('closing', () => {
	it('breaks off what is still open', async () => {
		const other = await startSimulator();
		other.faults.add({ then: { kind: 'hang' } });
		const open = new TestClient(other).put('a').catch((error: unknown) => error);
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(other.inFlight).toBe(1);
		await other.close();
		expect(await open).toMatchObject({ message: 'fetch failed' });
	});
});
