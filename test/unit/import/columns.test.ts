import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import type { ColumnOptions } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import { detailsOf } from '../../../nodes/ImpactAdvocate/import/plan/details';
import { CsvFileError } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';

const map = (header: string, options: Partial<ColumnOptions> = {}) =>
	mapColumns(header.split(','), { detailsFor: 'all', ...options });

const refusal = (header: string, options: Partial<ColumnOptions> = {}): CsvFileError => {
	try {
		map(header, options);
	} catch (error) {
		if (error instanceof CsvFileError) return error;
	}
	throw new Error('The header was accepted');
};

/** Details of one row; blank cells are written as nothing. */
const details = (header: string, row: string, blankCells: 'ignore' | 'clear' = 'ignore') =>
	detailsOf(map(header).details, blankCells, (column) => row.split(',')[column] ?? '', false);

const sent = (header: string, row: string, blankCells: 'ignore' | 'clear' = 'ignore'): unknown => {
	const result = details(header, row, blankCells);
	if ('problem' in result) throw new Error(result.problem);
	return JSON.parse(JSON.stringify(result.details));
};

const VENDOR_SAMPLE =
	'accountId,id,firstName,lastName,email,referable,referralCode,paymentProviderId,locale,' +
	'referredBy.code,referredBy.isConverted,imageUrl,customFields.province,customFields.postal';

describe('mapColumns', () => {
	test.each<[string, Partial<ReturnType<typeof map>>]>([
		['id', { id: 0 }],
		['accountId,id', { id: 1, accountId: 0 }],
		['Account ID,User ID,Segment,Action', { accountId: 0, id: 1, segments: 2, action: 3 }],
		[
			'participant_id,account-id,SEGMENTS,a c_t-i.o.n',
			{ id: 0, accountId: 1, segments: 2, action: 3 },
		],
		['userId,segment,action', { id: 0, segments: 1, action: 2 }],
		['id,note,,Mood', { id: 0, ignoredColumns: ['note', 'Mood'] }],
		['id,__proto__,constructor', { id: 0, ignoredColumns: ['__proto__', 'constructor'] }],
		[VENDOR_SAMPLE, { id: 1, accountId: 0, ignoredColumns: [] }],
		[
			'recordNumber,message,apiErrorCode,statusCode,id',
			{ id: 4, report: [0, 1, 2, 3], ignoredColumns: [] },
		],
		[
			'recordNumber,message,apiErrorCode,statusCode,id,message,unplacedCells',
			{ id: 4, report: [0, 1, 2, 3, 6], ignoredColumns: ['message'] },
		],
		['message,id', { id: 1, report: [], ignoredColumns: ['message'] }],
		[
			'id,customFields.a.b',
			{
				ignoredColumns: ['customFields.a.b'],
				notes: [expect.stringContaining('customFields.a.b') as string],
			},
		],
	])('%s', (header, expected) => {
		expect(map(header)).toMatchObject(expected);
	});

	test('columns can be named', () => {
		expect(
			map('key,email,id,tags,todo', {
				idColumn: 'EMAIL',
				accountIdColumn: 'key',
				segmentsColumn: ' tags ',
				actionColumn: 'todo',
			}),
		).toMatchObject({ id: 1, accountId: 0, segments: 3, action: 4, ignoredColumns: ['id'] });
	});

	test('the ID column may be sent as a detail too, and serve as account ID', () => {
		const columns = map('email', { idColumn: 'email', accountIdColumn: 'email' });
		expect(columns).toMatchObject({ id: 0, accountId: 0 });
		expect(columns.details.map(({ field }) => field)).toEqual(['email']);
	});

	test('the segments and action columns can be switched off', () => {
		expect(map('id,segment,action', { segmentsColumn: null, actionColumn: null })).toMatchObject({
			segments: undefined,
			action: undefined,
			ignoredColumns: ['segment', 'action'],
		});
	});

	test('without details they are listed, not sent', () => {
		expect(map('id,firstName,x', { detailsFor: 'none' })).toMatchObject({
			details: [],
			unsentDetails: ['firstName'],
			ignoredColumns: ['x'],
		});
		expect(() => map('id,email,email', { detailsFor: 'none' })).not.toThrow();
	});

	test.each<[string, Partial<ColumnOptions>, RegExp, RegExp]>([
		[
			'name,email',
			{},
			/no participant ID column. Columns found: 'name', 'email'$/,
			/id, userId or participantId/,
		],
		['externalId', {}, /no participant ID/, /ID Column/],
		[
			Array.from({ length: 12 }, (_, i) => `c${i}`).join(','),
			{},
			/'c9' and 2 more$/,
			/'Delimiter' in the option 'File Format'/,
		],
		['id,id', {}, /Several columns could hold the participant ID: 'id', 'id'/, /Rename/],
		['id,userId', {}, /'id', 'userId'/, /Set 'ID Column'/],
		['id,segment,segments', {}, /could hold the segments/, /Set 'Segments Column'/],
		['id', { segmentsColumn: 'tags' }, /no column 'tags'/, /columns found: 'id'/],
		['id,x,x', { actionColumn: 'x' }, /2 columns named 'x'/, /Rename/],
		[
			'id,x',
			{ actionColumn: 'x', segmentsColumn: 'x' },
			/'x' is chosen for two/,
			/separate columns/,
		],
		['id', { segmentsColumn: 'id' }, /'id' is chosen for two/, /separate columns/],
		['id,email,Email', {}, /'email' and 'Email' are the same field/, /Keep one/],
		['id,sharelinks.p,shareLinks.p', {}, /same field/, /Keep one/],
		['id,customFields.a,customFields.a', {}, /several columns named 'customFields.a'/, /Keep one/],
	])('refuses %s', (header, options, message, hint) => {
		const error = refusal(header, options);
		expect(error.message).toMatch(message);
		expect(error.hint).toMatch(hint);
	});
});

