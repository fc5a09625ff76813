import fc from 'fast-check';
import { Progress } from '../../../nodes/ImpactAdvocate/import/ledger';

it('stands at the first row that has not ended', () => {
	const progress = new Progress(2);
	expect(progress.firstOpenRow).toBe(2);
	for (const row of [2, 3, 5]) progress.begin(row);
	expect(progress.firstOpenRow).toBe(2);
	progress.end(3);
	expect(progress.firstOpenRow).toBe(2);
	progress.end(2);
	expect(progress.firstOpenRow).toBe(5);
	progress.end(5);
	expect(progress.firstOpenRow).toBe(6);
});

it('holds for any order, and over many rows', () => {
	fc.assert(
		fc.property(fc.array(fc.nat(), { maxLength: 300 }), (choices) => {
			const progress = new Progress(2);
			const open = new Set<number>();
			let next = 2;
			for (const choice of choices) {
				if (choice % 3 !== 0 || open.size === 0) {
					next += choice % 2;
					progress.begin(next);
					open.add(next++);
				} else {
					const rows = [...open];
					const row = rows[choice % rows.length];
					open.delete(row);
					progress.end(row);
				}
				expect(progress.firstOpenRow).toBe(open.size > 0 ? Math.min(...open) : next);
			}
		}),
	);
	const long = new Progress(2);
	for (let row = 2; row < 50_000; row++) {
		long.begin(row);
		if (row > 10) long.end(row - 8);
		if (row === 10) for (let first = 2; first < 3; first++) long.end(first);
	}
	expect(long.firstOpenRow).toBe(49_992);
});
