/**
 * The segments cell of a file: which segments, and what happens to them; and how people and programs write several
 * segments into one text.
 */
import { assertKeyCount, changeOf, NO_CHANGE, SegmentInputError, shownKey } from './change';
import type { SegmentAction, SegmentChange } from './change';
import { checkSegmentText } from './key';
import { resolvedChange } from './names';
import type { KeyOf } from './names';

/** Between the segments of a cell that we write, for example `vip|beta`. */
export const CELL_SEPARATOR = '|';

/** The entries of a cell, trimmed, without blank ones. */
function cellEntries(cell: string): string[] {
	return textEntries(cell).flatMap((entry, index) => {
		if (typeof entry === 'string' || typeof entry === 'number') {
			const text = String(entry).trim();
			return text === '' ? [] : [text];
		}
		if (entry === null) return [];
		throw new SegmentInputError(
			`Entry ${index + 1} of the list in the segments cell is neither text nor number`,
			'Write names or keys of segments, not segment objects',
		);
	});
}

/** Whether a segments cell holds `~key` or `~*`; also one that can't be used as it stands. */
export function hasOperations(cell: string): boolean {
	if (!cell.includes('~')) return false;
	try {
		return cellEntries(cell).some((entry) => entry.startsWith('~'));
	} catch {
		return /(?:^|[\s|,;"'[{])~/.test(cell);
	}
}

/** How names and keys in cells are understood. */
export interface CellReading {
	keyOf: KeyOf;
	/** Whether a text with separators in it is the name or key of one segment. */
	isSegment(text: string): boolean;
}

/** For cells that hold nothing but keys. */
export const AS_KEYS: CellReading = { keyOf: (text) => text, isSegment: () => false };

/**
 * Read one cell of a file's segments column: names or keys; with the action *add*, `~key` removes that one. A lone `~*`
 * first means set; `~*` alone means clear.
 * @returns the change, in keys; `NO_CHANGE` when the cell is blank and the action needs segments
 * @throws SegmentInputError when the cell can't be read, contradicts itself or the action, or names no segment
 */
export function readSegmentsCell(
	cell: string,
	action: SegmentAction,
	{ keyOf, isSegment }: CellReading = AS_KEYS,
): SegmentChange {
	const whole = cell.trim();
	const isWhole = mayHoldSeveral(whole) && isSegment(whole.replace(/^~\s*/, ''));
	const entries = isWhole ? [whole] : cellEntries(whole);
	if (action === 'clear') return changeOf('clear', entries);
	if (entries.length === 0) return NO_CHANGE;
	const change = changeOfEntries(entries, action);
	return resolvedChange(change, keyOf);
}

function changeOfEntries(entries: readonly string[], action: SegmentAction): SegmentChange {
	const clear = entries[0] === '~*';
	const added = new Set<string>();
	const removed = new Set<string>();
	for (const entry of clear ? entries.slice(1) : entries) {
		if (entry === '~*') {
			throw new SegmentInputError(
				"'~*' is not the first entry of the segments cell",
				'Operations apply from left to right: write ~* first, then the segments to set',
			);
		}
		const removal = entry.startsWith('~');
		const text = removal ? entry.slice(1).trim() : entry;
		const reason = removal && text === '' ? "a bare '~' names no segment" : checkSegmentText(text);
		if (reason !== undefined) {
			throw new SegmentInputError(
				reason.charAt(0).toUpperCase() + reason.slice(1),
				'Write names or keys of segments separated by | in the segments cell, for example vip|~trial',
			);
		}
		if ((removal ? added : removed).has(text)) {
			throw new SegmentInputError(
				`${shownKey(text)} is both added and removed in one cell`,
				'Keep one of the two: the result would depend on the order otherwise',
			);
		}
		(removal ? removed : added).add(text);
		assertKeyCount(added.size + removed.size);
	}
	const add = [...added];
	const remove = [...removed];
	if (action === 'add') return { clear, add, remove: clear ? [] : remove };
	if (clear || remove.length > 0) {
		throw new SegmentInputError(
			`The segments cell holds '~' operations, but the action of this row is '${action}'`,
			"Use '~' operations with the action 'add' only, or write plain segments",
		);
	}
	return changeOf(action, add);
}

/** Between segments in the texts of others. */
const SEPARATORS = /[,;|\r\n]/;

/** One entry of `{a,"b c"}` or `['a', 'b']`. */
const QUOTED = /^\s*(["'])(.*)\1\s*$/s;

/** Whether a text may be several segments, or one whose name looks so. */
export const mayHoldSeveral = (text: string): boolean =>
	SEPARATORS.test(text) || /^[[{]/.test(text);

/**
 * The entries of a text: a JSON array, a list as Python (`['a']`) or PostgreSQL (`{a,b}`) write it, or texts between
 * commas, semicolons, vertical bars or line breaks. Not trimmed; those of a JSON array may be anything.
 */
function textEntries(text: string): unknown[] {
	const trimmed = text.trim();
	const isBracketed = trimmed.startsWith('[') && trimmed.endsWith(']');
	if (isBracketed) {
		try {
			const parsed: unknown = JSON.parse(trimmed);
			if (Array.isArray(parsed)) return parsed;
		} catch {
			// Written by something else.
		}
	}
	if (!isBracketed && !(trimmed.startsWith('{') && trimmed.endsWith('}'))) {
		return trimmed.split(SEPARATORS);
	}
	return listEntries(trimmed.slice(1, -1)) ?? trimmed.split(SEPARATORS);
}

/** Entries between commas, in quotes or not; nothing when they are something else. */
function listEntries(inner: string): string[] | undefined {
	const entries = inner.match(/\s*"(?:[^"\\]|\\.)*"\s*|\s*'(?:[^'\\]|\\.)*'\s*|[^,]+/gs) ?? [];
	// Something other than a comma between two of them: braces or brackets within, or quotes within a text.
	if (entries.join(',') !== inner.replace(/,\s*$/, '')) return undefined;
	const isPlain = (entry: string) => QUOTED.test(entry) || !/["'[\]{}:]/.test(entry);
	if (!entries.every(isPlain)) return undefined;
	return entries.map((entry) => {
		const inQuotes = QUOTED.exec(entry)?.[2];
		return inQuotes === undefined ? entry : inQuotes.replace(/\\(.)/gs, '$1');
	});
}
