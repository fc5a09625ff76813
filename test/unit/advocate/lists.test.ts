/** Lists that do not keep to what they are asked, or lie about their length. */
import { readMembers } from '../../../nodes/shared/advocate/members';
import { readPages } from '../../../nodes/shared/advocate/paging';
import { listParticipants } from '../../../nodes/shared/advocate/participants';
import type { PortRequest, PortResponse } from '../../../nodes/shared/advocate/client/port';
import { bodyOf } from '../writes/fakeApi';
import { FakePort } from './fakePort';

interface List {
	people: number;
	ignoresOffset?: boolean;
	/** What it says about its length. */
	totalCount?: number;
	maxLimit?: number;
}

class ListPort extends FakePort {
	constructor(private readonly list: List) {
		super([{}]);
	}

	override async send(request: PortRequest): Promise<PortResponse> {
		this.sent.push(request);
		const { people, ignoresOffset = false, totalCount = people, maxLimit = Infinity } = this.list;
		const { variables } = bodyOf(request) as { variables: { limit: number; offset: number } };
		const offset = ignoresOffset ? 0 : variables.offset;
		const length = Math.max(0, Math.min(variables.limit, maxLimit, people - offset));
		const data = Array.from({ length }, (_, index) => ({
			id: `p${offset + index}`,
			accountId: `p${offset + index}`,
			segments: ['vip'],
		}));
		const body = { data: { users: { totalCount, data } } };
		return await Promise.resolve({ statusCode: 200, headers: {}, body });
	}
}

async function readAll(list: List) {
	const port = new ListPort(list);
	const transport = port.transport();
	const all = await readPages(async (page) => await listParticipants(transport, page), {
		pageSize: 10,
	});
	return { ids: all.map(({ id }) => id), requests: port.sent.length };
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);

test.each<[string, List, number, number]>([
	['is honest', { people: 25 }, 25, 3],
	['is honest, its last page full', { people: 30 }, 30, 4],
	['ignores the offset', { people: 25, ignoresOffset: true }, 10, 2],
	[
		'ignores the offset and counts too many',
		{ people: 25, ignoresOffset: true, totalCount: 1e9 },
		10,
		2,
	],
	['counts too many', { people: 25, totalCount: 1e9 }, 25, 4],
	['counts what is on the page', { people: 25, totalCount: 10 }, 25, 3],
	['counts none', { people: 25, totalCount: 0 }, 25, 3],
	['gives smaller pages', { people: 25, maxLimit: 4 }, 25, 7],
])('a list that %s ends', async (_, list, found, requests) => {
	expect(await readAll(list)).toEqual({ ids: ids(found), requests });
});

describe('members', () => {
	const read = async (list: List) => {
		const port = new ListPort(list);
		const found = await readMembers(port.transport(), { segments: ['vip'], pageSize: 10 });
		return { found, requests: port.sent.length };
	};

	test.each([0, 1, 10, 20])('nobody has left when the count of 25 is %i', async (totalCount) => {
		const { found } = await read({ people: 25, totalCount });
		expect(found?.members.map(({ id }) => id)).toEqual(ids(25));
	});

	test('a list that ignores the offset does not have everybody, and ends', async () => {
		const { found, requests } = await read({ people: 25, ignoresOffset: true, totalCount: 1e9 });
		expect(found).toMatchObject({ hasEverybody: false });
		expect(requests).toBeLessThanOrEqual(6);
	});
});
