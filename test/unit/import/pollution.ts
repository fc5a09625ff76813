/**
 * What happens to CSV files on their way, as kinds: each makes a polluted file out of a clean one. Drawn from a seed, so
 * that every file can be made again.
 */

/** Numbers from 0 up to 1, always the same for a seed. */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A row of the clean file: the participant, and what a row of it asks for. */
interface CleanRow {
	id: string;
	segments: string;
	note: string;
}

export interface CleanFile {
	/** Columns in their order; the last one is used, so that no row can lose a cell without a word. */
	columns: Array<keyof CleanRow>;
	rows: CleanRow[];
}

type Random = () => number;

const pick = <Value>(random: Random, values: readonly Value[]): Value =>
	values[Math.floor(random() * values.length)];

const NOTES = ['', 'x', 'Doe, Jane', 'a; b', 'said "hi"', 'two\nlines', '5" pipe', 'é, ü', ' y '];

export function cleanFile(random: Random): CleanFile {
	const count = 2 + Math.floor(random() * 8);
	return {
		columns: pick<Array<keyof CleanRow>>(random, [
			['id', 'note', 'segments'],
			['note', 'id', 'segments'],
			['segments', 'note', 'id'],
		]),
		rows: Array.from({ length: count }, (_, index) => ({
			id: `p${index}@x.test`,
			segments: pick(random, ['vip', 'beta', 'gold']),
			note: pick(random, NOTES),
		})),
	};
}

/** How a file is written. */
interface Style {
	delimiter: string;
	newline: string;
	quote: string;
	escape: string;
	quotesAll: boolean;
	/** Put between a delimiter and a quote. */
	blank: string;
}

const STYLE: Style = {
	delimiter: ',',
	newline: '\n',
	quote: '"',
	escape: '"',
	quotesAll: false,
	blank: '',
};

