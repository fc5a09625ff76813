/** Import CSV in the real engine: where it starts, and when it stops. */
import { apartFromSegments } from '../../support/advocate';
import { credentials } from '../../support/simulator';
import { TestApi } from './testApi';
import { counts, expectAccounted, listOf, memberships, runImport } from './helpers';

const sim = new TestApi();

describe('where and when to stop', () => {
	test('Start at Row leaves the rows before out', async () => {
		const run = await runImport(sim.api, listOf(10), { options: { startAtRow: 8 } });
		expectAccounted(run, listOf(10), 8);
		expect(memberships(sim.api)).toEqual({ p7: ['vip'], p8: ['vip'], p9: ['vip'], p10: ['vip'] });
	});

	test('never (default): all rows get their turn', async () => {
		const csv = `id\n${'\n'.repeat(3)}${Array.from({ length: 50 }, (_, index) => (index % 2 ? `p${index}` : '""')).join('\n')}\n`;
		const run = await runImport(sim.api, csv);
		expect(counts(run.summary)).toMatchObject({ succeeded: 25 });
		expect(run.summary.complete).toBe(true);
	});

	const rejectEvery = (step: number, count: number) => {
		sim.api.options.participantRejects = Object.fromEntries(
			Array.from({ length: Math.floor(count / step) }, (_, index) => [
				`p${(index + 1) * step}`,
				{ message: 'No.', statusCode: 400 },
			]),
		);
	};

	test('first failure', async () => {
		rejectEvery(7, 7);
		const csv = listOf(40);
		const run = await runImport(sim.api, csv, {
			options: { stopOn: 'firstFailure', batchSize: 1, concurrency: 1 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 6, rejected: 1, notSent: 33 });
		expect(run.summary).toMatchObject({ complete: false, firstRowNotSent: 9 });
		expect(run.summary.stopReason).toMatch(/'Stop On' is set to 'First Failed Row'/);
		expect(apartFromSegments(sim.api)).toHaveLength(7);
		expect(run.hints[0].message).toMatch(
			/^6 of 40 rows imported, 34 not \(1 rejected, 33 not sent\): row 8: No; rejects file attached\. A row failed.* The first row not sent is row 9$/,
		);
	});

	test('more than a number of failures', async () => {
		rejectEvery(2, 40);
		const csv = listOf(40);
		const run = await runImport(sim.api, csv, {
			options: { stopOn: 'failures', maxFailures: 3, batchSize: 1, concurrency: 1 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 4, rejected: 4, notSent: 32 });
		expect(run.summary.stopReason).toMatch(/More than 3 rows failed/);
	});

	test('more than a share of failures', async () => {
		rejectEvery(3, 1000);
		const csv = listOf(1000);
		const run = await runImport(sim.api, csv, {
			options: { stopOn: 'percent', maxFailedPercent: 10, batchSize: 10, concurrency: 1 },
		});
		expectAccounted(run, csv);
		expect(run.summary.stopReason).toMatch(/More than 10% of the rows failed/);
		const { succeeded, rejected } = run.summary as { succeeded: number; rejected: number };
		// Of the rows that were read when it was asked; the file's last ones may not have been.
		expect(rejected).toBeGreaterThanOrEqual(100);
		expect(rejected).toBeLessThan(110);
		expect(succeeded).toBeLessThan(250);
	});

	test('a share below the limit does not stop, wherever the bad rows are found', async () => {
		const ids = Array.from({ length: 6000 }, (_, index) => (index % 20 === 0 ? '' : `p${index}`));
		const csv = `id,x\n${ids.map((id) => `${id},1`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, {
			output: 'failed',
			options: { stopOn: 'percent', maxFailedPercent: 10 },
		});
		expect(run.summary.complete).toBe(true);
		expect(counts(run.summary)).toEqual({ succeeded: 5700, invalid: 300 });
	});

	const WRONG = () => ({ ...credentials(sim.api), authToken: 'wrong' });

	test('a wrong key is the failure of the node, after one request', async () => {
		const run = await runImport(sim.api, listOf(5000), {
			credentials: WRONG(),
			options: { concurrency: 32, batchSize: 10 },
		});
		expect(run.status).toBe('error');
		expect(run.error?.message).toBe('The credentials of this request are not valid. [item 0]');
		expect(run.error).toMatchObject({ httpCode: '401' });
		expect(run.error?.description).toMatch(/No row is confirmed as imported/);
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(2);
		expect(sim.api.state.participants.size).toBe(0);
	});

	test('a wrong key where the workflow goes on: the report, no more requests', async () => {
		const csv = listOf(500);
		const run = await runImport(sim.api, csv, {
			credentials: WRONG(),
			onError: 'continueRegularOutput',
			options: { batchSize: 10 },
		});
		expectAccounted(run, csv);
		expect(run.summary.complete).toBe(false);
		expect(Number(run.summary.rejected)).toBeLessThanOrEqual(20);
		expect(run.summary.firstRowNotSent).toBe(2);
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(2);
	});

	test('a wrong tenant', async () => {
		const run = await runImport(sim.api, listOf(3), {
			credentials: { ...credentials(sim.api), tenantAlias: 'other' },
		});
		expect(run.error?.message).toMatch(/tenant alias/i);
	});

	test.each([401, 403])('%i in the middle: a report, and the rest is not sent', async (status) => {
		sim.api.faults.add({
			match: { nth: 4 },
			times: 'always',
			then: { kind: 'status', status, body: { message: 'Key revoked', statusCode: status } },
		});
		const csv = listOf(200);
		const run = await runImport(sim.api, csv, { options: { batchSize: 10, concurrency: 2 } });
		expect(run.status).toBe('success');
		expectAccounted(run, csv);
		expect(counts(run.summary).succeeded).toBe(30);
		expect(Number(run.summary.rejected)).toBeLessThanOrEqual(20);
		expect(run.summary.stopReason).toBe('The run was stopped: Key revoked');
		expect(run.summary.firstRowNotSent).toBe(32);
		// Two batches are refused at once; one participant of each finds out whether the other way is open.
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(9);

		sim.api.faults.clear();
		const rest = await runImport(sim.api, csv, {
			options: { startAtRow: run.summary.firstRowNotSent },
		});
		expectAccounted(rest, csv, 32);
		expect(sim.api.state.participants.size).toBe(200);
	});
});
