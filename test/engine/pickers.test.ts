/** The lists of the editor: participants and segments to choose from, and what is shown when they can't be read. */
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INodeListSearchResult } from 'n8n-workflow';
import {
	credentials,
	expression,
	fromList,
	nodeRunner,
	onParticipant,
	people,
	allSent,
	shown,
	useSimulator,
} from '../support/advocate';
import { loadOptions, pickFromList } from './harness';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const pick = async (
	method: string,
	options: { filter?: string; paginationToken?: string } = {},
): Promise<INodeListSearchResult> =>
	await pickFromList(method, { credentials: credentials(simulator()), ...options });

const names = ({ results }: INodeListSearchResult) => results.map(({ name }) => name);
const values = ({ results }: INodeListSearchResult) => results.map(({ value }) => value);

describe('participants', () => {
	const add = (fields: Parameters<ReturnType<typeof simulator>['state']['addParticipant']>[0]) =>
		simulator().state.addParticipant(fields);

	test.each([
		['first name', 'ada', ['ada@example.com']],
		['last name', 'LOVELACE', ['ada@example.com']],
		['whole name', 'Ada Lovelace', ['ada@example.com']],
		['e-mail address', 'bob@', ['u-77']],
		['ID', 'u-7', ['u-77']],
		['blanks around it', '  ada ', ['ada@example.com']],
		['something else', 'nobody', []],
	])('are found by %s', async (_, filter, expected) => {
		add({
			id: 'ada@example.com',
			firstName: 'Ada',
			lastName: 'Lovelace',
			email: 'ada@example.com',
		});
		add({ id: 'u-77', email: 'bob@example.com' });
		expect(values(await pick('searchParticipants', { filter }))).toEqual(expected);
		expect(simulator().requests[0].query).toEqual({
			query: filter.trim(),
			limit: '50',
			offset: '0',
		});
	});

	test('without a text are listed, with no text in the request', async () => {
		add({ id: 'a' });
		for (const filter of [undefined, '', '  ']) {
			expect(values(await pick('searchParticipants', { filter }))).toEqual(['a']);
		}
		for (const { query } of simulator().requests) expect(query).not.toHaveProperty('query');
	});

	test('are labelled by what tells them apart', async () => {
		const email = 'ada@example.com';
		add({ id: email, firstName: 'Ada', lastName: 'Lovelace', email });
		add({ id: 'u1', firstName: 'Ada', email });
		add({ id: 'u2', accountId: 'acme', lastName: 'Lovelace', email });
		add({ id: 'u3', accountId: 'acme' });
		add({ id: 'u4' });
		expect(names(await pick('searchParticipants'))).toEqual([
			'Ada Lovelace (ada@example.com)',
			'Ada (ada@example.com, u1)',
			'Lovelace (ada@example.com, u2, account acme)',
			'u3, account acme',
			'u4',
		]);
	});

	test.each([
		['u1', 'u1', 'u1'],
		['u1', 'acme', 'acme/u1'],
		['a@b+c', 'a@b+c', 'a@b+c'],
		['100%', '100%', '100%'],
		['a/b', 'a/b', 'a%2Fb/a%2Fb'],
		['a%2Fb', 'x/y', 'x%2Fy/a%252Fb'],
	])(
		'%s of account %s has the value %s, and the node finds it again',
		async (id, accountId, value) => {
			add({ id, accountId });
			simulator().state.addSegment({ key: 'A' });
			expect(values(await pick('searchParticipants'))).toEqual([value]);
			const { main } = await run(
				onParticipant('addSegments', { participant: fromList(value), segments: expression(['A']) }),
			);
			expect(main[0].json).toMatchObject({ id, accountId });
			expect(simulator().state.participants.size).toBe(1);
		},
	);

	test('come in pages, each once', async () => {
		for (const { id } of people(120)) add({ id });
		const seen: unknown[] = [];
		let paginationToken: string | undefined;
		do {
			const page = await pick('searchParticipants', { filter: 'p', paginationToken });
			seen.push(...values(page));
			paginationToken = page.paginationToken as string | undefined;
		} while (paginationToken !== undefined);
		expect(seen).toEqual(people(120).map(({ id }) => id));
		expect(simulator().requests.map(({ query }) => query.offset)).toEqual(['0', '50', '100']);
	});

	test('come in full though the API gives fewer per page than asked', async () => {
		simulator().options.maxPageLimit = 20;
		for (const { id } of people(45)) add({ id });
		const first = await pick('searchParticipants');
		expect([first.results.length, first.paginationToken]).toEqual([20, '20']);
		const last = await pick('searchParticipants', { paginationToken: '40' });
		expect([last.results.length, last.paginationToken]).toEqual([5, undefined]);
	});

	test('a page that is exactly full has no next one', async () => {
		for (const { id } of people(50)) add({ id });
		expect((await pick('searchParticipants')).paginationToken).toBeUndefined();
	});

	test('a token that makes no sense starts over', async () => {
		add({ id: 'a' });
		expect(values(await pick('searchParticipants', { paginationToken: 'x' }))).toEqual(['a']);
	});
});

