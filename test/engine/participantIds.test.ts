/** IDs that are no IDs: refused alike for items and for rows of a file, and taken as they stand when told. */
import type { INodeParameters } from 'n8n-workflow';
import fc from 'fast-check';
import { checkId, cleanId } from '../../nodes/shared/advocate/participantId';
import {
	byEmail,
	byId,
	expression,
	nodeRunner,
	onParticipant,
	sent,
	shown,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';
import { runImport } from './import/helpers';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const OPTION = 'Accept Unusual IDs';

/** Damaged IDs, and what is said about each. */
const DAMAGED: Array<[id: string, says: string]> = [
	['a\u200bb@x.test', 'has the invisible character U+200B in it'],
	['a\u00adb', 'has the invisible character U+00AD in it'],
	['a\ufeffb', 'has the invisible character U+FEFF in it'],
	['a\u202eb', 'has the invisible character U+202E in it'],
	['a\u0000b', 'has the control character U+0000 in it'],
	['a\tb', 'has the control character U+0009 in it'],
	['a\nb', 'has a line break in it'],
	['a\r\nb', 'has a line break in it'],
	['a\u2028b', 'has a line break in it'],
	['o\u2019brien@x.test', 'has the typographic quote \u2019 (U+2019) in it'],
	['\u201ca@x.test\u201d', 'has the typographic quote \u201c (U+201C) in it'],
	['\u00aba\u00bb', 'has the typographic quote \u00ab (U+00AB) in it'],
	['????@x.test', "has '????' in it, where letters were lost"],
	['J\ufffdrgen', "has '\ufffd' in it, where letters were lost"],
	['[object Object]', "is '[object Object]', which an expression makes of an object"],
	['}} }', "is '}} }', in which braces of an expression are left over"],
	['a@x.test }}', "is 'a@x.test }}', in which braces of an expression are left over"],
	['2026-02-01T00:00:00.000Z', "is '2026-02-01T00:00:00.000Z', a date with a time"],
	['#N/A', "is '#N/A', which a spreadsheet shows when a formula gives no value"],
	['#REF!', "is '#REF!', which a spreadsheet shows when a formula gives no value"],
	['#NAME?', "is '#NAME?', which a spreadsheet shows when a formula gives no value"],
	['#ÜBERLAUF!', "is '#ÜBERLAUF!', which a spreadsheet shows when a formula gives no value"],
	['########', "is '########', which a spreadsheet shows for a column that is too narrow"],
	['1.16E+20', "is '1.16E+20', which looks damaged by a spreadsheet"],
	['1,16e+20', "is '1,16e+20', which looks damaged by a spreadsheet"],
	['1E+20', "is '1E+20', which looks damaged by a spreadsheet"],
	['1.23456789012346E+019', "is '1.23456789012346E+019', which looks damaged by a spreadsheet"],
	['NULL', "is 'NULL', which programs write for a missing value"],
	['null', "is 'null', which programs write for a missing value"],
	['(null)', "is '(null)', which programs write for a missing value"],
	['NaN', "is 'NaN', which programs write for a missing value"],
	['None', "is 'None', which programs write for a missing value"],
	['undefined', "is 'undefined', which programs write for a missing value"],
	['N/A', "is 'N/A', which programs write for a missing value"],
	['NA', "is 'NA', which programs write for a missing value"],
	['\\N', "is '\\N', which programs write for a missing value"],
	['Invalid DateTime', "is 'Invalid DateTime', which stands for a date that was not read"],
	['{"a":1}', 'is a list or an object, written as text'],
	['$json.id', "is '$json.id', which looks like an expression that was not filled in"],
	['=ada@x.test', "begins with '='"],
	['ada@x.test.', "ends with '.'"],
	['ada＠x.test', "has '＠' in it, which only looks like @"],
	['undefined@x.test', "has 'undefined' in it, which programs write for a missing value"],
	['12345,00', "is '12345,00', which looks damaged by a spreadsheet"],
	['TRUE', "is 'TRUE', which answers a question and names nobody"],
];

const GOOD = [
	'a@x.test',
	'ada+test@x.test',
	"o'brien@x.test",
	'000123',
	'1E5',
	'12345678901234567890',
	'na',
	'Nathan',
	'nullable',
	'a NULL b',
	'#1',
	'#tag',
	'日本',
	'ü ?#&',
	'a/b',
	'a;b',
	'{id}',
	'😀',
	'-',
];

/** n8n's parser takes no line separator inside a text, and two braces for the end of the expression. */
const asExpression = (value: string): string => {
	const text = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('}}', '}\\u007d');
	return `={{ ${text} }}`;
};

const add = (participant: string, parameters: INodeParameters = {}) =>
	onParticipant('addSegments', {
		participant: byId(asExpression(participant)),
		segments: expression(['A']),
		...parameters,
	});

const row = (id: string) => `id,note\n"${id.replaceAll('"', '""')}",x\n`;

const created = (): string[] =>
	simulator().state.membersOf('A').size === 0
		? []
		: [...simulator().state.participants.values()].map(({ id }) => id);

describe('a damaged ID', () => {
	test.each(DAMAGED)(
		'%j is refused for an item and for a row, in the same words',
		async (id, says) => {
			const { error } = await run(add(id));
			expect(shown(error).message).toContain(`'Participant' ${says}`);
			expect(shown(error).description).toContain(`turn on '${OPTION}'`);
			const account = await run(add('a', { accountId: asExpression(id) }));
			expect(shown(account.error).message).toContain(`'Account ID' ${says}`);
			const { rows, summary } = await runImport(simulator(), row(id), {
				segments: ['A'],
				options: { encoding: 'utf-8' },
			});
			expect(summary).toMatchObject({ rows: 1, invalid: 1 });
			// A zero byte spoils the row, whatever it means.
			if (!id.includes('\0')) {
				expect(rows[0].message).toContain(`The participant ID ${says}`);
				expect(rows[0].hint).toContain(`turn on '${OPTION}'`);
			}
			expect(sent(simulator())).toEqual([]);
		},
	);

	test.each(DAMAGED)('%j is taken as it stands with the option', async (id) => {
		const acceptUnusualIds = expression('yes');
		const { main, error } = await run(add(id, { options: { acceptUnusualIds } }));
		expect(error).toBeUndefined();
		expect(main[0].json.id).toBe(id);
		expect(created()).toEqual([id]);
		if (id.includes('\0')) return;
		const { summary } = await runImport(simulator(), row(id), {
			segments: ['A'],
			options: { acceptUnusualIds: true, encoding: 'utf-8' },
		});
		expect(summary).toMatchObject({ rows: 1, succeeded: 1 });
		expect(created()).toEqual([id]);
	});

	test('also where the participant is chosen from the list, or by e-mail address', async () => {
		const list = await run(
			add('', { participant: { __rl: true, mode: 'list', value: 'a/b%E2%80%8Bc' } }),
		);
		expect(shown(list.error).message).toContain("'Participant' has the invisible character U+200B");
		const email = await run(add('', { participant: byEmail('a\u200bb@x.test') }));
		expect(shown(email.error).message).toContain(
			"'Participant' has the invisible character U+200B",
		);
		expect(sent(simulator())).toEqual([]);
	});
});

test.each(GOOD)('%j is an ID, for an item and for a row', async (id) => {
	const { error } = await run(add(id));
	expect(error).toBeUndefined();
	const { summary } = await runImport(simulator(), row(id), {
		segments: ['A'],
		options: { encoding: 'utf-8' },
	});
	expect(summary).toMatchObject({ rows: 1, succeeded: 1 });
	expect(created()).toEqual([id]);
});

test("what can't be seen around an ID is no part of it, for items and rows", async () => {
	for (const around of ['\u200b', '\ufeff', ' ', '\u00a0', '\u200e \u2060']) {
		await run(add(`${around}a@x.test${around}`, { accountId: expression(`${around}a@x.test`) }));
		await runImport(simulator(), row(`${around}a@x.test${around}`), {
			segments: ['A'],
			options: { encoding: 'utf-8' },
		});
	}
	expect(created()).toEqual(['a@x.test']);
	// Nothing else is an ID that is missing.
	const { error } = await run(add('\u200b \ufeff'));
	expect(shown(error).message).toBe("'Participant' is empty [item 0]");
});

test('an ID that is too long is refused, whatever is accepted', async () => {
	for (const acceptUnusualIds of [false, true]) {
		const { error } = await run(add('x'.repeat(513), { options: { acceptUnusualIds } }));
		expect(shown(error)).toMatchObject({
			message: "'Participant' has 513 characters (at most 512) [item 0]",
			description: 'Correct it where it comes from',
		});
	}
});

describe('what is no text', () => {
	const VALUES: Array<[value: string, says: string]> = [
		['={{ $json }}', 'an object with 3 fields'],
		['={{ $json.list }}', 'a list with 2 entries'],
		['={{ [] }}', 'an empty list'],
		['={{ new Date(0) }}', 'a date (1970-01-01T00:00:00.000Z)'],
		['={{ new Date(NaN) }}', 'an invalid date'],
		['={{ true }}', 'true'],
		['={{ false }}', 'false'],
		[
			'={{ 12345678901234567890 }}',
			'the number 12345678901234567000, which is too large to be exact',
		],
		['={{ 9007199254740993 }}', 'the number 9007199254740992, which is too large to be exact'],
		['={{ NaN }}', 'not a number (NaN)'],
		['={{ 1.5 }}', '1.5'],
	];
	const input = [{ a: 1, list: ['a@x.test', 'b@x.test'], c: 3 }];

	test.each(VALUES)('%s', async (value, says) => {
		for (const [name, parameters] of [
			['Participant', add('', { participant: byId(value) })],
			['Participant', add('', { participant: byEmail(value) })],
			['Participant', onParticipant('get', { participant: byId(value) })],
			['Account ID', add('a', { accountId: value })],
			[
				'Segment',
				{ resource: 'segment', operation: 'get', segment: { __rl: true, mode: 'key', value } },
			],
			['Name', { resource: 'segment', operation: 'create', segmentName: value }],
			['Key', { resource: 'segment', operation: 'create', segmentName: 'A', segmentKey: value }],
			['Job ID', { resource: 'bulk', operation: 'getImportJob', jobId: value }],
		] as Array<[string, INodeParameters]>) {
			const { error } = await run(parameters, { input });
			expect(shown(error).message).toBe(`'${name}' is ${says} [item 0]`);
		}
		expect(sent(simulator())).toEqual([]);
	});

	test('of a number that has lost its last digits, where to mend it', async () => {
		const { error } = await run(add('', { participant: byId('={{ 12345678901234567890 }}') }));
		expect(shown(error).description).toBe(
			'Give it as text where it comes from: here, its last digits are lost already',
		);
	});

	test.each([
		['={{ 42 }}', '42'],
		['={{ 0 }}', '0'],
		['={{ -7 }}', '-7'],
		['={{ 9007199254740991 }}', '9007199254740991'],
	])('a whole number that is exact is its digits: %s', async (value, id) => {
		const { main } = await run(add('', { participant: byId(value), accountId: value }));
		expect(main[0].json).toMatchObject({ id, accountId: id });
	});

	test("n8n's own dates, where a field takes one as it is", async () => {
		const { error } = await run(add('a', { accountId: '={{ $now }}' }));
		expect(shown(error).message).toMatch(/^'Account ID' is a date \(\d{4}-/);
	});
});

describe('the check itself', () => {
	const text = fc.string({ unit: 'binary', maxLength: 20 });

	test('never crashes, and what passes needs no more cleaning', () => {
		fc.assert(
			fc.property(text, (given) => {
				const id = cleanId(given, false);
				if (id === '' || checkId(id, false) !== undefined) return;
				expect(cleanId(id, false)).toBe(id);
				expect(id).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
			}),
			{ numRuns: 2000 },
		);
	});

	test('a character without a width is refused wherever it stands inside', () => {
		const plain = fc.stringMatching(/^[a-z0-9@.]{1,8}$/);
		const hidden = fc.constantFrom('\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad');
		fc.assert(
			fc.property(plain, hidden, plain, (before, character, after) => {
				const id = cleanId(`${character}${before}${character}${after}${character}`, false);
				expect(checkId(id, false)?.problem).toContain('invisible character U+');
				expect(checkId(id, true)).toBeUndefined();
				expect(cleanId(`${character}${before}${character}`, false)).toBe(before);
			}),
		);
	});
});
