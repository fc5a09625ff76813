/** Import Items: all input items are one list, with what Import CSV has. */
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import {
	addSegments,
	credentials,
	expression,
	failedJson,
	pairs,
	shown,
} from '../../support/advocate';
import { readBinary } from '../harness';
import type { NodeRun } from '../harness';
import { counts, inputsOf, memberships, readTable, runImport, statuses, writesOf } from './helpers';
import type { ImportInput, ImportRun } from './helpers';
import { TestApi } from './testApi';

const sim = new TestApi();

const itemsOf = (list: IDataObject[]): INodeExecutionData[] => list.map((json) => ({ json }));

/** Import these items. */
const importItems = async (list: IDataObject[], input: ImportInput = {}): Promise<ImportRun> =>
	await runImport(sim.api, itemsOf(list), {
		...input,
		parameters: { operation: 'importItems', ...input.parameters },
	});

const hintsOf = ({ hints }: NodeRun): string[] => hints.map(({ message }) => message);

const notesOf = ({ summary }: ImportRun): string[] => summary.notes as string[];

/** `n` people with a field for their ID. */
const crowd = (n: number): IDataObject[] =>
	Array.from({ length: n }, (_, index) => ({ id: `p${index}` }));

describe('all items are one list', () => {
	test('in batches, with one summary that is paired with all of them', async () => {
		const run = await importItems(crowd(250), { output: 'summary' });
		expect(run.error).toBeUndefined();
		expect(writesOf(sim.api)).toHaveLength(3);
		expect(memberships(sim.api)).toMatchObject({ p0: ['vip'], p249: ['vip'] });
		expect(run.main).toHaveLength(1);
		expect(run.main[0].pairedItem).toEqual(Array.from({ length: 250 }, (_, item) => ({ item })));
		expect(run.summary).toMatchObject({
			message: '250 of 250 items imported',
			rows: 250,
			succeeded: 250,
			list: { items: 250, blankItems: 0, columns: { id: 'id', segments: null } },
		});
		expect(hintsOf(run)).toEqual([]);
	});

	test('each row is the item of that number, as n8n counts', async () => {
		const run = await importItems([
			{ id: 'a' },
			{ id: '', other: 'x' },
			{ id: 'c' },
			{ other: 'x' },
		]);
		expect(statuses(run)).toEqual({
			0: 'succeeded',
			1: 'invalid',
			2: 'succeeded',
			3: 'invalid',
		});
		expect(pairs(run.main.slice(1))).toEqual([0, 1, 2, 3]);
		expect(run.summary.failures).toEqual([
			expect.objectContaining({ rowNumber: 1, message: 'The participant ID is blank' }),
			expect.objectContaining({ rowNumber: 3, message: 'The participant ID is blank' }),
		]);
		expect(hintsOf(run)).toEqual([
			'2 of 4 items imported, 2 not: items 1, 3: the participant ID is blank; rejects file attached',
		]);
	});

	test('of different fields: what an item lacks is a blank cell', async () => {
		const run = await importItems(
			[
				{ email: 'a@x.com', id: 'a', segments: 'gold' },
				{ id: 'b', firstName: 'Bob' },
				{ id: 'c', segments: ['gold', 'silver'] },
			],
			{ details: 'all', options: { segmentsColumn: 'name', segmentsColumnName: 'segments' } },
		);
		expect(run.error).toBeUndefined();
		expect(memberships(sim.api)).toEqual({ a: ['gold'], b: ['vip'], c: ['gold', 'silver'] });
		expect(inputsOf(sim.api)).toEqual([
			{ accountId: 'a', id: 'a', email: 'a@x.com', segments: ['gold'] },
			{ accountId: 'b', id: 'b', firstName: 'Bob', segments: ['vip'] },
			{ accountId: 'c', id: 'c', segments: ['gold', 'silver'] },
		]);
	});

	test('objects are fields with dots, and the items stay as they are', async () => {
		const list = [
			{ customer: { id: 'a', account: { id: 'acme' } }, customFields: { plan: 'pro', age: 30 } },
			{ 'customer.id': 'b', customer: { account: { id: null } }, 'customFields.plan': 'free' },
		];
		const before = JSON.stringify(list);
		const run = await importItems(list, {
			details: 'all',
			options: { idColumn: 'customer.id', accountIdColumn: 'customer.account.id' },
		});
		expect(run.error).toBeUndefined();
		expect(inputsOf(sim.api)).toEqual([
			{ accountId: 'acme', id: 'a', customFields: { plan: 'pro', age: '30' }, segments: ['vip'] },
			{ accountId: 'b', id: 'b', customFields: { plan: 'free' }, segments: ['vip'] },
		]);
		expect(JSON.stringify(list)).toBe(before);
	});

	test('a list in the segments field is that many segments, whatever stands in them', async () => {
		addSegments(sim.api, ['a;b', '7', '[x]']);
		const run = await importItems(
			[
				{ id: 'a', segments: ['gold', 'a;b', null, ''] },
				{ id: 'b', segments: [7] },
				{ id: 'c', segments: ['[x]'] },
				{ id: 'd', segments: [{ key: 'gold' }] },
				{ id: 'e', segments: [1.5] },
				{ id: 'f', segments: [] },
				{ id: 'g', segments: { gold: true } },
			],
			{ segments: [] },
		);
		expect(memberships(sim.api)).toEqual({ a: ['a;b', 'gold'], b: ['7'], c: ['[x]'] });
		expect(run.rows.slice(3).map(({ message }) => message)).toEqual([
			"The item can't be used: 'segments' is a list with 1 entry; give a text or a whole number",
			"The item can't be used: 'segments' is a list with 1 entry; give a text or a whole number",
			'The item names no segment, and none was chosen for all items',
			"The item can't be used: 'segments' is an object with 1 field; give a text or a whole number",
		]);
	});

	test('each item says what happens to it', async () => {
		for (const id of ['a', 'b', 'c'])
			sim.api.state.addParticipant({ id, segments: ['vip', 'old'] });
		await importItems(
			[
				{ id: 'a', action: 'remove', segments: ['vip'] },
				{ id: 'b', action: 'set', segments: 'gold' },
				{ id: 'c', segments: ['~old', 'gold'] },
			],
			{ action: 'file' },
		);
		expect(memberships(sim.api)).toEqual({ a: ['old'], b: ['gold'], c: ['gold', 'vip'] });
	});
});

