/** For a dry run: how many participants the import would create. Reads only. */
import type { Transport } from '../../../shared/advocate/client/transport';
import {
	lookUpParticipants,
	MAX_LOOKUPS,
	participantKey,
} from '../../../shared/advocate/participants';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { ownCopy } from '../file/csvFile';
import { ParticipantIndex } from './participantIndex';

/** Looks participants up in batches as they come, so that memory holds few of them. */
export class NewParticipants {
	/** Those that do not exist, among the participants looked up so far. */
	count = 0;

	private readonly seen = new ParticipantIndex(false);

	private waiting: ParticipantId[] = [];

	/** @param concurrency maximum number of look-ups at the same time */
	constructor(
		private readonly transport: Transport,
		private readonly concurrency: number,
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
	 * @throws AdvocateError
	 */
	async lookUp(): Promise<void> {
		const batches: ParticipantId[][] = [];
		for (let start = 0; start < this.waiting.length; start += MAX_LOOKUPS) {
			batches.push(this.waiting.slice(start, start + MAX_LOOKUPS));
		}
		this.waiting = [];
		const found = await Promise.all(
			batches.map(async (batch) => await lookUpParticipants(this.transport, batch)),
		);
		this.count += found.flat().filter((participant) => participant === undefined).length;
	}
}
