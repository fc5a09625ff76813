/** Texts that nobody means are refused wherever they would be kept: names, details, segments. */
import type { IDataObject } from 'n8n-workflow';
import {
	expression,
	nodeRunner,
	onParticipant,
	byId,
	onSegment,
	pairs,
	sent,
	shown,
	useSimulator,
} from '../support/advocate';
import { AS_THE_FILE_SAYS, counts, memberships, runImport } from './import/helpers';
import { customFields, upserting } from './participants/helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip', name: 'VIP' });
	simulator().state.addParticipant({ id: 'ada', firstName: 'Ada', customFields: { plan: 'pro' } });
});

/** What is left where a value was to be, and what is said about it. */
const LEFTOVERS: Array<[text: string, says: string]> = [
	['undefined', 'which programs write for a missing value'],
	['null', 'which programs write for a missing value'],
	['NaN', 'which programs write for a missing value'],
	['Invalid Date', 'which stands for a date that was not read'],
	['[object Object]', 'which an expression makes of an object'],
	['{{ $json.x }}', 'which looks like an expression that was not filled in'],
	['={{ $json.x }}', 'which looks like an expression that was not filled in'],
	['$json.x', 'which looks like an expression that was not filled in'],
];

/** Texts that are like those, and meant. */
const MEANT = [
	'Null',
	'NULL',
	'#1',
	'100%',
	'Undefined Ltd',
	'Nan',
	'None',
	'Dear {{name}}, hello',
	'$jsonish',
];

/** What the first item says, as an expression that n8n can read. */
const asGiven = '={{ $json.text }}';

describe.each(LEFTOVERS)('%s', (text, says) => {
	const input: IDataObject[] = [{ text, id: 'ada' }];

	test('is no name and no custom field of a participant', async () => {
		const named = await run(upserting({ additionalFields: { firstName: asGiven } }), { input });
		expect(shown(named.error).message).toContain(`'First Name' is '${text}', ${says}`);
		const field = await run(upserting({ customFields: customFields(['plan', 'text', asGiven]) }), {
			input,
		});
		expect(shown(field.error).message).toContain(`'Value of plan' is '${text}', ${says}`);
		expect(shown(field.error).description).toContain('so that it gives the value, or nothing');
		expect(sent(simulator())).toEqual([]);
	});

	test('is no name of a segment, new or renamed', async () => {
		const made = await run(onSegment('create', { segmentName: asGiven }), { input });
		expect(shown(made.error).message).toContain(`'Name' is '${text}', ${says}`);
		const renamed = await run(
			onSegment('update', {
				segment: { __rl: true, mode: 'key', value: 'vip' },
				updateFields: { name: asGiven },
			}),
			{ input },
		);
		expect(shown(renamed.error).message).toContain(`'Name' is '${text}', ${says}`);
		expect([...simulator().state.segments.keys()]).toEqual(['vip']);
	});

	test('is no segment that comes into being, for items and rows', async () => {
		const items = await run(
			onParticipant('addSegments', {
				participant: byId('ada'),
				segments: asGiven,
				createMissingSegments: true,
			}),
			{ input },
		);
		expect(shown(items.error).message).toContain(says);
		const { summary, rows } = await runImport(simulator(), `id,segments\nada,${text}\n`, {
			...AS_THE_FILE_SAYS,
			parameters: { createMissingSegments: true },
		});
		expect(counts(summary)).toEqual({ invalid: 1 });
		expect(rows[0].message).toContain(says);
		expect([...simulator().state.segments.keys()]).toEqual(['vip']);
		expect(memberships(simulator())).toEqual({ ada: [] });
	});
});

test.each([
	'VIP {{ $json.tier }}',
	'=junk',
	'TRUE',
	'false',
	'Team undefined',
	'VIP NaN',
	'N/A',
	'#REF!',
	'a\tb',
])('a segment that would be called %s is not created by the way', async (text) => {
	const csv = `id,segments\nada,${text}\nbob,vip\n`;
	const { summary, rows } = await runImport(simulator(), csv, {
		...AS_THE_FILE_SAYS,
		parameters: { createMissingSegments: true },
	});
	expect(counts(summary)).toEqual({ invalid: 1, succeeded: 1 });
	// Where it could be no cell at all, that is said.
	expect(rows[0].message).toMatch(
		/none is created under a name like this|^The segments cell is '|control character/,
	);
	const made = await run(onSegment('create', { segmentName: asGiven }), { input: [{ text }] });
	expect(shown(made.error).message).toContain(`'Name' is '${text}'`);
	const keyed = await run(onSegment('create', { segmentName: 'New', segmentKey: asGiven }), {
		input: [{ text }],
	});
	expect(shown(keyed.error).message).toContain("'Key'");
	expect([...simulator().state.segments.keys()]).toEqual(['vip']);
});

test('one that has such a name is used where it is meant', async () => {
	simulator().state.addSegment({ key: 'null', name: 'null' });
	const { summary, rows } = await runImport(
		simulator(),
		'id,segments\nada,null\n',
		AS_THE_FILE_SAYS,
	);
	expect(counts(summary)).toEqual({ invalid: 1 });
	expect(rows[0].hint).toContain("turn on 'Accept Unusual IDs'");
	await runImport(simulator(), 'id,segments\nada,null\n', {
		...AS_THE_FILE_SAYS,
		options: { acceptUnusualIds: true },
	});
	expect(memberships(simulator())).toEqual({ ada: ['null'] });
});

test.each(['[object Object]', '{{ x }}', 'Invalid Date'])(
	'%s in a cell of a detail makes the row invalid',
	async (text) => {
		const csv = `id,firstName,customFields.plan\nada,${text},x\nbob,Bob,${text}\ncid,Cid,x\n`;
		const { summary, rows } = await runImport(simulator(), csv, {
			segments: ['vip'],
			details: 'all',
		});
		expect(counts(summary)).toEqual({ invalid: 2, succeeded: 1 });
		expect(rows[0].message).toContain(`Column 'firstName' holds '${text}', which`);
		expect(rows[1].message).toContain(`Column 'customFields.plan' holds '${text}', which`);
		expect(simulator().state.participant('ada', 'ada')).toMatchObject({ firstName: 'Ada' });
		expect(memberships(simulator())).toEqual({ ada: [], cid: ['vip'] });
	},
);

test('texts that are like those are kept as they are', async () => {
	const input = MEANT.map((text, index) => ({ text, id: `p${index}` }));
	const { main, error } = await run(
		upserting({
			additionalFields: { firstName: asGiven },
			customFields: customFields(['plan', 'text', asGiven]),
		}),
		{ input },
	);
	expect(error).toBeUndefined();
	expect(pairs(main)).toEqual(MEANT.map((_, index) => index));
	MEANT.forEach((text, index) => {
		const id = `p${index}`;
		expect(simulator().state.participant(id, id)).toMatchObject({
			firstName: text,
			customFields: { plan: text },
		});
	});
});

test('the ID that is called so is taken with the option only', async () => {
	const parameters = { participant: byId(expression('Invalid Date')), segments: ['vip'] };
	const refused = await run(onParticipant('addSegments', parameters));
	expect(shown(refused.error).message).toContain("'Participant' is 'Invalid Date'");
	await run(onParticipant('addSegments', { ...parameters, options: { acceptUnusualIds: true } }));
	expect(memberships(simulator())).toMatchObject({ 'Invalid Date': ['vip'] });
});
