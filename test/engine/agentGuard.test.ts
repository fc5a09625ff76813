/** The node in the hands of an AI agent: every operation is open, partly open or closed, and each way is tried. */
import type { IExecuteFunctions, INodeParameters, INodeType } from 'n8n-workflow';
import type { Operation } from '../../nodes/ImpactAdvocate/actions/operation';
import { RESOURCES } from '../../nodes/ImpactAdvocate/actions/router';
import {
	SOME_SEGMENTS,
	byId,
	byKey,
	expression,
	nodeRunner,
	useSimulator,
} from '../support/advocate';
import { loadNodeType } from './harness';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const ADA = 'ada@example.com';
const HERS = ['beta', 'club', 'trial', 'vip'];

/** An operation as an agent may ask for it, with the worst it can do. */
interface Attempt {
	access: Operation['agents']['access'];
	parameters: INodeParameters;
	/** What is refused when the owner has allowed nothing. */
	refusal?: RegExp;
}

const attempt = (
	access: Attempt['access'],
	parameters: INodeParameters = {},
	refusal?: RegExp,
): Attempt => ({ access, parameters, refusal });

const CLOSED = /^An AI agent is not allowed to use this operation here\b/;
const REMOVALS =
	/^An AI agent is not allowed to take participants out of more than 3 segments at once here\b/;

/** Every operation has its line: one without a decision fails the test below. */
const ATTEMPTS: Record<string, Attempt> = {
	'bulk.exportCsv': attempt('closed', {}, CLOSED),
	'bulk.getImportJob': attempt('open', { jobId: '={{ $json.job }}' }),
	'bulk.getImportJobs': attempt('open'),
	'bulk.importCsv': attempt(
		'closed',
		{ csvSource: 'text', csvText: `id\n${ADA}\n`, segmentAction: 'clear' },
		CLOSED,
	),
	'event.log': attempt('closed', { eventKey: byKey('purchase') }, CLOSED),
	'referral.get': attempt('open', { referralId: 'none' }),
	'referral.getAll': attempt('open'),
	'reward.cancel': attempt('closed', { rewardId: 'reward-1' }, CLOSED),
	'reward.create': attempt(
		'closed',
		{ rewardFrom: 'configured', rewardKey: byKey('welcome') },
		CLOSED,
	),
	'reward.getAll': attempt('open'),
	'reward.getBalances': attempt('open'),
	'reward.redeem': attempt('closed', { unit: byKey('POINT'), amount: 5 }, CLOSED),
	'bulk.importItems': attempt('closed', { segmentAction: 'clear' }, CLOSED),
	'participant.block': attempt('closed', {}, CLOSED),
	'participant.delete': attempt('closed', {}, CLOSED),
	'participant.unblock': attempt('closed', { participant: byId('blocked@example.com') }, CLOSED),
	'participant.upsert': attempt(
		'partly',
		{ participantId: ADA, additionalFields: { firstName: 'Eve' }, ifParticipantExists: 'update' },
		/^An AI agent is not allowed to change participants who exist here\b/,
	),
	'participant.addSegments': attempt('open', { segments: ['vip', 'new'] }),
	'participant.clearSegments': attempt('closed', {}, CLOSED),
	'participant.get': attempt('open'),
	'participant.getAll': attempt('open'),
	'participant.removeSegments': attempt('partly', { segments: HERS }, REMOVALS),
	'participant.setSegments': attempt('closed', { segments: ['new'] }, CLOSED),
	'participant.updateSegments': attempt(
		'partly',
		{ addSegments: ['new'], removeSegments: HERS },
		REMOVALS,
	),
	'segment.create': attempt(
		'partly',
		{ segmentName: 'Renamed', segmentKey: 'vip', ifSegmentExists: 'update' },
		/^An AI agent is not allowed to rename segment 'vip' here\b/,
	),
	'segment.get': attempt('open'),
	'segment.getAll': attempt('open'),
	'segment.syncMembers': attempt(
		'closed',
		{ listSource: 'text', csvText: `id\n${ADA}\n`, segment: byKey('new') },
		CLOSED,
	),
	'segment.update': attempt('closed', { updateFields: { status: 'ARCHIVED' } }, CLOSED),
};

const OPERATIONS = Object.entries(RESOURCES).flatMap(([resource, operations]) =>
	Object.entries(operations).map(
		([operation, { agents, fields }]) =>
			[`${resource}.${operation}`, { resource, operation, agents, fields }] as const,
	),
);

