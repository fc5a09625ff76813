/**
 * Files as programs write them in other encodings than UTF-8, and what people do to files in a spreadsheet. Two ends are
 * right: the letters that the author meant, or nothing sent and the way out. A guess is said aloud.
 */
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { inlineBinary, readBinary, storedBinary } from '../harness';
import { TestApi } from '../import/testApi';
import { counts, inputsOf, memberships, readTable, runImport } from '../import/helpers';
import type { ImportInput, ImportRun } from '../import/helpers';

const sim = new TestApi();

/** Participants and segments that are there before. */
beforeEach(() => {
	for (const key of ['vip', 'beta']) sim.api.state.addSegment({ key });
	sim.api.state.addParticipant({ accountId: 'a@x.test', id: 'a@x.test', segments: ['beta'] });
});

const BEFORE = { 'a@x.test': ['beta'] };
const READ = { 'a@x.test': ['beta', 'vip'] };

/** A file of texts and of bytes as they stand. */
const bytesOf = (...parts: Array<string | number[] | Buffer>): Buffer =>
	Buffer.concat(
		parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part))),
	);

async function importFile(
	bytes: Buffer,
	options: IDataObject = {},
	input: ImportInput = {},
): Promise<ImportRun> {
	const binary = { data: inlineBinary(bytes, 'list.csv') };
	return await runImport(sim.api, [{ json: {}, binary }], {
		binaryField: 'data',
		details: 'all',
		options,
		...input,
	});
}

/** Nothing is sent, and the reason is said with the way out. */
function expectRefused(run: ImportRun, message: RegExp, hint: RegExp): void {
	expect(run.status).toBe('error');
	expect(run.error?.message).toMatch(message);
	expect(run.error?.description).toMatch(hint);
	expect(sim.api.requests).toHaveLength(0);
	expect(memberships(sim.api)).toEqual(BEFORE);
}

/** Rows are read, all of them. */
function expectRead(run: ImportRun, rows: number, encoding: string): void {
	expect([run.status, run.error?.message]).toEqual(['success', undefined]);
	expect(counts(run.summary)).toEqual({ succeeded: rows });
	expect(run.rejects).toBeUndefined();
	expect(run.summary.file).toMatchObject({ encoding });
}

const firstNameOf = (id: string): unknown =>
	sim.api.state.participant(id, id)?.firstName ?? undefined;

