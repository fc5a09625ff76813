import { AdvocateError } from '../../../nodes/shared/advocate/client/error';
import { failureOf, ImportReport } from '../../../nodes/ImpactAdvocate/import/report/report';
import type { RowStatus, StopRule } from '../../../nodes/ImpactAdvocate/import/report/report';
import { atEase } from './helpers';

const row = (rowNumber: number) => ({ rowNumber, cells: [`p${rowNumber}`] });

const reportWith = (
	stopRule: StopRule = { when: 'never' },
	keep: 'none' | 'failed' | 'all' = 'none',
) =>
	new ImportReport(
		['id'],
		{ rowsToKeep: keep, keepCells: false, stopRule, protectFormulas: false },
		false,
	);

const STATUSES: RowStatus[] = ['succeeded', 'invalid', 'rejected', 'skipped', 'notSent'];

test('counts every row once; the rejects file has those that failed or were not sent', async () => {
	const report = reportWith();
	STATUSES.forEach((status, index) => report.add(row(index + 2), { status, message: status }));
	expect(report.rows).toBe(5);
	expect(report.failed).toBe(2);
	expect(report.counts).toMatchObject(Object.fromEntries(STATUSES.map((name) => [name, 1])));
	expect((await report.rejects.toBuffer(atEase())).toString()).toBe(
		'\ufeffrecordNumber,message,apiErrorCode,statusCode,id,idCheck\r\n3,invalid,,,p3,\r\n4,rejected,,,p4,\r\n6,notSent. Nothing is wrong with this row: import it again,,,p6,\r\n',
	);
});

test.each([
	['none', []],
	['failed', [3, 4, 6]],
	['all', [2, 3, 4, 5, 6]],
] as const)('keeps rows: %s', (keep, expected) => {
	const report = reportWith({ when: 'never' }, keep);
	STATUSES.forEach((status, index) => report.add(row(index + 2), { status, id: `p${index}` }));
	expect(report.rowsInOrder().map(({ rowNumber }) => rowNumber)).toEqual(expected);
});

test('lists the first ten failures, and the hint only in the rejects file', async () => {
	const report = reportWith();
	for (let number = 2; number < 20; number++) {
		report.add(row(number), { status: 'rejected', message: 'No', hint: 'Do this' });
	}
	expect(report.firstFailures).toHaveLength(10);
	expect(report.firstFailures[0]).toMatchObject({
		rowNumber: 2,
		status: 'rejected',
		message: 'No',
	});
	expect((await report.rejects.toBuffer(atEase())).toString()).toContain('2,No. Do this,,,p2');
});

test('rows that end in another order are given in the order of the file', async () => {
	const report = reportWith({ when: 'never' }, 'all');
	const numbers = Array.from({ length: 30 }, (_, index) => 2 + ((index * 7) % 30));
	for (const number of numbers) report.add(row(number), { status: 'rejected', message: 'No' });
	const sorted = [...numbers].sort((a, b) => a - b);
	expect(report.rowsInOrder().map(({ rowNumber }) => rowNumber)).toEqual(sorted);
	expect(report.firstFailures.map(({ rowNumber }) => rowNumber)).toEqual(sorted.slice(0, 10));
	const lines = (await report.rejects.toBuffer(atEase())).toString().split('\r\n').slice(1, -1);
	expect(lines.map((line) => parseInt(line, 10))).toEqual(sorted);
});

test('the failure of a row from an error of the API', () => {
	const error = new AdvocateError('No', {
		kind: 'api',
		hint: 'Do this',
		statusCode: 400,
		rsCode: 'RS023',
	});
	expect(failureOf(error)).toEqual({
		status: 'rejected',
		message: 'No',
		hint: 'Do this',
		apiErrorCode: 'RS023',
		statusCode: 400,
	});
});

describe('stop rules', () => {
	const after = (stopRule: StopRule, outcomes: Array<[RowStatus, number]>, taken = 0) => {
		const report = reportWith(stopRule);
		report.rowsTaken = taken;
		let number = 2;
		for (const [status, count] of outcomes) {
			for (let index = 0; index < count; index++) report.add(row(number++), { status });
		}
		return report.stopReason();
	};

	test.each<[StopRule, Array<[RowStatus, number]>, number, boolean]>([
		[{ when: 'never' }, [['rejected', 500]], 0, false],
		[
			{ when: 'firstFailure' },
			[
				['succeeded', 500],
				['skipped', 3],
			],
			0,
			false,
		],
		[{ when: 'firstFailure' }, [['invalid', 1]], 0, true],
		[{ when: 'failures', more: 0 }, [['rejected', 1]], 0, true],
		[
			{ when: 'failures', more: 3 },
			[
				['rejected', 2],
				['invalid', 1],
				['notSent', 50],
			],
			0,
			false,
		],
		[
			{ when: 'failures', more: 3 },
			[
				['rejected', 2],
				['invalid', 2],
			],
			0,
			true,
		],
		[{ when: 'percent', more: 10 }, [['rejected', 99]], 99, false],
		[
			{ when: 'percent', more: 10 },
			[
				['rejected', 10],
				['succeeded', 90],
			],
			100,
			false,
		],
		[
			{ when: 'percent', more: 10 },
			[
				['rejected', 11],
				['succeeded', 89],
			],
			100,
			true,
		],
		// Rows that can't be sent end before the others that were read with them.
		[{ when: 'percent', more: 10 }, [['invalid', 120]], 3000, false],
		[{ when: 'percent', more: 0 }, [['succeeded', 200]], 200, false],
		[
			{ when: 'percent', more: 0 },
			[
				['rejected', 1],
				['succeeded', 199],
			],
			200,
			true,
		],
	])('%j after %j of %i', (stopRule, outcomes, taken, stops) => {
		expect(after(stopRule, outcomes, taken) !== undefined).toBe(stops);
	});
});

test('reason and hint are two sentences, whether the reason ends with a period or not', async () => {
	const report = reportWith();
	const row = (rowNumber: number) => ({ rowNumber, cells: ['a'] });
	report.add(row(2), { status: 'rejected', message: 'Refused.', hint: 'Do this' });
	report.add(row(3), { status: 'rejected', message: 'Refused', hint: 'Do this' });
	expect((await report.rejects.toBuffer(atEase())).toString().split('\r\n').slice(1, 3)).toEqual([
		'2,Refused. Do this,,,a,',
		'3,Refused. Do this,,,a,',
	]);
});