describe('values', () => {
	test.each<[string, unknown, string, string?]>([
		['a fraction', 12.5, '12.5'],
		['a switch', true, 'true'],
		['a list', ['a', 'b'], 'a list with 2 entries'],
		[
			'a number without its last digits',
			2 ** 64,
			'the number 18446744073709552000, which is too large to be exact',
			'give it as text where it comes from: here, its last digits are lost already',
		],
	])('as an ID, %s is refused', async (_, id, says, wayOut = 'give a text or a whole number') => {
		const run = await importItems([{ id: 'good' }, { id: id as never }]);
		expect(memberships(sim.api)).toEqual({ good: ['vip'] });
		expect(run.rows[1]).toMatchObject({
			rowNumber: 1,
			status: 'invalid',
			message: `The item can't be used: 'id' is ${says}; ${wayOut}`,
		});
	});

	test('what no cell can show is not imported as something else with the rejects file', async () => {
		const items = [
			{ id: 'good' },
			{ id: (2 ** 64) as never },
			{ id: 'list', customFields: { tags: ['a', 'b'] } as never },
			{ id: 'object', customFields: { tags: { a: 1 } } as never },
		];
		const run = await importItems(items, { details: 'all' });
		const csv = run.rejectsFile?.toString('utf8') ?? '';
		expect(csv).not.toContain('18446744073709552000\r');
		expect(csv.split('\r\n').map((line) => line.split(',').at(-1))).toEqual([
			'unplacedCells',
			expect.stringContaining('too large to be exact'),
			"'customFields.tags' is a list with 2 entries",
			"'customFields.tags' is an object with 1 field",
			'',
		]);
		const again = await runImport(sim.api, csv, { details: 'all' });
		expect(again.rows.map(({ status }) => status)).toEqual(['invalid', 'invalid', 'invalid']);
		expect(memberships(sim.api)).toEqual({ good: ['vip'] });
	});

	test('as an ID, an object is refused where others have a text', async () => {
		const run = await importItems([{ id: 'a' }, { id: { value: 'b' } }, { id: {}, other: 'x' }]);
		expect(run.rows.slice(1).map(({ message }) => message)).toEqual([
			"The item can't be used: 'id' is an object with 1 field; give a text or a whole number",
			"The item can't be used: 'id' is an empty object; give a text or a whole number",
		]);
		expect(memberships(sim.api)).toEqual({ a: ['vip'] });
	});

	test('two values for one field are refused', async () => {
		const run = await importItems(
			[
				{ customer: { id: 'a' }, 'customer.id': 'b' },
				{ customer: { id: 'c' }, 'customer.id': 'c' },
			],
			{ options: { idColumn: 'customer.id' } },
		);
		expect(run.rows[0].message).toBe(
			"The item has two values for 'customer.id': in a field of that name, and in a field inside of an object; remove one of them",
		);
		expect(memberships(sim.api)).toEqual({ c: ['vip'] });
	});

	test('whole numbers are IDs; numbers, switches and dates are details', async () => {
		await importItems(
			[
				{
					id: 4711,
					referable: false,
					customFields: { score: 1.5, since: '2026-01-02' },
					dateCreated: '2024-05-31T08:00:00.000Z',
				},
			],
			{ details: 'all' },
		);
		expect(inputsOf(sim.api)).toEqual([
			{
				accountId: '4711',
				id: '4711',
				referable: false,
				customFields: { score: '1.5', since: '2026-01-02' },
				dateCreated: Date.UTC(2024, 4, 31, 8),
				segments: ['vip'],
			},
		]);
	});

	test('what is not used may be anything', async () => {
		const run = await importItems([
			{ id: 'a', orders: [{ total: 1 }], big: 1e300, tags: ['x'], deep: { a: [[]] } },
		]);
		expect(run.summary).toMatchObject({ succeeded: 1 });
	});
});

