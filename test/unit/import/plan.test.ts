import fc from 'fast-check';
import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import { RowPlanner } from '../../../nodes/ImpactAdvocate/import/plan/planRow';
import type { PlanSettings } from '../../../nodes/ImpactAdvocate/import/plan/planRow';

const HEADER = ['id', 'accountId', 'segments', 'action', 'firstName'];

const settings = (changes: Partial<PlanSettings> & { details?: boolean } = {}): PlanSettings => {
	const { details = false, ...rest } = changes;
	return {
		columns: mapColumns(HEADER, { detailsFor: details ? 'all' : 'none' }),
		action: 'add',
		segments: ['vip'],
		blankCells: 'ignore',
		acceptUnusualIds: false,
		...rest,
	};
};

const plan = (cells: string[], changes?: Parameters<typeof settings>[0]) =>
	new RowPlanner(settings(changes)).plan({ rowNumber: 2, cells });

const BLANK_ACTION = 'The action is blank; it must be one of add, remove, set, clear';

const change = (clear: boolean, add: string[], remove: string[]) => ({ clear, add, remove });

test.each<[string, string[], Parameters<typeof settings>[0], object]>([
	['segments for all rows', ['u', '', '', '', ''], {}, change(false, ['vip'], [])],
	['segments of its own', ['u', '', 'a|b', '', ''], {}, change(false, ['a', 'b'], [])],
	['addition and removal', ['u', '', 'a|~b', '', ''], {}, change(false, ['a'], ['b'])],
	['set by operators', ['u', '', '~*|a', '', ''], {}, change(true, ['a'], [])],
	['clear by operator', ['u', '', '~*', '', ''], {}, change(true, [], [])],
	['removal for all rows', ['u', '', '', '', ''], { action: 'remove' }, change(false, [], ['vip'])],
	[
		'own action, segments for all',
		['u', '', '', 'set', ''],
		{ action: 'file' },
		change(true, ['vip'], []),
	],
	[
		'operations are an action',
		['u', '', 'x|~y', '', ''],
		{ action: 'file' },
		change(false, ['x'], ['y']),
	],
	['clear needs no segments', ['u', '', '', 'clear', ''], { action: 'file' }, change(true, [], [])],
	[
		'clear for all rows',
		['u', '', '', '', ''],
		{ action: 'clear', segments: [] },
		change(true, [], []),
	],
	['only bars is blank', ['u', '', ' | ', '', ''], {}, change(false, [], [])],
])('%s', (name, cells, changes, expected) => {
	const planned = plan(cells, changes);
	if (name === 'only bars is blank') {
		expect(planned).toHaveProperty('problem');
		return;
	}
	expect(planned).toMatchObject({ id: 'u', accountId: 'u', change: expected });
});

test('ids are trimmed; a blank account ID is the participant ID', () => {
	expect(plan([' u ', ' ', '', '', ''])).toMatchObject({ id: 'u', accountId: 'u' });
	expect(plan(['u', ' acc ', '', '', ''])).toMatchObject({ id: 'u', accountId: 'acc' });
});

test('an ID column may be the account ID column too', () => {
	const columns = mapColumns(['mail'], {
		idColumn: 'mail',
		accountIdColumn: 'mail',
		detailsFor: 'none',
	});
	expect(
		new RowPlanner(settings({ columns })).plan({ rowNumber: 2, cells: ['x@y'] }),
	).toMatchObject({
		id: 'x@y',
		accountId: 'x@y',
	});
});

const WAY_OUT = 'Correct it in the row';

test.each([
	[['', '', 'x', '', ''], 'The participant ID is blank'],
	[['u\n', '', 'x', 'add', ''], undefined],
	[
		['u\u0007v', '', 'x', '', ''],
		`The participant ID has the control character U+0007 in it. ${WAY_OUT}`,
	],
	[['u', 'a\nb', 'x', '', ''], `The account ID has a line break in it. ${WAY_OUT}`],
	[['x'.repeat(512), '', 'x', 'add', ''], undefined],
	[
		['x'.repeat(513), '', 'x', '', ''],
		'The participant ID has 513 characters (at most 512). Correct it in the row',
	],
	[['u', '', 'x', 'delete', ''], "The action 'delete' is not one of add, remove, set, clear"],
	[['u', '', 'x', '__proto__', ''], "The action '__proto__' is not one of add, remove, set, clear"],
	[['u', '', '~', '', ''], "A bare '~' names no segment"],
	[['u', '', 'x', '', ''], BLANK_ACTION],
	[['u', '', '', '', ''], BLANK_ACTION],
	[['u', '', 'x', 'clear', ''], 'Clear removes every segment, so it takes no segment names'],
])('%j', (cells, problem) => {
	const planned = plan(cells, { action: 'file' });
	if (problem === undefined) expect(planned).not.toHaveProperty('problem');
	else expect(planned).toMatchObject({ problem });
});

describe('when the file says the action', () => {
	const columns = (header: string) => mapColumns(header.split(','), { detailsFor: 'all' });

	test('a file without an action column adds the keys of its cells', () => {
		const planner = new RowPlanner(
			settings({ columns: columns('id,segments'), action: 'file', segments: [] }),
		);
		expect(planner.plan({ rowNumber: 2, cells: ['u', 'a|b'] })).toMatchObject({
			action: 'add',
			change: change(false, ['a', 'b'], []),
		});
	});

	test('a blank cell is no problem where there is nothing to act on', () => {
		const row = { rowNumber: 2, cells: ['u', '', 'Anna'] };
		const own = settings({ columns: columns('id,action,firstName'), action: 'file' });
		expect(new RowPlanner({ ...own, segments: [] }).plan(row)).toMatchObject({
			details: { firstName: 'Anna' },
			change: change(false, [], []),
		});
		// Its IDs are not what is wrong, so that the row keeps a check of them.
		expect(new RowPlanner(own).plan(row)).toEqual({
			problem: BLANK_ACTION,
			participant: { accountId: 'u', id: 'u' },
		});
	});
});

test('what is wrong with the row itself comes first', () => {
	const row = { rowNumber: 2, cells: ['u'], problem: 'has 1 cell but the header has 5' };
	expect(new RowPlanner(settings()).plan(row)).toEqual({
		problem: 'The row has 1 cell but the header has 5',
	});
});

test('nothing to do is a problem, unless details are sent', () => {
	const cells = ['u', '', '', '', 'Anna'];
	expect(plan(cells, { segments: [] })).toMatchObject({
		problem: 'The row names no segment, and none was chosen for all rows',
	});
	expect(plan(cells, { segments: [], details: true })).toMatchObject({
		details: { firstName: 'Anna' },
		change: change(false, [], []),
	});
	expect(plan(['u', '', '', '', ''], { segments: [], details: true })).toHaveProperty('problem');
});

test('a row is planned the same whatever rows came before it', () => {
	const cell = fc.constantFrom('', 'a', 'a|b', '~a', '~*|a', '~*', '~', 'a|~a');
	const action = fc.constantFrom('', 'add', 'remove', 'set', 'clear', 'Set', 'no');
	fc.assert(
		fc.property(fc.array(fc.tuple(cell, action)), fc.boolean(), (rows, hasCommon) => {
			const own = settings({ action: 'file', ...(hasCommon ? {} : { segments: [] }) });
			const planner = new RowPlanner(own);
			rows.forEach(([segments, word], index) => {
				const row = { rowNumber: index + 2, cells: ['u', '', segments, word, ''] };
				expect(planner.plan(row)).toEqual(new RowPlanner(own).plan(row));
			});
		}),
	);
});
