/** IDs as spreadsheets, databases and copying leave them: mended where that is sure, else refused or named. */
import { inlineBinary } from '../harness';
import { SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import {
	AS_THE_FILE_SAYS,
	counts,
	inputsOf,
	memberships,
	OWN_SEGMENTS,
	runImport,
	statuses,
	writesOf,
} from '../import/helpers';

const simulator = useSimulator(SOME_SEGMENTS);

const notesOf = ({ summary }: { summary: { notes?: unknown } }): string =>
	(summary.notes as string[]).join('\n');

const ids = (): string[] => [...simulator().state.participants.values()].map(({ id }) => id).sort();

beforeEach(() => {
	for (const key of ['vip', 'beta']) simulator().state.addSegment({ key });
	simulator().state.addParticipant({ id: 'a@x.test', segments: ['beta'] });
});

describe('what can’t be seen in an ID', () => {
	test('is taken off at its ends: one participant, not five; inside, the row is invalid', async () => {
		const csv =
			'id\na@x.test\na@x.test\u200b\n\u200ea@x.test\n\u202aa@x.test\u202c\na@x.te\u00adst\na@x.test\u00ad\n';
		const run = await runImport(simulator(), csv);
		expect(statuses(run)).toEqual({
			2: 'succeeded',
			3: 'succeeded',
			4: 'succeeded',
			5: 'succeeded',
			6: 'invalid',
			7: 'succeeded',
		});
		expect(run.rows[4].message).toContain(
			'The participant ID has the invisible character U+00AD in it',
		);
		expect(run.rejects?.[1]).toContain('a@x.te\u00adst');
		expect(memberships(simulator())).toEqual({ 'a@x.test': ['beta', 'vip'] });
	});

	test.each([
		['a\ufeff@x.test', 'has the invisible character U+FEFF in it'],
		['“a@x.test”', 'has the typographic quote “ (U+201C) in it'],
		['a’b@x.test', 'has the typographic quote ’ (U+2019) in it'],
		['????@x.test', "has '????' in it, where letters were lost"],
		['#N/A', 'which a spreadsheet shows'],
		['########', 'too narrow'],
		['1.16E+20', 'looks damaged by a spreadsheet'],
		['[object Object]', 'which an expression makes of an object'],
	])('%s is invalid, unless unusual IDs are accepted', async (id, reason) => {
		const csv = `id,accountId\n${id},acc\nb,${id}\n`;
		const run = await runImport(simulator(), csv);
		expect(counts(run.summary)).toEqual({ invalid: 2 });
		expect(run.rows[0].message).toContain('The participant ID ');
		expect(run.rows[1].message).toContain('The account ID ');
		for (const { message, hint } of run.rows) {
			expect(message).toContain(reason);
			expect(hint).toContain("turn on 'Accept Unusual IDs'");
		}
		expect(run.rejects).toHaveLength(3);
		expect(writesOf(simulator())).toEqual([]);

		const accepted = await runImport(simulator(), csv, { options: { acceptUnusualIds: true } });
		expect(counts(accepted.summary)).toEqual({ succeeded: 2 });
		expect(ids()).toContain(id);
	});
});

describe('words for no value', () => {
	const WORDS = ['NULL', '\\N', 'NA', 'nan', 'None', 'NaN', 'null', '<NA>'];

	test.each(WORDS)('%s is no account, no detail, no segment and no participant', async (word) => {
		const csv = [
			'accountId\tid\tsegments\tfirstName',
			`${word}\ta@x.test\tvip\t${word}`,
			`${word}\tb@x.test\t${word}\tBob`,
			`acc\t${word}\tvip\tCid`,
			`acc\td@x.test\tvip\t${word}`,
			'',
		].join('\n');
		const run = await runImport(simulator(), csv, {
			...OWN_SEGMENTS,
			action: 'set',
			details: 'all',
		});
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'invalid', 4: 'invalid', 5: 'succeeded' });
		expect(run.rows[1].message).toContain(`The segments cell is '${word}'`);
		expect(run.rows[2].message).toContain(`The participant ID is '${word}'`);
		expect(inputsOf(simulator())).toEqual([
			{ accountId: 'a@x.test', id: 'a@x.test', segments: ['~*', 'vip'] },
			{ accountId: 'acc', id: 'd@x.test', segments: ['~*', 'vip'] },
		]);
		const notes = notesOf(run);
		expect(notes).toContain(
			`'${word}', which programs write where there is no value, was taken as a blank cell`,
		);
		expect(notes).toContain("in 2 rows (row 2, row 5), in the columns 'accountId', 'firstName'");
	});

	test('names are names: Null, Nan and none are no such words', async () => {
		const csv = 'id,lastName,firstName,customFields.plan\nn,Null,Nan,none\n';
		const run = await runImport(simulator(), csv, { details: 'all' });
		expect(simulator().state.participant('n', 'n')).toMatchObject({
			firstName: 'Nan',
			lastName: 'Null',
			customFields: { plan: 'none' },
		});
		expect(notesOf(run)).toBe('');
	});

	test('an error of a spreadsheet is no detail, but no reason for another account', async () => {
		const csv = 'id,firstName\na@x.test,#REF!\nb@x.test,#N/A\n';
		const run = await runImport(simulator(), csv, { details: 'all' });
		expect(simulator().state.participant('b@x.test', 'b@x.test')?.firstName).toBeNull();
		expect(notesOf(run)).toContain("'#REF!', '#N/A', which programs write where there is no value");
	});

	test('in a spread list too; a segment that is really called so takes the option', async () => {
		simulator().state.addSegment({ key: 'NA' });
		const csv = 'id,segments.0,segments.1\na@x.test,vip,NA\n';
		const run = await runImport(simulator(), csv, OWN_SEGMENTS);
		expect(counts(run.summary)).toEqual({ invalid: 1 });
		const options = { acceptUnusualIds: true };
		await runImport(simulator(), csv, { ...OWN_SEGMENTS, options });
		expect(memberships(simulator())['a@x.test']).toEqual(['NA', 'beta', 'vip']);
	});
});

