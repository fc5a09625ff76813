/** The third pass of a dry run: every row is planned as for sending, and nothing is sent. */
import type { Transport } from '../../shared/advocate/client/transport';
import { Ledger } from './ledger';
import type { RunOutcome } from './outcome';
import { ParticipantSample } from './plan/effectPreview';
import { Intake } from './plan/intake';
import { NewParticipants } from './plan/newParticipants';
import type { PreparedImport } from './prepared';
import { looksFirst, policiesOf } from './rowImport';

/** Plan every row of the file. Participants are looked up where the import itself would, and for the preview. */
export async function planRows(
	transport: Transport,
	prepared: PreparedImport,
): Promise<RunOutcome> {
	const { previewSize, ifMissing, concurrency } = prepared.settings;
	const ledger = new Ledger(prepared);
	const intake = new Intake(prepared, ledger);
	const policies = policiesOf(prepared);
	const fileHash = Buffer.from(prepared.file.fingerprint, 'hex');
	const sample = previewSize > 0 ? new ParticipantSample(previewSize, fileHash) : undefined;
	const missing = looksFirst(prepared) ? new NewParticipants(transport, concurrency) : undefined;
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
	return { ledger, intake, effects, participantsCreated: missing?.count };
}
