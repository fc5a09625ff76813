/** Reading the members of segments while they enter and leave: nobody who stays is missed, and there is an end to it. */
import fc from 'fast-check';
import { readMembers, streamParticipants } from '../../../nodes/shared/advocate/members';
import { FakePort } from './fakePort';
import { ChangingPort, page, RestlessPort } from './movingLists';

const read = async (port: FakePort, { pageSize = 2 } = {}) =>
	await readMembers(port.transport(), { segments: ['vip'], pageSize });

test('a list that moves at every step is given up after a bounded number of requests', async () => {
	for (const [totalCount, most] of [
		[10, 700],
		[1000, 7000],
	]) {
		const port = new RestlessPort(totalCount);
		expect(await read(port)).toBeUndefined();
		expect(port.sent.length).toBeLessThan(most);
	}
});

test('one reading that can be followed is enough to go on', async () => {
	const port = new RestlessPort(10);
	const { send } = RestlessPort.prototype;
	// After the first reading was given up, the list has one page.
	port.send = async (request) => {
		if (port.sent.length < 150) return await send.call(port, request);
		port.sent.push(request);
		return { statusCode: 200, headers: {}, ...page(['a', 'b'], 2) } as never;
	};
	expect(await read(port)).toMatchObject({
		members: [{ id: 'a' }, { id: 'b' }],
		hasEverybody: true,
		isSteady: true,
	});
});

test('those who have left are found by going back, page by page', async () => {
	// c and d are gone when the second page is read, so that e and f have moved up.
	const port = new FakePort([
		page(['a', 'b', 'c', 'd'], 8),
		page(['f', 'g', 'h'], 6),
		page(['a', 'b', 'e', 'f'], 6),
		page(['f', 'g', 'h'], 6),
		page(['a', 'b', 'e', 'f'], 6),
		page(['f', 'g', 'h'], 6),
	]);
	const found = await read(port, { pageSize: 4 });
	expect(found?.members.map(({ id }) => id)).toEqual(['a', 'b', 'e', 'f', 'g', 'h']);
	expect(found?.hasEverybody).toBe(true);
});

describe('a list that changes between any two pages', () => {
	it('never hides anybody who is a member all the time, and shows nobody twice', async () => {
		const member = fc.integer({ min: 0, max: 60 });
		await fc.assert(
			fc.asyncProperty(
				fc.uniqueArray(member, { maxLength: 40 }),
				fc.array(fc.uniqueArray(member, { maxLength: 8 }), { maxLength: 40 }),
				fc.integer({ min: 1, max: 7 }),
				fc.constantFrom(2, 3, 100),
				async (initial, changes, pageSize, largestPage) => {
					const port = new ChangingPort(initial, changes, largestPage);
					const found = await read(port, { pageSize });
					if (found === undefined) return;
					const ids = found.members.map(({ id }) => Number(id));
					expect(new Set(ids).size).toBe(ids.length);
					expect([...port.stayed].filter((id) => !ids.includes(id))).toEqual([]);
				},
			),
			{ numRuns: 2000 },
		);
	});

	it('never hides anybody from who is given the pages as they come either', async () => {
		const member = fc.integer({ min: 0, max: 60 });
		await fc.assert(
			fc.asyncProperty(
				fc.uniqueArray(member, { maxLength: 40 }),
				fc.array(fc.uniqueArray(member, { maxLength: 8 }), { maxLength: 40 }),
				fc.integer({ min: 1, max: 7 }),
				fc.constantFrom(2, 3, 100),
				async (initial, changes, pageSize, largestPage) => {
					const port = new ChangingPort(initial, changes, largestPage);
					const pages = streamParticipants(
						port.transport(),
						{ match: 'any', segments: ['vip'] },
						{ pageSize, fields: 'id accountId', newSeen: () => new Map<string, true>() },
					);
					const ids: number[] = [];
					let page = await pages.next();
					while (!page.done) {
						ids.push(...page.value.map(({ id }) => Number(id)));
						page = await pages.next();
					}
					expect(new Set(ids).size).toBe(ids.length);
					if (!page.value.hasEverybody) return;
					expect([...port.stayed].filter((id) => !ids.includes(id))).toEqual([]);
				},
			),
			{ numRuns: 2000 },
		);
	});

	it('is read to its end once it comes to rest', async () => {
		const port = new ChangingPort([1, 2, 3, 4, 5, 6], [[], [1, 2], [9], []], 100);
		const found = await read(port, { pageSize: 3 });
		expect(found).toMatchObject({ hasEverybody: true, isSteady: true });
		expect(found?.members.map(({ id }) => id)).toEqual(['3', '4', '5', '6', '9']);
	});
});

test('whoever reads can end the reading before a page, by the number that was counted', async () => {
	const port = new FakePort([page(['a', 'b'], 4)]);
	const counts: number[] = [];
	const reading = readMembers(port.transport(), {
		segments: ['vip'],
		pageSize: 2,
		beforePage: (count) => {
			counts.push(count);
			if (count > 3) throw new Error('too many');
		},
	});
	await expect(reading).rejects.toThrow('too many');
	expect([counts, port.sent.length]).toEqual([[0, 4], 1]);
});

test('no segments have no members, which takes no request', async () => {
	const port = new FakePort([]);
	expect(await readMembers(port.transport(), { segments: [], pageSize: 2 })).toEqual({
		members: [],
		hasEverybody: true,
		isSteady: true,
	});
});
