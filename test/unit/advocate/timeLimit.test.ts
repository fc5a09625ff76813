/** What the end of a run's time leaves of its pacing: the same measures, and nothing that leaves too late. */
import { FakePort } from './fakePort';

const ask = { method: 'GET', path: '/x' } as const;

/** A host whose time of day stands still while its own clock goes on. */
class SetBackPort extends FakePort {
	private passed = 0;

	clock(): number {
		this.passed += 1000;
		return this.passed;
	}
}

test('how long requests take is measured by the clock that nobody sets', async () => {
	const port = new SetBackPort([{}]);
	const transport = port.transport();
	transport.pacing.limit(1);
	await transport.request(ask, () => 1);
	// By the time of day, which stands still, there would be no average.
	expect(transport.pacing.inFlight.average).toBeGreaterThan(0);
});

describe('at the end of its time', () => {
	test('what waits for another one to be answered does not leave any more', async () => {
		const port = new FakePort([
			() => {
				port.time += 6_000;
				return {};
			},
		]);
		const transport = port.transport();
		transport.pacing.limit(1);
		transport.timeLimit.set(port.time + 5_000, 'It is over', 'Go on later');
		const [first, second, third] = await Promise.allSettled([
			transport.request(ask, () => 1),
			transport.request(ask, () => 2),
			transport.request(ask, () => 3),
		]);
		expect(first).toMatchObject({ value: 1 });
		for (const late of [second, third]) {
			expect(late).toMatchObject({ reason: { message: 'It is over', neverSent: true } });
		}
		expect(port.sent).toHaveLength(1);
	});

	test('a pause that it cuts off does not count any longer', async () => {
		const port = new FakePort([
			{ statusCode: 429, headers: { 'retry-after': '3600' }, body: { message: 'Later' } },
		]);
		const transport = port.transport({ maxWaitMs: 10_000_000 });
		transport.timeLimit.set(port.time + 5_000, 'It is over', 'Go on later');
		await expect(transport.request(ask, () => 1)).rejects.toMatchObject({ message: 'It is over' });
		port.time += 60_000;
		expect(transport.statistics.waitedMs).toBe(5_000);
	});
});
