import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import {
	chooseEngine,
	JOB_THRESHOLD_ROWS,
} from '../../../nodes/ImpactAdvocate/import/jobs/chooseEngine';
import type { EngineConditions } from '../../../nodes/ImpactAdvocate/import/jobs/chooseEngine';

const CONDITIONS: EngineConditions = {
	engine: 'auto',
	ifMissing: 'byAction',
	blankCells: 'ignore',
	duplicates: 'merge',
	undo: false,
	stopsOnFailures: false,
	takesTextsAsKeys: false,
};

const MANY = {
	rows: JOB_THRESHOLD_ROWS + 1,
	rowsBefore: 0,
	rowsLeft: 0,
	plannedRows: JOB_THRESHOLD_ROWS + 1,
	hasPlannedRows: true,
	commonSegments: ['vip'],
};

const columnsOf = (...names: string[]) =>
	mapColumns(['id', ...names], {
		idColumn: '',
		accountIdColumn: '',
		segmentsColumn: '',
		actionColumn: '',
		detailsFor: 'all',
	});

const choose = (changes: Partial<EngineConditions> = {}, survey = {}, columns = columnsOf()) =>
	chooseEngine({ ...CONDITIONS, ...changes }, columns, { ...MANY, ...survey });

it('Automatic takes a job above the threshold only', () => {
	expect(JOB_THRESHOLD_ROWS).toBe(100_000);
	expect(choose()).toEqual({
		engine: 'job',
		reason: 'The file has more than 100,000 rows for the same segments',
	});
	expect(choose({}, { plannedRows: JOB_THRESHOLD_ROWS })).toEqual({
		engine: 'rows',
		reason: 'The file has at most 100,000 rows',
	});
});

it('speaks of the run where it takes only a part of the file', () => {
	expect(choose({}, { plannedRows: 1000, rowsLeft: 500_000 })).toEqual({
		engine: 'rows',
		reason: 'The run has at most 100,000 rows',
	});
});

it('a choice of the user counts, whatever the size', () => {
	expect(choose({ engine: 'rows' })).toEqual({
		engine: 'rows',
		reason: "Set as 'Engine' in the option 'Import Job'",
	});
	expect(choose({ engine: 'job' }, { plannedRows: 1 })).toEqual({
		engine: 'job',
		reason: "Set as 'Engine' in the option 'Import Job'",
	});
});

it('a job without a row to send has nothing to refuse', () => {
	const nothing = { plannedRows: 0, commonSegments: undefined };
	expect(choose({ engine: 'job' }, nothing)).toEqual({
		engine: 'job',
		reason: "Set as 'Engine' in the option 'Import Job'",
	});
	expect(choose({}, nothing)).toEqual({
		engine: 'rows',
		reason: 'The file has at most 100,000 rows',
	});
});

const OBJECTIONS: Array<[string, Partial<EngineConditions>, object, string[], string]> = [
	['different segments', {}, { commonSegments: undefined }, [], 'all rows to the same segments'],
	['skipping who is missing', { ifMissing: 'skip' }, {}, [], 'always creates participants'],
	['failing for who is missing', { ifMissing: 'error' }, {}, [], 'always creates participants'],
	['an undo file', { undo: true }, {}, [], 'an undo file needs the segments'],
	['Stop On', { stopsOnFailures: true }, {}, [], "can't be stopped after some failed rows"],
	[
		'clearing details',
		{ blankCells: 'clear', duplicates: 'last' },
		{},
		['email'],
		"can't clear details",
	],
	['details of several rows', {}, {}, ['email'], "set 'Duplicate Participants'"],
	['share links', { duplicates: 'last' }, {}, ['shareLinks.prog'], 'share links'],
];

it.each(OBJECTIONS)('%s needs rows', (_, conditions, survey, names, reason) => {
	const columns = columnsOf(...names);
	expect(choose(conditions, survey, columns)).toEqual({
		engine: 'rows',
		reason: expect.stringContaining(reason) as unknown,
	});
	expect(choose({ ...conditions, engine: 'job' }, survey, columns)).toEqual({
		refusal: expect.stringContaining(reason) as unknown,
	});
});

it.each(['last', 'first', 'error'] as const)(
	'details can go through a job when one row of each participant counts (%s)',
	(duplicates) => {
		expect(choose({ duplicates }, {}, columnsOf('email'))).toMatchObject({ engine: 'job' });
	},
);

it('clearing and several rows are no objection without details', () => {
	expect(choose({ blankCells: 'clear' })).toMatchObject({ engine: 'job' });
});
