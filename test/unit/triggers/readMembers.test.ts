/** Reading a list of members that moves: what is done when it moves more than a reading can follow. */
import { lookAtMembers } from '../../../nodes/shared/advocate/members';
import { FakePort } from '../advocate/fakePort';
import type { Scripted } from '../advocate/fakePort';

const page = (ids: string[], totalCount: number): Scripted => ({
	body: {
		data: {
			users: { totalCount, data: ids.map((id) => ({ id, accountId: id, segments: ['vip'] })) },
		},
	},
});

/** A list whose pages never fit together. */
class RestlessPort extends FakePort {
	private next = 0;

	constructor(private readonly totalCount: number) {
		super([]);
	}

	override async send(request: Parameters<FakePort['send']>[0]) {
		this.sent.push(request);
		await Promise.resolve();
		const ids = [`m${this.next++}`, `m${this.next++}`];
		return { statusCode: 200, headers: {}, ...page(ids, this.totalCount) } as never;
	}
}

const look = async (port: FakePort, options: { pageSize?: number; deadline?: number } = {}) =>
	await lookAtMembers(port.transport(), {
		segments: ['vip'],
		pageSize: 2,
		deadline: Infinity,
		...options,
	});

test('a list that moves at every step is given up legibly, after a bounded number of requests', async () => {
	for (const [totalCount, most] of [
		[10, 700],
		[1000, 7000],
	]) {
		const port = new RestlessPort(totalCount);
		await expect(look(port)).rejects.toMatchObject({
			message: 'The members of the watched segments change faster than they can be read',
			hint: expect.stringMatching(/'Page Size'.*Nothing is lost/),
		});
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
	expect(await look(port)).toMatchObject({
		members: [{ id: 'a' }, { id: 'b' }],
		hasEverybody: true,
		isSteady: true,
	});
});

test('those who have left are found by going back, page by page', async () => {
	// c and d are gone when the second page is read, so that e and f have moved up.
	const port = new FakePort([
		page(['a', 'b', 'c', 'd'], 8),
		page(['g', 'h'], 6),
		page(['a', 'b', 'e', 'f'], 6),
		page(['f', 'g', 'h'], 6),
		page(['a', 'b', 'e', 'f'], 6),
		page(['f', 'g', 'h'], 6),
	]);
	const { members, hasEverybody } = await look(port, { pageSize: 4 });
	expect(members.map(({ id }) => id)).toEqual(['a', 'b', 'e', 'f', 'g', 'h']);
	expect(hasEverybody).toBe(true);
});

test('a poll that has no time left says what to do', async () => {
	const port = new FakePort([page(['a', 'b'], 4)]);
	await expect(look(port, { deadline: port.time - 1 })).rejects.toMatchObject({
		hint: expect.stringMatching(/'Page Size', turn off 'Include Details'/),
	});
});
