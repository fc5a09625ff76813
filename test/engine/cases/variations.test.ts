/** Many variations of the kinds of files that go wrong: read as meant, or refused with words; never another state. */
import { inlineBinary } from '../harness';
import { TestApi } from '../import/testApi';
import { counts, memberships, runImport, writesOf } from '../import/helpers';
import type { ImportRun } from '../import/helpers';
import { BEFORE, prepare } from './helpers';
import { CELL_VARIATIONS } from './variationsOfCells';
import { TEXT_VARIATIONS } from './variationsOfText';
import { LINE_VARIATIONS } from './variationsOfLines';
import { ROW_VARIATIONS } from './variationsOfRows';

const sim = new TestApi();

beforeEach(() => prepare(sim));

/** What a run led to, in the words of a variation, whole texts. */
function outcomeOf({ error, summary, rejects = [], hints }: ImportRun): string[] {
	if (error !== undefined) {
		expect(writesOf(sim.api)).toEqual([]);
		return [`refused: ${error.message}`, `way out: ${error.description ?? ''}`];
	}
	const failures = summary.failures as Array<{ rowNumber: number; message: string }>;
	// What failed stands in the rejects file, and is a hint.
	expect(rejects.slice(1).map(([row]) => Number(row))).toEqual(
		failures.map(({ rowNumber }) => rowNumber),
	);
	const notes = summary.notes as string[];
	expect(hints).toHaveLength(notes.length + (failures.length > 0 ? 1 : 0));
	const before: Record<string, string[]> = BEFORE;
	const changed = Object.entries(memberships(sim.api)).filter(
		([id, segments]) => segments.join(' ') !== before[id]?.join(' '),
	);
	return [
		...Object.entries(counts(summary)).map(([name, count]) => `${name} ${count}`),
		...failures.map(({ rowNumber, message }) => `row ${rowNumber}: ${message}`),
		...notes.map((note) => `note: ${note}`),
		...changed.map(([id, segments]) => `${id} = ${segments.join(' ')}`),
	];
}

const VARIATIONS = [...ROW_VARIATIONS, ...LINE_VARIATIONS, ...CELL_VARIATIONS, ...TEXT_VARIATIONS];

test.each(VARIATIONS)('%s', async (_, input, file, outcome) => {
	const content = typeof file === 'string' ? Buffer.from(file) : file;
	const binary = { data: inlineBinary(content, 'list.csv') };
	const run = await runImport(sim.api, [{ json: {}, binary }], { binaryField: 'data', ...input });
	expect(outcomeOf(run)).toEqual(
		outcome.map((line) => expect.stringMatching(new RegExp(`^${escape(line)}`)) as string),
	);
});

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('there are many', () => {
	const names = VARIATIONS.map(([name]) => name);
	expect(new Set(names).size).toBe(names.length);
	expect(names.length).toBeGreaterThan(100);
});
