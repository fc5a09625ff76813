/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * The output schemas: with them the editor offers the fields of an operation before its first run. Each is compared
 * with what the node really puts out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as n8nCore from 'n8n-core';
import type { IDataObject, INodeParameters, INodePropertyOptions } from 'n8n-workflow';
import {
	byEmail,
	byId,
	SOME_SEGMENTS,
	byKey,
	expression,
	nodeRunner,
	onParticipant,
	onSegment,
	useSimulator,
} from '../support/advocate';
import { ensureBuilt } from '../package/helpers';
import { inlineBinary, loadNodeType } from './harness';
import { blocking, customFields, deleting, unblocking, upserting } from './participants/helpers';
import { giving, logging, redeeming } from './programs/helpers';

/** The part of JSON Schema that the editor reads. Of several types it shows the first. */
interface Schema {
	type: string | string[];
	properties?: Record<string, Schema>;
	/** Of a map whose keys differ by tenant, such as program IDs. */
	additionalProperties?: Schema;
	items?: Schema;
	version?: number;
}

const ROOT = path.resolve(__dirname, '..', '..');
const FOLDER = path.join('nodes', 'ImpactAdvocate', '__schema__', 'v1.0.0');
const SOURCE = path.join(ROOT, FOLDER);
const BUILT = path.join(ROOT, 'dist', FOLDER);

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const readSchema = (operation: string): Schema =>
	JSON.parse(readFileSync(path.join(SOURCE, `${operation}.json`), 'utf8')) as Schema;

function schemasIn(folder: string): string[] {
	return readdirSync(folder).flatMap((resource) =>
		readdirSync(path.join(folder, resource)).map((file) => `${resource}/${file.slice(0, -5)}`),
	);
}

/** Every operation, as `resource/operation`, from the node's own description. */
function operations(): string[] {
	return loadNodeType().description.properties.flatMap((property) => {
		if (property.name !== 'operation') return [];
		const [resource] = property.displayOptions?.show?.resource ?? [];
		const options = property.options as INodePropertyOptions[];
		return options.map(({ value }) => `${String(resource)}/${String(value)}`);
	});
}

function typeOf(value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'array';
	return Number.isInteger(value) ? 'integer' : typeof value;
}

const allows = (types: string[], type: string): boolean =>
	types.includes(type) || (type === 'integer' && types.includes('number'));

/** What of a value its schema does not say; `seen` collects the properties that occurred. */
function mismatches(value: unknown, schema: Schema, at: string, seen: Set<string>): string[] {
	seen.add(at);
	const types = [schema.type].flat();
	const type = typeOf(value);
	if (!allows(types, type)) return [`${at} is ${type}, not ${types.join(' or ')}`];
	if (type === 'array') {
		const entries = value as unknown[];
		if (schema.items === undefined) return [`${at} says nothing of its entries`];
		const { items } = schema;
		return entries.flatMap((entry) => mismatches(entry, items, `${at}[]`, seen));
	}
	if (type !== 'object') return [];
	return Object.entries(value as object).flatMap(([name, inner]) => {
		const known = schema.properties?.[name] ?? schema.additionalProperties;
		const where = `${at}.${name}`;
		return known === undefined
			? [`${where} is not in the schema`]
			: mismatches(inner, known, where, seen);
	});
}

/** Every property a schema names. */
function propertiesOf(schema: Schema, at = '$'): string[] {
	const inner = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
		`${at}.${name}`,
		...propertiesOf(property, `${at}.${name}`),
	]);
	return schema.items === undefined ? inner : [...inner, ...propertiesOf(schema.items, `${at}[]`)];
}

/** Something for every part of the summary: a new segment, a detail, a column to ignore and one to explain. */
const CSV = [
	'accountId,id,segments,action,firstName,shoeSize,customFields.a.b',
	'a,a,fresh,add,Ann,38,x',
	'b,b,vip,add,Bob,44,y',
].join('\n');

/** Rows of which the second is refused, so that the import stops. */
const STOPPING_CSV = 'id\na\nrefused\nc\n';

/** The schema is that of the summary, the first item; rows that follow it have the columns of their file. */
const importOf = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'bulk',
	operation: 'importCsv',
	rowOutput: 'summary',
	simplify: false,
	segments: expression(['vip']),
	...parameters,
});

