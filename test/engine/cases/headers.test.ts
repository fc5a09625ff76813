/** Headers as people and programs write them: taken for what they are, named when they are not, refused when unclear. */
import { SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import {
	AS_THE_FILE_SAYS,
	counts,
	inputsOf,
	memberships,
	OWN_SEGMENTS,
	runImport,
	writesOf,
} from '../import/helpers';

const simulator = useSimulator(SOME_SEGMENTS);

const notesOf = ({ summary }: { summary: { notes?: unknown } }): string =>
	(summary.notes as string[]).join('\n');

beforeEach(() => {
	for (const key of ['vip', 'beta']) simulator().state.addSegment({ key });
	simulator().state.addParticipant({ id: 'a@x.test', segments: ['beta'] });
	simulator().state.addParticipant({ id: 'b@x.test', segments: ['beta', 'vip'] });
});

describe('what can’t be seen in a header does not count', () => {
	test.each([
		['zero-width spaces', 'id,segments\u200b,action\u200b'],
		['no-break spaces and a byte order mark in the middle', '\u00a0id,\ufeffsegments,action\u00a0'],
		['direction marks', '\u200eid\u200e,\u202asegments\u202c,action'],
		['soft hyphens', 'i\u00add,seg\u00adments,action'],
		['wide letters', 'ｉｄ,ｓｅｇｍｅｎｔｓ,ａｃｔｉｏｎ'],
		['accents', 'ïd,ségments,actión'],
		['punctuation and case', 'ID:,*Segment(s)*,#Action'],
		['a Turkish i', 'İD,segments,actıon'],
	])('%s', async (_, header) => {
		const run = await runImport(
			simulator(),
			`${header}\na@x.test,beta,remove\nb@x.test,beta,remove\n`,
			AS_THE_FILE_SAYS,
		);
		expect(counts(run.summary)).toEqual({ succeeded: 2 });
		expect(memberships(simulator())).toEqual({ 'a@x.test': [], 'b@x.test': ['vip'] });
		expect(run.rejects).toBeUndefined();
	});

	test('nor does it hide an action from a node that says something else', async () => {
		const csv = 'id,segments\u200b,action\u200b\na@x.test,beta,remove\n';
		const { error } = await runImport(simulator(), csv);
		expect(error?.message).toContain("Row 2 has 'remove' in the column");
		expect(writesOf(simulator())).toEqual([]);
	});
});

describe('a list that a program has spread over columns', () => {
	test.each([
		['id,accountId,segments.0,segments.1', ''],
		['id,accountId,segments[0],segments[1]', ''],
		['id,accountId,Segment.0,Segment.1', ''],
	])('%s is one column', async (header) => {
		const csv = `${header}\na@x.test,a@x.test,vip,beta\nb@x.test,b@x.test,gold,\n`;
		const run = await runImport(simulator(), csv, { ...OWN_SEGMENTS, action: 'set' });
		expect(counts(run.summary)).toEqual({ succeeded: 2 });
		expect(memberships(simulator())).toEqual({ 'a@x.test': ['beta', 'vip'], 'b@x.test': ['gold'] });
		expect(notesOf(run)).toContain('were read as one list of segments');
		expect(run.rejects).toBeUndefined();
	});

	test('goes by its numbers, not by its places', async () => {
		const csv = 'segments.1,id,segments.10,segments.0\nbeta,a@x.test,,~*\n';
		await runImport(simulator(), csv, AS_THE_FILE_SAYS);
		expect(inputsOf(simulator())).toMatchObject([{ segments: ['~*', 'beta'] }]);
	});

	test('keeps operations, and is refused beside chosen segments like any other', async () => {
		const csv = 'id,segments.0,segments.1\nb@x.test,~vip,gold\n';
		await runImport(simulator(), csv, AS_THE_FILE_SAYS);
		expect(memberships(simulator())['b@x.test']).toEqual(['beta', 'gold']);
		const { error } = await runImport(simulator(), 'id,segments.0,segments.1\nb@x.test,,gold\n');
		expect(error?.message).toContain("Row 2 has 'gold' in the column 'segments.0'");
	});

	test.each(['segments,segments.0', 'segment.0,segments.0', 'segments.0,segments.0'])(
		'%s is refused, with the names',
		async (columns) => {
			const { error } = await runImport(simulator(), `id,${columns}\na,x,y\n`, OWN_SEGMENTS);
			expect(error?.message).toContain('Several columns could hold the segments');
			for (const name of columns.split(',')) expect(error?.message).toContain(`'${name}'`);
			expect(writesOf(simulator())).toEqual([]);
		},
	);

	test('can be named in the options', async () => {
		const csv = 'id,tags.0,tags.1\na@x.test,vip,gold\n';
		await runImport(simulator(), csv, {
			...OWN_SEGMENTS,
			options: { segmentsColumn: 'name', segmentsColumnName: 'tags' },
		});
		expect(memberships(simulator())['a@x.test']).toEqual(['beta', 'gold', 'vip']);
	});
});

describe('only segments, segment and action are taken by themselves', () => {
	test.each(['Tags', 'LISTS', 'Status', 'segment keys', 'Segment 1', 'Sgments', 'Groups', 'acton'])(
		'%s is not used, and the notes say so',
		async (name) => {
			const run = await runImport(simulator(), `id,${name}\na@x.test,other\n`);
			expect(memberships(simulator())['a@x.test']).toEqual(['beta', 'vip']);
			expect(notesOf(run)).toContain(`'${name}' was not used`);
		},
	);

	test.each(['Status', 'operation', 'acton'])(
		'%s with an action in it is a second voice: refused',
		async (name) => {
			const csv = `id,${name}\na@x.test,x\nb@x.test,Remove\n`;
			const { error } = await runImport(simulator(), csv);
			expect(error?.message).toContain(
				`Row 3 has 'Remove' in the column '${name}', but the action for`,
			);
			expect(writesOf(simulator())).toEqual([]);
			const run = await runImport(simulator(), csv, { options: { actionColumn: 'none' } });
			expect(counts(run.summary)).toEqual({ succeeded: 2 });
		},
	);

	test('a column of no concern is not', async () => {
		const run = await runImport(simulator(), 'id,Shoe size,Transaction\na@x.test,39,x\n');
		expect(notesOf(run)).toBe('');
	});

	// Everybody would be added otherwise, also those whom the file wants removed.
	test.each(['Status', 'operation', 'Segment Action', 'actoin'])(
		'when the file says the action, %s is refused',
		async (name) => {
			const csv = `id,segments,${name}\nb@x.test,vip,remove\n`;
			const { error } = await runImport(simulator(), csv, AS_THE_FILE_SAYS);
			expect(error?.message).toContain(`it has no action column, only '${name}', which may be one`);
			expect(error?.description).toContain("'Action Column' in the option 'Columns' to 'By Name'");
			const options = { actionColumn: 'none' };
			const left = await runImport(simulator(), csv, { ...AS_THE_FILE_SAYS, options });
			expect(counts(left.summary)).toEqual({ succeeded: 1 });
		},
	);
});

describe('exports of other programs', () => {
	const HEADERS: Array<[string, string]> = [
		[
			'Shopify',
			'Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Tags',
		],
		['HubSpot', 'Record ID,First Name,Last Name,Email,Contact owner,Country/Region,Tags'],
		['Mailchimp', 'LEID,First Name,Last Name,Email Address,MEMBER_RATING,CC,TAGS'],
		['Klaviyo', 'Klaviyo ID,First Name,Last Name,Email,Source,Country,Tags'],
		['Salesforce', 'Contact ID,First Name,Last Name,Email,Title,Mailing Country Code,Tags'],
	];

	test.each(HEADERS)(
		'%s: its own key or the e-mail address may be meant, so it asks',
		async (_, header) => {
			const csv = `${header}\n17,Ada,Lovelace,ada@x.test,yes,GB,vip\n`;
			const { error } = await runImport(simulator(), csv);
			expect(error?.message).toMatch(
				/Several columns could hold the participant ID|no participant ID column/,
			);
			expect(`${error?.message} ${error?.description}`).toMatch(/'Email( Address)?'/);
			expect(error?.description).toMatch(/'ID Column'/);
			expect(writesOf(simulator())).toEqual([]);
		},
	);

	test.each(HEADERS)('%s: told, names and e-mail address come along', async (_, header) => {
		const csv = `${header}\n17,Ada,Lovelace,ada@x.test,yes,GB,vip\n`;
		const idColumn = header.split(',')[3];
		const run = await runImport(simulator(), csv, { options: { idColumn } });
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(simulator().state.participant('ada@x.test', 'ada@x.test')).toMatchObject({
			firstName: 'Ada',
			lastName: 'Lovelace',
			email: 'ada@x.test',
			segments: ['vip'],
		});
		expect(notesOf(run)).toMatch(/'(Tags|TAGS)'|were not used/);
	});

	test('Stripe: id is its own column', async () => {
		const csv = 'id,Description,Email,Name,Created (UTC)\ncus_1,x,ada@x.test,Ada L,2024-01-01\n';
		const run = await runImport(simulator(), csv);
		expect(simulator().state.participant('cus_1', 'cus_1')).toMatchObject({ email: 'ada@x.test' });
		expect(notesOf(run)).toContain("'Name' was not used");
	});

	test('Stripe: in a list of payments, id is not the customer', async () => {
		const csv = 'id,Amount,Customer ID,Customer Email\nch_1,10,cus_1,ada@x.test\n';
		const { error } = await runImport(simulator(), csv);
		expect(error?.message).toContain(
			"Several columns could hold the participant ID: 'id', 'Customer ID'",
		);
		expect(writesOf(simulator())).toEqual([]);
	});

	test('the key of another program is taken where nothing else can be meant, with a note', async () => {
		const run = await runImport(simulator(), 'Customer ID,First Name\n17,Ada\n');
		expect(simulator().state.participant('17', '17')?.firstName).toBe('Ada');
		expect(notesOf(run)).toContain("The column 'Customer ID' was taken for the participant ID");
	});

	test.each([
		['id,email,E-Mail', "'email' and 'E-Mail' are the same field"],
		['id,First Name,FNAME', "'First Name' and 'FNAME' are the same field"],
		['id,accountId,Account ID', "'accountId', 'Account ID'"],
		['userId,User ID', "'userId', 'User ID'"],
		['id,action,ACTION', "'action', 'ACTION'"],
	])('%s: two columns for one thing are refused', async (header, message) => {
		const csv = `${header}\n${header.replaceAll(/[^,]+/g, 'x')}\n`;
		const { error } = await runImport(simulator(), csv);
		expect(error?.message).toContain(message);
		expect(writesOf(simulator())).toEqual([]);
	});
});