describe('segments', () => {
	beforeEach(() => {
		const { state } = simulator();
		state.addSegment({ key: 'zeta', name: 'Zeta' });
		state.addSegment({ key: 'old', name: 'An Old One', status: 'ARCHIVED' });
		state.addSegment({ key: 'vip', name: 'VIP Customers' });
		state.addSegment({ key: 'beta', name: 'beta' });
		state.addSegment({ key: 'noName', name: null });
	});

	const ALL = [
		['beta', 'beta'],
		['noName', 'noName'],
		['VIP Customers (vip)', 'vip'],
		['Zeta (zeta)', 'zeta'],
		['An Old One (old) [Archived]', 'old'],
	];

	test('to choose one: labelled, by name, archived last', async () => {
		const { results, paginationToken } = await pick('searchSegments');
		expect(results.map(({ name, value }) => [name, value])).toEqual(ALL);
		expect(paginationToken).toBeUndefined();
	});

	test('to choose several: the same', async () => {
		const options = await loadOptions('getSegments', { credentials: credentials(simulator()) });
		expect(options.map(({ name, value }) => [name, value])).toEqual(ALL);
	});

	test.each([
		['customers', ['vip']],
		['VIP', ['vip']],
		[' ta ', ['beta', 'zeta']],
		['old', ['old']],
		['nothing', []],
	])('are found by name and key: %s', async (filter, expected) => {
		expect(values(await pick('searchSegments', { filter }))).toEqual(expected);
	});

	test('all of them, beyond one page', async () => {
		for (let index = 0; index < 1100; index++) simulator().state.addSegment({ key: `s${index}` });
		expect((await pick('searchSegments')).results).toHaveLength(1105);
		expect(
			await loadOptions('getSegments', { credentials: credentials(simulator()) }),
		).toHaveLength(1105);
		expect(allSent(simulator())).toEqual(Array(6).fill('ListSegments'));
	});
});

describe("when they can't be read", () => {
	const LISTS: Array<[string, (data?: object) => Promise<unknown>]> = [
		['searchParticipants', async (data) => await failing('searchParticipants', data)],
		['searchSegments', async (data) => await failing('searchSegments', data)],
	];
	const failing = async (method: string, data: object = {}) =>
		await pickFromList(method, {
			credentials: { ...credentials(simulator()), ...data },
		}).catch((error: unknown) => error);

	describe.each(LISTS)('%s', (_, load) => {
		test('a key that is refused', async () => {
			for (const way of ['401', '200WithErrors'] as const) {
				simulator().options.badCredentials = way;
				const error = await load({ authToken: 'wrong' });
				expect(error).toBeInstanceOf(NodeApiError);
				expect(shown(error)).toMatchObject({
					message: 'The credentials of this request are not valid.',
					description: expect.stringContaining('The API did not accept the key'),
					httpCode: '401',
				});
				expect(JSON.stringify(error)).not.toContain('wrong');
			}
		});

		test('a tenant that does not exist', async () => {
			expect(shown(await load({ tenantAlias: 'other' }))).toMatchObject({
				message: 'Missing or invalid tenant alias.',
				description: expect.stringContaining('Check the tenant alias in the credential'),
				httpCode: '404',
			});
		});

		test('a credential that is not complete', async () => {
			const error = await load({ authToken: ' ' });
			expect(error).toBeInstanceOf(NodeOperationError);
			expect(shown(error)).toMatchObject({
				message: 'Auth Token is empty',
				description: 'Fill it in, or choose the other option of Authentication',
			});
		});

		test('an API that answers with a page', async () => {
			simulator().faults.add({
				times: 'always',
				then: { kind: 'status', status: 403, body: '<html>Blocked</html>' },
			});
			expect(shown(await load())).toMatchObject({
				message: 'Something in front of the API answered with status 403 and a web page',
				httpCode: '403',
			});
		});

		test('an API that asks to wait for longer than anybody would', async () => {
			simulator().faults.add({
				times: 'always',
				then: { kind: 'status', status: 429, body: { message: 'Slow down.' }, retryAfter: 60 },
			});
			expect(shown(await load())).toMatchObject({
				message: 'Slow down.',
				description: expect.stringContaining('The API asks to wait 60 s'),
				httpCode: '429',
			});
		});
	});

	describe('to choose several', () => {
		const choices = async (data: object) =>
			await loadOptions('getSegments', {
				credentials: { ...credentials(simulator()), ...data },
			}).catch((error: unknown) => error);

		// Of a NodeApiError the editor shows "[object Object]" beside such a field, of others the message and nothing else.
		test.each([
			[
				{ authToken: 'wrong' },
				/^The credentials of this request are not valid\. The API did not accept the key\..*UNAUTHORIZED/,
			],
			[
				{ tenantAlias: 'other' },
				/^Missing or invalid tenant alias\. .*Check the tenant alias in the credential/,
			],
			[
				{ authToken: ' ' },
				/^Auth Token is empty\. Fill it in, or choose the other option of Authentication$/,
			],
			[{ baseUrl: 'http://127.0.0.1:1' }, /^The API could not be reached .*Check the Base URL/],
		])('says why and what to do in its message: %j', async (data, message) => {
			const error = await choices(data);
			expect(error).toBeInstanceOf(NodeOperationError);
			expect((error as Error).message).toMatch(message);
			expect(JSON.stringify(error)).not.toContain('wrong');
		});
	});

	test('nobody there', async () => {
		const error = await failing('searchParticipants', { baseUrl: 'http://127.0.0.1:1' });
		expect(shown(error)).toMatchObject({
			message: expect.stringContaining('The API could not be reached (ECONNREFUSED)'),
			description: expect.stringContaining('Nothing listens at this address. Check the Base URL'),
		});
	});

	test('a short trouble is not even seen', async () => {
		simulator().state.addParticipant({ id: 'a' });
		simulator().faults.add({ then: { kind: 'status', status: 503 } });
		expect(values(await pick('searchParticipants'))).toEqual(['a']);
	});
});
