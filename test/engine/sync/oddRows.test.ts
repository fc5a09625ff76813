/** A row that looks like no other: an item is judged by itself, a row of a file may begin another table. */
import type { IDataObject } from 'n8n-workflow';
import type { NodeRun } from '../harness';
import { names, useSegment } from './helpers';

const { put, sync, members } = useSegment();

describe('a row unlike those above it, behind a blank one', () => {
	const addresses = names(20).map((name) => `${name}@x.test`);

	beforeEach(() => {
		for (const name of names(20)) put([name], ['vip'], { email: `${name}@x.test` });
		put(['new'], [], { email: 'new@x.test' });
	});

	const messagesOf = ({ main }: NodeRun): unknown[] =>
		(main[0].json.problems as IDataObject[]).map(({ item, row, message }) => [
			item ?? row,
			message,
		]);

	test.each([
		['notmail', 'The value is not an e-mail address. Correct it in the item'],
		['email', 'The value is not an e-mail address. Correct it in the item'],
		[
			'n/a',
			expect.stringMatching(
				/^The e-mail address is 'n\/a', which programs write for a missing value/,
			),
		],
	])('of items, %s says nothing about those below it', async (odd, message) => {
		const list = [...addresses.slice(0, 18), '', odd, ...addresses.slice(18), 'new@x.test'];
		const done = await sync(
			list.map((email) => ({ email })),
			{ matchBy: 'email' },
		);
		expect(messagesOf(done)).toEqual([[19, message]]);
		expect(done.main[0].json).toMatchObject({ kept: 20, added: 1, invalid: 1 });
	});

	test('notes call the addresses by their name', async () => {
		const done = await sync(
			[...addresses, 'notmail', 'new@x.test'].map((email) => ({ email })),
			{ matchBy: 'email' },
		);
		expect(done.main[0].json.notes).toEqual([
			'Item 20 has an e-mail address unlike all others; check that it is a participant',
		]);
	});

	test('of a file, it may begin another table: nobody below it joins, and no member goes', async () => {
		const csvText = ['email', ...addresses.slice(0, 18), '', 'notmail', ...addresses.slice(18)];
		const done = await sync([{}], {
			...{ matchBy: 'email', listSource: 'text' },
			csvText: [...csvText, 'new@x.test'].join('\n'),
		});
		expect(done.main[0].json).toMatchObject({ kept: 20, added: 0, removed: 0, invalid: 2 });
		expect(messagesOf(done)).toEqual([
			[
				21,
				'The row looks like the header of another table; put each table into a file of its own. If it belongs to the rows above it, remove what stands between them',
			],
			[
				24,
				'The row stands below row 21, which looks like the header of another table; put each table into a file of its own',
			],
		]);
		expect(members()).toHaveLength(20);
	});
});