describe('the apostrophe before what could run as a formula', () => {
	test('is taken off in IDs, accounts, segments and details, with a note', async () => {
		for (const key of ['-vip', "'y"]) simulator().state.addSegment({ key });
		const csv = "id,accountId,segments,firstName\n'+491701234567,'=acc,'-vip,'@Ada\n'x,acc,'y,'z\n";
		const run = await runImport(simulator(), csv, { ...OWN_SEGMENTS, details: 'all' });
		expect(inputsOf(simulator())).toEqual([
			{ accountId: '=acc', id: '+491701234567', segments: ['-vip'], firstName: '@Ada' },
			{ accountId: 'acc', id: "'x", segments: ["'y"], firstName: "'z" },
		]);
		expect(notesOf(run)).toContain('was removed in 1 row (row 2)');
	});

	test('stays when unusual IDs are accepted, and what was one of ours is taken off once', async () => {
		const options = { acceptUnusualIds: true };
		await runImport(simulator(), "id\n'+49\n", { options });
		expect(ids()).toContain("'+49");
		simulator().reset();
		// The rejects file doubles it; reading that gives the ID of the first file.
		simulator().setOptions({ participantRejects: { '+49': { message: 'No' } } });
		const first = await runImport(simulator(), "id\n'+49\n");
		expect(first.rejects?.[1].at(-2)).toBe("''+49");
		simulator().setOptions({ participantRejects: {} });
		const again = await runImport(
			simulator(),
			[{ json: {}, binary: { data: inlineBinary(first.rejectsFile ?? '', 'rejects.csv') } }],
			{ binaryField: 'data' },
		);
		expect(counts(again.summary)).toEqual({ succeeded: 1 });
		expect(ids()).toEqual(['+49']);
	});
});

describe('what only the whole file shows', () => {
	test('participants that differ only in case, blanks or Unicode form are named', async () => {
		const csv = 'id\nAda@x.test\nada@x.test\nada@x.test\njosé\njose\u0301\na b\nab\nother\n';
		const run = await runImport(simulator(), csv);
		expect(counts(run.summary)).toEqual({ succeeded: 8 });
		expect(notesOf(run)).toContain(
			"3 rows (row 3 ('ada@x.test'), row 6 ('jose\u0301'), row 8 ('ab')) name a participant whose ID differs from that of an earlier row only in",
		);
	});

	test('many rows: all are counted, three are named', async () => {
		const rows = Array.from({ length: 3000 }, (_, index) => `P${index}\np${index}`);
		const run = await runImport(simulator(), `id\n${rows.join('\n')}\n`, { dryRun: true });
		expect(notesOf(run)).toContain(
			"3,000 rows (row 3 ('p0'), row 5 ('p1'), row 7 ('p2') …) name a participant",
		);
	});

	test('a dry run names them too, and repeats alone are no reason', async () => {
		const run = await runImport(simulator(), 'id\nada\nada\nAda\n', { dryRun: true });
		expect(notesOf(run)).toContain("1 row (row 4 ('Ada')) names a participant");
		const repeats = await runImport(simulator(), 'id\nAda\nAda\n');
		expect(notesOf(repeats)).toBe('');
	});

	test('fractions in every ID, as pandas writes them, are a note', async () => {
		const run = await runImport(simulator(), 'id,segments\n123.0,vip\n124.0,gold\n', OWN_SEGMENTS);
		expect(counts(run.summary)).toEqual({ succeeded: 2 });
		expect(notesOf(run)).toContain("Every participant ID ends in '.0'");
		const mixed = await runImport(simulator(), 'id\n123.0\n124\n');
		expect(notesOf(mixed)).toBe('');
	});

	test('what the file says about the action does not change that', async () => {
		const csv = 'id,segments,action\na@x.test,beta,remove\nA@x.test,beta,remove\n';
		const run = await runImport(simulator(), csv, AS_THE_FILE_SAYS);
		expect(counts(run.summary)).toEqual({ succeeded: 1, skipped: 1 });
		expect(notesOf(run)).toContain('only in upper and lower case');
	});
});
