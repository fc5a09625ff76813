import fc from 'fast-check';
import {
	checkId,
	damageOf,
	garbledPart,
	isEmail,
} from '../../../nodes/shared/advocate/participantId';

describe('an ID is damaged that', () => {
	test.each([
		['lost a letter', 'M?ller@x.test', "has 'M?' in it, where a letter may have been lost"],
		['lost its last letter', 'Jos?', "has 's?' in it"],
		['lost its first letter', '?ukasz', "has '?u' in it"],
		['was misread', 'mÃ¼ller@x.test', "has 'Ã¼' in it, as letters look"],
		['was misread, in Polish', 'Å\u0081ukasz', 'has the control character U+0081'],
		['was misread, in Russian', 'Ð˜Ð²Ð°Ð½', "has 'Ð˜' in it"],
		['comes from a web page', 'm&uuml;ller', "has '&uuml;' in it, as web pages write a letter"],
		['comes from a web address', 'a%40x.test', "has '%40' in it"],
		['is a date', 'Jan-24', 'looks damaged by a spreadsheet'],
		['is a date with points', '01.02.2026', 'looks damaged by a spreadsheet'],
		['is a time', '2026-01-02 00:00:00', 'looks damaged by a spreadsheet'],
		['is a power of ten', '1.5e10', 'looks damaged by a spreadsheet'],
		['is a formula', '=VLOOKUP(A1,B:C,2)', 'a formula of a spreadsheet'],
		['is a template', '{{ $json.id }}', 'looks like an expression that was not filled in'],
		['is in quotes', '"a@x.test"', 'is in quotes'],
		['is in backticks', '`a@x.test`', 'is in quotes'],
		['is two', 'a@x.test, b@x.test', 'holds several e-mail addresses'],
		['has a name with it', 'Ada <a@x.test>', 'has something around an e-mail address'],
		['is a link', 'mailto:a@x.test', 'has something around an e-mail address'],
		['has a blank in its address', 'carla meier@x.test', 'has a blank in it, which e-mail'],
		['has a blank behind the at sign', 'ada@ x.test', 'has a blank in it, which e-mail'],
		['has two at signs', 'foo@@x.test', "has '@@' in it"],
		['was cut off', 'ada.lovela...', "ends with '...', as if it was cut off"],
		['is no value', 'NaT', 'which programs write for a missing value'],
		['is a number too large', '-Infinity', 'which programs write for a missing value'],
		['is an empty list', '[undefined]', 'which programs write for a missing value'],
		['is a broken date', 'Invalid Date', 'which stands for a date that was not read'],
		['is a broken date of n8n', 'Invalid DateTime', 'which stands for a date that was not read'],
		['is an object of Node.js', '[Object: null prototype] {}', 'makes of an object'],
		['is an object', '{"a":1}', 'is a list or an object, written as text'],
		['is a list', '["a"]', 'is a list or an object, written as text'],
		['is a list of numbers', '[1, 2]', 'is a list or an object, written as text'],
		['is an expression without braces', '$json.id', 'expression that was not filled in'],
		[
			'is an expression of a node',
			"$('Webhook').item.json.id",
			'expression that was not filled in',
		],
		['is a switch', 'TRUE', 'which answers a question and names nobody'],
		['has a sign of an expression before it', '=ada@x.test', "begins with '='"],
		['has a comma before it', ',ada@x.test', "begins with ','"],
		['ends a sentence', 'ada@x.test.', "ends with '.'"],
		['ends with a colon', 'ada@x.test:', "ends with ':'"],
		['has a wide at sign', 'ada＠x.test', "has '＠' in it, which only looks like @"],
		['has a small at sign', 'ada﹫x.test', "has '﹫' in it, which only looks like @"],
		['has nobody before the at sign', 'undefined@x.test', "has 'undefined' in it, which programs"],
		['has an object in it', '[object Object]-1', 'which an expression makes of an object'],
		['is two values that are missing', 'undefined null', 'which programs write for a missing'],
		['has a missing value at its end', 'cust-undefined', "has 'undefined' in it, which programs"],
		['has a null at its end', 'user_null', "has 'null' in it, which programs"],
		['has a missing host', 'ada@undefined', "has 'undefined' in it, which programs"],
		['has a missing name', 'undefined.smith@x.test', "has 'undefined' in it, which programs"],
		['ends with an at sign', 'ada@', "ends with '@'"],
		['has a comma for a period', 'ada@x,test', "has a comma behind the '@'"],
		['has two periods', 'ada@x..test', "has two periods behind the '@'"],
		['is a placeholder of a mailing', '*|EMAIL|*', 'placeholder that was not filled in'],
		['is a placeholder in percent signs', '%EMAIL%', 'placeholder that was not filled in'],
		['is a placeholder in brackets', '<email>', 'placeholder that was not filled in'],
		['is a number with decimals', '12345,00', 'looks damaged by a spreadsheet'],
		['is a German number', '1.234,50', 'looks damaged by a spreadsheet'],
		['is a Swiss number', "1'234,50", 'looks damaged by a spreadsheet'],
		['is a number with thousands', '12,345,678', 'looks damaged by a spreadsheet'],
	])('%s: %s', (_, id, says) => {
		expect(damageOf(id)).toContain(says);
	});

	test.each([
		'a@x.test',
		"o'brien@x.test",
		'https://x.test/u?id=7',
		'path?user=ada',
		'what now ?',
		'00123',
		'1E5',
		'2026-01-02',
		'JOÃO',
		'Ärger',
		'Ñandú',
		'AT&T;x',
		'=x',
		'@ada',
		'x@y|z',
		'Ada Lovelace',
		'a.b.c',
		'{id}',
		'[id]',
		'$json-1',
		'$100',
		'truest',
		'Invalid date club',
		'12.345.678',
		'1001.01',
		'Infinity Ltd',
		'a=b@x.test',
		'undefinedness@x.test',
		'nan@x.test',
		'null@x.test',
		'null-set-7',
		'100%',
		'nil-1',
		'jan',
		'μ-7',
	])('%s is not', (id) => {
		expect(damageOf(id)).toBeUndefined();
	});
});

