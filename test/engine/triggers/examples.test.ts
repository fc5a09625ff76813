/** The examples that begin with a trigger: from what happens in Advocate to the end of the workflow. */
import type { INodeExecutionData, INodeProperties, INodeType } from 'n8n-workflow';
import { readExample, runExample } from '../../demo/exampleFiles';
import { EXAMPLE_NODE_TYPES } from '../../demo/standIns';
import { credentials, useSimulator } from '../../support/advocate';
import { loadTrigger, PollHost, WebhookHost } from './contexts';

const simulator = useSimulator();
const PACKAGE = 'n8n-nodes-impact-advocate';
const eventTrigger = loadTrigger('ImpactAdvocateTrigger');
const segmentTrigger = loadTrigger('ImpactAdvocateSegmentTrigger');
const nodeTypes: Record<string, INodeType> = {
	...EXAMPLE_NODE_TYPES,
	[`${PACKAGE}.impactAdvocateTrigger`]: eventTrigger,
	[`${PACKAGE}.impactAdvocateSegmentTrigger`]: segmentTrigger,
};

const triggerOf = (example: string) => {
	const found = readExample(example).nodes.find(({ type }) => /Trigger$/.test(type));
	if (found === undefined) throw new Error('The example has no trigger');
	return found;
};

const goOn = async (example: string, items: INodeExecutionData[]) =>
	await runExample(example, simulator(), {
		nodeTypes,
		given: { [triggerOf(example).name]: items },
	});

describe.each(['trigger-participant-created.json', 'trigger-segment-entered.json'])(
	'%s',
	(name) => {
		it('has only parameters that its trigger offers', () => {
			const { type, parameters, credentials: used } = triggerOf(name);
			const { properties, polling } = nodeTypes[type].description;
			const offered = properties.map((property: INodeProperties) => property.name);
			// n8n adds the times itself.
			if (polling) offered.push('pollTimes');
			for (const parameter of Object.keys(parameters)) expect(offered).toContain(parameter);
			expect(used).toEqual({
				impactAdvocateApi: { id: null, name: 'impact.com Advocate account' },
			});
		});
	},
);

test('participants are sorted by how they came', async () => {
	const name = 'trigger-participant-created.json';
	const host = new WebhookHost(eventTrigger, {
		parameters: triggerOf(name).parameters,
		credentials: credentials(simulator()),
	});
	await host.listen();
	try {
		await host.activate();
		const { state, webhooks } = simulator();
		for (const [id, referredByCodes] of [
			['friend@example.com', ['CODE1']],
			['organic@example.com', []],
		] as const) {
			webhooks.userCreated(state.addParticipant({ id, referredByCodes: [...referredByCodes] }));
		}
		await webhooks.settled();
		expect(host.runs).toHaveLength(2);
		for (const items of host.runs) expect((await goOn(name, items)).status).toBe('success');
		expect(state.segmentsOf('friend@example.com')).toEqual(['referredFriends']);
		expect(state.segmentsOf('organic@example.com')).toEqual(['organicSignups']);
	} finally {
		host.close();
	}
});

test('who enters the segment leaves the others and gets a message', async () => {
	const name = 'trigger-segment-entered.json';
	const { state } = simulator();
	state.addParticipant({ id: 'old@example.com', segments: ['vip', 'trial'] });
	const host = new PollHost(segmentTrigger, {
		parameters: triggerOf(name).parameters,
		credentials: credentials(simulator()),
	});
	expect(await host.poll()).toBeNull();
	state.addParticipant({
		id: 'ada@example.com',
		email: 'ada@example.com',
		firstName: 'Ada',
		segments: ['vip', 'trial', 'lapsed', 'beta'],
	});
	const items = (await host.poll()) ?? [];
	const run = await goOn(name, items);
	expect(run.status).toBe('success');
	expect(state.segmentsOf('ada@example.com')).toEqual(['beta', 'vip']);
	expect(state.segmentsOf('old@example.com')).toEqual(['trial', 'vip']);
	expect(run.items('Message').map(({ json }) => json)).toEqual([
		{
			to: 'ada@example.com',
			text: 'Welcome to our VIP programme, Ada!',
			eventId: items[0].json.eventId,
		},
	]);
});
