/** When an import says how far it has come, and in which words. */
import { ProgressLog } from '../../../nodes/ImpactAdvocate/import/progressLog';
import { FILE_WORDS, ITEM_WORDS } from '../../../nodes/ImpactAdvocate/import/table';
import type { LoggedImport } from '../../../nodes/ImpactAdvocate/import/progressLog';

/** An import by a clock that only we move. */
function logged(given: Partial<LoggedImport> = {}) {
	const lines: string[] = [];
	const clock = { now: 0 };
	const counts = { notSent: 0 } as never as { notSent: number };
	const report = { rows: 0, rowsTaken: 0, failed: 0, counts: counts as never };
	const log = new ProgressLog(
		(line) => lines.push(line),
		() => clock.now,
		{ rows: 500_000, words: FILE_WORDS, dryRun: false, ...given },
	);
	log.follow(report);
	const end = (rows: number) => {
		for (let row = 0; row < rows; row++) {
			report.rows++;
			report.rowsTaken = Math.max(report.rowsTaken, report.rows);
			log.rowEnded();
		}
	};
	return { lines, clock, report, counts, log, end };
}

it('speaks every 10,000 rows', () => {
	const { lines, end } = logged();
	end(9_999);
	expect(lines).toEqual([]);
	end(10_002);
	expect(lines).toEqual([
		'Import: 10,000 of 500,000 rows done',
		'Import: 20,000 of 500,000 rows done',
	]);
});

it('speaks after 30 seconds, also when no row has ended', () => {
	const { lines, clock, log, report, end } = logged();
	end(5);
	clock.now = 29_999;
	log.look();
	expect(lines).toEqual([]);
	clock.now = 30_000;
	log.look();
	log.look();
	report.rowsTaken = 300;
	clock.now = 60_000;
	log.look();
	expect(lines).toEqual([
		'Import: 5 of 500,000 rows done',
		'Import: 5 of 500,000 rows done, 295 under way',
	]);
});

it('begins to count anew after each line', () => {
	const { lines, clock, end } = logged();
	clock.now = 30_000;
	end(1);
	end(9_999);
	expect(lines).toHaveLength(1);
	end(1);
	expect(lines).toHaveLength(2);
});

it('tells of failures, of rows that were not sent, and of a dry run', () => {
	const { lines, report, counts, end } = logged({ rows: 10_000, words: ITEM_WORDS, dryRun: true });
	report.failed = 3;
	counts.notSent = 1_200;
	end(10_000);
	expect(lines).toEqual([
		'Dry run of an import: 10,000 of 10,000 items done, 3 of them failed, 1,200 not sent',
	]);
});
