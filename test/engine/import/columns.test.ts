/** Import CSV in the real engine: what each column of a file leads to. */
import { apartFromSegments } from '../../support/advocate';
import { TestApi } from './testApi';
import {
	AS_THE_FILE_SAYS,
	COLUMN_BY_NAME,
	counts,
	expectAccounted,
	inputsOf,
	listOf,
	memberships,
	OWN_SEGMENTS,
	runImport,
} from './helpers';
import type { ImportInput } from './helpers';

const sim = new TestApi();

describe('columns', () => {
	/** The columns of the vendor's import guide, in its order. */
	const VENDOR_HEADER =
		'accountId,id,firstName,lastName,email,referable,locale,countryCode,referredBy.code,referralCodes.my-program,sharelinks.my-program,dateCreated,imageUrl,dateUsTaxFormSubmitted,customFields.plan,customFields.007';

	test("the vendor's documented header imports unchanged", async () => {
		const csv = `${VENDOR_HEADER}\nacc,u1,Anna,"Lee, Jr",anna@example.com,true,en_US,CA,BOBS,ANNAS,https://ex.am/ple,1577836800000,https://ex.am/i.png,1577836800001,gold,007\nacc,u2,,,,,,,,,,,,,,\n`;
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(sim.api.state.participant('acc', 'u1')).toMatchObject({
			firstName: 'Anna',
			lastName: 'Lee, Jr',
			email: 'anna@example.com',
			referable: true,
			locale: 'en_US',
			countryCode: 'CA',
			referredByCodes: ['BOBS'],
			referralCodes: { 'my-program': 'ANNAS' },
			shareLinks: { 'my-program': 'https://ex.am/ple' },
			dateCreated: 1577836800000,
			imageUrl: 'https://ex.am/i.png',
			dateUsTaxFormSubmitted: 1577836800001,
			customFields: { plan: 'gold', '007': '007' },
			segments: ['vip'],
		});
		expect(inputsOf(sim.api)[1]).toEqual({ accountId: 'acc', id: 'u2', segments: ['vip'] });
		expect(run.summary.file).toMatchObject({ ignoredColumns: [], detailsNotSent: [] });
	});

	test('with Participant Details on Never only segments are sent', async () => {
		const csv = `${VENDOR_HEADER}\nacc,u1,Anna,Lee,not an address,perhaps,xx,yy,B,A,s,soon,i,never,gold,007\n`;
		const run = await runImport(sim.api, csv, { details: 'none', options: { batchSize: 1 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(inputsOf(sim.api)).toEqual([{ accountId: 'acc', id: 'u1', segments: ['vip'] }]);
		expect((run.summary.file as { detailsNotSent: string[] }).detailsNotSent).toHaveLength(14);
	});

	test('single rows with a creation date go through GraphQL, since REST refuses the field', async () => {
		const csv = 'id,dateCreated\nu1,2020-01-01\n';
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(apartFromSegments(sim.api).map(({ rootFields }) => rootFields)).toEqual([
			['upsertUser'],
		]);
		expect(sim.api.state.participant('u1', 'u1')?.dateCreated).toBe(1577836800000);
	});

	test.each([
		['User ID', 'Account ID', 'Segments', 'ACTION'],
		['participant_id', 'ACCOUNTID', 'segment', ' action '],
		['userId', 'account_id', 'SEGMENTS', 'Action'],
	])('aliases %s, %s, %s, %s', async (...header) => {
		const csv = `${header.join(',')}\nu,acc,a|b,set\n`;
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(sim.api.state.segmentsOf('u', 'acc')).toEqual(['a', 'b']);
	});

	test('columns named in the options', async () => {
		const csv = 'id,Customer,Company,Lists,Change\n1,u,acc,a|b,remove\n2,w,,c,add\n';
		sim.api.state.addParticipant({ id: 'u', accountId: 'acc', segments: ['a', 'b', 'c'] });
		const run = await runImport(sim.api, csv, {
			action: 'file',
			options: {
				idColumn: 'customer',
				accountIdColumn: 'Company',
				segmentsColumn: 'name',
				segmentsColumnName: 'Lists',
				actionColumn: 'name',
				actionColumnName: 'Change',
			},
		});
		expectAccounted(run, csv);
		expect(sim.api.state.segmentsOf('u', 'acc')).toEqual(['c']);
		expect(memberships(sim.api)).toEqual({ u: ['c'], w: ['c'] });
		expect(run.summary.file).toMatchObject({ ignoredColumns: ['id'] });
	});

	test('a column named in the options that is not there', async () => {
		const run = await runImport(sim.api, listOf(1), {
			options: { segmentsColumn: 'name', segmentsColumnName: 'Lists' },
		});
		expect(run.error?.message).toBe("The file has no column 'Lists' [item 0]");
		expect(run.error?.description).toContain("'id'");
		expect(apartFromSegments(sim.api)).toHaveLength(0);
	});

	test('segments cells: keys, removals, set and clear; blank cells take the segments for all rows', async () => {
		const before = ['old', 'trial'];
		for (const id of ['keys', 'mixed', 'set', 'clear', 'blank', 'bars']) {
			sim.api.state.addParticipant({ id, segments: before });
		}
		const csv =
			'id,segments\nkeys,a|b\nmixed,a|~trial\nset,~*|a\nclear,~*\nblank,\nbars," a ||b| "\n';
		const run = await runImport(sim.api, csv, {
			action: 'file',
			segments: ['vip'],
			options: COLUMN_BY_NAME,
		});
		expectAccounted(run, csv);
		expect(memberships(sim.api)).toEqual({
			keys: ['a', 'b', 'old', 'trial'],
			mixed: ['a', 'old'],
			set: ['a'],
			clear: [],
			blank: ['old', 'trial', 'vip'],
			bars: ['a', 'b', 'old', 'trial'],
		});
		expect(inputsOf(sim.api).map(({ segments }) => segments)).toEqual([
			['a', 'b'],
			['~trial', 'a'],
			['~*', 'a'],
			['~*'],
			['vip'],
			['a', 'b'],
		]);
	});

	test('actions by row, in any case; a blank one is nothing to guess at', async () => {
		for (const id of ['add', 'remove', 'set', 'clear', 'blank']) {
			sim.api.state.addParticipant({ id, segments: ['x', 'y'] });
		}
		const csv =
			'id,segments,action\nadd,z,Add\nremove,x, REMOVE \nset,z,set\nclear,,clear\nblank,x,\n';
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(memberships(sim.api)).toEqual({
			add: ['x', 'y', 'z'],
			remove: ['y'],
			set: ['z'],
			clear: [],
			blank: ['x', 'y'],
		});
		expect(run.rows.at(-1)).toMatchObject({
			status: 'invalid',
			message: 'The action is blank; it must be one of add, remove, set, clear',
		});
	});

	test.each([
		['add', ['x', 'y'], ['x', 'y']],
		['remove', ['x', 'y'], []],
		['set', ['x', 'y'], ['y']],
		['clear', ['x', 'y'], []],
	] as const)('action %s for the whole file', async (action, before, after) => {
		sim.api.state.addParticipant({ id: 'p1', segments: [...before] });
		const run = await runImport(sim.api, listOf(1), {
			action,
			segments: action === 'remove' ? 'x, y' : ['y'],
		});
		expectAccounted(run, listOf(1));
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ p1: after });
	});

	test("rows that can't be sent are invalid with the reason, and never sent", async () => {
		const csv =
			'id,accountId,segments,action\n,a,x,\n  ,a,x,\nu1,,,add\nu2,,~,\nu3,,a|~a,\nu4,,x,upsert\nu5,,x,clear\nu6,,~x,remove\nu7,,*,add\nu8,,~~b,add\nu9,,a|~*,\n"u\n10",,x,\nok,,x,add\n' +
			`${'x'.repeat(513)},,x,\n`;
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ invalid: 13, succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ ok: ['x'] });
		const messages = run.rows
			.filter(({ status }) => status === 'invalid')
			.map((row) => row.message);
		expect(messages).toEqual([
			'The participant ID is blank',
			'The participant ID is blank',
			'The row names no segment, and none was chosen for all rows',
			"A bare '~' names no segment",
			"'a' is both added and removed in one cell",
			"The action 'upsert' is not one of add, remove, set, clear",
			'Clear removes every segment, so it takes no segment names',
			"The segments cell holds '~' operations, but the action of this row is 'remove'",
			"'*' stands for all segments in the API and can't be a segment key",
			"Segment key '~b' starts with '~', which means removal in the API",
			"'~*' is not the first entry of the segments cell",
			'The participant ID has a line break in it. Correct it in the row',
			'The participant ID has 513 characters (at most 512). Correct it in the row',
		]);
		expect(run.summary.failures).toHaveLength(10);
		expect(run.hints).toEqual([
			expect.objectContaining({
				message:
					"1 of 14 rows imported, 13 not: rows 2, 3: the participant ID is blank; row 4: the row names no segment, and none was chosen for all rows; row 5: A bare '~' names no segment; 9 more; rejects file attached",
				type: 'warning',
			}),
		]);
	});

	test('blank detail cells: ignored, cleared when asked, and absent columns left alone', async () => {
		const csv = 'id,firstName,customFields.plan\nu,,\n';
		const person = {
			id: 'u',
			firstName: 'Anna',
			lastName: 'Lee',
			customFields: { plan: 'gold', size: 'L' },
		};
		sim.api.state.addParticipant(person);
		await runImport(sim.api, csv, { details: 'all' });
		expect(sim.api.state.participant('u', 'u')).toMatchObject(person);
		await runImport(sim.api, csv, { details: 'all', options: { blankCells: 'clear' } });
		expect(inputsOf(sim.api)[1].customFields).toEqual({ plan: null });
		expect(inputsOf(sim.api)[1]).not.toHaveProperty('firstName');
		expect(sim.api.state.participant('u', 'u')).toMatchObject({
			firstName: 'Anna',
			lastName: 'Lee',
			customFields: { size: 'L' },
		});
		expect(sim.api.state.participant('u', 'u')?.customFields).not.toHaveProperty('plan');
	});

	test('details alone, without any segment', async () => {
		const csv = 'id,firstName\nu,Anna\nv,\n';
		const run = await runImport(sim.api, csv, { segments: [], details: 'all' });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 1, invalid: 1 });
		expect(inputsOf(sim.api)).toEqual([{ accountId: 'u', id: 'u', firstName: 'Anna' }]);
	});

	test("a value that a detail can't have makes the row invalid", async () => {
		const csv = 'id,referable\nu,perhaps\n';
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(run.rows[0].message).toBe(
			"Column 'referable' holds 'perhaps', which is neither true nor false. Correct the cell",
		);
	});
});

