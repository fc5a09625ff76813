/** What is read from the file of an export job, and what is not taken for granted. */
import { JobFileReader } from '../../../nodes/ImpactAdvocate/export/jobFile';
import type { WantedOfJob } from '../../../nodes/ImpactAdvocate/export/jobFile';
import { ExportRows } from '../../../nodes/ImpactAdvocate/export/exportRows';
import type { ExportPart } from '../../../nodes/ImpactAdvocate/export/exportRows';
import { checkSample } from '../../../nodes/ImpactAdvocate/export/sampleCheck';
import { jobWaitMs } from '../../../nodes/ImpactAdvocate/export/chooseEngine';

const wanting = (parts: ExportPart[], more: Partial<WantedOfJob> = {}): WantedOfJob => ({
	parts: new Set(parts),
	customFields: [],
	programs: [],
	filter: { match: 'any', segments: [] },
	segmentKeys: new Set(['vip', 'beta']),
	...more,
});

const reading = (header: string, wanted: WantedOfJob) =>
	new JobFileReader(header.split(','), wanted);

describe('the columns', () => {
	test.each<[string, string, WantedOfJob, RegExp]>([
		['IDs', 'id,email', wanting([]), /no column for accountId$/],
		['case', 'ID,accountId', wanting([]), /no column for id$/],
		['two of a kind', 'id,id,accountId', wanting([]), /two columns 'id'$/],
		[
			'those that segments are chosen by',
			'id,accountId',
			wanting([], { filter: { match: 'none', segments: ['vip'] } }),
			/no column for segments$/,
		],
		[
			'custom fields',
			'id,accountId,customFields.a',
			wanting(['customFields'], { customFields: ['a', 'b'] }),
			/no column for customFields\.b$/,
		],
		[
			'many',
			'id,accountId',
			wanting(['details']),
			/firstName, lastName, email, locale, countryCode and 3 more$/,
		],
	])('%s', (_, header, wanted, message) => {
		expect(() => reading(header, wanted)).toThrow(message);
	});

	test('a custom field that cannot be a column is not asked for', () => {
		const wanted = wanting(['customFields'], { customFields: ['with blank'] });
		expect(() => reading('id,accountId', wanted)).not.toThrow();
	});

	test('those that nobody asked for are passed over', () => {
		const reader = reading('firstSeenIP,accountId,id', wanting([]));
		expect(reader.read(['1.2.3.4', 'acme', 'a'])).toEqual({ id: 'a', accountId: 'acme' });
	});
});

describe('the cells', () => {
	test.each([
		['vip', ['vip']],
		['vip, beta', ['vip', 'beta']],
		['vip;beta;vip', ['vip', 'beta']],
		['["vip","beta"]', ['vip', 'beta']],
		['', []],
		['[]', []],
	])('segments in %j', (cell, segments) => {
		const reader = reading('id,accountId,segments', wanting(['segments']));
		expect(reader.read(['a', 'a', cell]).segments).toEqual(segments);
	});

	test.each(['VIP', 'vip beta', '["vip",7]', 'vip,,beta', '~vip'])('no segments in %j', (cell) => {
		const reader = reading('id,accountId,segments', wanting(['segments']));
		expect(() => reader.read(['a', 'a', cell])).toThrow(/instead of the key of a segment$/);
	});

	const DETAILS =
		'id,accountId,firstName,lastName,email,locale,countryCode,referable,imageUrl,dateCreated';
	const withDate = (cell: string) =>
		reading(DETAILS, wanting(['details'])).read(['a', 'a', '', '', '', '', '', '', '', cell]);

	test.each([
		['1700000000000', 1_700_000_000_000],
		['2023-11-14T22:13:20Z', 1_700_000_000_000],
		['2023-11-14T23:13:20.000+01:00', 1_700_000_000_000],
		['', null],
	])('the date %j', (cell, date) => {
		expect(withDate(cell).dateCreated).toBe(date);
	});

	test.each(['1700000000', '2023-11-14', '2023-11-14 22:13:20', '2023-11-14T22:13:20', '1.7E+12'])(
		'no date in %j',
		(cell) => {
			expect(() => withDate(cell)).toThrow(/instead of a date with its time zone/);
		},
	);
});

test.each([
	['any', ['vip', 'beta'], [true, true, false]],
	['all', ['vip', 'beta'], [true, false, false]],
	['none', ['vip', 'beta'], [false, false, true]],
	['any', [], [true, true, true]],
] as const)('who is in %s of %j', (match, segments, expected) => {
	const reader = reading('id,accountId,segments', wanting([], { filter: { match, segments } }));
	const found = ['vip|beta', 'beta', ''].map((cell) =>
		reader.isWanted(reader.read(['a', 'a', cell])),
	);
	expect(found).toEqual(expected);
});

describe('the sample', () => {
	const rows = () =>
		new ExportRows({ ...wanting(['segments']), withAction: true, protectsFormulas: true });
	const person = (id: string, ...segments: string[]) => ({ id, accountId: id, segments });

	test('the order of segments is no difference, and who is gone is passed over', () => {
		const ofFile = [person('a', 'vip', 'beta'), person('gone', 'vip')];
		expect(() =>
			checkSample(rows(), ofFile, [person('a', 'beta', 'vip'), undefined]),
		).not.toThrow();
	});

	test('one of three who was changed meanwhile is no doubt', () => {
		const ofFile = [person('a', 'vip'), person('b', 'vip'), person('c', 'vip')];
		const asked = [person('a', 'vip'), person('b', 'vip'), person('c', 'beta')];
		expect(() => checkSample(rows(), ofFile, asked)).not.toThrow();
	});

	test('a column that says something else is', () => {
		const asked = [person('a', 'vip'), person('b', 'vip')];
		expect(() => checkSample(rows(), [person('a'), person('b')], asked)).toThrow(
			/something else about segments, action than the API/,
		);
	});
});

test.each([
	[60, undefined, 3_600_000],
	[60, 100_000, 50_000],
	[1, 1_000_000, 60_000],
	[1, -5, 0],
])('a job may take %s minutes with an end at %s: %s ms', (minutes, end, expected) => {
	expect(jobWaitMs(0, minutes, end)).toBe(expected);
});
