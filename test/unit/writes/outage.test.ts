/**
 * An API that is down must not be hammered, although batches that keep failing are sent in parts: the number of
 * requests, on a clock of our own.
 */
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import type { PortRequest, PortResponse } from '../../../nodes/shared/advocate/client/port';
import { seededRandom } from '../../simulator/random';
import { FakePort } from '../advocate/fakePort';
import type { Scripted } from '../advocate/fakePort';
import { acceptance, bodyOf, people, RunningWrites } from './fakeApi';

const ROWS = 20_000;

const OUTAGES: Array<[string, Scripted]> = [
	['500', { statusCode: 500, body: { message: 'Down' } }],
	['503', { statusCode: 503, body: '<html>Down</html>' }],
	['503 with a time', { statusCode: 503, headers: { 'retry-after': '5' }, body: '' }],
	['a lost connection', new NoAnswerError('socket hang up', 'ECONNRESET')],
	['a time-out', new NoAnswerError('No answer within 30000 ms', 'ETIMEDOUT')],
	['a web page with status 200', { body: '<html>Sorry</html>' }],
];

/** An API that is down from its nth request on, for some time. */
class FailingPort extends FakePort {
	private readonly fraction = seededRandom(7);

	private downSince = Infinity;

	constructor(
		answer: Scripted,
		private readonly good: number,
		private readonly forMs: number,
	) {
		super([answer]);
	}

	override async send(request: PortRequest): Promise<PortResponse> {
		if (this.sent.length >= this.good) this.downSince = Math.min(this.downSince, this.time);
		const isDown = this.time >= this.downSince && this.time < this.downSince + this.forMs;
		if (isDown) return await super.send(request);
		this.sent.push(request);
		await this.sleep(100);
		return { statusCode: 200, headers: {}, body: acceptance(request) };
	}

	override random(): number {
		return this.fraction();
	}
}

const CASES = OUTAGES.flatMap(([name, answer]) =>
	[1, 2, 8, 32].map((concurrency) => [name, concurrency, answer] as const),
);

async function runThrough(port: FailingPort, concurrency: number) {
	const transport = port.transport({ maxWaitMs: 300_000 });
	const limits = { concurrency, batchSize: 100 };
	const run = new RunningWrites(port, people(ROWS, 1000), limits, transport);
	const statistics = await run.finished;
	const outcomes = Object.values(run.outcomes);
	const count = (status: string) => outcomes.filter((outcome) => outcome === status).length;
	expect(outcomes).toHaveLength(ROWS);
	expect(run.results).toHaveLength(ROWS);
	expect(transport.statistics.longestWaitMs).toBeLessThanOrEqual(300_000);
	return { statistics, count };
}

test.each(CASES)('%s from the start, %i at a time', async (_, concurrency, answer) => {
	const port = new FailingPort(answer, 0, Infinity);
	const { statistics, count } = await runThrough(port, concurrency);
	expect(statistics.stopReason).toMatch(/^The run was stopped: /);
	// In five minutes: the first ones, then one every half a minute.
	expect(port.sent.length).toBeLessThanOrEqual(30);
	// Parts of one batch or two failed for good; nothing else was tried.
	expect(count('rejected')).toBeLessThanOrEqual(200);
	expect(count('rejected') + count('unconfirmed') + count('notSent')).toBe(ROWS);
});

test.each(CASES)('%s in the middle, %i at a time', async (_, concurrency, answer) => {
	const port = new FailingPort(answer, 100, Infinity);
	const { statistics, count } = await runThrough(port, concurrency);
	expect(statistics.stopReason).toMatch(/^The run was stopped: /);
	expect(count('succeeded')).toBe(100 * 100);
	// All that were under way fail once; then one at a time finds out whether the API is back.
	// The last one at the very end of that.
	expect(port.sent.length - 100).toBeLessThanOrEqual(concurrency + 31);
	// One more than may be in flight helps to find out, see `mostBatches`.
	const sent = Math.max(2, concurrency);
	expect(count('rejected') + count('unconfirmed')).toBeLessThanOrEqual(100 * sent);
	expect(count('rejected') + count('unconfirmed') + count('notSent')).toBe(ROWS - 100 * 100);
});

test.each(CASES)('%s for a minute costs no row, %i at a time', async (_, concurrency, answer) => {
	const port = new FailingPort(answer, 100, 60_000);
	const { statistics, count } = await runThrough(port, concurrency);
	expect(statistics.stopReason).toBeUndefined();
	expect(count('succeeded')).toBe(ROWS);
	// Time-outs halve the batches for a while.
	const more = answer instanceof NoAnswerError && answer.code === 'ETIMEDOUT' ? 40 : 30;
	expect(port.sent.length - ROWS / 100).toBeLessThanOrEqual(concurrency + more);
	// No conclusions about the size of batches from that.
	expect(statistics.batchSize).toBe(100);
});

/** An API that can't cope with some participants, and takes all others. */
class PartlyFailingPort extends FakePort {
	constructor(private readonly failing: ReadonlySet<string>) {
		super([]);
	}

	override async send(request: PortRequest): Promise<PortResponse> {
		this.sent.push(request);
		await this.sleep(100);
		const { id } = bodyOf(request) as { id: string };
		return this.failing.has(id)
			? { statusCode: 500, headers: {}, body: { message: 'Internal error' } }
			: { statusCode: 200, headers: {}, body: acceptance(request) };
	}

	override random(): number {
		return 0.5;
	}
}

test.each([
	['the first two', 0, 2],
	['two in the middle', 20, 2],
	['six side by side', 20, 6],
	['the last two', 58, 2],
])('rows that always fail are no outage, one row per request: %s', async (_, from, count) => {
	const failing = new Set(Array.from({ length: count }, (_entry, index) => `p${from + index}`));
	const port = new PartlyFailingPort(failing);
	const transport = port.transport({ maxWaitMs: 300_000 });
	const limits = { concurrency: 2, batchSize: 1 };
	const run = new RunningWrites(port, people(60), limits, transport);
	await run.finished;
	expect(Object.values(run.outcomes).filter((outcome) => outcome === 'succeeded')).toHaveLength(
		60 - count,
	);
	expect(Object.values(run.outcomes)).not.toContain('notSent');
});