describe('a legacy encoding', () => {
	/** First names as the program writes them, what they mean, and what Windows-1252 would make of them. */
	const NAMES: Array<
		[encoding: string, label: string, bytes: number[], name: string, guess: string]
	> = [
		['windows-1250', 'LibreOffice in Polish', [0xa3, ...bytesOf('ukasz')], 'Łukasz', '£ukasz'],
		['windows-1251', 'Excel in Russian', [0xc8, 0xe2, 0xe0, 0xed], 'Иван', 'Èâàí'],
		['windows-1254', 'Excel in Turkish', [0x41, 0x79, 0xfe, 0x65], 'Ayşe', 'Ayþe'],
		['macintosh', 'Excel for Mac of old', [...bytesOf('Ren'), 0x8e], 'René', 'RenŽ'],
		['shift_jis', 'Excel in Japanese', [0x8e, 0x52, 0x93, 0x63], '山田', 'ŽR“c'],
		['iso-8859-2', 'PHP', [0xa9, 0x61, 0x6e], 'Šan', '©an'],
		['koi8-r', 'a Unix program', [0xe9, 0xd7, 0xc1, 0xce], 'Иван', 'é×ÁÎ'],
		['iso-8859-7', 'Excel in Greek', [0xc3, 0xe9, 0xdc, 0xed], 'Γιάν', 'ÃéÜí'],
		['euc-kr', 'Excel in Korean', [0xb1, 0xe8], '김', '±è'],
	];
	const fileOf = (bytes: number[]) =>
		bytesOf('id;firstName\r\na@x.test;', bytes, '\r\nb@x.test;Bo\r\n');

	test.each(NAMES)('%s (%s) is read exactly when it is chosen', async (...args) => {
		const [encoding, , bytes, name] = args;
		const run = await importFile(fileOf(bytes), { encoding });
		expectRead(run, 2, encoding);
		expect(firstNameOf('a@x.test')).toBe(name);
		expect(run.summary.notes).toEqual([]);
		expect(run.hints.map(({ message }) => message)).toEqual(run.summary.notes);
		expect(memberships(sim.api)).toEqual({ ...READ, 'b@x.test': ['vip'] });
	});

	// Any bytes may be meant as Windows-1252, so a guess is not refused. Who looks at the output sees that it is one.
	test.each(NAMES)('%s (%s) is guessed at aloud when it is not', async (...args) => {
		const [, , bytes, , guess] = args;
		const run = await importFile(fileOf(bytes));
		expectRead(run, 2, 'windows-1252');
		const note = `The file is not UTF-8 and was read as Windows-1252: check '${guess}' in row 2. If that looks wrong, choose another 'Encoding' in the option 'File Format'`;
		expect(run.summary.notes).toEqual([note]);
		expect(run.hints.map(({ message }) => message)).toContain(note);
		expect(firstNameOf('a@x.test')).toBe(guess);
	});

	test('letters in columns that are not used are a note only', async () => {
		const run = await importFile(fileOf([0x52, 0xe9]), {}, { details: 'none' });
		expectRead(run, 2, 'windows-1252');
		expect(run.summary.notes).toContainEqual(expect.stringContaining("check 'Ré' in row 2"));
		expect(run.hints.map(({ message }) => message)).toEqual(run.summary.notes);
		expect(inputsOf(sim.api).every((input) => !('firstName' in input))).toBe(true);
	});

	test('where only the header has such letters, it is the example', async () => {
		const run = await importFile(bytesOf('id,Pr', [0xe9], 'nom\na@x.test,Bo\n'));
		expectRead(run, 1, 'windows-1252');
		expect(run.summary.notes).toEqual([
			expect.stringContaining("check 'Prénom' in row 1"),
			expect.stringContaining("'Prénom' was not used."),
		]);
		expect(run.hints.map(({ message }) => message)).toEqual(run.summary.notes);
	});

	test('of letters in IDs, an ID is the example', async () => {
		const run = await importFile(
			bytesOf('name,id\nRen', [0xe9], ',a@x.test\nX,m', [0xfc], 'ller\n'),
		);
		expectRead(run, 2, 'windows-1252');
		expect(run.hints.map(({ message }) => message)).toContainEqual(
			expect.stringContaining("check 'müller' in row 3"),
		);
		expect(memberships(sim.api)).toEqual({ ...READ, müller: ['vip'] });
	});

	test('of several files, the hint says which one', async () => {
		const items = ['id\nZoë\n', 'id\nJosé\n'].map((text) => ({
			json: {},
			binary: { data: inlineBinary(Buffer.from(text, 'latin1')) },
		}));
		const run = await runImport(sim.api, items, { binaryField: 'data' });
		expect(run.hints.map(({ message }) => message)).toEqual([
			expect.stringMatching(/'Zoë' in row 2.*\[item 0\]$/),
			expect.stringMatching(/'José' in row 2.*\[item 1\]$/),
		]);
	});

	test('an example can hold what n8n would show as HTML, or a whole story', async () => {
		const run = await importFile(Buffer.from(`id,note\n"é<b>${'x'.repeat(500)}",\n`, 'latin1'));
		const [hint] = run.hints.map(({ message }) => message);
		expect(hint).toContain(`check 'é&lt;b>${'x'.repeat(36)}…' in row 2`);
		expect(String(run.summary.notes)).toContain(`check 'é<b>${'x'.repeat(36)}…' in row 2`);
	});

	test.each([0x81, 0x8d, 0x8f, 0x90, 0x9d])(
		'byte %i is not in Windows-1252, so the file is refused',
		async (byte) => {
			const run = await importFile(bytesOf('id\r\na@x.test\r\nRen', [0xe9], [byte], '\r\n'));
			const name = byte.toString(16).toUpperCase();
			expectRefused(
				run,
				new RegExp(`neither UTF-8 nor Windows-1252: row 3 has the byte ${name} \\(at offset 18\\)`),
				/choose its 'Encoding' in the option 'File Format'.*CSV UTF-8/,
			);
		},
	);

	test('any name of an encoding will do in an expression', async () => {
		expectRead(
			await importFile(Buffer.from('id\na@x.test\n'), { encoding: 'Latin1' }),
			1,
			'windows-1252',
		);
	});

	test('a name of none is refused with those that can be used', async () => {
		const run = await importFile(Buffer.from('id\na@x.test\n'), { encoding: 'klingon' });
		expectRefused(run, /'Encoding' is 'klingon'/, /auto, big5, .*windows-1250/);
	});

	test('what is UTF-8 but was to be read as something else is said aloud', async () => {
		const run = await importFile(bytesOf('id\na@x.test\nmüller@x.test\n'), {
			encoding: 'windows-1252',
		});
		// An ID that shows it is refused as well.
		expect(counts(run.summary)).toEqual({ succeeded: 1, invalid: 1 });
		expect(run.rows[1].message).toContain("has 'Ã¼' in it");
		expect(memberships(sim.api)).toEqual(READ);
		expect(run.summary.notes).toEqual([
			"The file looks like UTF-8 (row 3), but was read as Windows-1252, as chosen in 'Encoding': check 'mÃ¼ller@x.test' in row 3",
		]);
	});
});

