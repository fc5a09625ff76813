/** Where the CSV comes from when it is no file: a text in a field, or something that can't be read as one. */
import { shown } from '../../support/advocate';
import { inlineBinary } from '../harness';
import { TestApi } from './testApi';
import { memberships, runImport } from './helpers';

const sim = new TestApi();
const CSV = 'id,segments\nanna,gold\nzoë,gold\n';
const READ = { anna: ['gold'], zoë: ['gold'] };

describe('Input Binary Field', () => {
	test('a text in the JSON field of that name is the file, as HTTP Request puts out text/csv', async () => {
		const run = await runImport(sim.api, [{ json: { data: CSV } }], {
			binaryField: 'data',
			segments: [],
		});
		expect(run.error).toBeUndefined();
		expect(memberships(sim.api)).toEqual(READ);
		// It was decoded already.
		expect(run.summary.file).toMatchObject({ encoding: 'utf-8', bytes: Buffer.byteLength(CSV) });
	});

	test('a file of that name comes first', async () => {
		await runImport(
			sim.api,
			[{ json: { data: 'id\nnot-me\n' }, binary: { data: inlineBinary(CSV) } }],
			{
				binaryField: 'data',
				segments: [],
			},
		);
		expect(memberships(sim.api)).toEqual(READ);
	});

	test('the text itself, given by an expression in place of its field', async () => {
		const run = await runImport(sim.api, [{ json: { csv: CSV } }], {
			binaryField: '={{ $json.csv }}',
			segments: [],
		});
		expect(run.error).toBeUndefined();
		expect(memberships(sim.api)).toEqual(READ);
	});

	test.each<[unknown, string]>([
		[{ a: 1, b: 2, c: 3 }, "'data' is an object with 3 fields, not a file or text"],
		[[{ id: 'a' }], "'data' is a list with 1 entry, not a file or text"],
		[[], "'data' is an empty list, not a file or text"],
		[7, "'data' is 7, not a file or text"],
		[false, "'data' is false, not a file or text"],
	])('anything else is named: %j', async (data, says) => {
		const run = await runImport(sim.api, [{ json: { data: data as never } }], {
			binaryField: 'data',
		});
		expect(shown(run.error).message).toBe(`'Input Binary Field': ${says} [item 0]`);
		expect(shown(run.error).description).toMatch(/^Give the CSV as one text/);
		expect(sim.api.requests).toEqual([]);
	});

	test.each([[null], [''], [' \n ']])('a field with nothing in it: %j', async (data) => {
		const run = await runImport(sim.api, [{ json: { data } }], { binaryField: 'data' });
		expect(shown(run.error)).toMatchObject({
			message: 'The file is empty, or none was given [item 0]',
			description: expect.stringContaining("The item has the field 'data', but no file in it"),
		});
		expect(sim.api.requests).toEqual([]);
	});

	test.each([
		[{}, 'The item has no file at all'],
		[{ report: inlineBinary(CSV) }, "The item has the file 'report'. Enter the name of the one"],
		[
			{ a: inlineBinary(CSV), b: inlineBinary(CSV) },
			"The item has the files 'a', 'b'. Enter the name of the one",
		],
	])('a field that is not there: what there is, is named', async (binary, hint) => {
		const run = await runImport(sim.api, [{ json: { other: 'x' }, binary }], {
			binaryField: 'data',
		});
		expect(shown(run.error)).toMatchObject({
			message: "'Input Binary Field': the item has no file 'data' [item 0]",
			description: expect.stringContaining(hint),
		});
	});

	test('a file that only the first item has is found by what is said', async () => {
		const first = { json: {}, binary: { undo: inlineBinary(CSV) } };
		const run = await runImport(sim.api, [first, { json: {} }], { binaryField: 'undo' });
		expect(shown(run.error)).toMatchObject({
			message: expect.stringContaining("the item has no file 'undo'"),
			description: expect.stringContaining("Item 0 has the file 'undo'. Turn on 'Execute Once'"),
		});
		expect(sim.api.requests).toEqual([]);
	});

	test('names of the prototype are no fields', async () => {
		for (const name of ['constructor', '__proto__', 'toString']) {
			const run = await runImport(sim.api, [{ json: {} }], { binaryField: name });
			expect(shown(run.error).message).toBe(
				`'Input Binary Field': the item has no file '${name}' [item 0]`,
			);
		}
	});
});

test.each<[unknown, string]>([
	[[{ id: 'a' }, { id: 'b' }], 'a list with 2 entries, not text'],
	[{ id: 'a' }, 'an object with 1 field, not text'],
	[42, '42, not text'],
	[true, 'true, not text'],
	[null, 'empty'],
	['  ', 'empty'],
])('CSV Text that is no text is named: %j', async (csv, says) => {
	const run = await runImport(sim.api, [{ json: { csv: csv as never } }]);
	expect(shown(run.error).message).toBe(`'CSV Text' is ${says} [item 0]`);
	expect(sim.api.requests).toEqual([]);
});
