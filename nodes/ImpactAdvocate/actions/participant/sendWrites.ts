/**
 * How operations that write participants send what their items ask for: all items in one run of the write engine, so
 * that they are batched, and those of one participant keep the order of the items.
 */
import { AdvocateError } from '../../../shared/advocate/client/error';
import { warn } from '../../../shared/n8n/html';
import { readMaxNewSegments, readOptions, readSendLimits } from '../../../shared/n8n/parameters';
import type { SendLimits } from '../../../shared/n8n/parameters';
import { runWrites } from '../../writes/run';
import type { ParticipantWrite, WriteResult } from '../../writes/write';
import { nothingSent } from '../operation';
import type { FailedOutcome, ItemOutcome, Run } from '../operation';

/** What holds for a run as a whole. */
export interface RunLimits extends SendLimits {
	/** Most segments that the run may create. */
	maxNewSegments: number;
}

export interface SendOptions extends RunLimits {
	/** What a result means for the item that its write is of. */
	outcomeOf(itemIndex: number, write: ParticipantWrite<number>, result: WriteResult): ItemOutcome;
	/** See `WriteOptions.fields`. */
	fields?: string;
}

/** Writes handed over between two looks at the clock. */
const PORTION = 1000;

/**
 * The first item's options, which hold for the run as a whole.
 * @throws ParameterError
 */
export function readRunLimits(run: Run): RunLimits {
	const options = readOptions(run.n8n, 0);
	return { ...readSendLimits(options), maxNewSegments: readMaxNewSegments(options) };
}

/**
 * Send writes, each of one item, and fill in the outcomes of their items.
 * @param outcomes of all items, as far as known
 * @returns the failure that ends the run, if one does
 */
export async function sendWrites(
	run: Run,
	writes: ReadonlyArray<ParticipantWrite<number>>,
	outcomes: Array<ItemOutcome | undefined>,
	{ maxNewSegments, outcomeOf, ...options }: SendOptions,
): Promise<ItemOutcome | undefined> {
	const end = nothingSent(run, outcomes);
	if (end !== undefined) return end;
	const added = new Set<string>();
	for (const { change, policy } of writes) {
		if (policy.createMissingSegments) for (const key of change.add) added.add(key);
	}
	try {
		run.segments.plan(added, maxNewSegments);
	} catch (failure) {
		for (const { sources } of writes) outcomes[sources[0]] = { itemIndex: sources[0], failure };
		return undefined;
	}

	let done = 0;
	let cause: ItemOutcome | undefined;
	let doubtful: ItemOutcome | undefined;
	let hasDoubt = false;
	let next = 0;
	const { notes } = await runWrites(
		run.transport,
		{
			async next() {
				if (next >= writes.length) return undefined;
				if (run.breather.isDue) await run.breather.rest();
				next += PORTION;
				return writes.slice(next - PORTION, next);
			},
			done(write, result) {
				const [itemIndex] = write.sources;
				outcomes[itemIndex] = outcomeOf(itemIndex, write, result);
				if (result.status === 'succeeded') done++;
				if (result.status === 'rejected') cause ??= outcomes[itemIndex];
				if (result.status === 'unconfirmed') doubtful ??= outcomes[itemIndex];
			},
			doubted() {
				hasDoubt = true;
			},
			shouldStop() {
				if (!run.stopsOnFailure) return undefined;
				if (cause !== undefined) return 'Another item failed before this one was sent';
				return hasDoubt || doubtful !== undefined
					? 'It was not known whether an item before this one was applied'
					: undefined;
			},
		},
		{ ...options, mergeRepeats: false, segments: run.segments },
	);
	for (const note of notes) warn(run.n8n, note);
	if (!run.stopsOnFailure) return undefined;
	// After a doubt that a last look has settled, what is left is the first item that was not sent.
	cause ??= doubtful ?? outcomes.find((outcome) => outcome !== undefined && 'failure' in outcome);
	return cause === undefined ? undefined : withProgress(cause, done, run.itemCount);
}

/** The outcome of an item whose write failed, or was not sent. */
export function failureOf(
	itemIndex: number,
	result: Extract<WriteResult, { status: 'rejected' | 'unconfirmed' | 'notSent' }>,
): FailedOutcome {
	if (result.status !== 'notSent') return { itemIndex, failure: result.error };
	return {
		itemIndex,
		failure: new AdvocateError(`This item was not sent. ${result.reason}`, {
			kind: 'gaveUp',
			hint:
				result.hint ??
				'Run the node again to send it; repeating what was already done changes nothing',
		}),
	};
}

/** When a failure ends the run, it says how much had been done: there is no output, and n8n drops hints. */
function withProgress(cause: ItemOutcome, done: number, itemCount: number): ItemOutcome {
	if (done === 0 || !('failure' in cause) || !(cause.failure instanceof AdvocateError))
		return cause;
	const { itemIndex, failure } = cause;
	const progress = `${done} of ${itemCount} items had already been applied; sending them again changes nothing`;
	return { itemIndex, failure: failure.with({ hint: `${failure.hint}. ${progress}` }) };
}