describe('blank items', () => {
	test('one item without a field, as Always Output Data gives it, is an empty list', async () => {
		for (const options of [{}, { engine: 'job' }]) {
			const run = await importItems([{}], { action: 'file', options });
			expect(run.error).toBeUndefined();
			expect(sim.api.requests).toEqual([]);
			expect(run.summary).toMatchObject({ message: '0 of 0 items imported', rows: 0 });
			const says = 'The list is empty: the only item has no value in any field, so it names nobody';
			expect(notesOf(run)).toEqual([says]);
			expect(hintsOf(run)).toEqual([says]);
		}
	});

	test('are skipped and counted, those too that have nothing but their number in a sheet', async () => {
		const run = await importItems([
			{ row_number: 2, id: 'a' },
			{ row_number: 3, id: ' ', shoe: null },
			{},
			{ row_number: 5, id: 'b', shoe: 40 },
		]);
		expect(statuses(run)).toEqual({ 0: 'succeeded', 3: 'succeeded' });
		expect(notesOf(run)).toEqual(['2 items are blank and were skipped (first: item 1)']);
		expect(run.summary.list).toMatchObject({ items: 4, blankItems: 2 });
	});

	test('nothing but blank ones: the list is empty', async () => {
		const run = await importItems([{ id: '' }, { id: null }, { email: ' ' }]);
		expect(sim.api.requests).toEqual([]);
		expect(notesOf(run)).toEqual([
			'The list is empty: none of the 3 items has a value in any field, so it names nobody',
		]);
	});
});

