/** What a list of segment operations does to a membership, written from the API's documentation. */
import { failures } from './failures';
import type { SimulatorOptions } from './options';
import type { SegmentRecord } from './state';

type Switches = Pick<
	SimulatorOptions,
	'unknownSegment' | 'bareTilde' | 'archivedSegmentAccepts' | 'clearOperator' | 'segmentKeyPattern'
>;

/** The outcome: the new membership, and the segments that come into being with it. */
export interface OperationsResult {
	segments: string[];
	created: string[];
}

/** Refuse a key that no segment can have. */
export function checkKey(key: string, pattern: string | null): void {
	const readsAsOperator = key.startsWith('~') || key === '*';
	const matches = pattern === null || new RegExp(pattern, 'u').test(key);
	if (key.trim() === '' || readsAsOperator || !matches) {
		throw failures.badRequest(`'${key}' is not a valid segment key.`);
	}
}

/**
 * Apply operations from left to right: `key` adds, `~key` deletes, `~*` deletes all. Nothing is changed in place.
 * @throws ApiFailure when an operation is not valid or the switches refuse it
 */
export function applyOperations(
	before: readonly string[],
	operations: readonly unknown[],
	known: ReadonlyMap<string, SegmentRecord>,
	switches: Switches,
): OperationsResult {
	const segments = new Set(before);
	const created = new Set<string>();
	for (const operation of operations) {
		if (typeof operation !== 'string') {
			throw failures.invalidJson('A segment operation must be a string.');
		}
		if (operation === '~*') {
			if (switches.clearOperator === 'clear') segments.clear();
		} else if (operation === '~') {
			if (switches.bareTilde === 'reject') {
				throw failures.badRequest("'~' is not a valid segment operation.");
			}
			if (switches.bareTilde === 'clear') segments.clear();
		} else if (operation.startsWith('~')) {
			segments.delete(operation.slice(1));
		} else {
			const existing = known.get(operation);
			if (existing === undefined && !created.has(operation)) {
				checkKey(operation, switches.segmentKeyPattern);
				if (switches.unknownSegment === 'reject') {
					throw failures.badRequest(`There is no segment '${operation}'.`);
				}
				if (switches.unknownSegment === 'ignore') continue;
				created.add(operation);
			}
			if (existing?.status === 'ARCHIVED' && switches.archivedSegmentAccepts === 'reject') {
				throw failures.badRequest(`The segment '${operation}' is archived.`);
			}
			const isLeftOut =
				existing?.status === 'ARCHIVED' && switches.archivedSegmentAccepts === 'ignore';
			if (!isLeftOut) segments.add(operation);
		}
	}
	return { segments: [...segments], created: [...created] };
}
