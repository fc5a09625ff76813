/** How people and programs write several segments into one text: a cell of a file, or the text of an expression. */

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
export function textEntries(text: string): unknown[] {
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