describe('a list that is refused as a whole', () => {
	const refusal = async (list: IDataObject[], input: ImportInput = {}) => {
		const run = await importItems(list, input);
		expect(sim.api.requests).toEqual([]);
		return shown(run.error);
	};

	test('without an ID', async () => {
		expect(await refusal([{ email: 'a@x.com', 'first name': 'A' }])).toMatchObject({
			message: "The list has no participant ID column. Columns found: 'email', 'first name'",
			description: expect.stringContaining("or set 'ID Column' to 'email' if e-mail addresses"),
		});
	});

	test('with an action that the node does not follow', async () => {
		expect(await refusal([{ id: 'a' }, { id: 'b', action: 'remove' }])).toMatchObject({
			message:
				"Item 1 has 'remove' in the column 'action', but the action for every item is set to 'Add'. Leave out items that ask for anything else, and this column",
			description:
				"Set 'Action' to 'As the Items Say' to follow the list, or 'Action Column' in the option 'Columns' to 'None' to do the same with every item",
		});
	});

	test('with more than 1,000 different fields', async () => {
		const list = Array.from({ length: 11 }, (_, at) => ({
			id: `p${at}`,
			...Object.fromEntries(Array.from({ length: 100 }, (__, key) => [`f${at}.${key}`, 1])),
		}));
		expect(await refusal(list)).toMatchObject({
			message: 'The items up to item 9 have more than 1,000 different fields',
		});
	});

	test.each<[string, INodeParameters, string]>([
		[
			'segments',
			{ segments: '={{ $json.list }}' },
			"'Segment Names or IDs' is 'gold' for item 0, but 'silver' for item 1",
		],
		[
			'a choice',
			{ dryRun: '={{ $json.dry }}' },
			"'Dry Run' is true for item 0, but false for item 1",
		],
		[
			'an option',
			{ options: { idColumn: '={{ $json.column }}' } },
			"'ID Column' is 'id' for item 0, but 'key' for item 1",
		],
	])('with %s that differs from item to item', async (_, parameters, message) => {
		const list = [
			{ id: 'a', key: 'x', list: 'gold', dry: true, column: 'id' },
			{ id: 'b', key: 'y', list: 'silver', dry: false, column: 'key' },
		];
		expect(await refusal(list, { parameters })).toMatchObject({
			message,
			description: expect.stringContaining('All items are one list here'),
		});
	});

	test('an expression that gives the same for all is fine', async () => {
		const run = await importItems(
			[
				{ id: 'a', list: 'gold' },
				{ id: 'b', list: 'gold' },
			],
			{
				parameters: { segments: '={{ $json.list }}' },
			},
		);
		expect(run.error).toBeUndefined();
		expect(memberships(sim.api)).toEqual({ a: ['gold'], b: ['gold'] });
	});

	test('is one failed item, paired with all, where the workflow goes on', async () => {
		const run = await importItems([{ name: 'a' }, { name: 'b' }], {
			onError: 'continueRegularOutput',
		});
		expect(run.main).toHaveLength(1);
		expect(run.main[0].json.error).toMatch(/^The list has no participant ID column/);
		expect(run.main[0].pairedItem).toEqual([{ item: 0 }, { item: 1 }]);
	});

	test('and on the error output too, without the fields of the first item', async () => {
		const run = await importItems([{ name: 'a' }, { name: 'b' }], {
			onError: 'continueErrorOutput',
		});
		expect(run.outputs[0]).toEqual([]);
		expect(run.outputs[1]).toHaveLength(1);
		expect(Object.keys(run.outputs[1][0].json)).not.toContain('name');
	});
});

describe('failed items', () => {
	const LIST = [
		{ id: 'a', name: 'Ann' },
		{ id: 'refused', name: '=1+1' },
		{ id: '', name: 'Cid' },
	];

	beforeEach(() => {
		sim.api.options.participantRejects = { refused: { message: 'A live program refused it' } };
	});

	test('are in the rejects file, which imports again as it is', async () => {
		const run = await importItems(LIST);
		expect(run.rejects).toEqual([
			['recordNumber', 'message', 'apiErrorCode', 'statusCode', 'id', 'name', 'idCheck'],
			[
				'1',
				expect.stringMatching(/^A live program refused it/),
				expect.any(String),
				expect.any(String),
				'refused',
				"'=1+1",
				expect.stringMatching(/^[a-z]{8}$/),
			],
			// Without an ID there is nothing to check.
			['2', 'The participant ID is blank', '', '', '', 'Cid', ''],
		]);
		expect(run.main[0].binary?.rejects.fileName).toBe('import-rejects.csv');

		// And as items, the way Extract From File gives them.
		sim.api.options.participantRejects = {};
		const [header, ...rows] = run.rejects ?? [];
		const again = await importItems(
			rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at]]))),
		);
		expect(counts(again.summary)).toEqual({ succeeded: 1, invalid: 1 });
		expect(again.rejects?.[1].slice(-3)).toEqual(['', 'Cid', '']);
	});

	test('go to the error output as they came, each paired with itself', async () => {
		const run = await importItems(LIST, { output: 'summary', onError: 'continueErrorOutput' });
		expect(run.outputs[0]).toHaveLength(1);
		expect(run.outputs[1].map(({ json }) => json)).toEqual([
			failedJson(
				expect.stringMatching(/^A live program refused it.* \[item 1\]$/),
				expect.objectContaining({
					itemIndex: 1,
					rowNumber: 1,
					status: 'rejected',
					id: 'refused',
				}) as never,
				LIST[1],
			),
			failedJson(
				'The participant ID is blank [item 2]',
				expect.objectContaining({ itemIndex: 2, rowNumber: 2, status: 'invalid' }) as never,
				LIST[2],
			),
		]);
	});
});

