/**
 * What the files of an import hold is opened in spreadsheets: nothing in it may run there, however the spreadsheet splits
 * the text, and everything comes back as it was when the file is imported.
 */
import fc from 'fast-check';
import {
	markApostrophes,
	protectFormulas,
	unprotectFormulas,
} from '../../nodes/ImpactAdvocate/import/report/formulas';
import { DELIMITERS } from '../../nodes/ImpactAdvocate/import/file/csvFormat';
import { RejectsCsv } from '../../nodes/ImpactAdvocate/import/report/rejects';
import { UndoFile } from '../../nodes/ImpactAdvocate/import/report/undo';
import { readBinary } from '../engine/harness';
import { memberships, runImport } from '../engine/import/helpers';
import { useSimulator } from '../support/advocate';
import { atEase, readAll } from '../unit/import/helpers';

const SIGN = /^[=+\-@＝＋－＠﹦﹢﹣﹫]/;

/**
 * The cells that a spreadsheet may see that splits at this character and takes no notice of quotes, without the blanks,
 * quotes and invisible characters that programs drop in front. Written apart from the code under test.
 */
function cellsAsSplitAt(delimiter: string, text: string): string[] {
	return text
		.replace(/^\uFEFF/, '')
		.split(/[\r\n\v\f\u0085\u2028\u2029]/)
		.flatMap((line) => line.split(delimiter))
		.map((cell) => cell.replace(/^[\s\p{Cc}\p{Cf}"]+/u, ''));
}

const formulasIn = (text: string): string[] =>
	[',', ';', '|', '\t'].flatMap((delimiter) =>
		cellsAsSplitAt(delimiter, text).filter((cell) => SIGN.test(cell)),
	);

const UNITS = [
	...'=+-@＝＋－＠﹦﹢﹣﹫',
	...',;|\t\n\r\v\f\u0085\u2028 \u00a0\u200b\ufeff"\'',
	...'ab1é😀~',
];

const cell = fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 8 });

describe('a cell', () => {
	test.each([
		['=1+1', "'=1+1"],
		['a;=1+1;b', "a;'=1+1;b"],
		['a|=1+1', "a|'=1+1"],
		['a\t@SUM(A1)', "a\t'@SUM(A1)"],
		['a,-1', "a,'-1"],
		['\n=1', "'\n'=1"],
		['a\r\n+1', "a\r\n'+1"],
		['＝1', "'＝1"],
		['＋1', "'＋1"],
		['－1', "'－1"],
		['＠x', "'＠x"],
		['﹦1', "'﹦1"],
		['  =1', "  '=1"],
		['\u00a0=1', "\u00a0'=1"],
		['\u200b=1', "\u200b'=1"],
		['"=1"', '"\'=1"'],
		['a;"=1"', 'a;"\'=1"'],
		["'=1", "''=1"],
		["a;''=1", "a;'''=1"],
		["'plain", "'plain"],
		["it's = fine", "it's = fine"],
		['a@x.test', 'a@x.test'],
		['2024-05-31', '2024-05-31'],
		['vip|~old', 'vip|~old'],
	])('%j is written as %j', (text, written) => {
		expect(protectFormulas(text)).toBe(written);
		expect(unprotectFormulas(written)).toBe(text);
	});

	test('comes back as it was, whatever it is, protected or not', () => {
		fc.assert(
			fc.property(cell, (text) => {
				expect(unprotectFormulas(protectFormulas(text))).toBe(text);
				expect(unprotectFormulas(markApostrophes(text))).toBe(text);
				expect(protectFormulas(unprotectFormulas(protectFormulas(text)))).toBe(
					protectFormulas(text),
				);
			}),
			{ numRuns: 5_000 },
		);
	});

	test('of a megabyte is looked at once', () => {
		// Blanks, quotes and apostrophes without end: anything that looks back or tries again would not come to an end.
		for (const text of [';', '\t', '"', "'", ' ', "\t'", ';="'].map((unit) =>
			unit.repeat(1_000_000),
		)) {
			expect(unprotectFormulas(protectFormulas(text))).toBe(text);
		}
	});
});

describe('the files', () => {
	test('hold nothing that runs, at whichever delimiter they are split, and lose nothing', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }),
				fc.constantFrom(...DELIMITERS),
				async (rows, delimiter) => {
					const rejects = new RejectsCsv(['id', '=name'], true, delimiter);
					const undo = new UndoFile(true, delimiter);
					rows.forEach(([first, second], index) => {
						rejects.add({ rowNumber: index + 2, message: first }, [first, second]);
						undo.add({ accountId: first, id: second }, [], ['=x', '-y'], [index + 2]);
					});
					const rejectsFile = await rejects.toBuffer(atEase());
					for (const file of [rejectsFile, undo.toBuffer()]) {
						expect(formulasIn(file.toString('utf8'))).toEqual([]);
					}
					const read = await readAll(rejectsFile);
					expect(read.cells.map((cells) => cells.slice(4, -1))).toEqual(rows);
					const undone = await readAll(undo.toBuffer());
					expect(undone.cells.map((cells) => cells.slice(0, 2)).reverse()).toEqual(rows);
					expect(new Set(undone.cells.map((cells) => cells[2]))).toEqual(new Set(['=x|-y']));
				},
			),
			{ numRuns: 300, examples: [[[["='", '']], ',']] },
		);
	});

	test('are found to run when they are not protected: the check above can fail', async () => {
		for (const text of ['=1', 'a;=1', '"\n=1"', 'x\n＝1', 'a|"-1"']) {
			const file = new RejectsCsv(['id'], false);
			file.add({ rowNumber: 2, message: 'no' }, [text]);
			expect(formulasIn((await file.toBuffer(atEase())).toString('utf8'))).not.toEqual([]);
		}
	});
});

