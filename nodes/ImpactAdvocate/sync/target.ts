/** Finds the segments that a run is about, by key or by name. Nothing is sent to one that is not there or not in use. */
import { getSegment, listAllSegments } from '../../shared/advocate/segments';
import type { Segment } from '../../shared/advocate/segments';
import type { Transport } from '../../shared/advocate/client/transport';
import { InputError } from '../../shared/inputError';
import { shownKey } from '../../shared/segments/change';

/** A segment that can't be used. */
export class SegmentError extends InputError {}

export interface Targets {
	target: Segment;
	/** Keys of the segments whose members are never removed. */
	protecting: Set<string>;
}

/**
 * @param called the key or the name of the segment to sync
 * @param protecting keys or names of segments whose members stay
 * @throws SegmentError when one of them does not exist, is archived, or protects itself
 */
export async function findTargets(
	transport: Transport,
	called: string,
	protecting: readonly string[],
): Promise<Targets> {
	const all = await listAllSegments(transport);
	const target = await find(transport, all, called, 'Segment');
	const keys = new Set<string>();
	for (const name of protecting) {
		const { key } = await find(transport, all, name, 'Never Remove');
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

async function find(
	transport: Transport,
	all: readonly Segment[],
	called: string,
	field: string,
): Promise<Segment> {
	const found = byKeyOrName(all, called) ?? (await getSegment(transport, called));
	if (found === undefined) {
		throw new SegmentError(
			`'${field}': there is no segment ${shownKey(called)}`,
			'Choose it from the list, or check the spelling of its key or name. Nothing was sent',
		);
	}
	if (found.status === 'ARCHIVED') {
		throw new SegmentError(
			`'${field}': the segment ${shownKey(called)} is archived`,
			"Restore it with the operation 'Update' of the resource 'Segment', or choose another one. Nothing was sent",
		);
	}
	return found;
}

/** By its key; else by its name, exactly or without regard to case, when only one segment in use is called that. */
function byKeyOrName(all: readonly Segment[], called: string): Segment | undefined {
	const nameOf = ({ name }: Segment): string => (name ?? '').trim();
	const wanted = called.trim().toLowerCase();
	const ways: Array<(segment: Segment) => boolean> = [
		({ key }) => key === called,
		(segment) => nameOf(segment) === called.trim(),
		(segment) => nameOf(segment).toLowerCase() === wanted,
	];
	for (const matches of ways) {
		const found = all.filter(matches);
		const inUse = found.filter(({ status }) => status !== 'ARCHIVED');
		if (inUse.length > 1) {
			throw new SegmentError(
				`${inUse.length} segments are called ${shownKey(called)}`,
				'Choose the one that is meant from the list, or enter its key. Nothing was sent',
			);
		}
		if (found.length > 0) return inUse[0] ?? found[0];
	}
	return undefined;
}