describe('a mixture of encodings', () => {
	const MIXTURES: Array<[kind: string, file: Buffer, message: RegExp]> = [
		[
			'one byte of Latin-1 in a UTF-8 file',
			bytesOf('id,firstName\nmüller@x.test,Jürgen\nb@x.test,Ren', [0xe9], '\n'),
			/row 2 has UTF-8 characters \(C3 BC\), but row 3 has the byte E9 \(at offset 48\)/,
		],
		[
			'a rejects file without a mark that was edited in Excel',
			bytesOf(
				'recordNumber,message,apiErrorCode,statusCode,id,firstName\r\n2,x,,,jürgen@x.test,Jürgen\r\n4,,,,z@x.test,Ren',
				[0xe9],
				'\r\n',
			),
			/row 2 has UTF-8 characters \(C3 BC\), but row 3 has the byte E9/,
		],
		[
			'two exports put together',
			bytesOf('id\nŁukasz\n', ...new Array<number[]>(3).fill([0xa3, 0x75, 0x0a])),
			/row 2 has UTF-8 characters \(C5 81\), but row 3 has the byte A3/,
		],
		[
			'a file that was cut off in the middle of a character',
			bytesOf('id\nJürgen\nM', [0xc3]),
			/row 2 has UTF-8 characters \(C3 BC\), but row 3 has the byte C3/,
		],
		[
			'rows of several lines before it',
			bytesOf('id,note\n"a","x\ny\nz"\nb,ü\nc,', [0xe9], '\n'),
			/row 3 has UTF-8 characters \(C3 BC\), but row 4 has the byte E9/,
		],
	];

	test.each(MIXTURES)('%s is refused with row and bytes', async (_kind, file, message) => {
		expectRefused(await importFile(file), message, /Correct row \d and.*CSV UTF-8.*'Encoding'/);
	});

	test('a damaged file with the mark of UTF-8 is refused as well', async () => {
		const run = await importFile(bytesOf('\ufeffid\nJürgen\nRen', [0xe9], '\n'));
		expectRefused(run, /not valid UTF-8: row 3 has the byte E9/, /marked as UTF-8 but damaged/);
	});
});

