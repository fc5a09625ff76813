import fc from 'fast-check';
import {
	basesBySuccess,
	countingBases,
	readErrorsFile as readErrors,
	readResultsFile as readResults,
} from '../../../nodes/ImpactAdvocate/import/jobs/files';
import type { JobFailure } from '../../../nodes/ImpactAdvocate/import/jobs/files';
import { atEase, failureOf } from './helpers';

const readErrorsFile = async (text: string) => await readErrors(text, atEase());
const readResultsFile = async (text: string) => await readResults(text, atEase());

const at = (...numbers: number[]): JobFailure[] =>
	numbers.map((recordNumber) => ({ recordNumber, message: 'No.' }));

describe('an errors file', () => {
	const HEADER = 'recordNumber,message,apiErrorCode,statusCode\n';

	it('is read as the API writes it', async () => {
		const text = `${HEADER}2,This request requires a valid non-empty id,BAD_REQUEST,400\n7,"a, ""b""",,\n`;
		expect(await readErrorsFile(text)).toEqual([
			{
				recordNumber: 2,
				message: 'This request requires a valid non-empty id',
				apiErrorCode: 'BAD_REQUEST',
				statusCode: 400,
			},
			{ recordNumber: 7, message: 'a, "b"', apiErrorCode: undefined, statusCode: undefined },
		]);
	});

	it('may have no rows, or no text at all', async () => {
		expect(await readErrorsFile(HEADER)).toEqual([]);
		expect(await readErrorsFile(' \n')).toEqual([]);
	});

	it('may leave out codes, and add columns', async () => {
		expect(await readErrorsFile('message,recordNumber,more\nNo.,3,x\n')).toEqual([
			{ recordNumber: 3, message: 'No.', apiErrorCode: undefined, statusCode: undefined },
		]);
	});

	it.each(['row,message\n1,No.\n', '{"message":"No."}', '<html><body>Sorry</body></html>'])(
		'is refused when it is something else: %j',
		async (text) => {
			expect((await failureOf(readErrorsFile(text))).message).toContain(
				"'recordNumber' is missing",
			);
		},
	);

	it('never names another row because it was cut off', async () => {
		const whole = `${HEADER}5,No.,BAD_REQUEST,400\n123,No.,BAD_REQUEST,400\n`;
		for (let length = HEADER.length; length <= whole.length; length++) {
			const failures = await readErrorsFile(whole.slice(0, length));
			for (const { recordNumber } of failures) expect([5, 123, NaN]).toContainEqual(recordNumber);
		}
	});
});

describe('a results file', () => {
	it('gives the participants', async () => {
		const succeeded = await readResultsFile('id,accountId,email\na,A,a@example.com\nb,b,\n');
		expect(succeeded.has('A\u0000a')).toBe(true);
		expect(succeeded.has('b')).toBe(true);
		expect(succeeded.has('a')).toBe(false);
		expect(succeeded.size).toBe(2);
	});

	it('is refused without the columns that name them', async () => {
		expect((await failureOf(readResultsFile('id,email\na,\n'))).message).toContain("'accountId'");
		expect((await readResultsFile('')).size).toBe(0);
	});
});

describe('how an API counts', () => {
	it('is told by numbers that only one way allows', () => {
		expect(countingBases(at(0, 3), 5)).toEqual([0]);
		expect(countingBases(at(1, 3), 5)).toEqual([0, 1]);
		expect(countingBases(at(1, 5), 5)).toEqual([1]);
		expect(countingBases(at(6), 5)).toEqual([2]);
		expect(countingBases(at(2, 4), 5)).toEqual([0, 1, 2]);
		expect(countingBases(at(0, 6), 5)).toEqual([]);
		expect(countingBases(at(NaN), 5)).toEqual([]);
	});

	it('is told by who succeeded, whichever rows were refused', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
				fc.constantFrom(0 as const, 1 as const, 2 as const),
				async (refused, base) => {
					fc.pre(refused.includes(true) && refused.includes(false));
					const participants = refused.map((_, index) => ({ accountId: 'A', id: `p${index}` }));
					const failures = at(
						...refused.flatMap((isRefused, index) => (isRefused ? [index + base] : [])),
					);
					const lines = participants
						.filter((_, index) => !refused[index])
						.map(({ id }) => `${id},A\n`);
					const succeeded = await readResultsFile(`id,accountId\n${lines.join('')}`);
					const bases = countingBases(failures, refused.length);
					expect(
						basesBySuccess(failures, (index) => participants[index], succeeded, bases),
					).toEqual([base]);
				},
			),
			{ numRuns: 200 },
		);
	});

	it('stays open when nobody is known to have succeeded', async () => {
		const nobody = await readResultsFile('');
		const rows = ['a', 'b', 'c'].map((id) => ({ accountId: id, id }));
		expect(basesBySuccess(at(2), (index) => rows[index], nobody, [0, 1, 2])).toEqual([0, 1, 2]);
	});
});
