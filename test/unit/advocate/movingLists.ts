/** APIs whose lists of members change while they are read. */
import { FakePort } from './fakePort';
import type { Scripted } from './fakePort';

/** An answer with these members, all in one segment. */
export const page = (ids: string[], totalCount: number): Scripted => ({
	body: {
		data: {
			users: { totalCount, data: ids.map((id) => ({ id, accountId: id, segments: ['vip'] })) },
		},
	},
});

/** A list whose pages never fit together. */
export class RestlessPort extends FakePort {
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

/** Participants in the order of the list; before each request, some leave and some enter anywhere. */
export class ChangingPort extends FakePort {
	private readonly members: Set<number>;

	readonly stayed: Set<number>;

	constructor(
		initial: readonly number[],
		private readonly changes: ReadonlyArray<readonly number[]>,
		private readonly largestPage: number,
	) {
		super([]);
		this.members = new Set(initial);
		this.stayed = new Set(initial);
	}

	override async send(request: Parameters<FakePort['send']>[0]) {
		// Whoever is named leaves, or enters.
		for (const member of this.changes[this.sent.length] ?? []) {
			this.stayed.delete(member);
			if (!this.members.delete(member)) this.members.add(member);
		}
		this.sent.push(request);
		await Promise.resolve();
		const { variables } = JSON.parse(String(request.body)) as {
			variables: { limit: number; offset: number };
		};
		const { limit, offset } = variables;
		const listed = [...this.members].sort((a, b) => a - b);
		const found = listed.slice(offset, offset + Math.min(limit, this.largestPage));
		return { statusCode: 200, headers: {}, ...page(found.map(String), listed.length) } as never;
	}
}