describe('UTF-16', () => {
	const CHINESE = 'id,名字\r\n山田一二三四五六七八九十,測試一二三\r\n';
	const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

	// Notepad, SQL Server and PowerShell write it, not always with a byte order mark. In Chinese there are few zero bytes.
	test.each<[string, Buffer, string, string]>([
		['little-endian', Buffer.from(CHINESE, 'utf16le'), 'utf-16le', 'as its content shows'],
		['big-endian', utf16be(CHINESE), 'utf-16be', 'as its content shows'],
		[
			'little-endian, marked',
			Buffer.from(`\ufeff${CHINESE}`, 'utf16le'),
			'utf-16le',
			'as its byte order mark says',
		],
		['big-endian, marked', utf16be(`\ufeff${CHINESE}`), 'utf-16be', 'as its byte order mark says'],
	])('%s, without many zero bytes', async (_kind, bytes, encoding, why) => {
		const run = await importFile(bytes);
		expectRead(run, 1, encoding);
		expect(run.summary.notes).toEqual([
			`The file was read as ${encoding.toUpperCase()}, ${why}: check '山田一二三四五六七八九十' in row 2`,
		]);
		expect(run.hints.map(({ message }) => message)).toEqual(run.summary.notes);
		expect(memberships(sim.api)).toEqual({ ...BEFORE, 山田一二三四五六七八九十: ['vip'] });
	});

	test('where it is not clear, the hint says what to choose', async () => {
		const run = await importFile(Buffer.from('id,name', 'utf16le'));
		expectRefused(
			run,
			/zero bytes/,
			/choose UTF-16LE or UTF-16BE as 'Encoding' in the option 'File Format'/,
		);
	});

	test.each(['utf-8', 'utf-16be', 'windows-1252'])('marked, but %s is chosen', async (encoding) => {
		const run = await importFile(Buffer.from(`\ufeff${CHINESE}`, 'utf16le'), { encoding });
		expectRefused(
			run,
			/marked as UTF-16LE, but 'Encoding' is/,
			/'Detect Automatically' or UTF-16LE/,
		);
	});
});

describe('the end of a file', () => {
	// DOS programs end a file with Ctrl-Z, others fill a sector with it or with zero bytes.
	test.each<[string, string]>([
		['Ctrl-Z', '\u001a'],
		['a sector of Ctrl-Z', '\u001a'.repeat(128)],
		['Ctrl-Z and a line break', '\u001a\r\n'],
		['zero bytes', '\0'.repeat(20_000)],
		['both', '\u001a\0\0\0'],
	])('%s is not a row', async (_kind, filler) => {
		const text = `id\r\na@x.test\r\n${filler}`;
		for (const [bytes, encoding] of [
			[Buffer.from(text), 'utf-8'],
			[Buffer.from(text.trimEnd()), 'utf-8'],
			[Buffer.from(text, 'utf16le'), 'utf-16le'],
		] as const) {
			const run = await importFile(bytes);
			expectRead(run, 1, encoding);
			expect(run.hints.map(({ message }) => message)).toEqual(run.summary.notes);
			expect(memberships(sim.api)).toEqual(READ);
		}
	});

	test('a file of nothing else is empty', async () => {
		expectRefused(await importFile(Buffer.alloc(5000)), /The file is empty/, /previous node/);
	});
});

