/**
 * Looks at some of the participants whose rows a job reports as imported: a job that leaves rows or segments out says
 * nothing about it.
 */
import { AdvocateError, expectAdvocateError, isFatal } from '../../../shared/advocate/client/error';
import type { Transport } from '../../../shared/advocate/client/transport';
import {
	lookUpParticipants,
	MAX_LOOKUPS,
	mustTellSegments,
	participantKey,
} from '../../../shared/advocate/participants';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { finder, listed } from '../../../shared/segments/change';
import type { JobPiece } from './jobPiece';
import type { ReadParticipants } from './reports';

/** How long what a job did may take to show. */
const SHOWS_AFTER_MS = 5_000;

/** Some of the numbers, each as likely as any other; all of them when there are few. */
export function drawn(numbers: Iterable<number>, most: number, random: () => number): number[] {
	const sample: number[] = [];
	let seen = 0;
	for (const number of numbers) {
		seen++;
		if (sample.length < most) sample.push(number);
		else {
			const place = Math.floor(random() * seen);
			if (place < most) sample[place] = number;
		}
	}
	return sample;
}

/** Rows of a piece that are reported as imported, unless its results say otherwise. */
function* rowsDone({ rowNumbers, failures, suspects }: JobPiece): Generator<number> {
	for (const row of rowNumbers) if (!failures.has(row) && !suspects.has(row)) yield row;
}

/**
 * Look at a sample of each piece that is reported as imported. Where it is not as reported, or can't be looked at, the
 * rows of the piece are in doubt.
 * @param segments that every row was to be added to
 */
export async function checkSamples(
	transport: Transport,
	pieces: readonly JobPiece[],
	segments: readonly string[],
	participantsOf: ReadParticipants,
): Promise<void> {
	const reported = pieces.filter(
		({ outcome, results }) => outcome === 'completed' || results !== undefined,
	);
	const samples = reported.map((piece) =>
		drawn(rowsDone(piece), MAX_LOOKUPS, () => transport.random()),
	);
	if (samples.every(({ length }) => length === 0)) return;
	// In one pass over the file.
	const participants = await participantsOf(new Set(samples.flat()));
	let fatal: AdvocateError | undefined;
	for (const [index, piece] of reported.entries()) {
		if (samples[index].length === 0) continue;
		const sample = samples[index]
			.flatMap((row) => participants.get(row) ?? [])
			.filter(isReported(piece));
		try {
			if (fatal !== undefined) throw fatal;
			await checkSample(transport, piece, sample, segments);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (isFatal(error)) fatal = error;
			putIntoDoubt(
				piece,
				`The import job reports success, but no participant could be looked at to check that: ${error.message}`,
			);
		}
	}
}

/** Whether a participant is reported as imported. Where a job names them, only those whom it names are. */
const isReported =
	({ results }: JobPiece) =>
	(participant: ParticipantId): boolean =>
		results === undefined || results.has(participantKey(participant));

async function checkSample(
	transport: Transport,
	piece: JobPiece,
	sample: readonly ParticipantId[],
	segments: readonly string[],
): Promise<void> {
	if (sample.length === 0 && piece.results === undefined) {
		return putIntoDoubt(
			piece,
			"The import job reports success, but the file can't be read again to check that",
		);
	}
	if (sample.length === 0) return;
	let others = await notIn(transport, sample, segments);
	if (others.length > 0) {
		await transport.sleep(SHOWS_AFTER_MS);
		others = await notIn(transport, others, segments);
	}
	if (others.length === 0) return;
	putIntoDoubt(
		piece,
		`The import job reports success, but ${others.length} of ${sample.length} participants looked at afterwards are not in ${listed(segments)}`,
	);
}

/** Who is not in all of the segments. */
async function notIn(
	transport: Transport,
	sample: readonly ParticipantId[],
	segments: readonly string[],
): Promise<ParticipantId[]> {
	const found = await lookUpParticipants(transport, sample);
	return sample.filter((_, index) => {
		const participant = found[index];
		return participant === undefined || !segments.every(finder(mustTellSegments(participant)));
	});
}

function putIntoDoubt(piece: JobPiece, message: string): void {
	piece.outcome = 'unconfirmed';
	piece.results = undefined;
	piece.error = new AdvocateError(message, {
		kind: 'mismatch',
		hint: 'Look at the segment and at the job in Advocate, and import the rows again: adding participants twice changes nothing',
		bySetting:
			"Set 'Engine' in the option 'Import Job' to Row by Row for it, which checks each of them",
	});
}
