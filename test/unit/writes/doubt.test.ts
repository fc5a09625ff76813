/** What a last look at participants may conclude: never more than the state of the API allows. */
import * as fc from 'fast-check';
import { DoubtBook } from '../../../nodes/ImpactAdvocate/writes/memory';
import type { Doubt } from '../../../nodes/ImpactAdvocate/writes/memory';
import { AdvocateError } from '../../../nodes/shared/advocate/client/error';
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import { applyChange } from '../../../nodes/shared/segments/change';
import type { SegmentChange } from '../../../nodes/shared/segments/change';
import { FakePort } from '../advocate/fakePort';
import type { Scripted } from '../advocate/fakePort';
import { addition, bodyOf, POLICY } from './fakeApi';

const lost = new AdvocateError('Connection lost', { kind: 'noAnswer', hint: 'Try again' });

const doubtOf = (
	id: string,
	source: number,
	change: SegmentChange,
	more: Partial<Doubt<number>> = {},
): Doubt<number> => ({
	write: addition(id, source, { change, policy: POLICY }),
	error: lost,
	wasMissing: false,
	hasDetails: false,
	otherwise: { status: 'notSent', reason: 'Enough' },
	...more,
});

/** The answer to a look at participants; those without segments do not exist. */
function answer(participants: ReadonlyArray<{ id: string; segments?: string[] }>): Scripted {
	const data = Object.fromEntries(
		participants.map(({ id, segments }, index) => [
			`u${index}`,
			segments === undefined ? null : { id, accountId: id, segments },
		]),
	);
	return { body: { data } };
}

const KEYS = ['a', 'b', 'c'];

const change: fc.Arbitrary<SegmentChange> = fc
	.record({
		clear: fc.boolean(),
		add: fc.subarray(KEYS),
		remove: fc.subarray(KEYS),
	})
	.map(({ clear, add, remove }) => ({
		clear,
		add,
		remove: clear ? [] : remove.filter((key) => !add.includes(key)),
	}))
	.filter(({ clear, add, remove }) => clear || add.length + remove.length > 0);

interface Step {
	change: SegmentChange;
	isApplied: boolean;
	isConfirmed: boolean;
	wasRead: boolean;
	hasDetails: boolean;
}

const step: fc.Arbitrary<Step> = fc
	.record({
		change,
		isApplied: fc.boolean(),
		isConfirmed: fc.boolean(),
		wasRead: fc.boolean(),
		hasDetails: fc.boolean(),
	})
	// What was not applied is never confirmed.
	.map((drawn) => ({ ...drawn, isApplied: drawn.isApplied || drawn.isConfirmed }));

test('who is called imported is as asked, and who is called not imported is not', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.subarray(KEYS),
			fc.array(step, { minLength: 1, maxLength: 5 }),
			async (start, steps) => {
				const book = new DoubtBook<number>();
				let segments = start;
				for (const [index, { change: asked, ...how }] of steps.entries()) {
					const before = how.wasRead ? segments : undefined;
					if (how.isApplied) segments = applyChange(segments, asked);
					if (how.isConfirmed) book.follow(addition('p', index, { change: asked }));
					else book.add(doubtOf('p', index, asked, { before, hasDetails: how.hasDetails }));
				}
				const port = new FakePort([answer([{ id: 'p', segments }])]);
				const ended = await book.settle(port.transport(), true);
				expect(ended.map(({ write }) => write.sources[0])).toEqual(
					[...steps.keys()].filter((index) => !steps[index].isConfirmed),
				);
				const succeeded = new Set(
					ended
						.filter(({ result }) => result.status === 'succeeded')
						.map(({ write }) => write.sources[0]),
				);
				for (const { write, result } of ended) {
					const [index] = write.sources;
					const { isApplied, hasDetails } = steps[index];
					if (result.status === 'notSent') expect([index, isApplied]).toEqual([index, false]);
					if (result.status === 'succeeded' && hasDetails) {
						expect([index, isApplied]).toEqual([index, true]);
					}
				}
				// All that counts as applied, applied in order, is what there is.
				if (ended.some(({ result }) => result.status === 'unconfirmed')) return;
				const replayed = steps.reduce<string[]>(
					(held, { change: asked, isConfirmed }, index) =>
						isConfirmed || succeeded.has(index) ? applyChange(held, asked) : held,
					start,
				);
				expect([...replayed].sort()).toEqual([...segments].sort());
			},
		),
		{ numRuns: 500 },
	);
});

