/** Custom fields of a list: single values, which arrive as text. */
import type { IDataObject } from 'n8n-workflow';
import { addSegments, nodeRunner, onParticipant, useSimulator } from '../../support/advocate';
import { runImport } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

beforeEach(() => addSegments(simulator(), ['vip']));

const fieldsOf = (id: string) => simulator().state.participant(id, id)?.customFields;

async function importItems(input: IDataObject[], participantDetails = 'all') {
	const { main } = await run(
		{
			...{ resource: 'bulk', operation: 'importItems', segments: ['vip'], rowOutput: 'failed' },
			...{ participantDetails, createMissingSegments: true },
		},
		{ mode: 'trigger', input },
	);
	const [{ json: summary }, ...rows] = main;
	return { summary, rows: rows.map(({ json }) => json) };
}

const SENT_AS_TEXT = (columns: string) =>
	`${columns} sent as text, as all custom fields are here: '30' and 'true', not 30 and true. Where programs or filters need the type, set the field with 'Create or Update' of the resource 'Participant'.`;

describe('a column of numbers, or of true and false', () => {
	const csv =
		'id,customFields.age,customFields.member,customFields.zip,customFields.mixed\na,30,true,01234,1\nb,-1.5,FALSE,10115,x\nc,,,,\n';

	test('is sent as text, and a note names it and the way to numbers', async () => {
		for (const dryRun of [true, false]) {
			const { summary } = await runImport(simulator(), csv, { details: 'all', dryRun });
			expect(summary.notes).toContainEqual(
				SENT_AS_TEXT("'customFields.age', 'customFields.member' are"),
			);
		}
		expect(fieldsOf('a')).toEqual({ age: '30', member: 'true', zip: '01234', mixed: '1' });
	});

	test('so is that of items, where the type was known', async () => {
		const { summary } = await importItems([
			{ id: 'a', customFields: { age: 30, plan: 'gold' } },
			{ id: 'b', customFields: { age: 1.5 } },
		]);
		expect(summary.notes).toEqual([SENT_AS_TEXT("'customFields.age' is")]);
		expect(fieldsOf('a')).toEqual({ age: '30', plan: 'gold' });
	});

	test('is not named where details are not sent', async () => {
		const { summary } = await runImport(simulator(), csv, { details: 'none' });
		expect(JSON.stringify(summary.notes)).not.toContain('sent as text');
	});

	test('the way that the note names leads to a number', async () => {
		await run(
			onParticipant('upsert', {
				participantId: 'a',
				customFields: {
					field: [
						{
							...{ name: { __rl: true, mode: 'name', value: 'age' }, type: 'number', value: '30' },
						},
					],
				},
			}),
			{ input: [{ id: 'a' }] },
		);
		expect(fieldsOf('a')).toEqual({ age: 30 });
	});
});

describe('in items, what is no single value', () => {
	const REFUSED =
		'custom fields and other details hold single values. Give a text, a number, a date, or true or false, or leave the field out';

	test.each<[string, IDataObject, string]>([
		['a list', { tags: ['a', 'b'] }, "'customFields.tags' is a list with 2 entries"],
		['an object', { home: { city: 'Ulm' } }, "'customFields.home' is an object with 1 field"],
		[
			'an object in an object',
			{ a: { b: { c: 1 } } },
			"'customFields.a' is an object with 1 field",
		],
		['a number without its last digits', { n: 2 ** 64 }, "'customFields.n' is the number"],
	])('%s makes the item invalid, and says why', async (_, customFields, says) => {
		const { summary, rows } = await importItems([
			{ id: 'good', customFields: { plan: 'gold' } },
			{ id: 'bad', customFields },
		]);
		expect(summary).toMatchObject({ succeeded: 1, invalid: 1 });
		expect(rows).toEqual([
			expect.objectContaining({ rowNumber: 1, message: expect.stringContaining(says) }),
		]);
		expect(rows[0].message).toContain(REFUSED);
		expect(fieldsOf('bad')).toBeUndefined();
	});

	test('does not matter where details are not sent', async () => {
		const { summary } = await importItems([{ id: 'a', customFields: { home: { x: 1 } } }], 'none');
		expect(summary).toMatchObject({ succeeded: 1, invalid: 0 });
	});

	test('is told in other details too', async () => {
		const { rows } = await importItems([{ id: 'a', email: ['a@x.test', 'b@x.test'] }]);
		expect(rows[0].message).toContain(`'email' is a list with 2 entries; ${REFUSED}`);
	});
});