describe('the files that the node writes', () => {
	const NAMES = 'id,note\nb@x.test,"Jürgen\nŁukasz"\nИван@x.test,山田\n';

	test('the rejects file is marked as UTF-8, and comes back as it was', async () => {
		sim.api.setOptions({
			participantRejects: {
				'b@x.test': { message: 'Abgelehnt: ungültig' },
				'Иван@x.test': { message: 'Нет' },
			},
		});
		const first = await runImport(sim.api, NAMES);
		expect(first.rejectsFile?.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
		sim.api.setOptions({ participantRejects: {} });
		for (const binary of [
			{ data: inlineBinary(first.rejectsFile ?? '', 'list-rejects.csv') },
			{ data: await storedBinary(first.rejectsFile ?? '', 'list-rejects.csv') },
		]) {
			const run = await runImport(sim.api, [{ json: {}, binary }], { binaryField: 'data' });
			expectRead(run, 2, 'utf-8');
			expect(run.summary.notes).toEqual([]);
			expect(run.summary.file).toMatchObject({ columns: { id: 'id' } });
			expect(memberships(sim.api)).toEqual({
				...BEFORE,
				'b@x.test': ['vip'],
				'Иван@x.test': ['vip'],
			});
		}
	});

	test('saved by a spreadsheet as UTF-16 text, the rejects file is read as well', async () => {
		sim.api.setOptions({ participantRejects: { 'b@x.test': { message: 'Nein' } } });
		const { rejects = [] } = await runImport(sim.api, 'id,name\nb@x.test,Jürgen\n');
		sim.api.setOptions({ participantRejects: {} });
		const text = rejects.map((cells) => cells.join('\t')).join('\r\n');
		expectRead(await importFile(Buffer.from(`\ufeff${text}`, 'utf16le')), 1, 'utf-16le');
		expect(memberships(sim.api)).toEqual({ ...BEFORE, 'b@x.test': ['vip'] });
	});

	test('the undo file is marked as UTF-8, and takes the import back', async () => {
		sim.api.state.addParticipant({ accountId: 'Иван', id: 'Иван', segments: ['beta'] });
		const before = memberships(sim.api);
		const run = await runImport(sim.api, 'id\na@x.test\nИван\n', {
			options: { undoFile: true },
		});
		expect(memberships(sim.api)).not.toEqual(before);
		const undo = await readBinary(run.main[0], 'undo');
		expect(undo.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
		expect(readTable(undo.toString('utf8'))[0]).toContain('undoesRows');
		const back = await importFile(undo, {}, { action: 'file' });
		expectRead(back, 2, 'utf-8');
		expect(memberships(sim.api)).toEqual(before);
	});
});

test('whatever is put into a UTF-8 file, its participants are those of the file, or nothing is sent', async () => {
	const id = fc.string({
		unit: fc.constantFrom('a', 'b', '7', 'é', 'ü', 'ß', 'Ł', 'И', '山', '😀'),
		minLength: 1,
		maxLength: 6,
	});
	const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 6 });
	const bad = fc.record({ byte: fc.integer({ min: 0x80, max: 0xff }), row: fc.nat(5) });
	await fc.assert(
		fc.asyncProperty(ids, fc.option(bad, { nil: undefined }), async (written, spoilt) => {
			sim.api.reset();
			const rows = written.map((text) => bytesOf(text, '\n'));
			const isSpoilt = spoilt !== undefined;
			if (isSpoilt) rows.splice(spoilt.row, 0, bytesOf('z', [spoilt.byte], '\n'));
			const run = await importFile(bytesOf('id\n', ...rows), {}, { output: 'summary' });
			const hasLetters = written.some((text) => /[^\0-\x7f]/.test(text));
			if (!isSpoilt) {
				expect(Object.keys(memberships(sim.api)).sort()).toEqual([...written].sort());
			} else if (hasLetters) {
				// Beside characters of UTF-8, a single bad byte is never read as something else.
				expect(run.status).toBe('error');
				expect(sim.api.requests).toHaveLength(0);
			} else if (run.status === 'success') {
				expect(run.summary.notes).toEqual([expect.stringContaining('was read as Windows-1252')]);
			} else {
				expect(run.error?.message).toMatch(/neither UTF-8 nor Windows-1252/);
			}
		}),
		{ numRuns: 60 },
	);
});
