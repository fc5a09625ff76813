/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** The segment trigger when something comes between: processes that end, late lists, counts that never agree, polls that overlap or run out of time. */
import type { PollContext } from 'n8n-core';
import type { NodeApiError } from 'n8n-workflow';
import { useSimulator } from '../../support/advocate';
import type { PollHost } from './contexts';
import { ALWAYS, CHOSEN, idsOf, seen, segmentTrigger } from './segmentHost';

const simulator = useSimulator();

const { create, put, watching, crowd, requests } = segmentTrigger(simulator);

beforeEach(() => {
	put('a', 'vip');
	put('b', 'vip');
	put('outside', 'other');
});

describe('a process that ends', () => {
	it('before n8n saved: the next one finds the same events with the same IDs', async () => {
		for (const event of ['entered', 'left', 'changed']) {
			simulator().reset();
			for (const id of ['a', 'b', 'c']) put(id, 'vip');
			const host = await watching({ event });
			put('a');
			put('d', 'vip');
			const lost = await host.pollOnly();
			expect(lost).not.toBeNull();
			const next = host.restarted();
			const found = await next.poll();
			expect(idsOf(found)).toEqual(idsOf(lost));
			expect(await next.poll()).toBeNull();
		}
	});

	it('after n8n saved: nothing is repeated', async () => {
		const host = await watching();
		put('c', 'vip');
		expect(await host.poll()).toHaveLength(1);
		expect(await host.restarted().poll()).toBeNull();
	});

	it('in the middle of a poll: nothing happened', async () => {
		crowd(250);
		const host = await watching({ event: 'changed', options: ALWAYS });
		const before = host.state;
		put('m7');
		put('new', 'vip');
		for (const operationName of ['ListSegments', 'ListParticipants', 'LookUpParticipants']) {
			simulator().faults.add({
				match: { operationName, nth: operationName === 'ListParticipants' ? 2 : 1 },
				then: { kind: 'status', status: 403, body: { message: 'Stop.', statusCode: 403 } },
			});
			await expect(host.poll()).rejects.toMatchObject({ message: 'Stop.', httpCode: '403' });
			expect(host.state).toBe(before);
		}
		expect(seen(await host.restarted().poll())).toEqual(['+vip new', '-vip m7']);
	});

	it('for a while: what happened meanwhile is put out', async () => {
		const host = await watching({ event: 'changed' });
		put('a');
		put('c', 'vip');
		put('b');
		put('b', 'vip');
		expect(seen(await host.restarted().poll())).toEqual(['+vip c', '-vip a']);
	});

	it('events that happen again have another ID', async () => {
		const host = await watching();
		put('c', 'vip');
		const first = await host.poll();
		put('c');
		await host.poll();
		put('c', 'vip');
		const second = await host.poll();
		expect(seen(second)).toEqual(['+vip c']);
		expect(idsOf(second)).not.toEqual(idsOf(first));
	});

	it('events that happen again have another ID, also after other settings for a while', async () => {
		const host = await watching();
		put('c', 'vip');
		const first = await host.poll();
		const other = host.restarted({ ...CHOSEN, event: 'left' });
		await other.poll();
		put('c');
		expect(await other.poll()).toHaveLength(1);
		const again = other.restarted(CHOSEN);
		expect(await again.poll()).toBeNull();
		put('c', 'vip');
		const second = await again.poll();
		expect(seen(second)).toEqual(['+vip c']);
		expect(idsOf(second)).not.toEqual(idsOf(first));
	});

	it('after a look that started no run: that look is taken again', async () => {
		const host = await watching();
		put('a');
		// n8n saves nothing without a run.
		expect(await host.poll()).toBeNull();
		put('c', 'vip');
		const next = host.restarted();
		expect(seen(await next.poll())).toEqual(['+vip c']);
		put('a', 'vip');
		expect(seen(await next.poll())).toEqual(['+vip a']);
	});
});

