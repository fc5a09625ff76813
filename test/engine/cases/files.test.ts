/**
 * Every small file that goes wrong elsewhere, as a file of an item: the summary, the hint above the output, the rejects
 * file and the state on the simulator. Both ends are right: what the author of the file meant, or words.
 */
import { inlineBinary } from '../harness';
import { TestApi } from '../import/testApi';
import { counts, memberships, runImport, writesOf } from '../import/helpers';
import type { ImportRun } from '../import/helpers';
import { BEFORE, prepare } from './helpers';
import { FILES } from './files';
import type { ReadCase, RefusedCase } from './files';

const sim = new TestApi();

beforeEach(() => prepare(sim));

/** As n8n shows a text in a hint. */
const shownInHint = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function expectRefused({ status, error }: ImportRun, { message, hint }: RefusedCase): void {
	expect(status).toBe('error');
	expect(error?.message).toContain(message);
	expect(error?.description).toContain(hint);
	expect(writesOf(sim.api)).toEqual([]);
	expect(memberships(sim.api)).toEqual(BEFORE);
}

function expectSummary({ summary }: ImportRun, wanted: ReadCase): void {
	expect(counts(summary)).toEqual(wanted.counts);
	expect(summary.failures).toEqual(
		Object.entries(wanted.failures ?? {}).map(([row, reason]) =>
			expect.objectContaining({
				rowNumber: Number(row),
				status: 'invalid',
				message: expect.stringContaining(reason) as string,
			}),
		),
	);
	expect(summary.notes).toEqual(
		(wanted.notes ?? []).map((note) => expect.stringContaining(note) as string),
	);
}

/** The counts with the reasons, when a row failed; and each note. */
function expectHints({ hints, summary }: ImportRun, wanted: ReadCase): void {
	const rows = Object.values(wanted.counts).reduce((sum, count) => sum + count, 0);
	const done = (wanted.counts.succeeded ?? 0) + (wanted.counts.unchanged ?? 0);
	const failures = Object.keys(wanted.failures ?? {});
	const [first, ...rest] = hints.map(({ message }) => message);
	const notes = (summary.notes as string[]).map(shownInHint);
	if (failures.length === 0) {
		expect([first, ...rest].filter((hint) => hint !== undefined)).toEqual(notes);
		return;
	}
	expect(first).toContain(`${done} of ${rows} ${rows === 1 ? 'row' : 'rows'} imported`);
	for (const row of failures) expect(first).toContain(`row ${row}: `);
	expect(first).toContain('rejects file attached');
	expect(rest).toEqual(notes);
}

function expectRejects({ rejects }: ImportRun, wanted: ReadCase): void {
	const failures = Object.entries(wanted.failures ?? {});
	if (failures.length === 0) {
		expect(rejects).toBeUndefined();
		return;
	}
	const [, ...lines] = rejects ?? [];
	const isCheck = /^[bcdfghjkmnpqrstv]{8}$/;
	expect(
		lines.map(([row, message, , , ...cells]) => [
			row,
			message,
			cells.map((cell) => (isCheck.test(cell) ? '' : cell)),
		]),
	).toEqual(
		failures.map(([row, reason]) => [
			row,
			expect.stringContaining(reason),
			wanted.rejected?.[Number(row)],
		]),
	);
}

describe('a file that goes wrong elsewhere', () => {
	test.each(FILES.map((each) => [each.name, each] as const))('%s', async (name, each) => {
		const binary = { data: inlineBinary(each.bytes, name) };
		const run = await runImport(sim.api, [{ json: {}, binary }], {
			binaryField: 'data',
			...each.input,
		});
		if ('message' in each.wanted) {
			expectRefused(run, each.wanted);
			return;
		}
		expect([run.status, run.error?.message]).toEqual(['success', undefined]);
		expectSummary(run, each.wanted);
		expectHints(run, each.wanted);
		expectRejects(run, each.wanted);
		expect(memberships(sim.api)).toEqual({ ...BEFORE, ...each.wanted.state });
		for (const [id, firstName] of Object.entries(each.wanted.names ?? {})) {
			expect(sim.api.state.participant(id, id)?.firstName ?? null).toBe(firstName);
		}
	});

	const filled = FILES.filter(
		({ wanted, input }) => 'counts' in wanted && input.action !== undefined,
	);
	test.each(filled.map((each) => [each.name, each] as const))(
		'%s is refused where the node says something else too',
		async (name, { bytes }) => {
			const binary = { data: inlineBinary(bytes, name) };
			const run = await runImport(sim.api, [{ json: {}, binary }], { binaryField: 'data' });
			if (run.status === 'error') {
				expect(run.error?.message).toMatch(
					/^Row \d+ has .* but (?:the action for every row is set|the segments for every row are chosen)/s,
				);
				expect(run.error?.description).toMatch(
					/'As the File Says'|'Segment Names or IDs'|Segments Column/,
				);
			} else {
				// No row of it can be used, so there is no second voice.
				expect(counts(run.summary)).toEqual({ invalid: run.summary.rows });
			}
			expect(writesOf(sim.api)).toEqual([]);
			expect(memberships(sim.api)).toEqual(BEFORE);
		},
	);
});
