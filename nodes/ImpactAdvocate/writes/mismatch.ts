/** What it means when the API accepted a change and did not apply all of it. Pure. */
import { AdvocateError } from '../../shared/advocate/client/readErrors';
import type { ParticipantId } from '../../shared/advocate/participants';
import { finder, listed } from '../../shared/segments/change';
import type { Mismatch, SegmentChange } from '../../shared/segments/change';

/** What of a mismatch one of the merged changes asked for; nothing when it is not its doing. */
export function shareOf(change: SegmentChange, mismatch: Mismatch): Mismatch | undefined {
	const absent = mismatch.absent.filter(finder(change.add));
	const unexpected = change.clear
		? mismatch.unexpected
		: mismatch.unexpected.filter(finder(change.remove));
	return absent.length === 0 && unexpected.length === 0 ? undefined : { absent, unexpected };
}

/** @param segments those that the participant has now */
export function mismatchError(
	participant: ParticipantId,
	segments: readonly string[],
	mismatch: Mismatch,
): AdvocateError {
	const parts = [
		...(mismatch.absent.length > 0 ? [`${listed(mismatch.absent)} was not added`] : []),
		...(mismatch.unexpected.length > 0 ? [`${listed(mismatch.unexpected)} was not removed`] : []),
	];
	const actual = segments.length === 0 ? 'no segment' : listed(segments);
	return new AdvocateError(
		`The API accepted the change of participant '${participant.id}' without applying all of it: ${parts.join(', ')}. The participant now has ${actual}`,
		{
			kind: 'mismatch',
			hint: "A segment may not exist or be archived. Turn on 'Create Missing Segments', or turn off 'Verify Result' if this is expected",
		},
	);
}