const segments = { segments: expression(['vip']) };

const EVERYTHING = [
	'customFields',
	'referralCodes',
	'shareLinks',
	'stats',
	'rewardBalances',
	'referredBy',
];

/** Milliseconds that an execution may take, and that its first answer takes: more than is left to send anything new. */
const TIME_OUT_MS = 6000;
const FIRST_ANSWER_MS = 3100;

/** Typical runs of each operation: parameters, the input when it matters, and whether their time ends before them. */
const RUNS: Record<string, Array<[INodeParameters, IDataObject[]?, boolean?]>> = {
	'segment/create': [
		[onSegment('create', { segmentName: 'New Customers' })],
		[onSegment('create', { segmentName: 'Called Otherwise', segmentKey: 'vip' })],
	],
	'segment/get': [[onSegment('get', { segment: byKey('vip') })]],
	'segment/getAll': [[onSegment('getAll', { returnAll: true })]],
	'segment/syncMembers': [
		// Ann is a member; one row differs from her in case only, one names nobody, one can't be used.
		[
			onSegment('syncMembers', { segment: byKey('vip'), dryRun: true }),
			[{ id: 'ANN' }, { id: 'ghost', accountId: 'acme' }, { id: 'NULL' }],
		],
		[onSegment('syncMembers', { segment: byKey('vip'), dryRun: true }), [{ id: 'ghost' }]],
		// The rows of a text are called otherwise than items.
		[
			onSegment('syncMembers', {
				...{ segment: byKey('vip'), dryRun: true },
				...{ listSource: 'text', csvText: 'id\nANN\nghost\n' },
			}),
		],
		[
			onSegment('syncMembers', { segment: byKey('other'), ifParticipantMissing: 'create' }),
			[{ id: 'ann' }, { id: 'refused' }, { id: 'new' }],
		],
	],
	'segment/update': [[onSegment('update', { segment: byKey('vip'), updateFields: { name: 'V' } })]],
	'participant/addSegments': [[onParticipant('addSegments', segments)]],
	'participant/setSegments': [[onParticipant('setSegments', segments)]],
	'participant/updateSegments': [
		[onParticipant('updateSegments', { addSegments: expression(['vip']) })],
	],
	'participant/removeSegments': [
		[onParticipant('removeSegments', segments), [{ id: 'ann' }, { id: 'nobody' }]],
		[onParticipant('removeSegments', { segments: expression(['other']) })],
	],
	'participant/clearSegments': [
		[onParticipant('clearSegments'), [{ id: 'ann' }, { id: 'nobody' }]],
	],
	'participant/upsert': [
		[
			upserting({
				participantId: 'ann',
				customFields: customFields(['plan', 'text', 'gold']),
				options: { includeShareLinks: true },
			}),
		],
		[
			upserting({ participantId: '={{ $json.id }}', ifParticipantExists: 'skip' }),
			[{ id: 'fresh' }, { id: 'ann' }],
		],
	],
	'participant/delete': [
		[deleting({ dryRun: true })],
		[deleting(), [{ id: 'nobody' }, { id: 'gone' }]],
		[deleting({ participant: byEmail('nobody@example.com') })],
		[deleting({ participant: byId('lost') })],
	],
	'participant/block': [[blocking()], [blocking()]],
	'participant/unblock': [[unblocking()]],
	'participant/get': [
		[onParticipant('get', { options: { include: EVERYTHING } })],
		[onParticipant('get', { options: { include: EVERYTHING, program: byId('1') } })],
	],
	'participant/getAll': [
		[
			{
				resource: 'participant',
				operation: 'getAll',
				returnAll: true,
				segments: [],
				options: { includeCustomFields: true },
			},
		],
	],
	'event/log': [
		[
			logging({
				participant: byId('ann'),
				specifyFields: 'json',
				fieldsJson: '{"plan": "gold", "seats": 5, "trial": false, "tags": ["a"], "note": null}',
			}),
		],
		[logging({ participant: byId('new'), ifParticipantMissing: 'create' })],
		[logging({ participant: byId('other'), ifParticipantMissing: 'skip' })],
		[logging({ participant: byId('lost') })],
	],
	'reward/create': [
		[giving({ participant: byId('ann'), amount: 5 })],
		[giving({ participant: byId('lost'), amount: 5 })],
	],
	'reward/getAll': [[{ resource: 'reward', operation: 'getAll', returnAll: true }]],
	'reward/getBalances': [
		[{ resource: 'reward', operation: 'getBalances', participant: byId('ann') }],
	],
	'reward/redeem': [
		[redeeming({ participant: byId('ann'), amount: 5 })],
		[redeeming({ redeemFrom: 'reward', rewardId: 'reward-1', amount: 1 })],
	],
	'reward/cancel': [
		[
			{ resource: 'reward', operation: 'cancel', rewardId: '={{ $json.id }}' },
			[{ id: 'reward-2' }],
		],
		[{ resource: 'reward', operation: 'cancel', rewardId: 'reward-3' }],
	],
	'referral/get': [[{ resource: 'referral', operation: 'get', referralId: 'referral-1' }]],
	'referral/getAll': [[{ resource: 'referral', operation: 'getAll', returnAll: true }]],
	'bulk/exportCsv': [[{ resource: 'bulk', operation: 'exportCsv' }]],
	'bulk/getImportJob': [
		[{ resource: 'bulk', operation: 'getImportJob', jobId: '={{ $json.job }}' }],
	],
	'bulk/getImportJobs': [[{ resource: 'bulk', operation: 'getImportJobs', returnAll: true }]],
	'bulk/importCsv': [
		[
			importOf({
				csvSource: 'text',
				csvText: 'id\na\nb\n',
				options: { maxRowsPerRun: 1 },
			}),
		],
		[
			importOf({
				segmentAction: 'file',
				segments: expression([]),
				participantDetails: 'all',
				options: { createMissingSegments: true },
			}),
		],
		[
			importOf({
				csvSource: 'text',
				csvText: STOPPING_CSV,
				options: { stopOn: 'firstFailure', batchSize: 1, concurrency: 1 },
			}),
		],
		[importOf({ segmentAction: 'file', segments: expression([]) })],
		[
			importOf({
				csvSource: 'text',
				csvText: STOPPING_CSV,
				options: { batchSize: 1, concurrency: 1 },
			}),
			undefined,
			true,
		],
	],
	'bulk/importItems': [
		[
			importOf({
				operation: 'importItems',
				segmentAction: 'file',
				segments: expression([]),
				participantDetails: 'all',
				options: { createMissingSegments: true },
			}),
			[
				{ id: 'a', accountId: 'a', segments: ['fresh'], action: 'add', firstName: 'Ann', shoe: 38 },
				{ id: 'b', segments: 'vip', action: 'add', customFields: { a: { b: 'x' } } },
			],
		],
		[
			importOf({
				operation: 'importItems',
				options: { stopOn: 'firstFailure', batchSize: 1, concurrency: 1 },
			}),
			[{ id: 'a' }, { id: 'refused' }, { id: 'c' }],
		],
		[
			importOf({ operation: 'importItems', participantDetails: 'none' }),
			[{ id: 'a', firstName: 'Ann' }],
		],
		[importOf({ operation: 'importItems' }), [{ id: 'z', firstName: 'Zoe' }]],
		[
			importOf({ operation: 'importItems', options: { maxRowsPerRun: 1 } }),
			[{ id: 'a' }, { id: 'b' }],
		],
	],
};

