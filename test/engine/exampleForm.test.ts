/** The form that imports a file and returns the rows that failed, as people see its pages. */
import type { INodeExecutionData } from 'n8n-workflow';
import { readExample, runExample } from '../demo/exampleFiles';
import { sent, useSimulator } from '../support/advocate';
import { inlineBinary, loadNodeType, readBinary } from './harness';
import type { WorkflowRun } from './harness';

const simulator = useSimulator();
const state = () => simulator().state;
const jsonOf = (items: INodeExecutionData[]) => items.map(({ json }) => json);
/** Names of the node's fields, as the editor shows them; those of one word may be a cell of a file. */
const displayNames = (): string[] =>
	[...JSON.stringify(loadNodeType().description).matchAll(/"displayName":"([^"]+ [^"]+)"/g)].map(
		([, name]) => name,
	);

const writes = () => sent(simulator()).filter((name) => /^(Upsert|PUT)/.test(name));

describe('form-import-rejects.json', () => {
	const upload = async (csv: string): Promise<WorkflowRun> =>
		await runExample('form-import-rejects.json', simulator(), {
			mode: 'webhook',
			given: { Upload: [{ json: {}, binary: { file: inlineBinary(csv, 'people.csv') } }] },
		});

	const rejectsOf = async (run: WorkflowRun): Promise<string> =>
		(await readBinary(run.items('Correct These Rows')[0], 'rejects')).toString();

	/** The pages that somebody gets to see, of which n8n shows one after the other. */
	const pages = (run: WorkflowRun) =>
		['File Not Imported', 'All Done', 'Correct These Rows'].filter(
			(name) => run.items(name).length > 0,
		);

	beforeEach(() => {
		state().addSegment({ key: 'newsletter' });
		for (const id of ['ada@example.com', 'grace@example.com']) state().addParticipant({ id });
	});

	it('returns the rows that failed, which can be corrected and uploaded again until none is left', async () => {
		const first = await upload('id,name\nada@example.com,Ada\ngrace@exmple.com,Grace\n');
		expect(first.status).toBe('success');
		expect(first.items('All Done')).toEqual([]);
		const [page] = first.items('Correct These Rows');
		expect(page.json).toMatchObject({
			title: 'Some rows were not imported',
			message: [
				'1 of 2 rows was imported. Your browser downloads the row that was not imported as a file.',
				'',
				'1. Open the file. The column message says why a row was not imported.',
				'2. Correct what the message names, or delete the row. Leave the other columns as they are.',
				'3. Where you change an ID, empty the cell in the column idCheck.',
				'Then save the file in the same format, open the form again with the link that you were given, and upload the file there.',
				'',
				"If you can't tell what to correct, ask whoever gave you the form.",
			].join('\n'),
		});
		expect(pages(first)).toEqual(['Correct These Rows']);
		const rejects = await rejectsOf(first);
		expect(rejects).toContain('does not exist');
		expect(rejects).not.toContain('ada@example.com');

		const corrected = rejects
			.replaceAll('grace@exmple.com', 'grace@example.com')
			// The check of the ID that was corrected.
			.replace(/,[a-z0-9]+\r\n$/, ',\r\n');
		const before = writes().length;
		const second = await upload(corrected);
		expect(jsonOf(second.items('All Done'))).toMatchObject([
			{ title: 'All rows were imported', message: '1 of 1 row imported' },
		]);
		expect(writes().length - before).toBe(1);
		expect(state().segmentsOf('ada@example.com')).toEqual(['newsletter']);
		expect(state().segmentsOf('grace@example.com')).toEqual(['newsletter']);
		expect(state().participants.size).toBe(2);
	});

	it.each([
		['some rows', 'id\nada@example.com\nnobody@example.com\n\u200b\n', 1],
		['all rows', 'id\nnobody@example.com\n\u200b\n', 0],
	])('shows only the page with the rejects when %s failed', async (_, csv, imported) => {
		const run = await upload(csv);
		expect(pages(run)).toEqual(['Correct These Rows']);
		expect(run.items('Correct These Rows')).toHaveLength(1);
		expect(run.run.data.resultData.lastNodeExecuted).toBe('Correct These Rows');
		expect([...state().membersOf('newsletter')]).toHaveLength(imported);
	});

	it.each([
		['some rows', 'id\nada@example.com\nno1@x.test\nno2@x.test\n', 'Some rows', '1 of 3 rows was'],
		['all rows', 'id\nno1@x.test\nno2@x.test\n', 'No row was', '0 of 2 rows were'],
		['the only row', 'id\nno1@x.test\n', 'No row was', '0 of 1 row was'],
	])('counts in words, and takes the title by it, when %s failed', async (_, csv, title, text) => {
		const [page] = (await upload(csv)).items('Correct These Rows');
		expect(page.json.title).toMatch(new RegExp(`^${title}`));
		expect(page.json.message).toMatch(new RegExp(`^${text} imported\\.`));
		expect(page.json.message).not.toContain('unplacedCells');
	});

	it.each([
		['too many cells', 'id,name\nada@example.com,Ada,surplus\n'],
		['too few cells', 'id,name\nada@example.com,"Ada\n'],
	])('a row with %s says itself what else to empty', async (_, csv) => {
		const run = await upload(csv);
		const [page] = run.items('Correct These Rows');
		expect(page.json.message).not.toContain('unplacedCells');
		const rejects = await rejectsOf(run);
		expect(rejects).toMatch(/\. Then empty the cell in the column unplacedCells/);
		// Who has not done it is told so once.
		const again = await rejectsOf(await upload(rejects));
		expect(again.match(/'unplacedCells'/g)).toHaveLength(1);
	});

	it('does not call an empty file imported', async () => {
		const run = await upload('id,name\n');
		expect(jsonOf(run.items('All Done'))).toMatchObject([
			{ title: 'Nothing to import', message: expect.stringMatching(/^The file has no rows below/) },
		]);
	});

	it('takes the files that the rejects of another kind of file come back as', async () => {
		const [{ parameters }] = readExample('form-import-rejects.json').nodes.filter(
			({ name }) => name === 'Upload',
		);
		const [field] = (parameters.formFields as { values: Array<{ acceptFileTypes: string }> })
			.values;
		expect(field.acceptFileTypes.split(',')).toEqual(['.csv', '.tsv', '.txt', '.tab']);
	});

	it('says of a refused key that the file is not the reason, and gives no rejects that nobody can correct', async () => {
		simulator().faults.add({
			match: { path: '.' },
			times: 'always',
			then: { kind: 'status', status: 401, body: { message: 'Not valid.' } },
		});
		const run = await upload('id\nada@example.com\ngrace@example.com\n');
		expect(pages(run)).toEqual(['File Not Imported']);
		const [page, ...more] = run.items('File Not Imported');
		expect(more).toEqual([]);
		expect(page.json.message).toMatch(/^Your file is not the reason: .* Tell whoever gave you/);
	});

	it('says why a file as a whole can not be imported', async () => {
		const run = await upload('Kundennummer;Ort\n1;Wien\n');
		expect(run.status).toBe('success');
		expect(writes()).toEqual([]);
		const [page] = run.items('File Not Imported');
		expect(page.json).toMatchObject({
			title: 'Nothing was imported',
			message: expect.stringMatching(
				/^The file has no participant ID column\. Columns found: 'Kundennummer', 'Ort'\.\n\nCorrect the file, open the form again with the link that you were given, and upload the file there/,
			),
		});
		expect(pages(run)).toEqual(['File Not Imported']);
	});

	it('says of a file without content, which n8n leaves out, that it is empty', async () => {
		const run = await runExample('form-import-rejects.json', simulator(), {
			mode: 'webhook',
			given: { Upload: [{ json: { file: null } }] },
		});
		expect(pages(run)).toEqual(['File Not Imported']);
		expect(run.items('File Not Imported')[0].json.message).toMatch(
			/^The file is empty, or none was given\.\n\nCorrect the file, /,
		);
	});

	/** Rows that can't be imported, each for another reason. */
	const BAD_ROWS = [
		'nobody@example.com,,',
		'1.5E+10,,',
		'Jan-24,,',
		'NULL,,',
		'"a\nb",,',
		`${'x'.repeat(513)},,`,
		'ada@example.com,Canada,',
		'ada@example.com,,Ada,surplus',
		'ada@example.com',
		'"ada@example.com" x,,',
		'“ada@example.com”,,',
		',,',
		',DE,',
	];

	// Whoever gets the file has no node: what a row says is what is wrong and what to change in it. Settings stand in the
	// hints of the output.
	it('names no setting of a node in the rejects, whatever is wrong with a row', async () => {
		const run = await upload(`id,countryCode,firstName\n${BAD_ROWS.join('\n')}\n`);
		const rejects = await rejectsOf(run);
		for (const name of displayNames()) expect(rejects).not.toContain(`'${name}'`);
		expect(rejects).not.toMatch(/\bnode\b|n8n|where it comes from/);
		expect(rejects).toContain('Correct it in the row');
		expect(rejects).toContain('Check the participant ID (upper and lower case count)');
		const { failures } = run.items('Import CSV')[0].json as { failures: Array<{ hint?: string }> };
		const hints = failures.map(({ hint }) => hint).join('\n');
		expect(hints).toContain("turn on 'Accept Unusual IDs'");
		expect(hints).toContain("set 'If Participant Does Not Exist' to create or skip it");
	});

	it('says what to leave out of a file that asks for more than the form does', async () => {
		const run = await upload('id,segments\nada@example.com,vip\n');
		expect(writes()).toEqual([]);
		expect(run.items('File Not Imported')[0].json.message).toMatch(
			/^Row 2 has 'vip' in the column 'segments', but the segments for every row are chosen already: 'newsletter'\. Leave out rows that ask for anything else, and this column\.\n\nCorrect the file, /,
		);
	});

	it('tells nobody to set an option of a node that they never see', async () => {
		const files = [
			'Kundennummer;Ort\n1;Wien\n',
			'{"id": "a"}',
			'Report of May\n\nid,name\nada@example.com,Ada\n',
			'id,name\nnobody@example.com,x\n',
			'id,segments\nada@example.com,vip\n',
			'id,action\nada@example.com,remove\n',
			'id,segments\nada@example.com,~vip\n',
			'id,userId\nada@example.com,x\n',
		];
		for (const csv of files) {
			const run = await upload(csv);
			const [page] = pages(run);
			expect(run.items(page)[0].json.message).not.toMatch(
				/ID Column|Delimiter|Header Row|File Format|Extract|'[A-Z][a-z]+ [A-Z][a-z]+'|'Action'|\bnode\b|n8n/,
			);
		}
		state().segments.delete('newsletter');
		const run = await upload('id\nada@example.com\n');
		expect(run.items('File Not Imported')[0].json.message).toMatch(/^Your file is not the reason/);
	});
});
