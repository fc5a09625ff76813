/** The files that an import puts out are written like the one that it read: what opens that one opens them too. */
import { inlineBinary, readBinary } from '../harness';
import { TestApi } from './testApi';
import { AS_THE_FILE_SAYS, counts, memberships, readTable, runImport } from './helpers';
import type { ImportInput, ImportRun } from './helpers';

const sim = new TestApi();

beforeEach(() => {
	for (const key of ['vip', 'beta']) sim.api.state.addSegment({ key });
});

const importFile = async (file: Buffer, name: string, input: ImportInput): Promise<ImportRun> =>
	await runImport(sim.api, [{ json: {}, binary: { data: inlineBinary(file, name) } }], {
		binaryField: 'data',
		...input,
	});

const IDS = ['a,b;c|d', 'say "hi"', '=1+1', 'C:\\new', 'plain'];

test.each([
	['comma', ',', 'people.csv', 'people-rejects.csv', 'people-undo.csv'],
	['semicolon', ';', 'people.csv', 'people-rejects.csv', 'people-undo.csv'],
	['pipe', '|', 'people.csv', 'people-rejects.csv', 'people-undo.csv'],
	['tab', '\t', 'people.tsv', 'people-rejects.tsv', 'people-undo.tsv'],
	['tab, as Excel names it', '\t', 'people.txt', 'people-rejects.txt', 'people-undo.txt'],
	['tab in a file called CSV', '\t', 'people.csv', 'people-rejects.tsv', 'people-undo.tsv'],
])(
	'rejects and undo files of a file with %s import as they are',
	async (_, delimiter, name, rejectsName, undoName) => {
		sim.api.state.addParticipant({ id: 'plain', segments: ['beta'] });
		const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
		const rows = [['id', 'note'], ...IDS.map((id) => [id, `note; of, ${id}`])];
		const csv = rows.map((cells) => cells.map(quoted).join(delimiter)).join('\r\n');
		const refused = IDS.slice(0, 4);
		sim.api.setOptions({
			participantRejects: Object.fromEntries(
				refused.map((id) => [id, { message: 'No; not, now' }]),
			),
		});
		const options = { undoFile: true, acceptUnusualIds: true };
		const run = await importFile(Buffer.from(csv), name, { options });
		expect(counts(run.summary)).toEqual({ succeeded: 1, rejected: 4 });

		const binary = run.main[0].binary ?? {};
		expect(binary.rejects.fileName).toBe(rejectsName);
		expect(binary.undo.fileName).toBe(undoName);
		const rejects = run.rejectsFile ?? Buffer.from('');
		expect(readTable(rejects.toString(), delimiter)[0]).toEqual([
			'recordNumber',
			'message',
			'apiErrorCode',
			'statusCode',
			'id',
			'note',
			'idCheck',
		]);
		const undo = await readBinary(run.main[0], 'undo');
		expect(readTable(undo.toString(), delimiter).map((cells) => cells.length)).toEqual([6, 6]);

		sim.api.setOptions({ participantRejects: {} });
		const fixed = { delimiter, acceptUnusualIds: true };
		for (const again of [{ acceptUnusualIds: true }, fixed]) {
			const second = await importFile(rejects, rejectsName, { options: again });
			expect(counts(second.summary)).toEqual({ succeeded: 4 });
		}
		expect(memberships(sim.api)).toEqual({
			plain: ['beta', 'vip'],
			...Object.fromEntries(refused.map((id) => [id, ['vip']])),
		});
		const back = await importFile(undo, undoName, { ...AS_THE_FILE_SAYS, options: fixed });
		expect(counts(back.summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api).plain).toEqual(['beta']);
	},
);

test('what came from items is written with commas', async () => {
	sim.api.setOptions({ participantRejects: { 'a;b': { message: 'No' } } });
	const run = await runImport(sim.api, [{ json: { id: 'a;b' } }], {
		parameters: { operation: 'importItems' },
	});
	expect(run.main[0].binary?.rejects.fileName).toBe('import-rejects.csv');
	expect(run.rejects?.[1].slice(4, 5)).toEqual(['a;b']);
});

test('a rejects file of text with backslashes is not taken for the text form of a database', async () => {
	const ids = ['CORP\\tom', 'C:\\new', '\\\\share'];
	sim.api.setOptions({
		participantRejects: Object.fromEntries(ids.map((id) => [id, { message: 'No' }])),
	});
	// A file of a database: each backslash stands there twice.
	const csv = `id\tnote\n${ids.map((id) => `${id.replaceAll('\\', '\\\\')}\t\\N\n`).join('')}`;
	const options = { acceptUnusualIds: true };
	const run = await importFile(Buffer.from(csv), 'dump.tsv', { options });
	expect(counts(run.summary)).toEqual({ rejected: 3 });
	sim.api.setOptions({ participantRejects: {} });
	const again = await importFile(run.rejectsFile ?? Buffer.from(''), 'dump-rejects.tsv', {
		options,
	});
	expect(counts(again.summary)).toEqual({ succeeded: 3 });
	expect(memberships(sim.api)).toEqual(Object.fromEntries(ids.map((id) => [id, ['vip']])));
});
