/* eslint-disable @n8n/community-nodes/no-restricted-globals -- a command-line program */
/** What the demo and the benchmark print: colours where the terminal has them, plain text elsewhere. */

const { stdout, env } = process;

const ESCAPE = '\u001b';

const hasColours =
	env.NO_COLOR === undefined && (env.FORCE_COLOR !== undefined || (stdout.isTTY ?? false));

const painted =
	(code: number) =>
	(text: string): string =>
		hasColours ? `${ESCAPE}[${code}m${text}${ESCAPE}[0m` : text;

export const bold = painted(1);
export const dim = painted(2);
export const red = painted(31);
export const green = painted(32);
export const yellow = painted(33);
export const cyan = painted(36);

export function print(text = ''): void {
	stdout.write(`${text}\n`);
}

/** A line that the next one replaces. Printed to terminals only. */
export function printProgress(text: string): void {
	if (stdout.isTTY) stdout.write(`\r${ESCAPE}[2K${text}`);
}

export function clearProgress(): void {
	printProgress('');
}

const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');

/** Characters that a text takes on the screen. */
const width = (text: string): number => text.replace(COLOUR, '').length;

const pad = (text: string, to: number, align: 'left' | 'right'): string => {
	const blanks = ' '.repeat(Math.max(0, to - width(text)));
	return align === 'left' ? text + blanks : blanks + text;
};

/**
 * A table with a line under its head.
 * @param aligns per column; left where nothing is said
 */
export function table(
	head: readonly string[],
	rows: ReadonlyArray<readonly string[]>,
	aligns: ReadonlyArray<'left' | 'right'> = [],
): string {
	const widths = head.map((name, column) =>
		Math.max(width(name), ...rows.map((row) => width(row[column] ?? ''))),
	);
	const line = (cells: readonly string[]) =>
		`  ${cells.map((cell, column) => pad(cell, widths[column], aligns[column] ?? 'left')).join('  ')}`.trimEnd();
	const rule = `  ${widths.map((count) => '-'.repeat(count)).join('  ')}`;
	return [bold(line(head)), dim(rule), ...rows.map(line)].join('\n');
}

/** `1,234` */
export const count = (value: number): string => value.toLocaleString('en-US');

/** `0.42 s`, `1 min 5 s` */
export function seconds(milliseconds: number): string {
	const value = milliseconds / 1000;
	if (value < 10) return `${value.toFixed(2)} s`;
	if (value < 120) return `${value.toFixed(1)} s`;
	return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}