/** Whoever and whatever there is. */
beforeEach(() => {
	const { state, rewards } = simulator();
	rewards.addConfig({ key: 'welcome' });
	rewards.add({ userId: ADA });
	for (const key of [...HERS, 'new']) state.addSegment({ key, name: key.toUpperCase() });
	state.addParticipant({ id: ADA, segments: HERS });
	state.addParticipant({ id: 'blocked@example.com', dateBlocked: 1 });
});

/** All that an operation could change. */
const everything = () => {
	const { state, rewards, events } = simulator();
	return JSON.stringify([
		[...state.participants.values()],
		[...state.segments.values()],
		[...rewards.rewards.values()],
		events.events,
	]);
};

/** What shows that an operation was carried out: what it changed or, where it only reads, what it asked for. */
const traces = () => [
	everything(),
	simulator().requests.filter(({ operationName }) => operationName === 'ListParticipants').length,
];

const asAgent = async (name: string, more: INodeParameters = {}, items = 1, id = ADA) => {
	const [resource, operation] = name.split('.');
	const own = { participant: byId(ADA), segment: byKey('vip'), ...ATTEMPTS[name].parameters };
	return await run(
		{ resource, operation, ...own, ...more },
		{ asTool: true, input: Array.from({ length: items }, () => ({ id })) },
	);
};

const nameOf = ([name]: (typeof OPERATIONS)[number]): string => name;
const withAccess = (...accesses: string[]) =>
	OPERATIONS.filter(([, { agents }]) => accesses.includes(agents.access)).map(nameOf);

test('every operation decides what an agent may do, and says so here', () => {
	const decided = OPERATIONS.map(([name, { agents }]) => [name, agents.access]);
	const said = Object.entries(ATTEMPTS).map(([name, { access }]) => [name, access]);
	expect(Object.fromEntries(decided)).toEqual(Object.fromEntries(said));
});

test.each(OPERATIONS)('%s has the switch when there is something to allow', (_, operation) => {
	const switches = operation.fields.filter(({ name }) => name === 'allowAgent');
	expect(switches).toHaveLength(operation.agents.access === 'open' ? 0 : 1);
	for (const field of switches) {
		expect(field).toMatchObject({ type: 'boolean', default: false, noDataExpression: true });
		expect(field.displayOptions?.show).toMatchObject({ '@tool': [true] });
		expect(field.description).toMatch(/^Whether an AI agent may /);
	}
});

describe.each(withAccess('open'))('%s, which is open,', (name) => {
	it('runs without a switch', async () => {
		const { error } = await asAgent(name, { jobId: 'none' });
		const isMissing = ['bulk.getImportJob', 'referral.get'].includes(name);
		expect(error?.message).toEqual(
			isMissing ? expect.stringContaining("'none' does not exist") : undefined,
		);
	});
});

describe.each(withAccess('partly', 'closed'))('%s, which needs consent,', (name) => {
	const { refusal } = ATTEMPTS[name];

	it.each<[string, INodeParameters]>([
		['is left alone', {}],
		['is off', { allowAgent: false }],
		['is a text', { allowAgent: 'true' }],
		['is an expression, which might ask the agent', { allowAgent: '={{ true }}' }],
	])('changes nothing when the switch %s', async (_text, more) => {
		const before = traces();
		const { error } = await asAgent(name, more);
		expect(error?.message).toMatch(refusal ?? 'a refusal');
		expect(error?.description).toContain("Turn on 'Allow AI Agent' in the tool");
		expect(traces()).toEqual(before);
	});

	it('does as asked when the switch is on', async () => {
		const before = traces();
		const { error } = await asAgent(name, { allowAgent: true });
		expect(error).toBeUndefined();
		expect(traces()).not.toEqual(before);
	});

	it('does as asked for people, who have no switch', async () => {
		const before = traces();
		const [resource, operation] = name.split('.');
		const own = { participant: byId(ADA), segment: byKey('vip'), ...ATTEMPTS[name].parameters };
		const { error } = await run({ resource, operation, ...own }, { input: [{ id: ADA }] });
		expect(error).toBeUndefined();
		expect(traces()).not.toEqual(before);
	});

	it('is refused as well where n8n tells by the context only', async () => {
		const { description, methods, execute } = loadNodeType();
		const nodeType: INodeType = {
			description,
			methods,
			async execute(this: IExecuteFunctions) {
				const context = Object.create(this, {
					isToolExecution: { value: () => true },
				}) as IExecuteFunctions;
				return (await execute?.call(context)) ?? [];
			},
		};
		const [resource, operation] = name.split('.');
		const own = { participant: byId(ADA), segment: byKey('vip'), ...ATTEMPTS[name].parameters };
		const { error } = await run({ resource, operation, ...own }, { nodeType });
		expect(error?.message).toMatch(refusal ?? 'a refusal');
	});
});

