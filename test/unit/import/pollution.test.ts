/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run in plain Node.js */
/**
 * Polluted files: whatever happened to a file, each row is read as it was meant, or is invalid, or the file is refused.
 * Never anything else. CSV_POLLUTION_RUNS sets how many files, CSV_POLLUTION_SEED repeats a run.
 */
import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import type { ColumnOptions } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import { openCsv } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import { CsvFileError } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';
import { RowPlanner } from '../../../nodes/ImpactAdvocate/import/plan/planRow';
import { withUsedCells } from '../../../nodes/ImpactAdvocate/import/plan/usedCells';
import { AUTO, openPieces } from './helpers';
import { cleanFile, KINDS, randomFrom } from './pollution';
import type { CleanFile } from './pollution';

const runs = Number(process.env.CSV_POLLUTION_RUNS ?? 2000);
const seed = Number(process.env.CSV_POLLUTION_SEED ?? Date.now() % 2 ** 31);

const COLUMNS: ColumnOptions = { detailsFor: 'none' };

/** What the rows of a file ask for, as `id segment`. */
async function planned(text: string): Promise<{ asked: string[]; invalid: number } | 'refused'> {
	try {
		const opened = await openCsv(openPieces(Buffer.from(text, 'utf8')), {
			...AUTO,
			namesColumns: (names) => {
				try {
					return mapColumns(names, COLUMNS).segments !== undefined;
				} catch {
					return false;
				}
			},
		});
		const columns = mapColumns(opened.header, COLUMNS);
		const planner = new RowPlanner({
			columns,
			action: 'add',
			segments: [],
			blankCells: 'ignore',
			acceptUnusualIds: false,
		});
		const asked: string[] = [];
		let invalid = 0;
		for await (const rows of withUsedCells(opened, columns).rows()) {
			for (const row of rows) {
				const plan = planner.plan(row);
				// Segments are looked up before anything is sent: one that does not exist is refused.
				if ('problem' in plan || plan.change.add.some((key) => !SEGMENTS.includes(key))) invalid++;
				else asked.push(`${plan.id} ${plan.change.add.join('|')}`);
			}
		}
		return { asked, invalid };
	} catch (error) {
		expect(error).toBeInstanceOf(CsvFileError);
		return 'refused';
	}
}

const SEGMENTS = ['vip', 'beta', 'gold'];

const meant = ({ rows }: CleanFile) => rows.map(({ id, segments }) => `${id} ${segments}`);

/** Kinds that leave no doubt: every row is read. */
const READ = [
	'delimiter',
	'all quoted',
	'single quotes',
	'blanks before quotes',
	'backslash escapes',
	'line ends',
	'trailing delimiters',
	'blank rows',
	'header again',
	'comments',
	'header in capitals and quotes',
	'Markdown',
	'saved as text formulas',
];

const REFUSED = [
	'text above',
	'no header',
	'line breaks spelled out',
	'header without its first name',
];

test.each(Object.keys(KINDS))('%s: read as meant, or refused', async (kind) => {
	const perKind = Math.ceil(runs / Object.keys(KINDS).length);
	for (let index = 0; index < perKind; index++) {
		const random = randomFrom(seed + index * 7919);
		const clean = cleanFile(random);
		const text = KINDS[kind](clean, random);
		const result = await planned(text);
		const wanted = meant(clean);
		const context = { seed, index, kind, text };
		if (result === 'refused') {
			expect({ ...context, isRead: READ.includes(kind) }).toEqual({ ...context, isRead: false });
			continue;
		}
		const wrong = result.asked.filter((row) => !wanted.includes(row));
		expect({ ...context, wrong }).toEqual({ ...context, wrong: [] });
		expect({ ...context, twice: result.asked.length - new Set(result.asked).size }).toEqual({
			...context,
			twice: 0,
		});
		// What is not read is named: no row is lost without a word.
		const accounted = result.asked.length + result.invalid;
		expect({ ...context, lost: accounted < wanted.length }).toEqual({ ...context, lost: false });
		if (READ.includes(kind))
			expect({ ...context, asked: result.asked }).toEqual({ ...context, asked: wanted });
		expect({ ...context, isRefused: REFUSED.includes(kind) }).toEqual({
			...context,
			isRefused: false,
		});
	}
});