test('columns that are not used are named where details are sent or seem to be meant, in one sentence', async () => {
	const notesOf = async (csv: string) => (await runImport(sim.api, csv)).summary.notes;
	const end =
		"not used. That is fine if Advocate does not need it. To send such a column, call it what Advocate does: firstName, lastName, email, locale, countryCode, or 'customFields.' and the key of a custom field.";
	expect(await notesOf('id;email;Vorname\na;a@x.test;Ann\n')).toEqual([`'Vorname' was ${end}`]);
	const many = Array.from({ length: 40 }, (_, index) => `c${index}`);
	const row = `b,Ann${',x'.repeat(40)}`;
	expect(await notesOf(`id,firstName,${many.join(',')}\n${row}\n`)).toEqual([
		`${many
			.slice(0, 10)
			.map((name) => `'${name}'`)
			.join(', ')} and 30 more were ${end}`,
	]);
	expect(await notesOf('id,Vorname,Ort\na,Ann,Kiel\n')).toEqual([`'Vorname', 'Ort' were ${end}`]);
	expect(await notesOf('id,Ort\na,Kiel\n')).toEqual([]);
});

describe('what is easily forgotten has a note', () => {
	const notesOf = async (csv: string, input: ImportInput = {}) =>
		(await runImport(sim.api, csv, input)).summary.notes;

	test('details without any segment', async () => {
		expect(await notesOf('id,firstName\na,Ann\n', { segments: [] })).toEqual([
			"No segment was chosen in 'Segment Names or IDs', and the file names none: participants were created or updated, but joined no segment",
		]);
		expect(memberships(sim.api)).toEqual({ a: [] });
		expect(await notesOf('id,firstName,segments\nb,Bo,vip\n', OWN_SEGMENTS)).toEqual([]);
	});

	test('addresses that are sent as IDs only', async () => {
		const input = { options: { idColumn: 'Mail' } };
		expect(await notesOf('Mail\na@x.test\n', input)).toEqual([
			"'Mail' is sent as the participant ID only: whoever is created gets no e-mail address. To send it too, call the column 'email', here and in 'ID Column'.",
		]);
		expect(await notesOf('Mail\na@x.test\n', { ...input, action: 'remove' })).toEqual([]);
		expect(await notesOf('Mail\na@x.test\n', { ...input, details: 'none' })).toEqual([]);
		expect(await notesOf('email\nb@x.test\n', { options: { idColumn: 'email' } })).toEqual([]);
	});
});

test('the message says who and what came into being', async () => {
	const { summary } = await runImport(sim.api, 'id,firstName,segments\na,Ann,new one\nb,Bo,vip\n', {
		...OWN_SEGMENTS,
		parameters: { createMissingSegments: true },
	});
	expect(summary.message).toBe('2 of 2 rows imported. 2 participants and 1 segment were created');
});

test('of two ID columns that look the same, one begins with a byte order mark', async () => {
	const { error } = await runImport(sim.api, 'id,x,"\ufeffid"\na,1,b\n');
	expect(error?.message).toContain("Several columns could hold the participant ID: 'id', 'id'");
	expect(error?.description).toContain("turn on 'Exclude Byte Order Mark (BOM)'");
});