describe('taking out of segments', () => {
	const segmentsOfAda = () => simulator().state.segmentsOf(ADA);

	it.each<[string, INodeParameters, string[]]>([
		['removeSegments', { segments: HERS.slice(0, 3) }, ['vip']],
		['updateSegments', { removeSegments: HERS.slice(0, 3) }, ['new', 'vip']],
	])('%s takes out of 3 without being asked', async (operation, more, after) => {
		const { error } = await asAgent(`participant.${operation}`, more);
		expect(error).toBeUndefined();
		expect(segmentsOfAda()).toEqual(after);
	});

	it.each<[string, INodeParameters, string]>([
		['removeSegments', { segments: expression(HERS) }, "'Segment Names or IDs' names 4"],
		['removeSegments', { segments: '={{ "beta,club,trial,vip" }}' }, 'names 4'],
		[
			'updateSegments',
			{ addSegments: [], removeSegments: HERS },
			"'Remove Segment Names or IDs' names 4",
		],
	])('%s says which field names too many', async (operation, more, reason) => {
		const { error } = await asAgent(`participant.${operation}`, more);
		expect(error?.message).toMatch(REMOVALS);
		expect(error?.description).toContain(reason);
		expect(segmentsOfAda()).toEqual(HERS);
	});

	it('counts a segment that is named twice once', async () => {
		const segments = expression(['vip', 'vip', ' vip', 'beta', 'beta']);
		const { error } = await asAgent('participant.removeSegments', { segments });
		expect(error).toBeUndefined();
		expect(segmentsOfAda()).toEqual(['club', 'trial']);
	});

	it('counts all items of a call together', async () => {
		const { error } = await asAgent('participant.removeSegments', { segments: ['a', 'b'] }, 2);
		expect(error?.message).toMatch(REMOVALS);
		expect(error?.description).toContain('names 4');
	});
});

describe('segment.create', () => {
	it('makes a new segment for an agent, whatever it is to do with one that exists', async () => {
		const { main } = await asAgent('segment.create', { segmentKey: 'fresh' });
		expect(main[0].json).toMatchObject({ key: 'fresh', created: true });
	});

	it.each(['error', 'returnExisting'])('leaves one that exists alone: %s', async (ifExists) => {
		const before = everything();
		await asAgent('segment.create', { ifSegmentExists: ifExists });
		expect(everything()).toBe(before);
	});
});

/** A language model may have invented the ID. */
describe('somebody who does not exist', () => {
	const WRITES = OPERATIONS.filter(([, { fields }]) =>
		fields.some(({ name }) => name === 'ifParticipantMissing'),
	).map(nameOf);
	const ID = 'nobody@example.com';
	const NOBODY: INodeParameters = {
		allowAgent: true,
		participant: byId(ID),
		csvText: `id\n${ID}\n`,
		...{ segments: ['vip'], segmentAction: 'add', removeSegments: ['vip'], rowOutput: 'failed' },
	};

	it('there are operations to ask', () => {
		expect(WRITES).toHaveLength(9);
	});

	it.each(WRITES)('is a failure of %s by default', async (name) => {
		const before = everything();
		const { error, main } = await asAgent(name, NOBODY, 1, ID);
		const message = error?.message ?? String(main.at(-1)?.json.message);
		expect(message).toMatch(
			/'nobody@example\.com' does not exist|a participant who does not exist/,
		);
		expect(everything()).toBe(before);
	});

	it.each(WRITES)('is what the owner chose in %s', async (name) => {
		const before = everything();
		const { error } = await asAgent(name, { ...NOBODY, ifParticipantMissing: 'skip' }, 1, ID);
		expect(error).toBeUndefined();
		expect(everything()).toBe(before);
		const creates = await asAgent(name, { ...NOBODY, ifParticipantMissing: 'create' }, 1, ID);
		expect(creates.error).toBeUndefined();
		expect(simulator().state.segmentsOf(ID)).toBeDefined();
	});
});
