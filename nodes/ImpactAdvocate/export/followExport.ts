/** An export job from its creation to its end. */
import {
	cancelledError,
	expectAdvocateError,
	isFatal,
	isRetryable,
} from '../../shared/advocate/client/error';
import type { Transport } from '../../shared/advocate/client/transport';
import {
	createExportJob,
	findExportJob,
	getExportJob,
	lacksExportJobs,
	mayHaveExport,
} from '../../shared/advocate/exportJobs';
import type { ExportJob } from '../../shared/advocate/exportJobs';
import { LookPauses } from '../../shared/advocate/lookPauses';
import { withoutPeriod } from '../../shared/inputValue';
import { jobObjection } from './jobFile';
import type { JobObjection } from './jobFile';

/** How long an export may take to show in the list of exports. */
const SHOWS_AFTER_MS = 3_000;

/** Looks that may fail in a row, each for a reason that waiting is not known to help against. */
const MAX_FAILED_LOOKS = 5;

const MINUTE_MS = 60_000;

const LATER = "Run it again later, or set 'Engine' to Page by Page";

/** A name that no other export has. */
function newName(transport: Transport): string {
	const tag = [transport.random(), transport.random()]
		.map((value) => Math.floor(value * 36 ** 6).toString(36))
		.join('');
	return `n8n Export CSV ${new Date(transport.now()).toISOString()} ${tag}`;
}

/**
 * Create an export and wait for its file.
 * @param programId whose codes the file is to have
 * @param waitMs how long it may take
 * @returns the ID of the completed export
 * @throws JobObjection when there will be no file, AdvocateError when nothing else would work either
 */
export async function completedExport(
	transport: Transport,
	programId: string | undefined,
	waitMs: number,
): Promise<string> {
	const deadline = transport.now() + waitMs;
	let job: ExportJob | undefined = await startedExport(transport, newName(transport), programId);
	const { id } = job;
	const pauses = new LookPauses();
	let failedLooks = 0;
	while (job?.status === 'PENDING') {
		if (transport.now() >= deadline) throw tookTooLong(id, waitMs);
		await transport.sleep(Math.min(pauses.next(), Math.max(0, deadline - transport.now())));
		if (transport.cancelled()) throw cancelledError();
		try {
			job = await getExportJob(transport, id);
			failedLooks = 0;
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (isFatal(error)) throw error;
			// The export goes on while the API can't be asked about it.
			if (isRetryable(error) || ++failedLooks < MAX_FAILED_LOOKS) continue;
			throw jobObjection(`it can't be followed (${withoutPeriod(error.message)})`, LATER);
		}
	}
	if (job?.status === 'COMPLETED') return id;
	throw jobObjection(endOf(id, job), LATER);
}

function endOf(id: string, job: ExportJob | undefined): string {
	if (job === undefined) return `export '${id}' no longer exists`;
	return job.status === 'ABORTED'
		? `the API aborted export '${id}'`
		: `the file of export '${id}' has expired`;
}

const tookTooLong = (id: string, waitMs: number): JobObjection =>
	jobObjection(
		`export '${id}' has not ended within ${describeWait(waitMs)}`,
		"It goes on in Advocate. Raise 'Max Job Time', or set 'Engine' to Page by Page",
	);

function describeWait(waitMs: number): string {
	const minutes = Math.round(waitMs / MINUTE_MS);
	if (minutes === 0) return `${Math.round(waitMs / 1000)} seconds`;
	return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}

/** Create it; when the answer is lost, look for it, as a second one must not be created. */
async function startedExport(
	transport: Transport,
	name: string,
	programId: string | undefined,
): Promise<ExportJob> {
	try {
		return await createExportJob(transport, { name, programId });
	} catch (caught) {
		const error = expectAdvocateError(caught);
		if (transport.cancelled()) throw error;
		if (lacksExportJobs(error)) {
			throw jobObjection(
				`this key or tenant may not use it (status ${error.statusCode}: ${withoutPeriod(error.message)})`,
			);
		}
		if (isFatal(error)) throw error;
		if (!mayHaveExport(error))
			throw jobObjection(`the API refused it (${withoutPeriod(error.message)})`);
		const found = await lookedFor(transport, name);
		if (found !== undefined) return found;
		throw jobObjection(
			`it is not known whether it was created (${withoutPeriod(error.message)})`,
			`Look for an export named '${name}' in Advocate. ${LATER}`,
		);
	}
}

/** Look for an export that may only just have been created. */
async function lookedFor(transport: Transport, name: string): Promise<ExportJob | undefined> {
	try {
		const found = await findExportJob(transport, name);
		if (found !== undefined) return found;
		await transport.sleep(SHOWS_AFTER_MS);
		return await findExportJob(transport, name);
	} catch (caught) {
		// Not found out is not found: the creation's own error says more.
		const error = expectAdvocateError(caught);
		if (error.kind === 'cancelled') throw error;
		return undefined;
	}
}