/** A tenant in which all fields have values, and a finished import job with a refused row. */
function fillTenant(): string {
	const { state, jobs, options } = simulator();
	state.addSegment({ key: 'vip', name: 'VIP' });
	state.addParticipant({
		id: 'ann',
		firstName: 'Ann',
		lastName: 'Lee',
		email: 'ann@example.com',
		locale: 'en_US',
		countryCode: 'US',
		segments: ['vip', 'other'],
		referralCodes: { '1': 'ANN' },
	});
	state.addParticipant({ id: 'ANN', email: 'Ann@example.com' });
	state.addParticipant({ id: 'gone' });
	const { rewards, referrals, faults } = simulator();
	state.addParticipant({ id: 'lost' });
	faults.add({
		match: { path: '/user/lost/events$' },
		then: { kind: 'status', status: 403, body: { message: 'Endpoint Disabled' } },
	});
	faults.add({
		match: { operationName: 'CreateReward', nth: 2 },
		then: { kind: 'applyThenReset' },
	});
	faults.add({
		match: { operationName: 'deleteUser', participantId: 'lost' },
		times: 'always',
		then: { kind: 'applyThenReset' },
	});
	rewards.addConfig({ key: 'welcome', unit: 'POINT' });
	rewards.add({
		userId: 'ann',
		name: 'Thanks',
		programId: '1',
		globalRewardKey: 'welcome',
		referralId: 'referral-1',
		dateExpires: 4e12,
		dateScheduledFor: 1e12,
	});
	rewards.add({ userId: 'ann' });
	rewards.add({ userId: 'ann', dateCancelled: 1e12 });
	referrals.add({
		referrer: 'ann',
		referred: 'ann',
		programId: '1',
		dateConverted: 1e12,
		dateReferralEnded: 2e12,
		referralCodeUsed: 'BOB',
		shareLinkUsed: 'https://share.example/bob',
	});
	state.addParticipant({ id: 'old', segments: ['vip'], dateCreated: 1 });
	options.participantRejects = { refused: { message: 'A live program refused it' } };
	const { fileRef } = jobs.upload('file.csv', Buffer.from('accountId,id\na,a\nrefused,refused\n'));
	const job = jobs.create({ type: 'MUTATION/USER', fileRef, name: 'an import' });
	jobs.settle();
	return job.id;
}

