/** One part of a batch: whatever the API answers, nothing in it is lost, and nothing ends twice. */
import * as fc from 'fast-check';
import { BatchSender } from '../../../nodes/ImpactAdvocate/writes/batch';
import type { Part, PartOutcome } from '../../../nodes/ImpactAdvocate/writes/part';
import { BatchSize } from '../../../nodes/ImpactAdvocate/writes/batchSize';
import { WriteMemory } from '../../../nodes/ImpactAdvocate/writes/memory';
import { mergeWrites } from '../../../nodes/ImpactAdvocate/writes/write';
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import { SegmentDirectory } from '../../../nodes/shared/advocate/segmentDirectory';
import { FakePort } from '../advocate/fakePort';
import type { Scripted } from '../advocate/fakePort';
import { addition, POLICY } from './fakeApi';
import type { Write } from './fakeApi';

const refusal = (statusCode: number, message = 'No') => ({
	statusCode,
	body: { message, statusCode },
});

async function send(part: Part<number>, answers: Scripted[]): Promise<PartOutcome<number>> {
	const transport = new FakePort(answers).transport();
	const sender = new BatchSender<number>(
		transport,
		new SegmentDirectory(transport),
		new BatchSize(100),
		new WriteMemory(new Set()),
	);
	return await sender.send(part);
}

const sourcesOf = (writes: readonly Write[]): number[] => writes.flatMap(({ sources }) => sources);

const threePeople = ['a', 'b', 'c'].map((id, source) => addition(id, source));

describe('what it says is left', () => {
	test('of a batch that was rejected: its halves', async () => {
		const { ended, again, fatal } = await send({ writes: threePeople }, [refusal(400)]);
		expect(ended).toEqual([]);
		expect(again.map(({ writes }) => sourcesOf(writes))).toEqual([[0, 1], [2]]);
		expect(again.every(({ trouble }) => trouble === undefined)).toBe(true);
		expect(fatal).toBeUndefined();
	});

	test('of a batch that kept failing: its halves, and why', async () => {
		const { again } = await send({ writes: threePeople }, [refusal(500)]);
		expect(again.map(({ trouble }) => trouble?.statusCode)).toEqual([500, 500]);
	});

	test('of a batch that is not known to the API: everything, back into the queue', async () => {
		const lacking = {
			errors: [{ message: "Cannot query field 'upsertUsers' on type 'Mutation'." }],
		};
		const { ended, again, putBack } = await send({ writes: threePeople }, [{ body: lacking }]);
		expect([ended, again]).toEqual([[], []]);
		expect(putBack).toEqual(threePeople);
	});

	test('of a merged write that was rejected: its parts, in order', async () => {
		const merged = [addition('a', 0), addition('a', 1), addition('a', 2)].reduce(mergeWrites);
		const { ended, again } = await send({ writes: [merged] }, [refusal(400)]);
		expect(ended).toEqual([]);
		expect(again.map(({ writes }) => sourcesOf(writes))).toEqual([[0], [1], [2]]);
	});

	test('of a batch with a refused key: nothing, and no later request can succeed', async () => {
		const { ended, again, fatal } = await send({ writes: threePeople }, [refusal(401)]);
		expect(ended.map(({ result }) => result.status)).toEqual(Array(3).fill('rejected'));
		expect(again).toEqual([]);
		expect(fatal?.statusCode).toBe(401);
	});

	test('of a batch with a missing participant: the others, after it has ended', async () => {
		const policy = { ...POLICY, ifMissing: 'error' as const };
		const writes = ['a', 'b', 'c'].map((id, source) => addition(id, source, { policy }));
		const found = (id: string) => ({ id, accountId: id, segments: [] });
		const answer = { body: { data: { u0: found('a'), u1: null, u2: found('c') } } };
		const { ended, again } = await send({ writes }, [answer]);
		expect(ended.map(({ write, result }) => [write.id, result.status])).toEqual([
			['b', 'rejected'],
		]);
		expect(again.map(({ writes: left }) => sourcesOf(left))).toEqual([[0, 2]]);
	});
});

test('any answers to any part: each source is in exactly one place', async () => {
	const entry = fc.oneof(
		fc.integer({ min: 0, max: 5 }).map((index) => ({
			__typename: 'User',
			id: `p${index}`,
			accountId: `p${index}`,
			segments: ['vip'],
		})),
		fc.constantFrom(400, 403, 404, 429, 500, undefined).map((statusCode) => ({
			__typename: 'ApiError',
			message: 'No',
			statusCode,
		})),
		fc.jsonValue(),
	);
	const answer: fc.Arbitrary<Scripted> = fc.oneof(
		fc.array(entry, { maxLength: 8 }).map((upsertUsers) => ({ body: { data: { upsertUsers } } })),
		fc.constantFrom(300, 400, 401, 403, 404, 408, 413, 500, 503).map((code) => refusal(code)),
		fc
			.constantFrom('ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT')
			.map((code) => new NoAnswerError('', code)),
		fc.jsonValue().map((body) => ({ body })),
	);
	const rows = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 6 });
	await fc.assert(
		fc.asyncProperty(
			rows,
			fc.array(answer, { minLength: 1, maxLength: 3 }),
			async (counts, answers) => {
				let source = 0;
				const writes = counts.map((count, index) =>
					Array.from({ length: count }, () => addition(`p${index}`, source++)).reduce(mergeWrites),
				);
				const { ended, doubtful, again, putBack } = await send({ writes }, answers);
				const found = [
					...sourcesOf(doubtful.map(({ write }) => write)),
					...sourcesOf(ended.map(({ write }) => write)),
					...again.flatMap((part) => sourcesOf(part.writes)),
					...sourcesOf(putBack),
				];
				expect(found.sort((a, b) => a - b)).toEqual(
					Array.from({ length: source }, (_, index) => index),
				);
			},
		),
	);
});
