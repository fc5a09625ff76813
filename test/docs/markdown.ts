/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Reads what the tests of the documentation need from a Markdown file. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(__dirname, '..', '..');

export const readText = (...parts: string[]): string =>
	readFileSync(path.join(ROOT, ...parts), 'utf8');

export interface Table {
	/** The nearest heading above. */
	heading: string;
	head: string[];
	rows: string[][];
}

export interface CsvExample {
	/** Parameters of Import CSV. */
	parameters: Record<string, unknown>;
	csv: string;
	/** The table below it. */
	rows: string[][];
}

const cellsOf = (line: string): string[] =>
	line
		.replace(/^\||\|$/g, '')
		.split('|')
		.map((cell) => cell.trim());

/** The lines without those of code blocks. */
function proseLines(markdown: string): string[] {
	let inCode = false;
	return markdown.split('\n').filter((line) => {
		if (!line.startsWith('```')) return !inCode;
		inCode = !inCode;
		return false;
	});
}

export const proseOf = (markdown: string): string => proseLines(markdown).join('\n');

/** Texts of all headings. */
export function headingsOf(markdown: string): string[] {
	return proseLines(markdown).flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? []);
}

/** The anchor that a heading gets. */
export const anchorOf = (heading: string): string =>
	heading
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, '')
		.replace(/ /g, '-');

export function tablesOf(markdown: string): Table[] {
	const tables: Table[] = [];
	let heading = '';
	let current: Table | undefined;
	for (const line of proseLines(markdown)) {
		heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading;
		if (!line.startsWith('|')) current = undefined;
		else if (current === undefined) {
			current = { heading, head: cellsOf(line), rows: [] };
			tables.push(current);
		} else if (!/^\|[\s|:-]+\|$/.test(line)) current.rows.push(cellsOf(line));
	}
	return tables;
}

/** The part from one heading to another. */
export function between(markdown: string, from: string, to: string): string {
	const start = markdown.indexOf(`\n${from}\n`);
	const end = markdown.indexOf(`\n${to}\n`);
	if (start === -1 || end === -1) throw new Error(`No part from '${from}' to '${to}'`);
	return markdown.slice(start, end);
}

/** CSV examples: a comment with the parameters, the file, and a table of what becomes of it. */
export function csvExamplesOf(markdown: string): CsvExample[] {
	const pattern = /<!-- csv-test (\{.*\}) -->\n```csv\n([\s\S]*?)```\n\n((?:\|.*\n)+)/g;
	return [...markdown.matchAll(pattern)].map(([, parameters, csv, table]) => ({
		parameters: JSON.parse(parameters) as Record<string, unknown>,
		csv,
		rows: table.trimEnd().split('\n').slice(2).map(cellsOf),
	}));
}
