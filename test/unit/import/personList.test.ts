import type { Transport } from '../../../nodes/shared/advocate/client/transport';
import { csvSource } from '../../../nodes/ImpactAdvocate/import/file/csvTable';
import { openBuffer } from '../../../nodes/ImpactAdvocate/import/file/encoding';
import { itemsSource } from '../../../nodes/ImpactAdvocate/import/items/itemsTable';
import { openPersonList } from '../../../nodes/ImpactAdvocate/import/personList';
import type { PersonListOptions, PersonRow } from '../../../nodes/ImpactAdvocate/import/personList';
import type { TableSource } from '../../../nodes/ImpactAdvocate/import/table';
import { AUTO, failureOf } from './helpers';

const transport = {
	now: () => 0,
	sleep: async () => {},
	cancelled: () => false,
} as unknown as Transport;

const csv = (text: string): TableSource => csvSource(openBuffer(Buffer.from(text)), AUTO);

const open = async (source: TableSource, options: Partial<PersonListOptions> = {}) =>
	await openPersonList(transport, source, { by: 'id', acceptUnusualIds: false, ...options });

async function read(source: TableSource, options: Partial<PersonListOptions> = {}) {
	const list = await open(source, options);
	const rows: PersonRow[] = [];
	for await (const portion of list.rows()) rows.push(...portion);
	return { ...list, rows };
}

describe('by ID', () => {
	it('a file and the same list as items name the same people', async () => {
		const file = await read(csv('userId,accountId,name\n a ,x,Ann\nb,,Bob\n,,Cid\nd,NULL,Dan\n'));
		expect(file.rows).toEqual([
			{ rowNumber: 2, name: 'a', accountId: 'x' },
			{ rowNumber: 3, name: 'b' },
			{ rowNumber: 4, problem: 'The participant ID is blank', text: '' },
			{ rowNumber: 5, name: 'd' },
		]);
		const items = await read(
			itemsSource([
				{ userId: ' a ', accountId: 'x', name: 'Ann' },
				{ userId: 'b', accountId: '', name: 'Bob' },
				{ name: 'Cid' },
				{ userId: 'd', accountId: 'NULL', name: 'Dan' },
			]),
		);
		expect(items.rows).toEqual(file.rows.map((row) => ({ ...row, rowNumber: row.rowNumber - 2 })));
	});

	it('an account that is that of the participant is said all the same', async () => {
		const { rows } = await read(csv('id,accountId\na,a\n'));
		expect(rows).toEqual([{ rowNumber: 2, name: 'a', accountId: 'a' }]);
	});

	it('can be read again', async () => {
		const list = await open(csv('id\na\n'));
		for (let pass = 0; pass < 2; pass++) {
			const rows: PersonRow[] = [];
			for await (const portion of list.rows()) rows.push(...portion);
			expect(rows).toEqual([{ rowNumber: 2, name: 'a' }]);
		}
	});

	it('what else the list may be is told, and not followed', async () => {
		const { columns, rows } = await read(csv('id,segments,action\na,vip,remove\n'));
		expect(columns).toMatchObject({ id: 0, segments: 1, action: 2 });
		expect(rows).toEqual([{ rowNumber: 2, name: 'a' }]);
		const ignored = await read(csv('id,segments,action\na,vip,remove\n'), {
			segmentsColumn: null,
			actionColumn: null,
		});
		expect([ignored.columns.segments, ignored.columns.action]).toEqual([undefined, undefined]);
	});
});

describe('by e-mail address', () => {
	it('the column is found by the names that an import knows', async () => {
		const { rows } = await read(csv('id,E-Mail Address\n1,a@x.com\n2,\n3,#N/A\n'), { by: 'email' });
		expect(rows).toEqual([
			{ rowNumber: 2, name: 'a@x.com' },
			{ rowNumber: 3, problem: 'The e-mail address is blank', text: '' },
			{
				rowNumber: 4,
				problem: expect.stringMatching(/^The e-mail address is '#N\/A'/),
				text: '#N/A',
			},
		]);
	});

	it('or by its name', async () => {
		const source = itemsSource([{ contact: { mail: 'a@x.com' }, email: 'other' }]);
		const { rows } = await read(source, { by: 'email', emailColumn: 'contact.mail' });
		expect(rows).toEqual([{ rowNumber: 0, name: 'a@x.com' }]);
	});

	it.each<[string, Partial<PersonListOptions>, string]>([
		['id\na\n', {}, "The file has no e-mail column. Columns found: 'id'"],
		['id,mail\na,b\n', { emailColumn: 'post' }, "The file has no column 'post'"],
		[
			'email,Email Address\na,b\n',
			{},
			"Several columns could hold the e-mail address: 'email', 'Email Address'",
		],
	])('%j is refused', async (text, options, message) => {
		const failure = await failureOf(open(csv(text), { by: 'email', ...options }));
		expect(failure).toMatchObject({ message, hint: expect.any(String) });
	});
});

it('an empty list names nobody and says so', async () => {
	const { rows, notes } = await read(itemsSource([{}]));
	expect(rows).toEqual([]);
	expect(notes()).toEqual([
		'The list is empty: the only item has no value in any field, so it names nobody',
	]);
});
