/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run in plain Node.js */
/**
 * Random files. CSV_FUZZ_RUNS sets how many are compared with csv-parse (10,000 by default; a quarter of it for the other
 * property, which reads each three times), CSV_FUZZ_SEED repeats a run.
 */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { CsvDelimiter } from '../../../nodes/ImpactAdvocate/import/file/csvFormat';
import { CsvFileError } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';
import { everyBytes, readAll } from './helpers';

const numRuns = Number(process.env.CSV_FUZZ_RUNS ?? 10_000);
const seed = Number(process.env.CSV_FUZZ_SEED ?? Date.now() % 2 ** 31);

beforeAll(() => {
	process.stdout.write(`CSV fuzzing: ${numRuns} files, CSV_FUZZ_SEED=${seed}\n`);
});

const CHARACTERS = [
	'a',
	'b',
	'7',
	' ',
	',',
	';',
	'\t',
	'|',
	'"',
	"'",
	'\r',
	'\n',
	'=',
	'é',
	'日',
	'😀',
];

// Not `===`, which is a line that is drawn below a header.
const cell = fc
	.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 8 })
	.filter((text) => !/^\s*={3}/.test(text));
const delimiter = fc.constantFrom<CsvDelimiter>(',', ';', '\t', '|');
const cuts = fc.array(fc.nat(400), { maxLength: 12 });

const needsQuotes = /["\r\n,;\t|]/;

/** A well-formed file: cells quoted where needed and sometimes where not. */
const wellFormed = fc
	.record({
		width: fc.integer({ min: 1, max: 5 }),
		delimiter,
		lineBreaks: fc.constantFrom<string[][]>(['\n'], ['\r\n'], ['\n', '\r\n'], ['\r']),
		endsWithBreak: fc.boolean(),
		hasBom: fc.boolean(),
	})
	.chain((shape) =>
		fc.record({
			shape: fc.constant(shape),
			rows: fc.array(
				fc.record({
					cells: fc.array(fc.tuple(cell, fc.boolean()), {
						minLength: shape.width,
						maxLength: shape.width,
					}),
					lineBreak: fc.constantFrom(...shape.lineBreaks),
				}),
				{ maxLength: 12 },
			),
			headerBreak: fc.constantFrom(...shape.lineBreaks),
		}),
	)
	.map(({ shape, rows, headerBreak }) => {
		const header = Array.from({ length: shape.width }, (_, index) => `column${index}`);
		let text = header.join(shape.delimiter) + headerBreak;
		rows.forEach(({ cells, lineBreak }, index) => {
			text += cells
				.map(([value, isQuoted]) =>
					isQuoted || needsQuotes.test(value) ? `"${value.replaceAll('"', '""')}"` : value,
				)
				.join(shape.delimiter);
			if (index < rows.length - 1 || shape.endsWithBreak) text += lineBreak;
		});
		return { shape, header, text };
	});

/** `="x"` is how programs write the text x. */
const textOfFormula = (cell: string): string =>
	/^\s*="(?:[^"]|"")*"\s*$/.test(cell) ? cell.trim().slice(2, -1).replaceAll('""', '"') : cell;

test('well-formed files read as csv-parse reads them, wherever the bytes are split', async () => {
	await fc.assert(
		fc.asyncProperty(wellFormed, cuts, fc.boolean(), async ({ shape, header, text }, at, auto) => {
			const records: string[][] = parse(text, {
				delimiter: shape.delimiter,
				record_delimiter: shape.lineBreaks[0] === '\r' ? ['\r'] : ['\r\n', '\n'],
				relax_column_count: true,
			});
			const expected = records
				.map((cells, index) => ({ rowNumber: index + 1, cells }))
				.slice(1)
				.filter(({ cells }) => !cells.every((text) => text.trim() === ''))
				.map(({ cells, rowNumber }) => ({ rowNumber, cells: cells.map(textOfFormula) }));
			const all = records.slice(1).flat();
			// Read in a special way, see carefulReader.ts and dialect.ts: what may be several rows, and single quotes.
			fc.pre(!all.some((text) => /[\r\n]/.test(text) && text.endsWith(shape.delimiter)));
			fc.pre(!all.some((text) => /^\s*'.*'\s*$/s.test(text)));
			const bytes = Buffer.from((shape.hasBom ? '\ufeff' : '') + text, 'utf8');
			// With one column nothing tells the delimiter.
			const options = { delimiter: auto && shape.width > 1 ? ('auto' as const) : shape.delimiter };
			const read = await readAll(bytes, options, at);
			expect(read.header).toEqual(header);
			expect(read.rows.map(({ rowNumber, cells }) => ({ rowNumber, cells }))).toEqual(expected);
		}),
		{ numRuns, seed },
	);
}, 120_000);

test('any text reads the same wherever the bytes are split, and every row has a number', async () => {
	const text = fc.array(fc.constantFrom(...CHARACTERS, ',', '\n', '"', '\n', '\r\n', '\0'), {
		maxLength: 80,
	});
	await fc.assert(
		fc.asyncProperty(text, cuts, delimiter, async (parts, at, chosen) => {
			const bytes = Buffer.from(`x${chosen}y\n${parts.join('')}`, 'utf8');
			const options = { delimiter: chosen, encoding: 'utf-8' as const };
			// A file whose rows are all longer than its header is refused as a whole, wherever it is split.
			const read = async (split: readonly number[] = []) =>
				await readAll(bytes, options, split).catch((caught: unknown) => {
					if (caught instanceof CsvFileError) return caught.message;
					throw caught;
				});
			const whole = await read();
			expect(await read(at)).toEqual(whole);
			expect(await read(everyBytes(bytes, 1))).toEqual(whole);
			if (typeof whole === 'string') {
				expect(whole).toMatch(/^Every row has/);
				return;
			}
			for (const { cells, problem } of whole.rows) {
				if (problem === undefined) expect(cells).toHaveLength(2);
			}
			const numbers = whole.rows.map(({ rowNumber }) => rowNumber);
			expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
		}),
		{ numRuns: Math.ceil(numRuns / 4), seed },
	);
}, 120_000);
