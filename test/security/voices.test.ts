/** A file does no more than the owner of the workflow set: two voices are refused before anything is sent. */
import type { IDataObject } from 'n8n-workflow';
import { apartFromSegments, SOME_SEGMENTS, useSimulator } from '../support/advocate';
import { COLUMN_BY_NAME, counts, memberships, runImport, statuses } from '../engine/import/helpers';
import type { ImportInput } from '../engine/import/helpers';
import { loadNodeType } from '../engine/harness/source';
import { ACTION_NAMES } from '../../nodes/ImpactAdvocate/import/plan/voices';

const simulator = useSimulator(SOME_SEGMENTS);

const BEFORE = { ada: ['beta', 'gold'], bob: ['beta'] };

beforeEach(() => {
	for (const [id, segments] of Object.entries(BEFORE)) {
		simulator().state.addParticipant({ id, segments });
	}
});

/** Run it for real and as a dry run; nothing may leave n8n in either. */
async function refused(csv: string, input: ImportInput): Promise<Array<[string?, string?]>> {
	const shown: Array<[string?, string?]> = [];
	for (const dryRun of [true, false]) {
		const run = await runImport(simulator(), csv, { ...input, dryRun });
		expect(run.status).toBe('error');
		shown.push([run.error?.message, String(run.error?.description)]);
		expect(apartFromSegments(simulator())).toEqual([]);
		expect(memberships(simulator())).toEqual(BEFORE);
	}
	expect(shown[0]).toEqual(shown[1]);
	return shown;
}

const FIXED = ['add', 'remove', 'set', 'clear'] as const;

describe('an action of the file under an action of the node', () => {
	const OTHERS = ['clear', 'remove', 'set', 'add', ' Clear ', 'anything', '\u200b'];

	test.each(FIXED.flatMap((action) => OTHERS.map((cell) => [action, cell] as const)))(
		'%s, and %j in a cell',
		async (action, cell) => {
			const [[message, hint]] = await refused(`id,action\nbob,\nada,${cell}\n`, { action });
			expect(message).toBe(
				`Row 3 has '${cell.trim()}' in the column 'action', but the action for every row is set to '${ACTION_NAMES[action]}'. Leave out rows that ask for anything else, and this column [item 0]`,
			);
			expect(hint).toContain("Set 'Action' to 'As the File Says'");
		},
	);

	test.each(['operation', 'Segment_Action', 'ACTION'])('in a column called %s', async (name) => {
		await refused(`id,${name}\nada,clear\n`, {});
	});

	test('in a column that was named for it', async () => {
		await refused('id,todo\nada,clear\n', {
			options: { actionColumn: 'name', actionColumnName: 'todo' },
		});
	});

	test('in the last of many rows, in one before the start, and in a row that is invalid anyway', async () => {
		const many = `id,action\n${'bob,\n'.repeat(30_000)}ada,clear\n`;
		await refused(many, { options: { batchSize: 1 } });
		await refused('id,action\nada,clear\nbob,\n', { options: { startAtRow: 3 } });
		await refused('id,action\n,clear\nbob,\n', {});
	});

	test.each(['~gold', '~*', 'vip|~gold', '~*|vip', 'vip|~vip', 'vip|~', '~'])(
		'as %j in a segments cell',
		async (cell) => {
			for (const action of FIXED) {
				for (const options of [{}, COLUMN_BY_NAME]) {
					const [[message, hint]] = await refused(`id,segments\nbob,\nada,${cell}\n`, {
						action,
						segments: [],
						options,
					});
					expect(message).toContain(`Row 3 has '${cell}' in the column 'segments'`);
					expect(hint).toContain("'As the File Says'");
				}
			}
		},
	);
});

describe('segments of the file beside segments of the node', () => {
	test.each(['add', 'remove', 'set', 'file'] as const)('%s', async (action) => {
		const [[message, hint]] = await refused('id,segments,action\nbob,,\nada,gold,\n', {
			action,
			segments: ['newsletter'],
		});
		expect(message).toBe(
			"Row 3 has 'gold' in the column 'segments', but the segments for every row are chosen already: 'newsletter'. Leave out rows that ask for anything else, and this column [item 0]",
		);
		expect(hint).toContain("Leave 'Segment Names or IDs' empty");
		expect(hint).toContain("'By Name'");
	});

	test('Clear is about all segments', async () => {
		const [[message]] = await refused('id,segments\nbob,\nada,gold\n', { action: 'clear' });
		expect(message).toContain(
			"the action for every row is set to 'Clear', which applies to all segments",
		);
		await refused('id,segments\nada,gold\n', { action: 'clear', options: COLUMN_BY_NAME });
	});
});

