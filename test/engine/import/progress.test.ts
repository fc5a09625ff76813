/** What an import says in n8n's log while it runs: how far it is, and nothing about anybody. */
import { useQuickTime } from '../../support/quickTime';
import { N8nLogger } from '../harness';
import { TestApi } from './testApi';
import { listOf, runImport } from './helpers';
import type { ImportInput, ImportRun } from './helpers';

const sim = new TestApi();

// A wait of 40 seconds ends after two; the node's clock agrees.
useQuickTime();

/** A run, and its lines about imports. */
async function logOf(
	csv: string,
	input: ImportInput = {},
): Promise<{ run: ImportRun; lines: string[] }> {
	const say = jest.spyOn(N8nLogger.prototype, 'info').mockImplementation();
	try {
		const run = await runImport(sim.api, csv, { output: 'summary', details: 'none', ...input });
		const lines = say.mock.calls.map(([line]) => String(line));
		return { run, lines: lines.filter((line) => /import/i.test(line)) };
	} finally {
		say.mockRestore();
	}
}

it('every 10,000 rows, without IDs', async () => {
	const people = Array.from({ length: 12_000 }, (_, index) => `p${index}@example.com`);
	const { run, lines } = await logOf(`id\n${people.join('\n')}\n`);
	expect(run.summary).toMatchObject({ succeeded: 12_000 });
	// Others come by the clock, on a machine that is busy.
	expect(lines.length).toBeGreaterThanOrEqual(1);
	for (const line of lines) {
		expect(line).toMatch(
			/^Import: [\d,]+ of 12,000 rows done(, [\d,]+ under way)? \(execution \S+\)$/,
		);
	}
	expect(lines.join()).not.toContain('@');
});

it('of the rows of the run, where it takes only some', async () => {
	const { lines } = await logOf(listOf(20_000), { options: { maxRowsPerRun: 10_500 } });
	expect(lines.length).toBeGreaterThanOrEqual(1);
	for (const line of lines) expect(line).toMatch(/^Import: [\d,]+ of 10,500 rows done/);
});

it('also while the API makes it wait', async () => {
	sim.api.faults.add({
		match: { operationName: 'UpsertParticipants', nth: 1 },
		then: { kind: 'status', status: 429, retryAfter: 40 },
	});
	const { run, lines } = await logOf(listOf(10));
	expect(run.summary).toMatchObject({ succeeded: 10 });
	expect(lines).toContainEqual(
		expect.stringMatching(/^Import: 0 of 10 rows done, 10 under way \(execution \S+\)$/),
	);
});

it('also while import jobs are followed', async () => {
	sim.api.options.jobPendingPolls = 8;
	const { run, lines } = await logOf(listOf(10), { options: { engine: 'job' } });
	expect(run.summary).toMatchObject({ succeeded: 10 });
	expect(lines[0]).toMatch(/^Import: 0 of 10 rows done, 10 under way/);
});

it('of a dry run as such', async () => {
	const { lines } = await logOf(listOf(12_000), { dryRun: true });
	expect(lines[0]).toMatch(/^Dry run of an import: [\d,]+ of 12,000 rows done/);
});
