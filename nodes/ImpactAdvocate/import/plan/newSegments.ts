/**
 * How many segments a run may create, over all its items and files: segments can't be deleted, so a typing mistake or a wrong
 * column must not make hundreds of them. Checked before the first write.
 */
import type { SegmentCreator } from '../../../shared/advocate/segments';
import { listed, SegmentInputError } from '../../../shared/segments/change';
import { ownCopy } from '../file/csvFile';

/** Different segments of one run that are looked up; a file that names more has the wrong column as its segments. */
const MAX_NAMED = 10_000;

/** Segments that a message lists. */
const EXAMPLES = 5;

/** The different segments that a run puts participants into. */
export class NamedSegments {
	private readonly keys = new Set<string>();

	/** The list seen last: neighbouring rows often share one. */
	private last?: readonly string[];

	/** @throws SegmentInputError when there are too many to be looked up */
	add(keys: readonly string[]): void {
		if (keys === this.last) return;
		this.last = keys;
		for (const key of keys) {
			if (this.keys.has(key)) continue;
			if (this.keys.size >= MAX_NAMED) {
				throw new SegmentInputError(
					`More than ${MAX_NAMED.toLocaleString('en-US')} different segments are named, which is too many for 'Create Missing Segments'`,
					"Check which column holds the segments, turn off 'Create Missing Segments', or go on in several parts",
				);
			}
			// As a text of its own: a key may be a view of the whole piece of the file that it was read from.
			this.keys.add(ownCopy(key));
		}
	}

	/**
	 * Find out which of them do not exist.
	 * @param max most segments that the run may create
	 * @param before those that it has created already; in a dry run, would have
	 * @returns their keys
	 * @throws SegmentInputError when they are more than may be created, AdvocateError when they can't be looked up
	 */
	async missing(
		creator: SegmentCreator,
		max: number,
		before: ReadonlySet<string> = new Set(),
	): Promise<string[]> {
		const keys = new Set([...this.keys].filter((key) => !before.has(key)));
		const left = max - before.size;
		const missing = await creator.findMissing(keys, left);
		if (missing.length <= left) return missing;
		const count = `More than ${max} ${max === 1 ? 'segment' : 'segments'}`;
		const examples = listed(missing.slice(0, EXAMPLES).map(cut));
		throw new SegmentInputError(
			`${count} would be created in this run, for example ${examples}`,
			"Nothing was sent. Check how the segments are spelled, since a segment can't be deleted. To create them all, raise 'Max New Segments'",
		);
	}
}

const cut = (key: string): string => (key.length > 40 ? `${key.slice(0, 40)}…` : key);
