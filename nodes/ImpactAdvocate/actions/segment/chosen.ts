/** The segment that an operation works with. */
import { AdvocateError, expectAdvocateError } from '../../../shared/advocate/client/error';
import { getSegment } from '../../../shared/advocate/segments';
import type { Segment } from '../../../shared/advocate/segments';
import type { SegmentChoice } from '../../../shared/n8n/parameters';
import { namingParameter } from '../../../shared/n8n/parameterValues';
import { withKeysOf } from '../operation';
import type { Prepare, Run } from '../operation';

/** Names become keys before anything is done about the first item. */
export const chosenByName = <Request extends { choice: SegmentChoice }>(): Prepare<Request> =>
	withKeysOf({
		textsOf: ({ choice }) => (choice.by === 'name' ? [choice.text] : []),
		areNames: true,
		withKeys(request, segments) {
			if (request.choice.by === 'key') return request;
			try {
				const text = segments.keyOfName(request.choice.text);
				return { ...request, choice: { by: 'key', text } };
			} catch (error) {
				throw namingParameter(error, 'Segment');
			}
		},
	});

/**
 * Get the segment with this key.
 * @throws AdvocateError when it does not exist, with the one that may be meant
 */
export async function existingSegment(run: Run, key: string): Promise<Segment> {
	const segment = await getSegment(run.transport, key);
	if (segment === undefined) throw await missingSegment(run, key);
	return segment;
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
