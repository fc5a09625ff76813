/** Finds the segments that a run is about, by key or by name. Nothing is sent to one that is not there or not in use. */
import { getSegment, listAllSegments } from '../../shared/advocate/segments';
import type { Segment } from '../../shared/advocate/segments';
import type { Transport } from '../../shared/advocate/client/transport';
import { InputError } from '../../shared/inputError';
import { expectSegmentInputError, shownKey } from '../../shared/segments/change';
import { expectSegment, SegmentNames } from '../../shared/segments/names';
import type { SegmentMatch } from '../../shared/segments/names';

/** A segment that can't be used. */
export class SegmentError extends InputError {}

/** How a segment is called: `either` is what may be a key or a name. */
export interface CalledSegment {
	by: 'key' | 'name' | 'either';
	text: string;
}

export interface Targets {
	target: Segment;
	/** Keys of the segments whose members are never removed. */
	protecting: Set<string>;
}

/**
 * @param called the segment to sync
 * @param protecting keys or names of segments whose members stay
 * @throws SegmentError when one of them does not exist, is archived, or protects itself
 */
export async function findTargets(
	transport: Transport,
	called: CalledSegment,
	protecting: readonly string[],
): Promise<Targets> {
	const known = new KnownSegments(transport, await listAllSegments(transport));
	const target = await known.find(called, 'Segment');
	const keys = new Set<string>();
	for (const text of protecting) {
		const { key } = await known.find({ by: 'either', text }, 'Never Remove');
		if (key === target.key) {
			throw new SegmentError(
				`'Never Remove' names ${shownKey(key)}, which is the segment to sync`,
				'Take it out there: otherwise nobody could ever be removed',
			);
		}
		keys.add(key);
	}
	return { target, protecting: keys };
}

class KnownSegments {
	private readonly names = new SegmentNames();

	private readonly byKey = new Map<string, Segment>();

	constructor(
		private readonly transport: Transport,
		all: readonly Segment[],
	) {
		for (const segment of all) this.add(segment);
	}

	/** @throws SegmentError when there is none, or several, or it can't be used */
	async find(called: CalledSegment, field: string): Promise<Segment> {
		const { by, text } = called;
		let match = this.match(called);
		if (by !== 'name' && !('segment' in match) && !('ambiguous' in match)) {
			// The list may show a new segment late.
			const late = await getSegment(this.transport, text);
			if (late !== undefined) {
				this.add(late);
				match = { segment: late };
			}
		}
		try {
			const { key } = expectSegment(text, match, 'add');
			return this.byKey.get(key) as Segment;
		} catch (caught) {
			throw unusable(caught, field);
		}
	}

	private match({ by, text }: CalledSegment): SegmentMatch {
		if (by === 'name') return this.names.findName(text);
		const match = this.names.find(text);
		const isOther = by === 'key' && 'segment' in match && match.segment.key !== text;
		return isOther ? { nearest: match.segment } : match;
	}

	private add(segment: Segment): void {
		this.names.add(segment);
		this.byKey.set(segment.key, segment);
	}
}

function unusable(caught: unknown, field: string): SegmentError {
	const { message, hint } = expectSegmentInputError(caught);
	return new SegmentError(`'${field}': ${message}`, `${hint}. Nothing was sent`);
}
