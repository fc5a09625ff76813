/** Names and IDs that try to be more than a text: part of another address, of a GraphQL document, of a prototype. */
import type { INodeParameters } from 'n8n-workflow';
import {
	apartFromSegments,
	SOME_SEGMENTS,
	bodies,
	byId,
	byKey,
	expression,
	nodeRunner,
	onParticipant,
	onSegment,
	shown,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const prefix = () => `/api/v1/${simulator().credentials.tenantAlias}`;
const add = (segments: unknown = ['vip'], more: INodeParameters = {}) =>
	onParticipant('addSegments', {
		segments: expression(segments),
		ifParticipantMissing: 'create',
		...more,
	});

/** Also IDs that are refused before they get anywhere near an address. */
const anyId = { options: { acceptUnusualIds: true } };

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
});

describe('an ID in an address', () => {
	it.each(
		[
			'../../../../graphql',
			'a/../../b',
			'/etc/passwd',
			'//evil.example',
			'https://evil.example/',
			'a\\..\\b',
			'%2e%2e',
			'%2E%2E%2F',
			'..%2f..',
			'..;',
			'...',
			'.%00',
			'a?fields=all',
			'a#b',
			'a;b=c',
			'a&b=c',
			'a@evil.example',
			'a:80',
			'a b',
			'a\tb\nc',
			'a\r\nHost: evil.example',
			'\u0000',
			'\uff0e\uff0e\uff0fb',
			'\u2024\u2024/',
			'~*',
			'*',
			'{id}',
		].map((id) => [JSON.stringify(id), id]),
	)('stays one part of it: %s', async (_, id) => {
		const { error } = await run(add(['vip'], anyId), { input: [{ id }] });
		expect(error).toBeUndefined();
		const part = encodeURIComponent(id);
		const requests = apartFromSegments(simulator()).filter(
			({ path }) => path !== `${prefix()}/graphql`,
		);
		expect(requests.map(({ path }) => path)).toEqual([
			`${prefix()}/open/account/${part}/user/${part}`,
		]);
		expect(requests[0].query).toEqual({});
		expect(simulator().state.segmentsOf(id)).toEqual(['vip']);
	});

	it.each(['.', '..', ' .. ', '\t.\n', '\ud800', 'a\udfff'].map((id) => [JSON.stringify(id), id]))(
		'is refused where it can be none: %s',
		async (_, id) => {
			for (const operation of [add(['vip'], anyId), onParticipant('get', anyId)]) {
				const { error } = await run(operation, { input: [{ id }] });
				expect(shown(error).message).toContain("can't be part of a web address");
			}
			expect(apartFromSegments(simulator())).toEqual([]);
		},
	);
});

describe('a text in a GraphQL request', () => {
	const HOSTILE = [
		'"',
		'\\"',
		'") { id } } #',
		'"}) { participantsCount } deleteSegment(key: "vip") { key } #',
		'$userInputs',
		'${1 + 1}',
		'""" { __schema { types { name } } } """',
		'fragment F on Query { x }',
		'a\u2028b\u2029c',
		'a\nb',
		'# comment',
		'{"__typename": "Query"}',
	];

	/** The documents of a run, in order. */
	async function documentsOf(parameters: INodeParameters, input: Array<{ id: string }>) {
		simulator().reset();
		simulator().state.addSegment({ key: 'vip' });
		await run(parameters, { input, onError: 'continueRegularOutput' });
		return bodies<{ query: string; operationName: string }>(simulator(), 'POST').map(
			({ query, operationName }) => ({ query, operationName }),
		);
	}

	it.each<[string, (text: string) => INodeParameters]>([
		['participant of a batch', () => add()],
		['segment of a batch', (text) => add([`k${text.length}`, 'vip'])],
		['account', (text) => ({ ...add(), accountId: text })],
		['segment key', (text) => onSegment('get', { segment: byKey(text) })],
		['segment name', (text) => onSegment('create', { segmentName: text, segmentKey: 'fixed' })],
		['job', (text) => ({ resource: 'bulk', operation: 'getImportJob', jobId: text })],
		[
			'email',
			(text) =>
				onParticipant('get', {
					participant: { __rl: true, mode: 'email', value: `${text}@example.com` },
				}),
		],
		['fields', (text) => ({ ...add(), additionalFields: { firstName: text } })],
	])('changes no document: %s', async (_, parameters) => {
		const people = (text: string) => [{ id: `${text}1` }, { id: `${text}2` }];
		const harmless = await documentsOf(parameters('harmless'), people('harmless'));
		expect(harmless.length).toBeGreaterThan(0);
		const known = new Set(harmless.map(({ query }) => query));
		let sent = 0;
		for (const text of HOSTILE) {
			const documents = await documentsOf(parameters(text), people(text));
			sent += documents.length;
			expect(documents.filter(({ query }) => !known.has(query))).toEqual([]);
		}
		expect(sent).toBeGreaterThan(0);
	});
});

describe('a name of the prototype', () => {
	const NAMES = [
		'__proto__',
		'constructor',
		'prototype',
		'toString',
		'valueOf',
		'hasOwnProperty',
		'__defineGetter__',
		'__lookupSetter__',
	];
	const inherited = Object.getOwnPropertyNames(Object.prototype).sort();

	afterEach(() => {
		expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(inherited);
		expect(({} as Record<string, unknown>).polluted).toBeUndefined();
	});

	it('is a participant and a segment like any other', async () => {
		for (const key of NAMES) simulator().state.addSegment({ key });
		const { error, main } = await run(add(NAMES), { input: NAMES.map((id) => ({ id })) });
		expect(error).toBeUndefined();
		expect(main.map(({ json }) => json.id)).toEqual(NAMES);
		for (const id of NAMES) {
			expect([...(simulator().state.segmentsOf(id) ?? [])].sort()).toEqual([...NAMES].sort());
		}
		const removal = onParticipant('removeSegments', { segments: expression(['__proto__']) });
		await run(removal, { input: NAMES.map((id) => ({ id })) });
		for (const id of NAMES) expect(simulator().state.segmentsOf(id)).not.toContain('__proto__');
	});

	it('is read like any other', async () => {
		for (const id of NAMES) simulator().state.addParticipant({ id, segments: [id] });
		const { main } = await run(onParticipant('get'), { input: NAMES.map((id) => ({ id })) });
		expect(main.map(({ json }) => [json.id, json.segments])).toEqual(NAMES.map((id) => [id, [id]]));
	});

	it('is no way into an object from a file', async () => {
		const columns = [
			'__proto__.polluted',
			'constructor.prototype.polluted',
			'customFields.__proto__',
		];
		const { error } = await run(
			{
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'text',
				csvText: `id,segments,${columns.join(',')}\n__proto__,vip,x,y,z\nconstructor,vip,x,y,z\n`,
				ifParticipantMissing: 'create',
			},
			{},
		);
		expect(error).toBeUndefined();
		for (const id of ['__proto__', 'constructor']) {
			expect(simulator().state.segmentsOf(id)).toEqual(['vip']);
		}
	});

	it('is no participant that was never made', async () => {
		for (const id of NAMES) {
			const { error } = await run(onParticipant('get', { participant: byId(id) }));
			expect(error).toBeDefined();
		}
	});
});
