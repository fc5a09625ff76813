import { hasOperations } from '../../../nodes/shared/segments/cell';
import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import { CsvFileError } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';
import {
	ACTION_NAMES,
	contradictionOf,
	Voices,
} from '../../../nodes/ImpactAdvocate/import/plan/voices';
import type {
	ActionChoice,
	FileVoice,
	NodeVoice,
} from '../../../nodes/ImpactAdvocate/import/plan/voices';

const CHOICES = Object.keys(ACTION_NAMES) as ActionChoice[];

const BOTH = [true, false];

/** Every combination there is. */
const all: Array<[NodeVoice, FileVoice]> = CHOICES.flatMap((action) =>
	BOTH.flatMap((hasSegments) =>
		BOTH.flatMap((namesSegmentsColumn) =>
			BOTH.flatMap((hasActionColumn) =>
				BOTH.flatMap((hasSegmentsColumn) =>
					BOTH.flatMap((saysAction) =>
						(['nothing', 'keys', 'operations'] as const).map(
							(saysSegments): [NodeVoice, FileVoice] => [
								{ action, hasSegments, namesSegmentsColumn },
								{ hasActionColumn, hasSegmentsColumn, saysAction, saysSegments },
							],
						),
					),
				),
			),
		),
	),
).filter(
	([node, file]) =>
		(file.hasActionColumn || !file.saysAction) &&
		(file.hasSegmentsColumn || (file.saysSegments === 'nothing' && !node.namesSegmentsColumn)) &&
		!(node.action === 'clear' && node.hasSegments),
);

const verdicts = (wanted: (node: NodeVoice, file: FileVoice) => boolean) =>
	new Set(all.filter(([node, file]) => wanted(node, file)).map((pair) => contradictionOf(...pair)));

describe('the table of voices', () => {
	test('any fixed action beside an action of the file is refused', () => {
		expect(verdicts(({ action }, { saysAction }) => action !== 'file' && saysAction)).toEqual(
			new Set(['action']),
		);
		expect(
			verdicts(
				({ action }, { saysAction, saysSegments }) =>
					action !== 'file' && !saysAction && saysSegments === 'operations',
			),
		).toEqual(new Set(['operation']));
	});

	test('Clear takes no segments from a file', () => {
		expect(
			verdicts(
				({ action }, { saysAction, saysSegments }) =>
					action === 'clear' && !saysAction && saysSegments === 'keys',
			),
		).toEqual(new Set(['clear']));
	});

	test('segments of both are refused, unless the column was named', () => {
		const both = (named: boolean) =>
			verdicts(
				(node, file) =>
					node.hasSegments &&
					node.namesSegmentsColumn === named &&
					file.saysSegments === 'keys' &&
					(node.action === 'file' || !file.saysAction),
			);
		expect(both(false)).toEqual(new Set(['segments']));
		expect(both(true)).toEqual(new Set([undefined]));
	});

	test('a file that is to decide must be able to', () => {
		expect(
			verdicts(
				({ action }, { hasActionColumn, hasSegmentsColumn }) =>
					action === 'file' && !hasActionColumn && !hasSegmentsColumn,
			),
		).toEqual(new Set(['noColumn']));
		expect(
			verdicts(
				(node, file) =>
					node.action === 'file' &&
					node.hasSegments &&
					!node.namesSegmentsColumn &&
					!file.hasActionColumn &&
					file.hasSegmentsColumn &&
					file.saysSegments === 'nothing',
			),
		).toEqual(new Set(['noAction']));
	});

	test('what is not refused has one voice for the action and one for the segments', () => {
		const obeyed = all.filter((pair) => contradictionOf(...pair) === undefined);
		expect(obeyed.length).toBeGreaterThan(20);
		for (const [node, file] of obeyed) {
			const actions = [
				node.action !== 'file',
				file.saysAction || file.saysSegments === 'operations',
			];
			expect(actions).not.toEqual([true, true]);
			if (node.hasSegments && file.saysSegments !== 'nothing') {
				expect(node.namesSegmentsColumn).toBe(true);
			}
		}
	});
});

test.each([
	['', false],
	['vip|beta', false],
	['a~b', false],
	['~vip', true],
	['vip| ~beta', true],
	['~*', true],
	['~', true],
	['vip|~*', true],
	['vip|~vip', true],
])('operations in the cell %j: %s', (cell, expected) => {
	expect(hasOperations(cell)).toBe(expected);
});

describe('messages', () => {
	const columns = mapColumns(['id', 'segments', 'action'], { detailsFor: 'none' });
	const hear = (node: Partial<NodeVoice>, cells: string[], problem?: string) => {
		const voices = new Voices(
			{ action: 'add', hasSegments: false, namesSegmentsColumn: false, ...node },
			columns,
		);
		voices.hear({ rowNumber: 7, cells, problem });
	};

	test('name row, column, cell and the way out', () => {
		let error: unknown;
		try {
			hear({}, ['u', '', 'remove']);
		} catch (caught) {
			error = caught;
		}
		expect(error).toBeInstanceOf(CsvFileError);
		expect(error).toMatchObject({
			message:
				"Row 7 has 'remove' in the column 'action', but the action for every row is set to 'Add'. Leave out rows that ask for anything else, and this column",
			hint: expect.stringContaining("Set 'Action' to 'As the File Says'") as string,
			rowNumber: 7,
		});
	});

	test('cut long cells, and put them on one line', () => {
		expect(() => hear({}, ['u', '', `re\nmove${'x'.repeat(100)}`])).toThrow(
			`Row 7 has 're move${'x'.repeat(33)}…' in`,
		);
	});

	test('keep text of the file out of the hint, which n8n shows as HTML', () => {
		const evil = '<a href=//evil.test>x</a>';
		const bad = mapColumns(['id', `${evil}`, 'action'], {
			segmentsColumn: evil,
			detailsFor: 'none',
		});
		const node: NodeVoice = { action: 'add', hasSegments: true, namesSegmentsColumn: false };
		for (const cells of [
			['u', evil, ''],
			['u', `~${evil}`, ''],
			['u', '', evil],
		]) {
			let hint = '';
			try {
				new Voices(node, bad).hear({ rowNumber: 2, cells });
			} catch (caught) {
				({ hint } = caught as CsvFileError);
			}
			expect(hint).not.toBe('');
			expect(hint).not.toContain('<');
		}
	});

	test('a row whose cells may be misplaced says nothing: it is never sent', () => {
		expect(() =>
			hear({}, ['u', 'x', 'remove', 'more'], 'has 4 cells but the header has 3'),
		).not.toThrow();
		expect(() => hear({}, ['u'], 'has 1 cell but the header has 3')).not.toThrow();
	});
});
