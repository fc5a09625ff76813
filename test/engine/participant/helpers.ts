/** What the tests of the operations on participants share. */
import type { INodeParameters } from 'n8n-workflow';
import {
	expression,
	nodeRunner,
	onParticipant,
	SOME_SEGMENTS,
	useSimulator,
} from '../../support/advocate';

/** An operation with its segments as a value. */
export const change = (operation: string, segments: unknown, parameters: INodeParameters = {}) =>
	onParticipant(operation, { segments: expression(segments), ...parameters });

export const update = (add: unknown, remove: unknown, parameters: INodeParameters = {}) =>
	onParticipant('updateSegments', {
		addSegments: expression(add),
		removeSegments: expression(remove),
		...parameters,
	});

/** Each operation on segments: its parameters, what goes over the wire, and the segments that `old` becomes. */
export const WRITES: Array<[string, INodeParameters, string[], string[]]> = [
	['Add Segments', change('addSegments', ['A', 'B']), ['A', 'B'], ['A', 'B', 'old']],
	['Remove Segments', change('removeSegments', ['old', 'B']), ['~old', '~B'], []],
	['Set Segments', change('setSegments', ['A', 'B']), ['~*', 'A', 'B'], ['A', 'B']],
	['Clear Segments', onParticipant('clearSegments'), ['~*'], []],
	['Update Segments', update(['A'], ['old']), ['~old', 'A'], ['A']],
];

/** A simulator for the tests of a file, and the node to run; after each test no request was wrong whatever it was for. */
export function participantTests() {
	const simulator = useSimulator(SOME_SEGMENTS);

	/** Every segment operation that any request carried. */
	function operationsSent(): string[] {
		const text = JSON.stringify(simulator().requests.map(({ body }) => body ?? null));
		return [...text.matchAll(/"segments":\[(.*?)\]/g)].flatMap(
			([, list]) => JSON.parse(`[${list}]`) as string[],
		);
	}

	afterEach(() => {
		expect(operationsSent()).not.toContain('~');
		expect(simulator().orderViolations).toEqual([]);
	});

	return { simulator, run: nodeRunner(simulator) };
}