describe('lists that see a write late', () => {
	it.each(['entered', 'left', 'changed'])('only delay events: %s', async (event) => {
		crowd(250);
		const host = await watching({ event });
		simulator().options.filterDelayMs = 300;
		const { apiUrl, credentials: keys } = simulator();
		const write = async (id: string, segments: string[]) => {
			await fetch(`${apiUrl}/open/account/${id}/user/${id}`, {
				method: 'PUT',
				headers: {
					'content-type': 'application/json',
					authorization: `Basic ${Buffer.from(`:${keys.apiKey}`).toString('base64')}`,
				},
				body: JSON.stringify({ id, accountId: id, segments }),
			});
		};
		await write('late', ['vip']);
		await write('later', ['vip']);
		await write('m5', ['~vip']);
		const found: string[] = seen(await host.poll());
		await new Promise((resolve) => setTimeout(resolve, 350));
		// The counts have not changed any more.
		found.push(...seen(await host.poll()));
		const all = ['+vip late', '+vip later', '-vip m5'];
		const wanted = { entered: all.slice(0, 2), left: all.slice(2), changed: all }[event];
		expect(found.sort()).toEqual(wanted);
		expect(await host.poll()).toBeNull();
	});
});

describe('counts that never agree with the members', () => {
	it('do not cost a full reading for ever', async () => {
		crowd(250);
		jest
			.spyOn(simulator().state, 'asListed')
			.mockImplementation((participant) => (participant.id === 'm9' ? undefined : participant));
		try {
			const host = await watching();
			expect(await host.poll()).toBeNull();
			expect(requests().length).toBeGreaterThan(1);
			simulator().clearRequests();
			expect(await host.poll()).toBeNull();
			expect(requests()).toEqual(['ListSegments']);
		} finally {
			jest.restoreAllMocks();
		}
	});
});

describe('more changes than a poll has time for', () => {
	/** A poll with two and a half minutes, in which 100 participants take one minute to look up. */
	const pollInHaste = async (host: PollHost) => {
		const { now } = Date;
		const lookUps = () => requests().filter((request) => request === 'LookUpParticipants').length;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 60_000 * lookUps());
		try {
			return await host.pollOnly('trigger', (context) =>
				Object.defineProperty(context, 'getPollBudgetMs', { value: () => 150_000 }),
			);
		} finally {
			jest.restoreAllMocks();
		}
	};

	it.each(['entered', 'left', 'changed'])(
		'are put out one part after the other: %s',
		async (event) => {
			crowd(450);
			const host = await watching({ event, options: { pageSize: 500 } });
			for (let index = 0; index < 450; index++) put(`m${index}`);
			crowd(450, 'vip', 1000);
			const all: string[] = [];
			const parts: number[] = [];
			const ids: string[] = [];
			for (let items = await pollInHaste(host); items !== null; items = await pollInHaste(host)) {
				parts.push(items.length);
				all.push(...seen(items));
				ids.push(...idsOf(items));
			}
			const numbers = Array.from({ length: 450 }, (_, index) => index);
			const entered = event === 'left' ? [] : numbers.map((index) => `+vip m${1000 + index}`);
			const left = event === 'entered' ? [] : numbers.map((index) => `-vip m${index}`);
			expect(all.sort()).toEqual([...entered, ...left].sort());
			expect(new Set(ids).size).toBe(all.length);
			expect(parts.length).toBeGreaterThan(1);
			expect(Math.max(...parts)).toBe(300);
			expect(host.messages).toContainEqual(
				expect.stringMatching(/^Ran out of time: \d+ participants are left/),
			);
		},
	);

	it('leave the baseline of a newly chosen segment as it was noted', async () => {
		crowd(450, 'other');
		const host = await watching();
		for (let index = 0; index < 450; index++) put(`m${index}`, 'vip', 'other');
		const next = host.restarted({
			...CHOSEN,
			segments: ['vip', 'other'],
			options: { pageSize: 500 },
		});
		const found = seen(await pollInHaste(next));
		expect(found).toHaveLength(300);
		found.push(...seen(await pollInHaste(next)));
		expect(found.sort()).toEqual(
			Array.from({ length: 450 }, (_, index) => `+vip m${index}`).sort(),
		);
	});

	it('are told when there is time for none', async () => {
		const host = await watching({ event: 'left' });
		put('a');
		const { now } = Date;
		const pages = () => requests().filter((request) => request === 'ListParticipants').length;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000 * pages());
		try {
			const hurried = (context: PollContext) =>
				Object.defineProperty(context, 'getPollBudgetMs', { value: () => 150_000 });
			await expect(host.pollOnly('trigger', hurried)).rejects.toMatchObject({
				message: 'Reading the members took longer than n8n allows for a poll',
			});
		} finally {
			jest.restoreAllMocks();
		}
		expect(seen(await host.restarted().poll())).toEqual(['-vip a']);
	});
});

