/** The error output of n8n before 2.37, which knows no `details`: the way that the node takes there, in any version. */
import {
	expression,
	nodeRunner,
	onParticipant,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';

// What the node tells the versions apart by.
jest.mock('n8n-workflow', () => {
	const exported = { ...jest.requireActual<Record<string, unknown>>('n8n-workflow') };
	delete exported.ACTIONABLE_CAUSES;
	return exported;
});

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

test('a failed item keeps the fields of its input item, beside the error and what to do', async () => {
	simulator().options.participantRejects = { bad: { message: 'Not this one.', statusCode: 400 } };
	const { outputs } = await run(onParticipant('addSegments', { segments: expression(['A']) }), {
		input: [
			{ id: 'good', plan: 'free' },
			{ id: 'bad', plan: 'gold' },
			{ id: '', plan: 'none' },
		],
		onError: 'continueErrorOutput',
	});
	expect(outputs[0].map(({ json }) => json.id)).toEqual(['good']);
	expect(outputs[1].map(({ json, error }) => [json, error])).toEqual([
		[
			{
				id: 'bad',
				plan: 'gold',
				error: 'Not this one. [item 1]',
				message: expect.stringContaining('The API did not accept the values sent'),
			},
			undefined,
		],
		[
			{
				id: '',
				plan: 'none',
				error: "'Participant' is empty [item 2]",
				message: expect.stringContaining('Choose a participant'),
			},
			undefined,
		],
	]);
});

test('a failed row does too, by its number', async () => {
	const { outputs } = await run(
		{
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: 'id\na\n\u200b\n',
			segments: expression(['A']),
		},
		{ onError: 'continueErrorOutput' },
	);
	expect(outputs[0]).toHaveLength(1);
	expect(outputs[1].map(({ json }) => json)).toEqual([
		{
			error: 'Row 3: The participant ID is blank',
			message: 'Correct the row in the file and import it again',
		},
	]);
});
