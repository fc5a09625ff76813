import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import { openCsv } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import { RowPlanner } from '../../../nodes/ImpactAdvocate/import/plan/planRow';
import { REPEATED, surveyFile } from '../../../nodes/ImpactAdvocate/import/plan/survey';
import type { ActionChoice } from '../../../nodes/ImpactAdvocate/import/plan/voices';
import { AUTO, openPieces } from './helpers';

async function survey(
	csv: string,
	{
		action = 'add' as ActionChoice,
		segments = ['vip'],
		start = 1,
		maxRows = Infinity,
		repeats = 'none' as Parameters<typeof surveyFile>[3],
	} = {},
) {
	const file = await openCsv(openPieces(Buffer.from(csv)), AUTO);
	const columns = mapColumns(file.header, {
		idColumn: '',
		accountIdColumn: '',
		segmentsColumn: '',
		actionColumn: '',
		detailsFor: 'none',
	});
	const planner = new RowPlanner({
		columns,
		action,
		segments,
		blankCells: 'ignore',
		acceptUnusualIds: false,
	});
	return await surveyFile(file, planner, { startAtRow: start, maxRows }, repeats);
}

describe('the segments that all rows have in common', () => {
	it.each([
		['the chosen ones', 'id\na\nb\n', {}, ['vip']],
		['those of the rows', 'id,segments\na,x|y\nb,y|x\nc,x|y\n', {}, ['x', 'y']],
		['of rows and choice alike', 'id,segments\na,vip\nb,\n', {}, ['vip']],
		['of the rows that can be sent', 'id,segments\na,x\n,y\n', {}, ['x']],
		['from the start on', 'id,segments\na,x\nb,y\n', { start: 3 }, ['y']],
		['of as many rows as the run takes', 'id,segments\na,x\nb,y\n', { maxRows: 1 }, ['x']],
		['none, when rows differ', 'id,segments\na,x\nb,y\n', {}, undefined],
		['none, when a row has more', 'id,segments\na,x\nb,x|y\n', {}, undefined],
		['none, when one is removed', 'id,segments\na,x\nb,x|~y\n', {}, undefined],
		['none, when they are set', 'id\na\n', { action: 'set' as const }, undefined],
		['none, when they are removed', 'id\na\n', { action: 'remove' as const }, undefined],
		[
			'none, when a row has another action',
			'id,action\na,add\nb,set\n',
			{ action: 'file' as const },
			undefined,
		],
		['none, without a row', 'id\n,\n', {}, undefined],
	])('are %s', async (_, csv, options, expected) => {
		expect((await survey(csv, options)).commonSegments).toEqual(expected);
	});
});

it('counts the rows that can be sent', async () => {
	expect((await survey('id\na\n""\nb\n')).plannedRows).toBe(2);
	expect((await survey('id\na\nb\nc\n', { start: 3 })).plannedRows).toBe(2);
});

it('counts the rows of a run, and those that are left', async () => {
	const csv = 'id\na\nb\n\nc\nd\n';
	const found = await survey(csv, { start: 3, maxRows: 2 });
	expect(found).toMatchObject({ rows: 2, plannedRows: 2, rowsLeft: 1, lastRow: 5 });
	expect(await survey(csv, { start: 5, maxRows: 2 })).toMatchObject({ rows: 2, rowsLeft: 0 });
	expect(await survey('id,note\n,x\nb,y\n', { maxRows: 1 })).toMatchObject({
		plannedRows: 0,
		hasPlannedRows: true,
	});
});

describe('participants with several rows', () => {
	const csv = 'id\na\nb\na\nc\n';

	it('are known by their last row', async () => {
		const { repeats } = await survey(csv, { repeats: 'lastRow' });
		expect(['a', 'b', 'c'].map((id) => repeats?.get(id))).toEqual([4, 3, 5]);
	});

	it('are marked, also when a row of theirs is before the start', async () => {
		for (const start of [1, 4]) {
			const { repeats } = await survey(csv, { repeats: 'refuse', start });
			expect(repeats?.get('a')).toBe(REPEATED);
			expect(repeats?.get('c')).toBe(5);
		}
	});

	it('are known also by rows that a later run takes', async () => {
		const { repeats } = await survey(csv, { repeats: 'lastRow', maxRows: 1 });
		expect(repeats?.get('a')).toBe(4);
	});

	it('are not looked for without need', async () => {
		expect((await survey(csv)).repeats).toBeUndefined();
	});
});
