/** When a run stands still: told what happens when. */
import { StandStill } from '../../../nodes/shared/advocate/client/patience';

test('counts from the first wait to the last, while nothing is under way', () => {
	const clock = new StandStill();
	expect(clock.totalAt(1000)).toBe(0);
	clock.holds(1, 1000);
	expect(clock.totalAt(1500)).toBe(500);
	clock.holds(1, 2000);
	clock.holds(-1, 3000);
	expect(clock.totalAt(3000)).toBe(2000);
	clock.holds(-1, 4000);
	expect(clock.totalAt(9000)).toBe(3000);
});

test('stops while a request is under way, and goes on behind it', () => {
	const clock = new StandStill();
	clock.moves(1, 0);
	clock.holds(1, 100);
	expect(clock.totalAt(500)).toBe(0);
	clock.moves(-1, 600);
	expect(clock.totalAt(700)).toBe(100);
	clock.moves(1, 800);
	clock.holds(-1, 900);
	clock.moves(-1, 1000);
	expect(clock.totalAt(2000)).toBe(200);
});

test('a clock that is set back takes nothing away', () => {
	const clock = new StandStill();
	clock.holds(1, 1000);
	expect(clock.totalAt(400)).toBe(0);
	clock.holds(1, 400);
	expect(clock.totalAt(500)).toBe(100);
});
