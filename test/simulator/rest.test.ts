/** The simulator over REST: credentials, participants, and what their segment operations mean. */
import { TestClient } from './testClient';
import type { Answer } from './testClient';
import { useSimulator } from '../support/simulator';

const simulator = useSimulator();
let client: TestClient;

beforeEach(() => {
	client = new TestClient(simulator());
});

const user = (id: string, ...segments: string[]) => ({ id, accountId: id, segments });
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const results = (answer: Answer) =>
	(answer.json as { data: { upsertUsers: unknown[] } }).data.upsertUsers;

describe('addresses and credentials', () => {
	it('listens on loopback and takes both kinds of credentials', async () => {
		expect(simulator().url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
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
		const response = await fetch(`${simulator().url}/api/v1/other/users`);
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
		simulator().options.badCredentials = '200WithErrors';
		const viaGraphql = await client.graphql('{ tenant { tenantAlias } }');
		expect([viaGraphql.status, (await client.get('a')).status]).toEqual([200, 401]);
		expect(viaGraphql.json).toMatchObject({
			data: null,
			errors: [{ message: expect.any(String) }],
			extensions: { apiError: { statusCode: 401 } },
		});
		simulator().options.restBadCredentials = '200WithErrors';
		const viaRest = await client.send('GET', '/users?limit=1');
		expect([viaRest.status, viaRest.json]).toMatchObject([200, { errors: [{}] }]);
	});

	it.each([
		['graphql', [200, 403, 200]],
		['upload', [200, 200, 403]],
		['all', [403, 403, 403]],
	] as const)('can lack the scope for %s', async (scope, statuses) => {
		simulator().options.scopedToken403 = scope;
		const answers = [
			await client.send('GET', '/users'),
			await client.graphql('{ tenant { tenantAlias } }'),
			await client.upload('a.csv', 'id,accountId\n'),
		];
		expect(answers.map(({ status }) => status)).toEqual(statuses);
	});

	it('knows no other endpoints', async () => {
		expect((await client.send('GET', '/nothing')).status).toBe(404);
		expect((await client.download(`${simulator().url}/nothing`)).status).toBe(404);
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
		simulator().options.nullDetails = 'ignore';
		const ignored = await client.put('a', { firstName: null, customFields: { x: null } });
		expect(ignored.json).toMatchObject({ firstName: 'Ann', customFields: {} });
		simulator().options.nullDetails = 'reject';
		expect((await client.put('a', { firstName: null })).status).toBe(400);
		expect((await client.put('a', { customFields: { x: null } })).status).toBe(200);
	});

	it('forgets omitted fields, but no segments, when a PUT replaces', async () => {
		simulator().options.restPutKeepsOmitted = false;
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
		expect(simulator().state.participants.size).toBe(0);
		expect(simulator().state.segments.size).toBe(0);
	});

	it('takes unknown fields when it is not strict', async () => {
		expect((await client.put('a', { programId: 'p' })).json).toMatchObject({
			apiErrorCode: 'INVALID_JSON_REQUEST',
		});
		simulator().options.strictUnknownFields = false;
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
		simulator().state.addParticipant({ id: 'a' });
		expect((await client.get('x')).json).toMatchObject({ statusCode: 404, rsCode: 'RS041' });
		const absent = await client.send('GET', '/open/account/a/user/x');
		expect(absent.json).toMatchObject({ statusCode: 404, rsCode: 'RS042' });
	});

	it('deletes, for good when asked', async () => {
		await client.put('a', { segments: ['vip'] });
		const path = '/open/account/a/user/a';
		expect((await client.send('DELETE', path)).status).toBe(204);
		expect((await client.send('DELETE', path)).status).toBe(404);
		expect(simulator().state.membersOf('vip').size).toBe(0);
		await client.put('a');
		await client.send('DELETE', `${path}?doNotTrack=true`);
		expect((await client.put('a')).json).toMatchObject({ rsCode: 'RS050' });
	});

	it('limits the users of an account', async () => {
		simulator().options.accountLimit = 2;
		for (const id of ['1', '2']) simulator().state.addParticipant({ id, accountId: 'a' });
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
			simulator().state.addParticipant({ id: `u${index}`, segments: ['vip'] });
		}
		simulator().state.addParticipant({
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
		simulator().state.addParticipant({ id: 'a', segments: ['old'] });
		const answer = await client.put('a', { segments: operations });
		expect([...(answer.json as { segments: string[] }).segments].sort()).toEqual(expected);
		expect(simulator().state.segmentsOf('a')).toEqual(expected);
		expect(results(await client.upsertUsers([user('a', ...operations)]))).toHaveLength(1);
		expect(simulator().state.segmentsOf('a')).toEqual(expected);
	});

	it('creates a participant also by removing', async () => {
		await client.put('a', { segments: ['~A'] });
		expect(simulator().state.segmentsOf('a')).toEqual([]);
	});

	it.each([
		['autoCreate', 200, ['new'], true],
		['ignore', 200, [], false],
		['reject', 400, undefined, false],
	] as const)('%s: an unknown segment', async (unknownSegment, status, segments, created) => {
		simulator().options.unknownSegment = unknownSegment;
		expect((await client.put('a', { segments: ['new'] })).status).toBe(status);
		expect(simulator().state.segmentsOf('a')).toEqual(segments);
		expect(simulator().state.segments.has('new')).toBe(created);
	});

	it('can read a bare ~ as clear, or as nothing', async () => {
		simulator().state.addParticipant({ id: 'a', segments: ['old'] });
		simulator().options.bareTilde = 'ignore';
		expect((await client.put('a', { segments: ['~'] })).json).toMatchObject({ segments: ['old'] });
		simulator().options.bareTilde = 'clear';
		expect((await client.put('a', { segments: ['~'] })).json).toMatchObject({ segments: [] });
	});

	it('can refuse archived segments, and empty them', async () => {
		simulator().state.addParticipant({ id: 'a', segments: ['old'] });
		simulator().options.archivedSegmentMembers = 'remove';
		const archive =
			'mutation { upsertSegment(segmentInput: {key: "old", status: ARCHIVED}) { status participantsCount } }';
		expect((await client.graphql(archive)).json).toEqual({
			data: { upsertSegment: { status: 'ARCHIVED', participantsCount: 0 } },
		});
		expect(simulator().state.segmentsOf('a')).toEqual([]);
		expect((await client.put('a', { segments: ['old'] })).status).toBe(200);
		simulator().options.archivedSegmentAccepts = 'reject';
		expect((await client.put('a', { segments: ['old'] })).status).toBe(400);
	});
});