test('who does not exist was not imported', async () => {
	const book = new DoubtBook<number>();
	const otherwise = { status: 'notSent', reason: 'Enough', hint: 'Go on later' } as const;
	book.add(doubtOf('p', 0, { clear: true, add: [], remove: [] }, { otherwise }));
	const [{ result }] = await book.settle(new FakePort([answer([{ id: 'p' }])]).transport(), true);
	expect(result).toMatchObject({
		status: 'notSent',
		reason: 'Enough. An earlier attempt was not applied, as a look at the participant showed',
		hint: 'Go on later',
	});
});

describe('its requests', () => {
	const vip = { clear: false, add: ['vip'], remove: [] };

	const filled = (count: number): DoubtBook<number> => {
		const book = new DoubtBook<number>();
		for (let index = 0; index < count; index++) book.add(doubtOf(`p${index}`, index, vip));
		return book;
	};

	/** How many participants a look is at. */
	const sizes = (port: FakePort): number[] =>
		port.sent.map((request) => {
			const { variables } = bodyOf(request) as { variables: object };
			return Object.keys(variables).length / 2;
		});

	test('are ten at most, of a hundred participants each; the rest has no room', async () => {
		const book = filled(1_000);
		expect(book.add(doubtOf('more', 1_000, vip))).toBe(false);
		// Another write of somebody who is looked at anyway has.
		expect(book.add(doubtOf('p0', 1_001, vip))).toBe(true);
		const port = new FakePort([{ body: { data: {} } }]);
		const ended = await book.settle(port.transport(), true);
		expect(sizes(port)).toEqual(Array(10).fill(100));
		expect(ended).toHaveLength(1_001);
		expect(book.left).toBe(1);
	});

	test('are not sent when the API refuses everything anyway', async () => {
		const book = filled(3);
		const port = new FakePort([{ body: {} }]);
		const ended = await book.settle(port.transport(), false);
		expect(port.sent).toHaveLength(0);
		expect(ended.map(({ result }) => result.status)).toEqual(Array(3).fill('unconfirmed'));
		expect(book.left).toBe(3);
	});

	test('do not count when the time is over before they leave', async () => {
		const book = filled(3);
		const port = new FakePort([{ body: {} }]);
		const transport = port.transport();
		transport.timeLimit.set(port.time, 'It is over', 'Go on later');
		await book.settle(transport, true);
		expect(port.sent).toHaveLength(0);
		expect(book).toMatchObject({ requests: 0, left: 3 });
	});

	test('end when three in a row have failed, and each is sent once', async () => {
		const book = filled(1_000);
		const port = new FakePort([new NoAnswerError('', 'ETIMEDOUT')]);
		await book.settle(port.transport(), true);
		expect(port.sent).toHaveLength(3);
		expect(book.left).toBe(1_000);
	});

	test('are halved where one participant makes them fail', async () => {
		const book = filled(4);
		const found = (...ids: number[]) =>
			answer(ids.map((id) => ({ id: `p${id}`, segments: ['vip'] })));
		const bad = { statusCode: 400, body: { message: 'No', statusCode: 400 } };
		const port = new FakePort([bad, bad, found(2, 3), bad, found(1)]);
		const ended = await book.settle(port.transport(), true);
		expect(sizes(port)).toEqual([4, 2, 2, 1, 1]);
		expect(ended.map(({ result }) => result.status)).toEqual([
			'unconfirmed',
			'succeeded',
			'succeeded',
			'succeeded',
		]);
		expect(book.left).toBe(1);
	});
});