describe('As the File Says, where the file says nothing', () => {
	test.each<[string, string, string[], IDataObject]>([
		['neither column', 'id\nada\n', [], {}],
		['neither column, but segments in the node', 'id\nada\n', ['vip'], {}],
		[
			'columns that are left out',
			'id,action,segments\nada,add,vip\n',
			[],
			{ actionColumn: 'none', segmentsColumn: 'none' },
		],
		['no action for the segments of the node', 'id,segments\nada,\n', ['vip'], {}],
	])('%s', async (_, csv, segments, options) => {
		const [[message]] = await refused(csv, { action: 'file', segments, options });
		expect(message).toMatch(/^The file is to say what happens to each row, but it has/);
	});

	test('a blank action is not made up for', async () => {
		const csv = 'id,segments,action\nada,gold,remove\nbob,beta,\nada,vip,add\n';
		const run = await runImport(simulator(), csv, { action: 'file' });
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'invalid', 4: 'succeeded' });
		expect(memberships(simulator())).toEqual({ ada: ['beta', 'vip'], bob: ['beta'] });
		// The rest alone means the same: the row is refused again.
		const again = await runImport(simulator(), String(run.rejectsFile), { action: 'file' });
		expect(counts(again.summary)).toEqual({ invalid: 1 });
	});
});

describe('one voice is obeyed', () => {
	test.each<[string, string, ImportInput, Record<string, string[]>]>([
		[
			'the node, beside blank columns',
			'id,segments,action\nada,,\n',
			{},
			{ ada: ['beta', 'gold', 'vip'], bob: ['beta'] },
		],
		[
			'the segments of the file',
			'id,segments\nada,x|y\n',
			{ segments: [] },
			{ ada: ['beta', 'gold', 'x', 'y'], bob: ['beta'] },
		],
		[
			'the segments of the file, to be removed',
			'id,segments\nada,gold\n',
			{ action: 'remove', segments: [] },
			{ ada: ['beta'], bob: ['beta'] },
		],
		[
			'the segments of the file, to be set',
			'id,segments\nada,x\n',
			{ action: 'set', segments: [] },
			{ ada: ['x'], bob: ['beta'] },
		],
		[
			'the file, row by row',
			'id,segments,action\nada,gold,remove\nbob,,clear\n',
			{ action: 'file' },
			{ ada: ['beta'], bob: [] },
		],
		[
			'the file, by its segments cells',
			'id,segments\nada,~gold|x\nbob,~*\n',
			{ action: 'file' },
			{ ada: ['beta', 'x'], bob: [] },
		],
		[
			'the action of the file on the segments of the node',
			'id,action\nada,remove\nbob,add\n',
			{ action: 'file', segments: ['gold'] },
			{ ada: ['beta'], bob: ['beta', 'gold'] },
		],
		[
			'a named column, and the node where it is blank',
			'id,segments\nada,x\nbob,\n',
			{ segments: ['vip'], options: COLUMN_BY_NAME },
			{ ada: ['beta', 'gold', 'x'], bob: ['beta', 'vip'] },
		],
		[
			'a named column of any name',
			'id,lists\nada,x\nbob,\n',
			{ segments: ['vip'], options: { segmentsColumn: 'name', segmentsColumnName: 'Lists' } },
			{ ada: ['beta', 'gold', 'x'], bob: ['beta', 'vip'] },
		],
		[
			'the node, where the columns are left out',
			'id,segments,action\nada,x|~gold,clear\nbob,y,remove\n',
			{ options: { segmentsColumn: 'none', actionColumn: 'none' } },
			{ ada: ['beta', 'gold', 'vip'], bob: ['beta', 'vip'] },
		],
	])('%s', async (_, csv, input, after) => {
		const run = await runImport(simulator(), csv, input);
		expect(run.error).toBeUndefined();
		expect(counts(run.summary)).toEqual({ succeeded: csv.trim().split('\n').length - 1 });
		expect(memberships(simulator())).toEqual(after);
	});

	test('columns that are left out are named', async () => {
		const run = await runImport(simulator(), 'id,segments,action\nada,x,clear\n', {
			options: { segmentsColumn: 'none', actionColumn: 'none' },
		});
		expect(run.summary.file).toMatchObject({ ignoredColumns: ['segments', 'action'] });
	});
});

describe('the choice itself', () => {
	test.each<[IDataObject, RegExp]>([
		[{ segmentsColumn: 'lists' }, /'Segments Column' is 'lists'/],
		[{ actionColumn: 'todo' }, /'Action Column' is 'todo'/],
		[{ segmentsColumn: 'name', segmentsColumnName: ' ' }, /'Segments Column Name' is empty/],
		[{ actionColumn: 'name' }, /'Action Column Name' is empty/],
	])('%j is refused', async (options, message) => {
		const run = await runImport(simulator(), 'id\nada\n', { options });
		expect(run.error?.message).toMatch(message);
		expect(apartFromSegments(simulator())).toEqual([]);
	});

	test('has the names that messages use', () => {
		const action = loadNodeType().description.properties.find(
			({ name }) => name === 'segmentAction',
		);
		const options = (action?.options ?? []) as Array<{ name: string; value: string }>;
		expect(Object.fromEntries(options.map(({ name, value }) => [value, name]))).toEqual(
			ACTION_NAMES,
		);
	});
});
