/**
 * Rejects and undo files that were opened in a spreadsheet and saved again. Columns that are not imported as Text lose
 * zeros, signs and digits; whoever imports such a file must not make new participants.
 */
import fc from 'fast-check';
import { inlineBinary, readBinary } from '../harness';
import { TestApi } from './testApi';
import { AS_THE_FILE_SAYS, counts, memberships, readTable, runImport, statuses } from './helpers';
import type { ImportInput, ImportRun } from './helpers';

const sim = new TestApi();

beforeEach(() => {
	for (const key of ['vip', 'beta']) sim.api.state.addSegment({ key });
});

/** What a spreadsheet with its default column types shows, and saves, for the text of a cell. */
function asSpreadsheet(cell: string): string {
	if (/^(true|false)$/i.test(cell)) return cell.toUpperCase();
	if (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(cell)) {
		const value = Number(cell);
		const digits = String(value);
		if (!/e/i.test(digits) && digits.replace(/\D/g, '').length <= 15) return digits;
		// As LibreOffice: 1.23456789012346E+019
		const [mantissa, exponent] = value.toExponential(14).split('e');
		const sign = exponent.startsWith('-') ? '-' : '+';
		return `${mantissa.replace(/\.?0+$/, '')}E${sign}${exponent.slice(1).padStart(3, '0')}`;
	}
	const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(cell);
	if (date !== null) return `${date[2]}/${date[3]}/${date[1].slice(2)}`;
	return cell;
}

interface SaveAs {
	delimiter?: string;
	cellOf?: (cell: string) => string;
	encode?: (text: string) => Buffer;
}

