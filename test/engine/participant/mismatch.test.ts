/** What to do about a change that the API accepted without applying all of it: the way out fits what was asked for. */
import type { INodeParameters } from 'n8n-workflow';
import { hideSegments, onParticipant, people, shown } from '../../support/advocate';
import { change, participantTests, update } from './helpers';

const { simulator, run } = participantTests();

const LOOK =
	"Look at the participant and the segments in Advocate. If this is expected, turn off 'Verify Result'";
const UNKNOWN = `A segment may not exist, or be archived: the segments could not be looked up. Check the keys (upper and lower case count). ${LOOK}`;
const ARCHIVED = `A segment may have been archived meanwhile. ${LOOK}`;
const STILL_IN = `Something else may have added the participant again, such as another workflow. ${LOOK}`;
const BOTH = `A segment may have been archived meanwhile. ${STILL_IN}`;

/** What the first of two participants is told. */
async function hintOf(parameters: INodeParameters): Promise<string | null | undefined> {
	const { main } = await run(parameters, { input: people(2), onError: 'continueRegularOutput' });
	const { message, description } = shown(main[0].error);
	expect(message).toContain('without applying all of it');
	return description;
}

const ADDING: Array<[string, (options: INodeParameters) => INodeParameters]> = [
	['Add Segments', (options) => change('addSegments', ['gone'], { options })],
	['Set Segments', (options) => change('setSegments', ['gone'], { options })],
	['Update Segments', (options) => update(['gone'], [], { options })],
	[
		'Create or Update',
		(options) =>
			onParticipant('upsert', { participantId: '={{ $json.id }}', segments: ['gone'], options }),
	],
];

const OPTIONS = [{}, { createMissingSegments: true }];

describe.each(ADDING)('%s', (_, withOptions) => {
	test.each(OPTIONS)('of a segment that could not be looked up, %j', async (options) => {
		hideSegments(simulator());
		simulator().options.unknownSegment = 'ignore';
		expect(await hintOf(withOptions(options))).toBe(UNKNOWN);
	});

	test.each(OPTIONS)('of a segment that was archived meanwhile, %j', async (options) => {
		simulator().state.addSegment({ key: 'gone', status: 'ARCHIVED' });
		// The list says otherwise: it is a moment old.
		simulator().faults.add({
			match: { operationName: 'LookUpSegments' },
			times: 'always',
			then: {
				kind: 'status',
				status: 200,
				body: { data: { s0: { key: 'gone', name: 'Gone', status: 'ACTIVE' } } },
			},
		});
		simulator().options.archivedSegmentAccepts = 'ignore';
		expect(await hintOf(withOptions(options))).toBe(ARCHIVED);
	});
});

describe('of segments that somebody is still in', () => {
	beforeEach(() => {
		for (const { id } of people(2)) simulator().state.addParticipant({ id, segments: ['old'] });
		simulator().options.clearOperator = 'ignore';
	});

	test('Clear Segments', async () => {
		expect(await hintOf(onParticipant('clearSegments'))).toBe(STILL_IN);
	});

	test('Set Segments', async () => {
		expect(await hintOf(change('setSegments', ['A']))).toBe(STILL_IN);
	});

	test.each([
		['Remove Segments', change('removeSegments', ['old']), STILL_IN],
		['Update Segments', update(['A'], ['old']), BOTH],
	])('%s', async (_, parameters, hint) => {
		simulator().faults.add({
			match: { method: 'PUT' },
			then: {
				kind: 'status',
				status: 200,
				body: { id: 'p0', accountId: 'p0', segments: ['old'] },
			},
		});
		const { error } = await run(parameters, { input: [{ id: 'p0' }] });
		expect(shown(error).description).toBe(hint);
	});
});