describe('detailsOf', () => {
	test.each<[string, string, unknown]>([
		[
			'id,firstName,lastName,email,imageUrl',
			'1, Ann ,Lee, a@b.co ,x',
			{ firstName: ' Ann ', lastName: 'Lee', email: 'a@b.co', imageUrl: 'x' },
		],
		['id,FIRSTNAME,LastName', '1,Ann,Lee', { firstName: 'Ann', lastName: 'Lee' }],
		['id,referable', '1,TRUE', { referable: true }],
		['id,referable', '1,no', { referable: false }],
		['id,locale', '1,en-us', { locale: 'en_US' }],
		['id,locale', '1,fr', { locale: 'fr' }],
		['id,locale', '1,zh-hans_cn', { locale: 'zh_Hans_CN' }],
		['id,countryCode', '1,ca', { countryCode: 'CA' }],
		['id,referredBy.code', '1,BOB', { referredByCodes: ['BOB'] }],
		[
			'id,referredBy.code,referredBy.isConverted',
			'1,BOB,true',
			{ referredBy: { code: 'BOB', isConverted: true } },
		],
		['id,referredBy.code,referredBy.isConverted', '1,BOB,', { referredByCodes: ['BOB'] }],
		['id,referralCodes.p1,referralCodes.P-2', '1,A,B', { referralCodes: { p1: 'A', 'P-2': 'B' } }],
		['id,sharelinks.p1', '1,https://x.co/a', { shareLinks: { p1: 'https://x.co/a' } }],
		['id,dateCreated', '1,1664818419661', { dateCreated: 1664818419661 }],
		['id,dateCreated', '1,2024-05-31', { dateCreated: Date.UTC(2024, 4, 31) }],
		[
			'id,dateCreated',
			'1,2024-05-31T08:00:00.5+02:00',
			{ dateCreated: Date.UTC(2024, 4, 31, 6, 0, 0, 500) },
		],
		['id,dateCreated', '1,2024-05-31 08:00', { dateCreated: Date.UTC(2024, 4, 31, 8) }],
		['id,dateCreated', '1,-86400000', { dateCreated: -86400000 }],
		['id,dateUsTaxFormSubmitted', '1,1664818419661', { dateUsTaxFormSubmitted: 1664818419661 }],
		[
			'id,customFields.plan,customFields.seats',
			'1,Pro,007',
			{ customFields: { plan: 'Pro', seats: '007' } },
		],
		['id,customFields.plan,customFields.seats', '1,,', {}],
		['id,paymentProviderId,referralCode', '1,p,r', { paymentProviderId: 'p', referralCode: 'r' }],
		['id,firstName', '1', {}],
	])('%s: %s', (header, row, expected) => {
		expect(sent(header, row)).toEqual(expected);
	});

	test('a blank cell clears only when asked, and only a custom field: for others nobody documents it', () => {
		const header =
			'id,firstName,referable,customFields.plan,referralCodes.p,sharelinks.p,referredBy.code,dateCreated,referralCode';
		expect(sent(header, '1, ,,,,,,,')).toEqual({});
		expect(sent(header, '1, ,,,,,,,', 'clear')).toEqual({
			customFields: { plan: null },
		});
	});

	test.each<[string, string, string]>([
		[
			'id,referable',
			'1,maybe',
			"Column 'referable' holds 'maybe', which is neither true nor false",
		],
		[
			'id,locale',
			'1,english',
			"Column 'locale' holds 'english', which is not a locale such as en_US",
		],
		[
			'id,countryCode',
			'1,Canada',
			"Column 'countryCode' holds 'Canada', which is not a two-letter country code such as CA",
		],
		['id,dateCreated', '1,31/05/2024', "Column 'dateCreated' holds '31/05/2024', which is neither"],
		['id,dateCreated', '1,2024-02-30', "Column 'dateCreated' holds '2024-02-30', which is neither"],
		['id,dateCreated', '1,2024-13-01', "Column 'dateCreated' holds '2024-13-01', which is neither"],
		[
			'id,dateCreated',
			'1,1664818419',
			"Column 'dateCreated' holds '1664818419', which looks like seconds",
		],
		[
			'id,dateCreated',
			'1,9999999999999999',
			"Column 'dateCreated' holds '9999999999999999', which is beyond",
		],
		[
			'id,dateUsTaxFormSubmitted',
			'1,2024-05-31',
			"Column 'dateUsTaxFormSubmitted' holds '2024-05-31', which is not a whole number",
		],
		[
			'id,referredBy.isConverted,referredBy.code',
			'1,true,',
			"Column 'referredBy.isConverted' is filled",
		],
	])('%s: %s is a problem', (header, row, problem) => {
		const result = details(header, row);
		expect('problem' in result && result.problem).toEqual(expect.stringContaining(problem));
	});

	test('prototype names are keys like any other', () => {
		const result = details('id,customFields.__proto__,customFields.constructor', '1,a,b');
		expect('details' in result && JSON.stringify(result.details)).toBe(
			'{"customFields":{"__proto__":"a","constructor":"b"}}',
		);
		expect(({} as Record<string, unknown>).a).toBeUndefined();
	});
});