describe('as in Import CSV', () => {
	test('a dry run sends nothing and tells what would be', async () => {
		const run = await importItems(crowd(3), { dryRun: true });
		expect(writesOf(sim.api)).toEqual([]);
		expect(run.summary).toMatchObject({
			message:
				'Dry run. Nothing was sent. 3 of 3 items can be sent, 3 participants would be created',
			plan: { rowsByAction: { add: 3 } },
		});
	});

	test('the undo file takes the import back', async () => {
		sim.api.state.addParticipant({ id: 'p0', segments: ['old'] });
		const run = await importItems(crowd(2), {
			action: 'set',
			ifMissing: 'skip',
			options: { undoFile: true },
		});
		expect(memberships(sim.api)).toEqual({ p0: ['vip'] });
		const csv = (await readBinary(run.main[0], 'undo')).toString('utf8');
		const [header, ...rows] = readTable(csv);
		// As items too.
		await importItems(
			rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at]]))),
			{ action: 'file' },
		);
		expect(memberships(sim.api)).toEqual({ p0: ['old'] });
	});

	test('an import job takes them', async () => {
		sim.api.state.addSegment({ key: 'vip', name: 'VIP' });
		const run = await importItems(crowd(5), {
			details: 'none',
			options: { engine: 'job' },
		});
		expect(run.error).toBeUndefined();
		expect(run.summary).toMatchObject({ succeeded: 5, engine: 'job' });
		expect(memberships(sim.api)).toMatchObject({ p4: ['vip'] });
	});

	test('several items of one participant are settled as asked', async () => {
		addSegments(sim.api, ['one', 'two']);
		const list = [
			{ id: 'a', segments: 'one' },
			{ id: 'a', segments: 'two' },
		];
		const run = await importItems(list, { segments: [], options: { duplicates: 'error' } });
		expect(run.rows.map(({ message }) => message)).toEqual([
			'The list has several items of this participant',
			'The list has several items of this participant',
		]);
		await importItems(list, { segments: [], options: { duplicates: 'last' } });
		expect(memberships(sim.api)).toEqual({ a: ['two'] });
	});

	test('Start at Item leaves the items before it out', async () => {
		const run = await importItems(crowd(4), { options: { startAtItem: 2 } });
		expect(Object.keys(statuses(run))).toEqual(['2', '3']);
		expect(memberships(sim.api)).toEqual({ p2: ['vip'], p3: ['vip'] });
	});

	test('an interrupted import goes on where it ended', async () => {
		sim.api.options.participantRejects = { p1: { message: 'Refused' } };
		const options = { stopOn: 'firstFailure', batchSize: 1, concurrency: 1, resume: true };
		const first = await importItems(crowd(3), { options });
		expect(first.summary).toMatchObject({ firstRowNotSent: 2, notSent: 1 });
		expect(first.summary.message).toMatch(/The first item not sent is item 2$/);
		const left = Number(first.summary.firstRowNotSent);
		await importItems(crowd(3), { options: { startAtItem: left } });
		expect(memberships(sim.api)).toEqual({ p0: ['vip'], p2: ['vip'] });
	});

	test('Resume goes on by itself, for the same items only', async () => {
		sim.api.options.participantRejects = { p1: { message: 'Refused' } };
		let staticData: IDataObject = {};
		const resumed = async (list: IDataObject[]) => {
			const run = await importItems(list, {
				options: { stopOn: 'firstFailure', batchSize: 1, concurrency: 1, resume: true },
				staticData,
			});
			staticData = run.staticData;
			return run.summary;
		};
		await resumed(crowd(3));
		sim.api.options.participantRejects = {};
		expect(await resumed(crowd(4))).toMatchObject({ succeeded: 4 });
		const again = await resumed(crowd(3));
		expect(again).toMatchObject({ startedAtRow: 2, succeeded: 1 });
		expect(again.notes).toContainEqual(
			expect.stringMatching(/^Items 0 to 1 were left out\. Execution \S+ got there with this list/),
		);
	});

	test('a credential that is refused is the failure of the node', async () => {
		const run = await importItems(crowd(2), {
			credentials: { ...credentials(sim.api), authToken: 'wrong' },
		});
		expect(shown(run.error).httpCode).toBe('401');
	});

	test('expressions that name no item cost nothing', async () => {
		const run = await importItems(crowd(2), { parameters: { segments: expression(['vip']) } });
		expect(counts(run.summary)).toEqual({ succeeded: 2 });
	});
});
