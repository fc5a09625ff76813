import { endInTime, reasonInTime, runTimeOf } from '../../../nodes/ImpactAdvocate/import/runTime';
import { AdvocateError } from '../../../nodes/shared/advocate/client/error';
import { FakePort } from '../advocate/fakePort';

const NOW = 1_000_000;
const MINUTE = 60_000;

it('there is none unless the user or the host sets one', () => {
	expect(runTimeOf(NOW, 0, undefined)).toBeUndefined();
});

it("by the user's minutes: nothing new is sent then, and what is under way has half a minute", () => {
	expect(runTimeOf(NOW, 5, undefined)).toEqual({
		stopAt: NOW + 5 * MINUTE,
		endAt: NOW + 5 * MINUTE + 30_000,
		reason: "The import ended after 5 minutes, as set in 'Max Run Time'",
	});
	expect(runTimeOf(NOW, 1, undefined)?.reason).toContain('after 1 minute,');
});

it.each<[string, number, number]>([
	['an hour', 60 * MINUTE, MINUTE],
	['five minutes', 5 * MINUTE, 30_000],
	['half a minute', 30_000, 5_000],
	['six seconds', 6_000, 3_000],
	['no time at all', 0, 0],
	['less than none', -5_000, 0],
])("by the host's end in %s, a part is kept", (_, left, kept) => {
	expect(runTimeOf(NOW, 0, NOW + left)).toEqual({
		stopAt: NOW + left - kept,
		endAt: NOW + left - kept / 2,
		reason: "The import ended because the execution's time-out is near",
	});
});

it('of both, the earlier one ends it, and never later than the host allows', () => {
	expect(runTimeOf(NOW, 5, NOW + 60 * MINUTE)?.stopAt).toBe(NOW + 5 * MINUTE);
	expect(runTimeOf(NOW, 60, NOW + 5 * MINUTE)?.reason).toContain('time-out is near');
	const both = runTimeOf(NOW, 9, NOW + 10 * MINUTE);
	expect(both?.reason).toContain('Max Run Time');
	expect(both?.endAt).toBe(NOW + 9.5 * MINUTE);
});

it('the end is a reason to stop, and what it cuts off is no failure of the run', () => {
	const runTime = runTimeOf(NOW, 1, undefined);
	expect(reasonInTime(undefined, NOW)).toBeUndefined();
	expect(reasonInTime(runTime, NOW + MINUTE - 1)).toBeUndefined();
	expect(reasonInTime(runTime, NOW + MINUTE)).toBe(runTime?.reason);
	const cut = new AdvocateError(runTime?.reason ?? '', { kind: 'gaveUp', hint: '' });
	expect(endInTime(runTime, { stopReason: 'x', fatalError: cut })).toEqual({
		stopReason: runTime?.reason,
	});
	const other = new AdvocateError('Not yours', { kind: 'api', statusCode: 401, hint: '' });
	const end = { stopReason: 'x', fatalError: other };
	expect(endInTime(runTime, end)).toEqual(end);
	expect(endInTime(undefined, end)).toEqual(end);
});

describe('at the end of its time, a transport', () => {
	const wait = { statusCode: 429, headers: { 'retry-after': '3600' }, body: {} };
	const ask = { method: 'GET', path: '/x' } as const;

	it('gives up a pause that the API asked for', async () => {
		const port = new FakePort([wait]);
		const transport = port.transport({ maxWaitMs: 10_000_000 });
		transport.timeLimit.set(port.time + 5_000, 'It is over', 'Go on later');
		await expect(transport.request(ask, () => 1)).rejects.toMatchObject({
			kind: 'gaveUp',
			message: 'It is over',
			hint: 'Go on later',
			neverSent: false,
		});
		expect(port.time - port.start).toBe(5_000);
		expect(port.sent).toHaveLength(1);
	});

	it('sends nothing any more, and says so of what it never sent', async () => {
		const port = new FakePort([{}]);
		const transport = port.transport();
		transport.timeLimit.set(port.time, 'It is over', 'Go on later');
		await expect(transport.request(ask, () => 1)).rejects.toMatchObject({ neverSent: true });
		expect(port.sent).toEqual([]);
	});

	it('waits for an answer no longer than that', async () => {
		const port = new FakePort([{}]);
		const transport = port.transport({ timeoutMs: 30_000 });
		transport.timeLimit.set(port.time + 7_000, 'It is over', 'Go on later');
		await transport.request(ask, () => 1);
		expect(port.sent[0].timeoutMs).toBe(7_000);
	});

	it('lets work between requests go on', async () => {
		const port = new FakePort([{}]);
		const transport = port.transport();
		transport.timeLimit.set(port.time, 'It is over', 'Go on later');
		await expect(transport.sleep(0)).resolves.toBeUndefined();
	});
});