describe('polls that overlap', () => {
	it('do not put the same event out twice', async () => {
		const host = await watching();
		put('c', 'vip');
		simulator().options.latencyMs = 50;
		const results = await Promise.all([host.poll(), host.poll()]);
		expect(results.flatMap(seen)).toEqual(['+vip c']);
		expect(host.messages).toContainEqual(expect.stringMatching(/still under way/));
		simulator().options.latencyMs = 0;
		expect(await host.poll()).toBeNull();
	});
});

describe('at random', () => {
	it('what is put out adds up to what happened', async () => {
		const KEYS = ['vip', 'other', 'third'];
		let seed = 7;
		const random = (below: number) => {
			seed = (seed * 1103515245 + 12345) % 2147483648;
			return Math.floor((seed / 2147483648) * below);
		};
		for (const key of KEYS) put('seed', key);
		for (let index = 0; index < 40; index++) put(`p${index}`, KEYS[random(3)]);
		let host = await watching({ event: 'changed', watch: 'all', options: { pageSize: 7 } });
		const held = new Map<string, Set<string>>();
		const { state } = simulator();
		for (const { id, segments } of state.participants.values()) held.set(id, new Set(segments));
		for (let round = 0; round < 25; round++) {
			for (let write = random(6); write > 0; write--) {
				put(`p${random(45)}`, ...KEYS.filter(() => random(2) === 0));
			}
			// Now and then a process ends before it saved.
			const isKilled = random(4) === 0;
			if (isKilled) await host.pollOnly();
			if (isKilled || random(3) === 0) host = host.restarted();
			for (const change of seen(await host.poll())) {
				const [, sign, key, id] = /^([+-])(\S+) (.*)$/.exec(change) as RegExpExecArray;
				const segments = held.get(id) ?? new Set();
				held.set(id, segments);
				expect(segments.has(key)).toBe(sign === '-');
				if (sign === '+') segments.add(key);
				else segments.delete(key);
			}
		}
		host = host.restarted({ ...host.options.parameters, options: ALWAYS });
		for (const change of seen(await host.poll())) {
			const [, sign, key, id] = /^([+-])(\S+) (.*)$/.exec(change) as RegExpExecArray;
			const segments = held.get(id) ?? new Set();
			held.set(id, segments);
			if (sign === '+') segments.add(key);
			else segments.delete(key);
		}
		for (const { id, segments } of state.participants.values()) {
			expect([id, [...(held.get(id) ?? [])].sort()]).toEqual([id, [...segments].sort()]);
		}
	});
});

describe('a key that is refused', () => {
	const refuse = () =>
		simulator().faults.add({ times: 'always', match: {}, then: { kind: 'status', status: 401 } });
	const hint = /credential/i;

	it('at the publication: the message has the way out, as n8n shows nothing else', async () => {
		refuse();
		await expect(create().poll()).rejects.toMatchObject({
			message: expect.stringMatching(/^.+\. .*credential/i),
			description: expect.stringMatching(hint),
		});
	});

	it('in a later poll: the way out is the description only', async () => {
		const host = await watching();
		refuse();
		const failure = (await host.poll().catch((error: unknown) => error)) as NodeApiError;
		expect(failure.description).toMatch(hint);
		expect(failure.message).not.toContain(failure.description);
	});
});
