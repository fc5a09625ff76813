/** How segments are shown where one is chosen. */
import type { Segment } from '../advocate/segments';

/** `VIP Customers (vip)`; archived ones say so. */
export function segmentLabel(segment: Segment): string {
	const name = segment.name?.trim() ?? '';
	const label = name === '' || name === segment.key ? segment.key : `${name} (${segment.key})`;
	return segment.status === 'ARCHIVED' ? `${label} [Archived]` : label;
}

/** Segments in use first, then by name. */
export function sortedForChoice(segments: readonly Segment[]): Segment[] {
	const rank = (segment: Segment) => (segment.status === 'ARCHIVED' ? 1 : 0);
	return [...segments].sort(
		(a, b) => rank(a) - rank(b) || segmentLabel(a).localeCompare(segmentLabel(b)),
	);
}