function line(cells: readonly string[], style: Style): string {
	const { delimiter, quote, escape, quotesAll, blank } = style;
	return cells
		.map((cell, index) => {
			const needs = quotesAll || /[\s"',;|\t\\]/.test(cell);
			if (!needs) return cell;
			const text =
				escape === '\\'
					? cell.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
					: cell.replaceAll(quote, quote + quote);
			return `${index > 0 ? blank : ''}${quote}${text}${quote}`;
		})
		.join(delimiter);
}

function lines({ columns, rows }: CleanFile, style: Style): string[] {
	return [
		line([...columns], style),
		...rows.map((row) =>
			line(
				columns.map((name) => row[name]),
				style,
			),
		),
	];
}

const write = (file: CleanFile, style: Partial<Style> = {}): string => {
	const whole = { ...STYLE, ...style };
	return lines(file, whole).join(whole.newline) + whole.newline;
};

/** Change one line below the header. */
function inOneLine(
	file: CleanFile,
	random: Random,
	change: (text: string) => string,
	style: Partial<Style> = {},
): string {
	const all = lines(file, { ...STYLE, ...style });
	const at = 1 + Math.floor(random() * file.rows.length);
	all[at] = change(all[at]);
	return all.join('\n') + '\n';
}

/** Put something in, or take something out, at a place drawn from those that fit. */
function atPlace(text: string, random: Random, place: RegExp, replacement: string): string {
	const places = [...text.matchAll(place)];
	if (places.length === 0) return text;
	const { index, 0: found } = pick(random, places);
	return text.slice(0, index) + replacement + text.slice(index + found.length);
}

/** Each kind, by name. */
export const KINDS: Readonly<Record<string, (file: CleanFile, random: Random) => string>> = {
	delimiter: (file, random) => write(file, { delimiter: pick(random, [';', '\t', '|']) }),
	'delimiter in one row': (file, random) =>
		inOneLine(file, random, (text) => text.replaceAll(',', pick(random, [';', '\t', '|']))),
	'all quoted': (file, random) =>
		write(file, { quotesAll: true, newline: pick(random, ['\n', '\r\n', '\r']) }),
	'single quotes': (file) => write(file, { quote: "'", quotesAll: true }),
	'typographic quotes': (file, random) =>
		inOneLine(file, random, (text) => text.replace(/(p\d@x\.test)/, '“$1”')),
	'blanks before quotes': (file, random) =>
		write(file, { quotesAll: true, blank: pick(random, [' ', '\u00a0', '  ', '\t']) }),
	'backslash escapes': (file) => write(file, { escape: '\\', quotesAll: true }),
	'stray quote': (file, random) =>
		inOneLine(file, random, (text) => atPlace(text, random, /(?<=^|,)/g, '"')),
	'lost quote': (file, random) =>
		inOneLine(file, random, (text) => atPlace(text, random, /"/g, ''), { quotesAll: true }),
	'quote in a quoted cell': (file, random) =>
		inOneLine(file, random, (text) => atPlace(text, random, /(?<=\w)(?=\w)/g, '"'), {
			quotesAll: true,
		}),
	'line ends': (file, random) => write(file, { newline: pick(random, ['\r\n', '\r']) }),
	'mixed line ends': (file, random) =>
		lines(file, STYLE)
			.map((text) => text + pick(random, ['\n', '\r\n', '\r']))
			.join(''),
	'carriage return in a row': (file, random) =>
		inOneLine(file, random, (text) => atPlace(text, random, /(?<=\w)(?=\w)/g, '\r')),
	'missing delimiter': (file, random) =>
		inOneLine(file, random, (text) => atPlace(text, random, /,/g, '')),
	'surplus delimiter': (file, random) =>
		inOneLine(file, random, (text) => atPlace(text, random, /,|$/g, ',,')),
	'trailing delimiters': (file) =>
		lines(file, STYLE)
			.map((text) => `${text},\n`)
			.join(''),
	'trailing delimiters below the header': (file) =>
		lines(file, STYLE)
			.map((text, index) => (index === 0 ? `${text}\n` : `${text},\n`))
			.join(''),
	'moved row': (file, random) =>
		inOneLine(file, random, (text) => (random() < 0.5 ? `,${text}` : `"",${text}`)),
	// Not within the last cell, since nobody can see that a text was longer, and not down to nothing but delimiters.
	'cut row': (file, random) =>
		inOneLine(file, random, (text) => {
			const cut = text.slice(0, 1 + Math.floor(random() * text.lastIndexOf(',')));
			return /[^,]/.test(cut) ? cut : text;
		}),
	'blank rows': (file, random) =>
		lines(file, STYLE)
			.map((text) => `${text}\n${pick(random, ['', '\n', ',,\n', ' , ,\n'])}`)
			.join(''),
	'header again': (file, random) => {
		const [header, ...rest] = lines(file, STYLE);
		const at = Math.floor(random() * rest.length);
		return [header, ...rest.slice(0, at), header, ...rest.slice(at)].join('\n');
	},
	'several tables': (file) => `${write(file)}\nname,city,date\nAda,London,1815\n`,
	'text above': (file) => `Report of all participants\nmade by hand\n\n${write(file)}`,
	comments: (file) => `# export, of today\n${write(file)}`,
	'header without its first name': (file) => write(file).replace(/^[^,]*,/, ''),
	'a column of row numbers': (file) =>
		lines(file, STYLE)
			.map((text, index) => (index === 0 ? text : `${index},${text}`))
			.join('\n'),
	'no header': (file) => lines(file, STYLE).slice(1).join('\n'),
	'header in capitals and quotes': (file) =>
		write(file).replace(/^.*/, (text) => text.toUpperCase().replace(/\w+/g, '"$&"')),
	'total below': (file) =>
		`${write(file)}${file.columns.map((name) => (name === 'id' ? 'Total' : name === 'segments' ? 'vip' : '')).join(',')}\n`,
	Markdown: (file) => {
		const safe = { ...file, rows: file.rows.map((row) => ({ ...row, note: 'x' })) };
		const [header, ...rest] = lines(safe, STYLE).map(
			(text) => `| ${text.replaceAll(',', ' | ')} |`,
		);
		return [header, '|---|---|---|', ...rest].join('\n');
	},
	'saved as text formulas': (file) =>
		write({ ...file, rows: file.rows.map((row) => ({ ...row, id: `="${row.id}"` })) }),
	'line breaks spelled out': (file) => write(file).trimEnd().replaceAll('\n', '\\n'),
};
