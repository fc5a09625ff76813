/** What the node sends is what the published API takes: every document, every variable, every REST body. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import {
	byEmail,
	byId,
	byKey,
	credentials,
	expression,
	nodeRunner,
	onParticipant,
	onSegment,
	people,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';
import {
	blocking,
	customFields,
	deleting,
	unblocking,
	upserting,
} from '../engine/participants/helpers';
import { giving, logging, redeeming } from '../engine/programs/helpers';
import { loadNodeType, loadOptions, pickFromList } from '../engine/harness';
import { assertRequestsValid, describeWithReference } from './reference';

const onImport = (operation: string, parameters: INodeParameters): INodeParameters => ({
	resource: 'bulk',
	operation,
	...parameters,
});

const onResource = (
	resource: string,
	operation: string,
	parameters: INodeParameters,
): INodeParameters => ({ resource, operation, ...parameters });

/** Operations that are tested here, with the input that leads to their different requests. */
const CASES: Array<[string, INodeParameters, IDataObject[]]> = [
	['segment create', onSegment('create', { segmentName: 'New One' }), [{}]],
	['segment get', onSegment('get', { segment: byKey('vip') }), [{}]],
	['segment getAll', onSegment('getAll', { returnAll: true }), [{}]],
	[
		'segment update',
		onSegment('update', {
			segment: byKey('vip'),
			updateFields: { name: 'Renamed', status: 'ARCHIVED' },
		}),
		[{}],
	],
	...['id', 'email'].map((matchBy): [string, INodeParameters, IDataObject[]] => [
		'segment syncMembers',
		onSegment('syncMembers', {
			segment: byKey('vip'),
			matchBy,
			ifParticipantMissing: matchBy === 'id' ? 'create' : 'skip',
			safetyOptions: { addDespiteHeldRemovals: true },
		}),
		[
			...people(125).map(({ id }) => ({ id, email: `${id}@x.com` })),
			{ id: 'q1', email: 'q1@x.com' },
			{ id: 'q2', accountId: 'acme', email: 'q2@x.com' },
		],
	]),
	['participant get', onParticipant('get'), [{ id: 'p0' }]],
	['participant get', onParticipant('get', { participant: byEmail('p0@x.com') }), [{}]],
	[
		'participant get',
		onParticipant('get', { participant: byEmail('p0@x.com'), accountId: 'p0' }),
		[{}],
	],
	...['any', 'all', 'none'].map((membership): [string, INodeParameters, IDataObject[]] => [
		'participant getAll',
		onParticipant('getAll', { membership, segments: ['vip'], simplify: false }),
		[{}],
	]),
	['participant getAll', onParticipant('getAll', { returnAll: true }), [{}]],
	['bulk exportCsv', onResource('bulk', 'exportCsv', {}), [{}]],
	['bulk exportCsv', onResource('bulk', 'exportCsv', { options: { engine: 'job' } }), [{}]],
	[
		'bulk exportCsv',
		onResource('bulk', 'exportCsv', {
			exportScope: 'segments',
			membership: 'all',
			segments: ['vip'],
		}),
		[{}],
	],
	[
		'participant getAll',
		onParticipant('getAll', {
			filters: { email: 'p0@x.com', blocked: false, createdSince: '2026-01-31' },
		}),
		[{}],
	],
	...['', '1'].map((program): [string, INodeParameters, IDataObject[]] => [
		'participant get',
		onParticipant('get', {
			options: {
				include: ['referralCodes', 'shareLinks', 'stats', 'rewardBalances', 'referredBy'],
				program: { __rl: true, mode: 'id', value: program },
			},
		}),
		[{ id: 'p0' }],
	]),
	[
		'participant get',
		onParticipant('get', { participant: { __rl: true, mode: 'code', value: 'P0CODE' } }),
		[{}],
	],
	...['update', 'skip'].flatMap((ifParticipantExists) =>
		[1, 3].map((count): [string, INodeParameters, IDataObject[]] => [
			'participant upsert',
			upserting({
				ifParticipantExists,
				additionalFields: {
					cookies: 'e30',
					countryCode: 'us',
					email: '={{ $json.id }}@x.com',
					firstName: 'Ann',
					imageUrl: 'https://example.com/ann.png',
					lastName: 'Lee',
					locale: 'en_US',
					referable: true,
					referredByCodes: 'P0CODE',
				},
				customFields: customFields(
					['plan', 'text', 'pro'],
					['seats', 'number', '2'],
					['a', 'remove'],
				),
				segments: ['vip'],
				options: { includeShareLinks: true },
			}),
			people(count),
		]),
	),
	['participant upsert', upserting({ useEmailAsId: true, participantEmail: 'New@x.com' }), [{}]],
	['participant delete', deleting({ options: { doNotTrack: true } }), people(2)],
	['participant delete', deleting({ participant: byEmail('p0@x.com') }), [{}]],
	['participant block', blocking(), [{ id: 'p0' }, { id: 'p0' }]],
	['participant unblock', unblocking(), [{ id: 'blocked' }, { id: 'blocked' }]],
	...['addSegments', 'removeSegments', 'setSegments', 'clearSegments', 'updateSegments'].flatMap(
		(operation) =>
			[1, 3, 130].flatMap((count) =>
				['create', 'skip', 'error'].map(
					(ifParticipantMissing): [string, INodeParameters, IDataObject[]] => [
						`participant ${operation}`,
						onParticipant(operation, {
							participant: byId('={{ $json.id }}'),
							...(operation === 'clearSegments' ? {} : { segments: expression(['vip', 'new']) }),
							...(operation === 'updateSegments'
								? { addSegments: expression(['new']), removeSegments: expression(['vip']) }
								: {}),
							ifParticipantMissing,
							options: { createMissingSegments: true, reportChanges: count === 3 },
						}),
						people(count),
					],
				),
			),
	),
	...['rows', 'job'].flatMap((engine) =>
		[
			'id,firstName,email,customFields.plan\np0,Ada,ada@x.com,pro\nq1,Bob,bob@x.com,\n',
			'id,segments,action\np0,vip|~new,add\nq1,new,set\np2,,clear\n',
		].map((csvText, index): [string, INodeParameters, IDataObject[]] => [
			'bulk importCsv',
			{
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'text',
				csvText,
				segmentAction: index === 0 ? 'add' : 'file',
				segments: expression(index === 0 ? ['vip', 'new'] : []),
				participantDetails: index === 0 ? 'all' : 'new',
				options: {
					engine: index === 0 ? engine : 'rows',
					createMissingSegments: true,
					duplicates: index === 0 ? 'last' : 'merge',
				},
			},
			[{}],
		]),
	),
	[
		'event log',
		logging({ fields: { field: [{ name: 'a', type: 'number', value: '1' }] } }),
		people(2),
	],
	['event log', logging({ options: { dateTriggered: '2026-01-31T00:00:00Z' } }), people(1)],
	['event log', logging({ ifParticipantMissing: 'create' }), [{ id: 'new' }]],
	['reward create', giving(), [{ id: 'p0', points: 5 }]],
	[
		'reward create',
		giving({ rewardFrom: 'configured', rewardKey: byKey('welcome') }),
		[{ id: 'p0' }],
	],
	['reward create', giving({ rewardFrom: 'discount', discountPercent: 5 }), [{ id: 'p0' }]],
	['reward getAll', onResource('reward', 'getAll', { filters: { participantId: 'p0' } }), [{}]],
	[
		'reward getAll',
		onResource('reward', 'getAll', {
			filters: {
				program: { __rl: true, mode: 'id', value: '1' },
				status: 'AVAILABLE',
				type: 'CREDIT',
				unit: 'POINT',
				createdSince: '2026-01-31T00:00:00Z',
			},
		}),
		[{}],
	],
	['reward getBalances', onResource('reward', 'getBalances', { participant: byId('p0') }), [{}]],
	['reward redeem', redeeming(), [{ id: 'p0', points: 5 }]],
	['reward redeem', redeeming({ redeemFrom: 'account', redeemAccountId: 'p0' }), [{ points: 5 }]],
	['reward redeem', redeeming({ redeemFrom: 'reward', rewardId: 'reward-1' }), [{ points: 5 }]],
	['reward cancel', onResource('reward', 'cancel', { rewardId: 'reward-1' }), [{}]],
	['reward cancel', onResource('reward', 'cancel', { rewardId: 'reward-2' }), [{}]],
	['referral get', onResource('referral', 'get', { referralId: 'referral-1' }), [{}]],
	['referral getAll', onResource('referral', 'getAll', { returnAll: true }), [{}]],
	[
		'referral getAll',
		onResource('referral', 'getAll', { filters: { referrerId: 'p0', converted: 'no' } }),
		[{}],
	],
	...['rows', 'job'].map((engine): [string, INodeParameters, IDataObject[]] => [
		'bulk importItems',
		{
			resource: 'bulk',
			operation: 'importItems',
			segments: expression(['vip', 'new']),
			participantDetails: 'all',
			options: {
				engine,
				createMissingSegments: true,
				duplicates: 'last',
				skipMembers: true,
			},
		},
		[{ id: 'p0', firstName: 'Ada', customFields: { plan: 'pro', age: 30 } }, { id: 'q1' }],
	]),
	['bulk getImportJobs', onImport('getImportJobs', { returnAll: true }), [{}]],
	['bulk getImportJobs', onImport('getImportJobs', { limit: 5, jobStatus: 'COMPLETED' }), [{}]],
	['bulk getImportJob', onImport('getImportJob', { jobId: '={{ $json.job }}' }), [{}]],
];

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