/** Open a file, and save it again. */
function saveAgain(file: Buffer, save: SaveAs = {}): Buffer {
	const { delimiter = ',', cellOf = asSpreadsheet, encode = (text) => Buffer.from(text) } = save;
	const lines = readTable(file.toString('utf8')).map((cells) =>
		cells
			.map(cellOf)
			.map((cell) =>
				/["\r\n]/.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell,
			)
			.join(delimiter),
	);
	return encode(`${lines.join('\r\n')}\r\n`);
}

async function importFile(file: Buffer, input: ImportInput = {}): Promise<ImportRun> {
	const binary = { data: inlineBinary(file, 'list-rejects.csv') };
	return await runImport(sim.api, [{ json: {}, binary }], { binaryField: 'data', ...input });
}

/** The rejects file of an import in which the API refused every row; it would take them now. */
async function refusedOnce(csv: string, ids: string[], input: ImportInput = {}): Promise<Buffer> {
	sim.api.setOptions({
		participantRejects: Object.fromEntries(ids.map((id) => [id, { message: 'No' }])),
	});
	const run = await runImport(sim.api, csv, { output: 'summary', ...input });
	sim.api.setOptions({ participantRejects: {} });
	expect(run.rejectsFile).toBeDefined();
	return run.rejectsFile ?? Buffer.from('');
}

const CHANGED =
	"The ID is not the one that this row was written with, as the cell in 'idCheck' shows. If a spreadsheet changed it, format the column as text and enter the ID as it was. If you changed it yourself, empty that cell";

describe('a rejects file', () => {
	const DAMAGED: Array<[id: string, becomes: string]> = [
		['000123', '123'],
		['12345678901234567890', '1.23456789012346E+019'],
		['1e5', '100000'],
		['10.50', '10.5'],
		['2026-01-02', '01/02/26'],
	];

	test.each(DAMAGED)('whose ID %s became %s makes no participant of it', async (id, becomes) => {
		const file = await refusedOnce(`id\n${id}\nb@x.test\n`, [id, 'b@x.test']);
		const saved = saveAgain(file);
		expect(readTable(saved.toString())[1][4]).toBe(becomes);
		const run = await importFile(saved);
		expect(counts(run.summary)).toEqual({ succeeded: 1, invalid: 1 });
		expect(statuses(run)).toEqual({ 2: 'invalid', 3: 'succeeded' });
		expect(run.rows[0].message).toBe(CHANGED);
		expect(run.hints[0].message).toContain('the ID is not the one that this row was written with');
		expect(memberships(sim.api)).toEqual({ 'b@x.test': ['vip'] });
		// Put right, it is imported: the check went along.
		const again = run.rejectsFile ?? Buffer.from('');
		expect((await importFile(again)).rows[0].message).toBe(CHANGED);
		const right = saveAgain(again, { cellOf: (cell) => (cell === becomes ? id : cell) });
		expect(counts((await importFile(right)).summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ 'b@x.test': ['vip'], [id]: ['vip'] });
	});

	test('whose ID true became TRUE, where such IDs are accepted', async () => {
		const input: ImportInput = { options: { acceptUnusualIds: true } };
		const file = await refusedOnce('id\ntrue\n', ['true'], input);
		const saved = saveAgain(file);
		expect(readTable(saved.toString())[1][4]).toBe('TRUE');
		expect((await importFile(saved, input)).rows[0].message).toBe(CHANGED);
		expect(memberships(sim.api)).toEqual({});
		expect(counts((await importFile(file, input)).summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ true: ['vip'] });
	});

	test('whose ID lost its sign, also without the apostrophe that guards it', async () => {
		const options = { protectFormulas: false };
		const file = await refusedOnce('id\n+491701234567\n', ['+491701234567'], { options });
		const saved = saveAgain(file);
		expect(readTable(saved.toString())[1][4]).toBe('491701234567');
		expect((await importFile(saved)).rows[0].message).toBe(CHANGED);
		const guarded = await refusedOnce('id\n+491701234567\n', ['+491701234567']);
		// A spreadsheet that takes the apostrophe for its own sign of a text saves it without.
		const unguarded = saveAgain(guarded, {
			cellOf: (cell) => asSpreadsheet(cell.replace(/^'/, '')),
		});
		expect((await importFile(unguarded)).rows[0].message).toBe(CHANGED);
		expect(memberships(sim.api)).toEqual({});
		expect(counts((await importFile(saveAgain(guarded))).summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ '+491701234567': ['vip'] });
	});

	test('whose account ID was changed', async () => {
		const file = await refusedOnce('id,accountId\na,007\nb,\n', ['a', 'b']);
		const run = await importFile(saveAgain(file));
		expect(statuses(run)).toEqual({ 2: 'invalid', 3: 'succeeded' });
		expect(run.rows[0].message).toBe(CHANGED);
		expect(sim.api.state.participant('7', 'a')).toBeUndefined();
	});

	test('whose letters became others in another character set', async () => {
		const ids = ['Łukasz@x.test', 'anna@x.test', 'müller@x.test'];
		const file = await refusedOnce(`id\n${ids.join('\n')}\n`, ids);
		// Windows-1250, which the node can only take for Windows-1252.
		const save = (text: string) =>
			Buffer.from(text.replace('\ufeff', '').replace('Ł', '\u00a3'), 'latin1');
		const run = await importFile(saveAgain(file, { encode: save }));
		expect(statuses(run)).toEqual({ 2: 'invalid', 3: 'succeeded', 4: 'succeeded' });
		expect(memberships(sim.api)).toEqual({ 'anna@x.test': ['vip'], 'müller@x.test': ['vip'] });
		expect(run.summary.notes).toEqual([expect.stringContaining('not UTF-8')]);
	});

	test('that a spreadsheet saved with its own delimiter, or that nobody changed, is imported', async () => {
		const ids = ['a@x.test', 'Jürgen', 'x;y'];
		const file = await refusedOnce(`id,note\n${ids.join(',\n')},\n`, ids);
		for (const saved of [file, saveAgain(file, { delimiter: ';' }), saveAgain(file)]) {
			const run = await importFile(saved);
			expect(counts(run.summary)).toEqual({ succeeded: 3 });
			expect(run.summary.notes).toEqual([]);
		}
		expect(Object.keys(memberships(sim.api)).sort()).toEqual([...ids].sort());
	});

	test('in which somebody has corrected an ID on purpose', async () => {
		const file = await refusedOnce('id\nada\n', ['ada']);
		const corrected = file.toString('utf8').replace(/,ada,\w+/, ',ada@x.test,');
		expect(counts((await importFile(Buffer.from(corrected))).summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ 'ada@x.test': ['vip'] });
	});

	test('has no check where the ID is what is wrong, so that it can be corrected', async () => {
		const first = await runImport(sim.api, 'id\n1.16E+20\n#N/A\n');
		expect(first.rejects?.map((cells) => cells.at(-1))).toEqual(['idCheck', '', '']);
		const text = String(first.rejectsFile)
			.replace(',1.16E+20,', ',116,')
			.replace(',#N/A,', ',anna,');
		expect(counts((await importFile(Buffer.from(text))).summary)).toEqual({ succeeded: 2 });
		expect(memberships(sim.api)).toEqual({ 116: ['vip'], anna: ['vip'] });
	});

	test('has one where something else of the row is wrong', async () => {
		const first = await runImport(sim.api, 'id,segments,action\n007,vip,ad\n', AS_THE_FILE_SAYS);
		expect(first.rejects?.[1].at(-1)).toMatch(/^[a-z]{8}$/);
		const file = Buffer.from(String(first.rejectsFile).replace(',ad,', ',add,'));
		expect((await importFile(saveAgain(file), AS_THE_FILE_SAYS)).rows[0].message).toBe(CHANGED);
		expect(counts((await importFile(file, AS_THE_FILE_SAYS)).summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ '007': ['vip'] });
	});

	test('whose check was removed is imported all the same, and a note says what that means', async () => {
		const file = await refusedOnce('id\n007\n', ['007']);
		const without = readTable(file.toString('utf8'))
			.map((cells) => cells.slice(0, -1).join(','))
			.join('\n');
		const run = await importFile(Buffer.from(without));
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(run.summary.notes).toEqual([
			"The file has no column 'idCheck', so it was not checked whether a spreadsheet changed IDs.",
		]);
		expect(run.hints.map(({ message }) => message)).toEqual(run.summary.notes);
	});

	test('of which only the check is left beside the own columns is checked as well', async () => {
		const file = await refusedOnce('id\n007\n', ['007']);
		const own = readTable(file.toString('utf8'))
			.map((cells) => cells.slice(4).map(asSpreadsheet).join(','))
			.join('\n');
		expect((await importFile(Buffer.from(own))).rows[0].message).toBe(CHANGED);
		expect(memberships(sim.api)).toEqual({});
	});

	test('changed or not: any ID comes back as it was, or the row is refused', async () => {
		const id = fc.oneof(
			fc.stringMatching(/^[+-]?[0-9]{1,22}(\.[0-9]{1,3})?$/),
			fc.stringMatching(/^[0-9]e[0-9]$/),
			fc.constantFrom(
				'truest',
				'Falsely',
				'NULLA',
				'=x',
				"O'Neil",
				'é',
				'a;b',
				'2026-11-26',
				'1/2',
			),
			// Not `--`, which begins a comment.
			fc
				.stringMatching(/^[a-z0-9][a-z0-9@+=]{0,7}$|^[@+=-][a-z0-9]{1,6}$/)
				.filter((text) => !/@@|@$/.test(text)),
		);
		const row = fc.tuple(id, fc.oneof(fc.constant(''), id));
		await fc.assert(
			fc.asyncProperty(
				fc.uniqueArray(row, { minLength: 1, maxLength: 12, selector: ([first]) => first }),
				fc.boolean(),
				fc.constantFrom(',', ';', '\t'),
				async (rows, protectFormulas, delimiter) => {
					sim.api.reset();
					const csv = `id,accountId\n${rows.map((cells) => cells.join(',')).join('\n')}\n`;
					const input: ImportInput = { options: { protectFormulas } };
					const ids = rows.map(([own]) => own);
					const file = await refusedOnce(csv, ids, input);
					await importFile(saveAgain(file, { delimiter }), input);
					const wanted = rows.map(([own, account]) => `${account || own} ${own}`);
					for (const { id: found, accountId } of sim.api.state.participants.values()) {
						expect(wanted).toContain(`${accountId} ${found}`);
					}
					await importFile(file, input);
					expect(sim.api.state.participants.size).toBe(rows.length);
				},
			),
			{ numRuns: 60 },
		);
	});
});

describe('an undo file', () => {
	test('whose IDs a spreadsheet changed takes nothing else back, and says so', async () => {
		for (const id of ['007', '7', 'anna']) sim.api.state.addParticipant({ id, segments: ['beta'] });
		const first = await runImport(sim.api, 'id\n007\nanna\n', { options: { undoFile: true } });
		const undo = await readBinary(first.main[0], 'undo');
		expect(readTable(undo.toString('utf8'))[0].at(-1)).toBe('idCheck');
		await runImport(sim.api, 'id\n7\n');

		const damaged = await importFile(saveAgain(undo), AS_THE_FILE_SAYS);
		expect(statuses(damaged)).toEqual({ 2: 'succeeded', 3: 'invalid' });
		expect(damaged.rows[1].message).toBe(CHANGED);
		const after = { '007': ['beta', 'vip'], 7: ['beta', 'vip'], anna: ['beta'] };
		expect(memberships(sim.api)).toEqual(after);

		const whole = await importFile(undo, AS_THE_FILE_SAYS);
		expect(counts(whole.summary)).toEqual({ succeeded: 1, unchanged: 1 });
		expect(memberships(sim.api)).toEqual({ ...after, '007': ['beta'] });
	});

	test('whose rows are skipped says so in a note', async () => {
		const first = await runImport(sim.api, 'id\nanna\nbert\n', { options: { undoFile: true } });
		sim.api.state.removeParticipant('anna', 'anna');
		const undo = await readBinary(first.main[0], 'undo');
		const run = await importFile(undo, { ...AS_THE_FILE_SAYS, output: 'summary' });
		expect(counts(run.summary)).toEqual({ succeeded: 1, skipped: 1 });
		const note = '1 row of the undo file was skipped, so what it takes back was not taken back';
		expect(run.summary.notes).toEqual([
			note,
			'Skipped: row 3. The participant does not exist',
			expect.stringMatching(/^An undo file takes back segments only: /),
		]);
		expect(run.hints.map(({ message }) => message)).toContain(note);
		expect(memberships(sim.api)).toEqual({ bert: [] });
	});
});
