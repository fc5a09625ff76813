/**
 * The text form in which databases write tables (`mysql --batch`, PostgreSQL's COPY): tabs between cells, no quotes, and
 * a backslash before what would be in the way: `\t`, `\n`, `\\`, `\N` for a cell without a value.
 */
import { decodeText } from './encoding';
import type { OpenBytes, TextEncoding } from './encoding';

const MEANINGS: Readonly<Record<string, string>> = {
	'\\': '\\',
	b: '\b',
	f: '\f',
	n: '\n',
	r: '\r',
	t: '\t',
	v: '\v',
};

/** A cell's text. `\N` alone is left as it is: it means that there is no value. */
export function unescapeDatabaseText(cell: string): string {
	if (!cell.includes('\\') || cell === '\\N') return cell;
	return cell.replace(/\\(.)/gs, (both, sign: string) => MEANINGS[sign] ?? both);
}

/**
 * Whether every backslash of a file belongs to such a form, and one of them proves it. (`CORP\tom` alone does not: it
 * is more often a name than a tab.)
 */
export async function isDatabaseText(open: OpenBytes, encoding: TextEncoding): Promise<boolean> {
	let rest = '';
	let isProven = false;
	for await (const piece of decodeText(open, encoding)) {
		const text = rest + piece;
		let end = 0;
		for (const match of text.matchAll(/\\([\s\S])/g)) {
			if (!(match[1] in MEANINGS) && match[1] !== 'N') return false;
			isProven ||= match[1] === '\\' || match[1] === 'N';
			end = match.index + 2;
		}
		rest = text.length > end && text.endsWith('\\') ? '\\' : '';
	}
	return isProven && rest === '';
}

/** A file's bytes, watched for backslashes. */
export function watchBackslashes(open: OpenBytes): { open: OpenBytes; seen: () => boolean } {
	let isSeen = false;
	return {
		open: async () => {
			const chunks = await open();
			return (async function* () {
				for await (const chunk of chunks) {
					isSeen ||= chunk.includes(0x5c);
					yield chunk;
				}
			})();
		},
		seen: () => isSeen,
	};
}
