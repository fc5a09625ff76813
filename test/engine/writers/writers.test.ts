/**
 * One table, as more than a hundred programs and options write it. Everybody is in the end what the table says, or the
 * file is refused with words; nothing else is ever there.
 */
import { inlineBinary } from '../harness';
import { AS_THE_FILE_SAYS, counts, runImport, writesOf } from '../import/helpers';
import { TestApi } from '../import/testApi';
import { DATABASES } from './databases';
import { PROGRAMS } from './programs';
import { peopleIn } from './table';
import type { Person } from './table';

const sim = new TestApi();

const WRITERS = [...DATABASES, ...PROGRAMS];

beforeEach(() => {
	for (const key of ['vip', 'beta', 'gold']) sim.api.state.addSegment({ key });
});

const people = (): Record<string, Person> =>
	Object.fromEntries(
		[...sim.api.state.participants.values()].map(({ id, accountId, firstName, segments }) => [
			id,
			{ accountId, firstName: firstName ?? null, segments: [...segments].sort() },
		]),
	);

test.each(WRITERS.map((writer) => [writer.name, writer] as const))('%s', async (name, writer) => {
	const { file, table, outcome, input = AS_THE_FILE_SAYS, notes = [] } = writer;
	const binary = { data: inlineBinary(file, 'participants.csv') };
	const run = await runImport(sim.api, [{ json: {}, binary }], { binaryField: 'data', ...input });
	if (outcome !== 'exact') {
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(outcome.refused);
		expect(run.error?.description ?? '').not.toBe('');
		expect(writesOf(sim.api)).toEqual([]);
		return;
	}
	expect([name, run.error?.message, run.summary.failures]).toEqual([name, undefined, []]);
	expect(people()).toEqual(peopleIn(table));
	expect(counts(run.summary)).toEqual({ succeeded: table.rows.length });
	const said = (run.summary.notes as string[]).join('\n');
	for (const note of notes) expect(said).toMatch(note);
	expect(run.hints.map(({ message }) => message)).toHaveLength(
		(run.summary.notes as string[]).length,
	);
});

test('there are more than a hundred, each once, and their files differ', () => {
	expect(WRITERS.length).toBeGreaterThan(100);
	expect(new Set(WRITERS.map(({ name }) => name)).size).toBe(WRITERS.length);
	const files = new Set(WRITERS.map(({ file }) => file.toString('latin1')));
	expect(files.size).toBeGreaterThan(100);
});
