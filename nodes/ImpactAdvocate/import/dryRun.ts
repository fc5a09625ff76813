/** The third pass of a dry run: every row is planned as for sending, and nothing is sent. */
import { expectAdvocateError } from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import type { Transport } from '../../shared/advocate/client/transport';
import { Ledger } from './ledger';
import type { RunOutcome } from './outcome';
import { ParticipantSample } from './plan/effectPreview';
import { Intake } from './plan/intake';
import type { PreparedImport } from './prepared';
import { looksFirst, policiesOf } from './rowImport';
import {
	lookUpParticipants,
	MAX_LOOKUPS,
	participantKey,
} from '../../shared/advocate/participants';
import type { ParticipantId } from '../../shared/advocate/participants';
import { ownCopy } from './file/csvFile';
import { ParticipantIndex } from './plan/participantIndex';

/** Most rows of which a dry run looks everybody up, which takes a request per 100 of them. */
const ROWS_LOOKED_UP = 1000;

/**
 * Plan every row of the file. Participants are looked up where the import itself would, in a short list, and for the
 * preview.
 */
export async function planRows(
	transport: Transport,
	prepared: PreparedImport,
): Promise<RunOutcome> {
	const { previewSize, ifMissing, concurrency } = prepared.settings;
	const ledger = new Ledger(prepared);
	const intake = new Intake(prepared, ledger);
	const policies = policiesOf(prepared);
	const fileHash = Buffer.from(prepared.table.fingerprint, 'hex');
	const sample = previewSize > 0 ? new ParticipantSample(previewSize, fileHash) : undefined;
	const isNeeded = looksFirst(prepared);
	// A misspelled ID would become a participant. That is worth a few requests, and not thousands.
	const isWorthIt = previewSize === 0 && prepared.survey.plannedRows <= ROWS_LOOKED_UP;
	const missing =
		isNeeded || isWorthIt ? new NewParticipants(transport, concurrency, isNeeded) : undefined;
	for await (const rows of intake.rows()) {
		for (const { row, planned } of rows) {
			const { accountId, id, change, action } = planned;
			sample?.offer({ accountId, id }, change);
			if (policies[action].ifMissing === 'create') await missing?.offer(planned);
			ledger.end(row, { id, accountId, status: 'planned' });
		}
	}
	// By action, those that rows take out of segments have none to lose.
	const createsMissing = ifMissing === 'create' || ifMissing === 'byAction';
	const effects = await sample?.preview(transport, createsMissing);
	await missing?.lookUp();
	return {
		ledger,
		intake,
		effects,
		participantsCreated: missing?.failure === undefined ? missing?.count : undefined,
		lookUpFailure: missing?.failure,
	};
}

/** Looks participants up in batches as they come, so that memory holds few of them. */
class NewParticipants {
	/** Those that do not exist, among the participants looked up so far. */
	count = 0;

	private readonly seen = new ParticipantIndex(false);

	private waiting: ParticipantId[] = [];

	/** Why nothing is known of them: only of a look that is not needed. */
	failure?: AdvocateError;

	/**
	 * @param concurrency maximum number of look-ups at the same time
	 * @param isNeeded whether the dry run fails with it; otherwise, the plan is worth more than the number
	 */
	constructor(
		private readonly transport: Transport,
		private readonly concurrency: number,
		private readonly isNeeded: boolean,
	) {}

	/**
	 * Note a participant that would be created if it does not exist.
	 * @throws AdvocateError
	 */
	async offer({ accountId, id }: ParticipantId): Promise<void> {
		if (!this.seen.add(participantKey({ accountId, id }))) return;
		this.waiting.push({ accountId: ownCopy(accountId), id: ownCopy(id) });
		if (this.waiting.length >= this.concurrency * MAX_LOOKUPS) await this.lookUp();
	}

	/**
	 * Look up what is left.
	 * @throws AdvocateError when it is needed, or the execution was stopped
	 */
	async lookUp(): Promise<void> {
		const batches: ParticipantId[][] = [];
		for (let start = 0; start < this.waiting.length; start += MAX_LOOKUPS) {
			batches.push(this.waiting.slice(start, start + MAX_LOOKUPS));
		}
		this.waiting = [];
		if (this.failure !== undefined) return;
		try {
			const found = await Promise.all(
				batches.map(async (batch) => await lookUpParticipants(this.transport, batch)),
			);
			this.count += found.flat().filter((participant) => participant === undefined).length;
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (this.isNeeded || this.transport.cancelled()) throw error;
			this.failure = error;
		}
	}
}