function fill(): void {
	const { state, rewards, referrals } = simulator();
	state.addSegment({ key: 'vip', name: 'VIP' });
	rewards.addConfig({ key: 'welcome', unit: 'POINT' });
	rewards.add({ userId: 'p0' });
	rewards.add({ userId: 'p0', dateCancelled: 1 });
	referrals.add({ referrer: 'p0', referred: 'p1' });
	for (const { id } of people(130)) {
		simulator().state.addParticipant({ id, email: `${id}@x.com`, segments: ['vip'] });
	}
	state.addParticipant({ id: 'blocked', dateBlocked: 1 });
	referrals.addProgram({ id: '1' });
	Object.assign(state.participant('p0', 'p0')?.referralCodes ?? {}, { '1': 'P0CODE' });
}

/** An import job that somebody started. */
function startJob(): string {
	const { fileRef } = simulator().jobs.upload('users.csv', Buffer.from('id,accountId\na,a\n'));
	return simulator().jobs.create({ type: 'MUTATION/USER', outputFormat: 'CSV', fileRef }).id;
}

describeWithReference('what the node sends', () => {
	test.each(CASES)('%s', async (name, parameters, items) => {
		fill();
		const input = name === 'bulk getImportJob' ? [{ job: startJob() }] : items;
		const { status, error } = await run(parameters, { input });
		expect([status, error?.message]).toEqual(['success', undefined]);
		expect(simulator().requests.length).toBeGreaterThan(0);
		assertRequestsValid(simulator().requests);
	});

	test('without upsertUsers', async () => {
		fill();
		simulator().options.upsertUsersAvailable = false;
		const parameters = onParticipant('addSegments', { segments: expression(['vip']) });
		await run(parameters, { input: people(3) });
		assertRequestsValid(simulator().requests);
	});

	test('the lists of the editor', async () => {
		fill();
		const data = { credentials: credentials(simulator()) };
		await pickFromList('searchParticipants', { ...data, filter: 'p' });
		await pickFromList('searchSegments', data);
		await loadOptions('getSegments', data);
		await pickFromList('searchCustomFields', data);
		expect(simulator().requests).toHaveLength(4);
		assertRequestsValid(simulator().requests);
	});

	test('every operation of the node is among them', () => {
		const { properties } = loadNodeType().description;
		const offered = properties
			.filter(({ name }) => name === 'operation')
			.flatMap(({ displayOptions, options }) => {
				const [resource] = displayOptions?.show?.resource ?? [];
				return (options ?? []).map(
					(option) => `${String(resource)} ${'value' in option ? String(option.value) : ''}`,
				);
			});
		const tested = new Set(CASES.map(([name]) => name));
		expect(offered.filter((name) => !tested.has(name))).toEqual([]);
	});
});
