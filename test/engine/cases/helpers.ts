/** Runs a small file through Import CSV and looks at everything that it leads to. */
import type { TestApi } from '../import/testApi';
import { counts, memberships, runImport } from '../import/helpers';
import type { ImportInput } from '../import/helpers';

/** What a file leads to. `rejected` has the numbers of the rows in the rejects file. */
export interface Wanted {
	counts: Record<string, number>;
	/** By row number, a part of the reason. */
	failures?: Record<number, string>;
	/** The notes, each by a part of its text. */
	notes?: string[];
	state: Record<string, string[]>;
}

/** The segments that exist, and two participants who are there before. */
export function prepare(sim: TestApi): void {
	for (const key of ['vip', 'beta', 'gold']) sim.api.state.addSegment({ key });
	sim.api.state.addParticipant({ accountId: 'a@x.test', id: 'a@x.test', segments: ['beta'] });
	sim.api.state.addParticipant({
		accountId: 'b@x.test',
		id: 'b@x.test',
		segments: ['beta', 'vip'],
	});
}

export const BEFORE = { 'a@x.test': ['beta'], 'b@x.test': ['beta', 'vip'] };

/** Import a file, and compare summary, notes, rejects file and state. */
export async function expectRead(
	sim: TestApi,
	csv: string,
	input: ImportInput,
	wanted: Wanted,
): Promise<void> {
	const run = await runImport(sim.api, csv, input);
	expect([run.status, run.error?.message]).toEqual(['success', undefined]);
	expect(counts(run.summary)).toEqual(wanted.counts);
	const failures = Object.entries(wanted.failures ?? {});
	expect(run.summary.failures).toEqual(
		failures.map(([row, reason]) =>
			expect.objectContaining({
				rowNumber: Number(row),
				message: expect.stringContaining(reason) as string,
			}),
		),
	);
	expect((run.rejects ?? []).slice(1).map(([row, reason]) => [row, reason])).toEqual(
		failures.map(([row, reason]) => [row, expect.stringContaining(reason) as string]),
	);
	expect(run.hints.length).toBeGreaterThanOrEqual(failures.length > 0 ? 1 : 0);
	expect(run.summary.notes).toEqual(
		(wanted.notes ?? []).map((note) => expect.stringContaining(note) as string),
	);
	expect(memberships(sim.api)).toEqual({ ...BEFORE, ...wanted.state });
}

/** Import a file that is refused as a whole: nothing is sent, and the message says why and what to do. */
export async function expectRefused(
	sim: TestApi,
	csv: string,
	input: ImportInput,
	message: string,
	hint: string,
): Promise<void> {
	const run = await runImport(sim.api, csv, input);
	expect(run.status).toBe('error');
	expect(run.error?.message).toContain(message);
	expect(run.error?.description).toContain(hint);
	expect(sim.api.requests).toHaveLength(0);
	expect(memberships(sim.api)).toEqual(BEFORE);
}
