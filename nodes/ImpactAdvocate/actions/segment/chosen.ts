/** The segment that an operation works with. */
import { AdvocateError, expectAdvocateError } from '../../../shared/advocate/client/error';
import { getSegment } from '../../../shared/advocate/segments';
import type { Segment } from '../../../shared/advocate/segments';
import { namingParameter, readSegmentChoice } from '../../../shared/n8n/parameters';
import type { Run } from '../operation';

/**
 * Get the segment chosen in the node.
 * @throws ParameterError when it is chosen by a name that none or several have; AdvocateError when it does not exist
 */
export async function chosenSegment(run: Run, itemIndex: number): Promise<Segment> {
	const { by, text } = readSegmentChoice(run.n8n, itemIndex);
	const key = by === 'key' ? text : await keyOfName(run, text);
	const segment = await getSegment(run.transport, key);
	if (segment === undefined) throw await missingSegment(run, key);
	return segment;
}

async function keyOfName({ segments }: Run, name: string): Promise<string> {
	await segments.read([name], true);
	if (segments.unreadable !== undefined) throw segments.unreadable;
	try {
		return segments.keyOf('never')(name, 'find');
	} catch (error) {
		throw namingParameter(error, 'Segment');
	}
}

/** What the list has that is spelled alike, when it can be had. */
async function missingSegment({ segments }: Run, key: string): Promise<AdvocateError> {
	let similar: string | undefined;
	try {
		await segments.read([], true);
		similar = segments.similarTo(key);
	} catch (caught) {
		// It does not exist, whether or not others can be named.
		expectAdvocateError(caught);
	}
	const nearest = similar === undefined ? '' : `. The nearest is ${similar}`;
	return new AdvocateError(`Segment '${key}' does not exist${nearest}`, {
		kind: 'missing',
		statusCode: 404,
		hint: "Check the key (upper and lower case count), choose the segment 'By Name', or create it with the operation 'Create'",
	});
}
