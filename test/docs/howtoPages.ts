/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The pages of the how-tos, and the snippets in them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './markdown';

const FOLDER = path.join(ROOT, 'docs', 'how-to');

export const pages = readdirSync(FOLDER).sort();

interface Snippet {
	/** What stands behind the three ticks. */
	kind: string;
	text: string;
}

export function snippetsOf(markdown: string): Snippet[] {
	return [...markdown.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, kind, text]) => ({
		kind,
		text,
	}));
}

export const read = (page: string): string => readFileSync(path.join(FOLDER, page), 'utf8');

export const ofKind = (kind: RegExp): Array<[page: string, index: number, snippet: Snippet]> =>
	pages.flatMap((page) =>
		snippetsOf(read(page))
			.filter((snippet) => kind.test(snippet.kind))
			.map((snippet, index): [string, number, Snippet] => [page, index, snippet]),
	);