describe('an import', () => {
	const simulator = useSimulator(['=new', '=old', 'vip', "'+s"]);
	const IDS = ['=1+1', "'=1+1", "'plain", 'a;=1;b', '＠x', '-1', "''-1", '+49|＝1'];
	/** Some of the IDs look as if another program had guarded them. */
	const AS_THEY_STAND = { acceptUnusualIds: true };
	const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

	test('protects the undo file without being told, and takes everything back from it', async () => {
		simulator().state.addParticipant({ id: '=1+1', segments: ['=old', 'vip'] });
		const csv = `id,segments,action\n${IDS.map((id) => `${quoted(id)},=new,set`).join('\n')}\n`;
		const run = await runImport(simulator(), csv, {
			action: 'file',
			options: { ...AS_THEY_STAND, undoFile: true },
		});
		expect(run.summary.succeeded).toBe(IDS.length);
		const undo = await readBinary(run.main[0], 'undo');
		expect(formulasIn(undo.toString('utf8'))).toEqual([]);
		const before = Object.fromEntries(IDS.map((id) => [id, id === '=1+1' ? ['=old', 'vip'] : []]));
		const back = await runImport(simulator(), undo.toString('utf8'), { action: 'file' });
		expect(back.summary.succeeded).toBe(IDS.length);
		expect(memberships(simulator())).toEqual(before);
	});

	test('protects the rejects file without being told, and imports from it what was in the file', async () => {
		const rejecting = Object.fromEntries(
			IDS.map((id) => [id, { message: '=No', statusCode: 400 }]),
		);
		simulator().options.participantRejects = rejecting;
		const csv = `id,segments\n${IDS.map((id) => `${quoted(id)},=new`).join('\n')}\n`;
		const run = await runImport(simulator(), csv, { segments: [], options: AS_THEY_STAND });
		expect(run.summary.rejected).toBe(IDS.length);
		expect(formulasIn(String(run.rejectsFile))).toEqual([]);
		simulator().options.participantRejects = {};
		await runImport(simulator(), String(run.rejectsFile), {
			segments: [],
			options: AS_THEY_STAND,
		});
		expect(memberships(simulator())).toEqual(Object.fromEntries(IDS.map((id) => [id, ['=new']])));
	});

	test('leaves apostrophes of any other file alone when IDs are to be taken as they stand', async () => {
		await runImport(simulator(), "id,accountId,segments,action\n'=1,'-a,'+s,add\n", {
			action: 'file',
			options: AS_THEY_STAND,
		});
		expect(simulator().state.segmentsOf("'=1", "'-a")).toEqual(["'+s"]);
	});
});
