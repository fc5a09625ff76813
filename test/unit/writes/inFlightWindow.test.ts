/** How many requests may be in flight, and how soon after each other they leave. Times are milliseconds. */
import { InFlightWindow } from '../../../nodes/ImpactAdvocate/writes/inFlightWindow';

/** Let a window grow until it no longer does. */
function grown(most: number): InFlightWindow {
	const window = new InFlightWindow(most, 0);
	for (let success = 0; success < 100; success++) window.succeeded(100);
	return window;
}

it.each([
	[1, 1],
	[2, 2],
	[8, 2],
	[32, 2],
])('at most %i: starts with %i', (most, start) => {
	expect(new InFlightWindow(most, 0).allowed).toBe(start);
	expect(grown(most).allowed).toBe(most);
});

it('grows by one per success at first, and per round trip once it was too much', () => {
	const window = new InFlightWindow(32, 0);
	for (let success = 0; success < 14; success++) window.succeeded(100);
	expect(window.allowed).toBe(16);
	window.slowDown(1000);
	expect(window.allowed).toBe(8);
	for (let success = 0; success < 8; success++) window.succeeded(100);
	expect(window.allowed).toBe(9);
});

it('takes refusals of one moment for one, and never allows none', () => {
	const window = grown(8);
	for (let refusal = 0; refusal < 8; refusal++) window.slowDown(1000 + refusal);
	expect(window.allowed).toBe(4);
	for (let moment = 2; moment < 6; moment++) window.slowDown(moment * 1000);
	expect(window.allowed).toBe(1);
});

it('keeps requests apart, by up to 5 ms and three quarters of an even spacing', () => {
	const slow = grown(2);
	slow.started(0);
	expect(slow.waitAt(0)).toBeCloseTo(5 / 2, 6);
	expect(slow.waitAt(3)).toBe(0);
	const many = grown(32);
	many.started(1000);
	many.started(1000);
	expect(many.waitAt(1000)).toBeCloseTo((1.5 * 0.75 * 100) / 32, 6);
});

it('lets the first requests leave at once', () => {
	const window = new InFlightWindow(8, 0);
	window.started(0);
	expect(window.waitAt(0)).toBe(0);
	expect(window.isFull).toBe(false);
	window.started(0);
	expect(window.isFull).toBe(true);
});

it('knows peak and average', () => {
	const window = new InFlightWindow(8, 1000);
	expect(window.averageAt(1000)).toBe(0);
	window.started(1000);
	window.started(1050);
	window.ended(1100);
	window.ended(1200);
	expect(window.peak).toBe(2);
	expect(window.averageAt(1300)).toBeCloseTo((50 + 2 * 50 + 100) / 300, 6);
});
