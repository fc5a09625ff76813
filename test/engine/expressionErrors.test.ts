/** What n8n itself can't make of an expression: its words, with the field in front and a way out. */
import type { INodeParameters } from 'n8n-workflow';
import {
	allSent,
	byId,
	byKey,
	forAnyOperation,
	nodeRunner,
	onParticipant,
	onSegment,
	shown,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const GONE = "={{ $('Old Name').item.json.x }}";
const BROKEN = '={{ $json.x( }}';

const RENAMED =
	'The expression names a node that this workflow does not have: it may have been renamed or deleted. Choose the value in this field again';
const SYNTAX =
	'Open this field in the expression editor, which shows what it gives. Check brackets and quotation marks';

const CASES: Array<[string, (expression: string) => INodeParameters]> = [
	['Segment Names or IDs', (segments) => onParticipant('addSegments', { segments })],
	['Name', (segmentName) => onSegment('create', { segmentName })],
	['Participant', (id) => onParticipant('clearSegments', { participant: byId(id) })],
	['Segment', (key) => onSegment('get', { segment: byKey(key) })],
	[
		'Concurrency',
		(concurrency) => onParticipant('addSegments', { segments: ['A'], options: { concurrency } }),
	],
	['Batch Size', (batchSize) => forAnyOperation('bulk', 'importCsv', { options: { batchSize } })],
	['CSV Text', (csvText) => forAnyOperation('bulk', 'importCsv', { csvSource: 'text', csvText })],
];

describe.each(CASES)('%s', (field, parameters) => {
	test.each([
		['a node that was renamed', GONE, "Referenced node doesn't exist", RENAMED],
		['a syntax error', BROKEN, 'invalid syntax', SYNTAX],
	])('%s', async (_, expression, message, description) => {
		const { status, error } = await run(parameters(expression), { input: [{ id: 'a' }] });
		expect(status).toBe('error');
		expect(shown(error).message).toMatch(new RegExp(`^'${field}': ${message}( \\[item 0\\])?$`));
		expect(shown(error).description).toBe(description);
		expect(allSent(simulator())).toEqual([]);
	});
});

test('of two expressions in a collection, the collection is named', async () => {
	const options = { concurrency: GONE, batchSize: '={{ 5 }}' };
	const parameters = onParticipant('addSegments', { segments: ['A'], options });
	const { error } = await run(parameters, { input: [{ id: 'a' }] });
	expect(shown(error).message).toContain("'Options': Referenced node doesn't exist");
});

test('each item has its own, where the workflow goes on', async () => {
	const { main } = await run(onSegment('create', { segmentName: GONE }), {
		input: [{}, {}],
		onError: 'continueRegularOutput',
	});
	expect(main.map(({ json }) => json.error)).toEqual([
		expect.stringMatching(/^'Name': Referenced node doesn't exist/),
		"'Name': Referenced node doesn't exist [item 1]",
	]);
});
