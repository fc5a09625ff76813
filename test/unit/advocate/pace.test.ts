import { Pace } from '../../../nodes/shared/advocate/client/rate';

describe('pace of requests', () => {
	test('nobody waits before the first refusal', () => {
		const pace = new Pace();
		expect([pace.reserve(0), pace.reserve(0), pace.reserve(0)]).toEqual([0, 0, 0]);
	});

	test('after a refusal requests leave one by one', () => {
		const pace = new Pace();
		pace.slowDown(1_000);
		expect([pace.reserve(1_000), pace.reserve(1_000), pace.reserve(1_050)]).toEqual([0, 100, 150]);
	});

	test('refusals of one moment count once, later ones double the gap up to ten seconds', () => {
		const pace = new Pace();
		for (let request = 0; request < 32; request++) pace.slowDown(request);
		pace.reserve(0);
		expect(pace.reserve(0)).toBe(100);
		for (let now = 1_000; now < 30_000; now += 1_000) {
			pace.speedUp();
			pace.slowDown(now);
		}
		const first = pace.reserve(1_000_000);
		expect(pace.reserve(1_000_000) - first).toBe(10_000);
	});

	test('refusals with nothing that goes through between them are one sign: no pace would do', () => {
		const pace = new Pace();
		for (let now = 0; now < 60_000; now += 1_000) pace.slowDown(now);
		pace.reserve(60_000);
		expect(pace.reserve(60_000)).toBe(100);
	});

	test('successes close the gap', () => {
		const pace = new Pace();
		pace.slowDown(0);
		let successes = 0;
		while (pace.reserve(1_000_000) > 0 || successes === 0) {
			pace.speedUp();
			if (++successes > 1_000) break;
		}
		for (; successes < 100; successes++) pace.speedUp();
		expect([pace.reserve(2_000_000), pace.reserve(2_000_000)]).toEqual([0, 0]);
	});
});
