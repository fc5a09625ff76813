/** Segment keys: which ones can be sent, how one is made from a name, and how people write lists of them. */
import { describeValue, entriesOf, textOf } from '../inputValue';
import { assertKeyCount, changeOf, NO_CHANGE, SegmentInputError, shownKey } from './change';
import type { SegmentAction, SegmentChange } from './change';
import { textEntries } from './listText';

/** Beyond this many characters a key is unusual. The API publishes no limit; custom-field keys end at 64. */
export const LONG_KEY_LENGTH = 64;

// eslint's no-control-regex has a point for file names; here the control characters are what we look for.
const hasControlCharacter = (text: string): boolean => {
	for (const character of text) {
		const code = character.codePointAt(0) ?? 0;
		if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
	}
	return false;
};

/**
 * Why a segment key can't be sent, or nothing when it can. The API documents no character set, so only what would be
 * read as an operator, or split, is refused here; the API judges the rest.
 */
export function checkSegmentKey(key: string): string | undefined {
	if (key.trim() === '') return 'a segment key is blank';
	if (key !== key.trim()) return `segment key ${shownKey(key)} starts or ends with a blank`;
	if (key.startsWith('~'))
		return `segment key ${shownKey(key)} starts with '~', which means removal in the API`;
	if (key === '*') return "'*' stands for all segments in the API and can't be a segment key";
	if (key.includes(',')) return `segment key ${shownKey(key)} contains a comma`;
	if (hasControlCharacter(key)) return 'a segment key contains a control character';
	return undefined;
}

/**
 * Read a list of segment keys as people give it: an array of texts or whole numbers, the same as JSON text, or text
 * separated by `,` `;` `|` or line breaks. Blank entries are dropped, blanks around a key are trimmed, repeated keys are
 * kept once.
 * @throws SegmentInputError when the value is none of these, a key can't be sent, or there are too many
 */
export function readSegmentKeys(value: unknown): string[] {
	if (value === undefined || value === null) return [];
	const entries = entriesOf(value);
	if (entries === undefined) {
		throw new SegmentInputError(
			`Segments must be a list or comma-separated text, not ${describeValue(value)}`,
			'Use an expression that gives an array such as ["vip", "beta"] or text such as vip, beta',
		);
	}
	const keys = new Set<string>();
	for (const [index, entry] of entries.entries()) {
		const text = textOf(entry);
		if (text === undefined) {
			throw new SegmentInputError(
				`Segments must be text, but entry ${index + 1} is ${describeValue(entry)}`,
				'Give segment keys, not segment objects, for example {{ $json.segments.map(s => s.key) }}',
			);
		}
		const key = text.trim();
		if (key === '') continue;
		assertSegmentKey(key);
		keys.add(key);
		assertKeyCount(keys.size);
	}
	return [...keys];
}

/**
 * Refuse a segment key that can't be sent.
 * @throws SegmentInputError
 */
export function assertSegmentKey(key: string): void {
	const reason = checkSegmentKey(key);
	if (reason === undefined) return;
	throw new SegmentInputError(
		reason.charAt(0).toUpperCase() + reason.slice(1),
		"Give the key as the segment list shows it. To take a participant out of segments, use the operation 'Remove Segments' or 'Clear Segments'",
	);
}

/** Between the segments of one cell, for example `vip|beta`. */
export const CELL_SEPARATOR = '|';

/** The entries of a cell, trimmed, without blank ones. */
function cellEntries(cell: string): string[] {
	return textEntries(cell).flatMap((entry, index) => {
		if (entry === null) return [];
		if (typeof entry === 'string' || typeof entry === 'number') {
			const text = String(entry).trim();
			return text === '' ? [] : [text];
		}
		throw new SegmentInputError(
			`Entry ${index + 1} of the list in the segments cell is neither text nor number`,
			'Write segment keys, not segment objects',
		);
	});
}

/**
 * Read one cell of a file's segments column: keys separated by `,` `;` `|` or line breaks, or a list as JSON, Python or
 * PostgreSQL write it; with the action *add*, `~key` removes that one.
 * A lone `~*` first means set; `~*` alone means clear.
 * @returns the change; `NO_CHANGE` when the cell is blank and the action needs keys
 * @throws SegmentInputError when the cell can't be read, contradicts itself or contradicts the action
 */
export function readSegmentsCell(cell: string, action: SegmentAction): SegmentChange {
	const entries = cellEntries(cell);
	if (action === 'clear') return changeOf('clear', entries);
	if (entries.length === 0) return NO_CHANGE;

	const clear = entries[0] === '~*';
	const operations = clear ? entries.slice(1) : entries;
	const added = new Set<string>();
	const removed = new Set<string>();
	for (const entry of operations) {
		if (entry === '~*') {
			throw new SegmentInputError(
				"'~*' is not the first entry of the segments cell",
				'Operations apply from left to right: write ~* first, then the segments to set',
			);
		}
		const removal = entry.startsWith('~');
		const key = removal ? entry.slice(1).trim() : entry;
		const reason = removal && key === '' ? "a bare '~' names no segment" : checkSegmentKey(key);
		if (reason !== undefined) {
			throw new SegmentInputError(
				reason.charAt(0).toUpperCase() + reason.slice(1),
				'Write segment keys separated by | in the segments cell, for example vip|~trial',
			);
		}
		if ((removal ? added : removed).has(key)) {
			throw new SegmentInputError(
				`${shownKey(key)} is both added and removed in one cell`,
				'Keep one of the two: the result would depend on the order otherwise',
			);
		}
		(removal ? removed : added).add(key);
		assertKeyCount(added.size + removed.size);
	}
	const add = [...added];
	const remove = [...removed];
	if (action === 'add') return { clear, add, remove: clear ? [] : remove };
	if (clear || remove.length > 0) {
		throw new SegmentInputError(
			`The segments cell holds '~' operations, but the action of this row is '${action}'`,
			"Use '~' operations with the action 'add' only, or write plain segment keys",
		);
	}
	return changeOf(action, add);
}