test('addresses, numbers, UUIDs and words are never damaged', () => {
	const id = fc.oneof(
		fc.stringMatching(/^[A-Za-z0-9._+'-]{1,20}@[a-z0-9-]{1,12}\.[a-z]{2,6}$/),
		fc.uuid(),
		fc.nat().map(String),
		fc.stringMatching(/^[a-z]{5,12}_[0-9]{1,4}$/),
	);
	fc.assert(
		fc.property(id, (text) => {
			expect(damageOf(text)).toBeUndefined();
		}),
		{ numRuns: 2000 },
	);
});

test('names in the languages of the world are not garbled, misread ones are', () => {
	const names = [
		'René',
		'Jürgen',
		'Łukasz',
		'Иван',
		'山田',
		'Ñuñoa',
		'SÃO PAULO',
		'Ærø',
		'Zoë',
		'Đặng',
	];
	for (const name of names) {
		expect([name, garbledPart(name)]).toEqual([name, undefined]);
		const misread = Buffer.from(name).toString('latin1');
		if (misread === name) continue;
		expect([name, garbledPart(misread) ?? /\p{Cc}/u.exec(misread)?.[0]]).not.toEqual([
			name,
			undefined,
		]);
	}
});

describe('an e-mail address', () => {
	test.each([
		'ada@x.test',
		"o'brien+a=b@x.test",
		'jürgen@müller.test',
		'山田@例え.test',
		'a.b.c@x-y.example.co',
		'ada@localhost',
	])('%s is one', (text) => expect(isEmail(text)).toBe(true));

	test.each([
		'',
		'@',
		'ada',
		'ada@',
		'@x.test',
		'"@',
		'n/a@',
		'a@b@c',
		'ada@@x.test',
		'ada@x..test',
		'a..da@x.test',
		'.ada@x.test',
		'ada.@x.test',
		'ada@.test',
		'ada@x.test.',
		'=ada@x.test',
		'<ada@x.test>',
		'a@x.test,b@x.test',
		'a@x.test;',
		'ada lovelace@x.test',
	])('%s is none', (text) => expect(isEmail(text)).toBe(false));
});

test('a look at plain addresses does not let one pass that nobody means', () => {
	expect(checkId('undefined@x.test', false)?.problem).toContain("has 'undefined' in it");
	expect(checkId('undefined@x.test', true)).toBeUndefined();
	expect(checkId('ada@x.test', false)).toBeUndefined();
});