describe('output schemas', () => {
	it('there is one for each operation, and none besides', () => {
		expect(schemasIn(SOURCE).sort()).toEqual(operations().sort());
		expect(Object.keys(RUNS).sort()).toEqual(operations().sort());
	});

	it('the build puts them next to the node', () => {
		ensureBuilt();
		expect(schemasIn(BUILT).sort()).toEqual(operations().sort());
		for (const operation of operations()) {
			const built: unknown = JSON.parse(
				readFileSync(path.join(BUILT, `${operation}.json`), 'utf8'),
			);
			expect(built).toEqual(readSchema(operation));
		}
	});

	it('n8n finds each of them', () => {
		// n8n before 2.41 has the same rule for the path elsewhere.
		const { resolveOutputSchemaPath: find } = n8nCore as {
			resolveOutputSchemaPath?: (reference: object) => string | undefined;
		};
		for (const operation of operations()) {
			const [resource, name] = operation.split('/');
			const nodeDir = path.join(ROOT, 'nodes', 'ImpactAdvocate');
			const found = find?.({ nodeDir, version: 1, resource, operation: name });
			expect(found ?? '').toBe(
				find === undefined ? '' : path.join(SOURCE, resource, `${name}.json`),
			);
		}
	});

	describe.each(Object.entries(RUNS))('%s', (operation, runs) => {
		it('says what comes out, no more and no less', async () => {
			const schema = readSchema(operation);
			expect(schema.type).toBe('object');
			const job = fillTenant();
			const seen = new Set<string>();
			const binary = { data: inlineBinary(CSV, 'people.csv') };
			const problems: string[] = [];
			for (const [index, typical] of runs.entries()) {
				const [parameters, input = [{ id: 'ann' }], endsEarly = false] = typical;
				if (endsEarly) {
					const then = { kind: 'slow', ms: FIRST_ANSWER_MS } as const;
					simulator().faults.add({ then });
				}
				const result = await run(parameters, {
					executionId: `schema-${index}`,
					input: input.map((json) => ({ json: { ...json, job }, binary })),
					executionEndsAt: endsEarly ? Date.now() + TIME_OUT_MS : undefined,
				});
				expect(result.error).toBeUndefined();
				expect(result.main.length).toBeGreaterThan(0);
				for (const { json } of result.main) problems.push(...mismatches(json, schema, '$', seen));
			}
			expect(problems).toEqual([]);
			expect(propertiesOf(schema).filter((property) => !seen.has(property))).toEqual([]);
		});
	});
});

test('the comparison finds what is missing, unknown or of another type', () => {
	const schema: Schema = {
		type: 'object',
		properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'number' } } },
	};
	const seen = new Set<string>();
	expect(mismatches({ a: 1, b: ['x'], c: null }, schema, '$', seen)).toEqual([
		'$.a is integer, not string',
		'$.b[] is string, not number',
		'$.c is not in the schema',
	]);
	expect(propertiesOf(schema)).toEqual(['$.a', '$.b']);
	expect([...seen].sort()).toEqual(['$', '$.a', '$.b', '$.b[]']);
});
