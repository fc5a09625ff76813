/** Switches among the options: how they arrive when somebody adds them, and what holds while nobody does. */
import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { allOptions } from '../../nodes/ImpactAdvocate/actions/optionGroups';
import { nodeRunner, onParticipant, useSimulator } from '../support/advocate';
import { loadNodeType } from './harness';
import { upserting } from './participants/helpers';
import { giving } from './programs/helpers';

const RESOURCES = ['participant', 'event', 'reward', 'referral'];

/** What deletes more, or for good, is switched on by hand. */
const BY_HAND = ['deleteEmptyAccount', 'doNotTrack'];

const simulator = useSimulator();
const run = nodeRunner(simulator);

const switches = loadNodeType()
	.description.properties.filter(({ name }) => name === 'options')
	.flatMap((field): Array<[string, INodeProperties]> => {
		const { resource: [resource] = [''], operation: [operation] = [''] } =
			field.displayOptions?.show ?? {};
		if (!RESOURCES.includes(String(resource))) return [];
		return allOptions([field])
			.filter(({ type }) => type === 'boolean')
			.map((option) => [`${String(resource)}.${String(operation)}: ${option.displayName}`, option]);
	});

test('there are such switches', () => {
	const names = switches.map(([, { name }]) => name);
	for (const name of ['includeShareLinks', 'reportChanges', 'allowNewUnit', ...BY_HAND])
		expect(names).toContain(name);
});

test.each(switches)('%s arrives as people add it for', (_, { name, default: value }) => {
	expect(value).toBe(!BY_HAND.includes(name));
});

describe('a switch that was not added is off', () => {
	const input = [{ id: 'p0', points: 5 }];

	const refusedWith = async (parameters: INodeParameters) =>
		(await run(parameters, { input })).error?.message;

	test('Include Share Links', async () => {
		const { main } = await run(upserting(), { input });
		expect(main[0].json).not.toHaveProperty('shareLinks');
	});

	test('Create Missing Segments', async () => {
		expect(await refusedWith(upserting({ segments: ['new'] }))).toMatch(/no segment.*'new'/);
	});

	test('Report Changes', async () => {
		simulator().state.addSegment({ key: 'vip' });
		const { main } = await run(onParticipant('addSegments', { segments: ['vip'] }), { input });
		expect(main[0].json).not.toHaveProperty('added');
	});

	test('Allow New Unit', async () => {
		simulator().state.addParticipant({ id: 'p0' });
		const unit = { __rl: true, mode: 'name', value: 'STAR' };
		expect(await refusedWith(giving({ unit }))).toMatch(/no reward of the tenant uses/);
	});

	test('Accept Unusual IDs', async () => {
		expect(await refusedWith(upserting({ participantId: 'NULL' }))).toMatch(/NULL/);
	});
});
