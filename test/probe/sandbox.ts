/** What the probe makes in the tenant, under names of its own, and how it takes it away again. */
import { randomBytes } from 'node:crypto';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { ProbeError, reasonOf, StoppedError } from './client';
import type { Answer, ProbeClient } from './client';

/** Letters and digits only: the least that any rule for keys must allow. */
export const PREFIX = 'n8nProbe';

/** A passing trouble of the API must not leave anything behind. */
const CLEAN_UP_TRIES = 3;
const CLEAN_UP_PAUSE_MS = 500;

export type Fields = Record<string, unknown>;

export class Sandbox {
	/** What this run's names begin with. */
	readonly prefix = `${PREFIX}${randomBytes(4).toString('hex')}`;

	/** The accounts of the participants, by their IDs. */
	private readonly participants = new Map<string, string>();

	private readonly segments = new Set<string>();

	private readonly jobs = new Set<string>();

	private counter = 0;

	constructor(private readonly client: ProbeClient) {}

	/** An ID for a participant that may come to exist from now on, in an account of the same name unless told. */
	participantId(accountId?: string): string {
		const id = `${this.prefix}p${++this.counter}`;
		this.participants.set(id, accountId ?? id);
		return id;
	}

	/** The path of a participant of the sandbox in REST. */
	pathOf(id: string): string {
		const accountId = this.participants.get(id) ?? id;
		return `/open/account/${encodeURIComponent(accountId)}/user/${encodeURIComponent(id)}`;
	}

	/** A key for a segment that may come to exist from now on. */
	segmentKey(ending = `s${++this.counter}`): string {
		const key = this.prefix + ending;
		this.segments.add(key);
		return key;
	}

	/** Forget a key that was refused, so that no segment has it. */
	forgetSegment(key: string): void {
		this.segments.delete(key);
	}

	/** Note a job, to be deleted in the end. */
	addJob(id: string): void {
		this.jobs.add(id);
	}

	/** Write a participant over REST. */
	async put(id: string, fields: Fields = {}): Promise<Answer> {
		const accountId = this.participants.get(id) ?? id;
		return await this.client.request('PUT', this.pathOf(id), {
			body: { id, accountId, ...fields },
		});
	}

	/** Write a participant over REST; it must work. */
	async mustPut(id: string, fields: Fields = {}): Promise<void> {
		const answer = await this.put(id, fields);
		if (answer.status >= 300) throw new ProbeError(`PUT was refused: ${reasonOf(answer)}`);
	}

	/** Read a participant over REST. */
	async get(id: string): Promise<Fields> {
		const answer = await this.client.request('GET', this.pathOf(id));
		if (answer.status >= 300 || !isRecord(answer.json)) {
			throw new ProbeError(`GET was refused: ${reasonOf(answer)}`);
		}
		return answer.json;
	}

	/** The segments of a participant. */
	async segmentsOf(id: string): Promise<string[]> {
		const { segments } = await this.get(id);
		return Array.isArray(segments) ? segments.map(String) : [];
	}

	/** Create, rename or archive a segment. */
	async upsertSegment(key: string, fields: Fields = {}) {
		return await this.client.graphql(
			'mutation ProbeSegment($s: SegmentInput!) { upsertSegment(segmentInput: $s) { key status } }',
			{ s: { key, ...fields } },
		);
	}

	/** A new segment. */
	async newSegment(): Promise<string> {
		const key = this.segmentKey();
		const { refusal } = await this.upsertSegment(key, { name: key });
		if (refusal !== undefined) throw new ProbeError(`no segment could be made: ${refusal}`);
		return key;
	}

	/** Whether there is a segment with this key. */
	async segmentExists(key: string): Promise<boolean> {
		const { segment } = await this.client.must(
			'query ProbeSegmentExists($k: SegmentKey!) { segment(key: $k) { key status } }',
			{ k: key },
		);
		return isRecord(segment);
	}

	/** When a segment was last changed, in milliseconds since the epoch. */
	async dateModified(key: string): Promise<number> {
		const { segment } = await this.client.must(
			'query ProbeSegmentDate($k: SegmentKey!) { segment(key: $k) { dateModified } }',
			{ k: key },
		);
		return isRecord(segment) ? Number(segment.dateModified) : NaN;
	}

	/** Let the API's clock move on. */
	async pause(): Promise<void> {
		await this.client.sleep(50);
	}

	/**
	 * Delete the jobs, then the participants they may have made, and archive the segments.
	 * @returns what is left, and why
	 */
	async cleanUp(client: ProbeClient): Promise<string[]> {
		const left: string[] = [];
		const attempt = async (what: string, work: () => Promise<string | undefined>) => {
			let problem: string | undefined;
			for (let tries = 1; tries <= CLEAN_UP_TRIES; tries++) {
				if (tries > 1) await client.sleep(CLEAN_UP_PAUSE_MS);
				problem = await work().catch((caught: unknown) =>
					caught instanceof Error ? caught.message : String(caught),
				);
				if (problem === undefined) return;
			}
			left.push(`${what}: ${problem}`);
		};
		for (const id of this.jobs) {
			await attempt(`import job ${id}`, async () => {
				const document =
					'mutation ProbeDeleteJob($id: ID!) { deleteJob(id: $id) { deletedCount } }';
				return (await client.graphql(document, { id })).refusal;
			});
		}
		for (const id of this.participants.keys()) {
			await attempt(`participant ${id}`, async () => {
				const answer = await client.request('DELETE', this.pathOf(id));
				return answer.status < 300 || answer.status === 404 ? undefined : reasonOf(answer);
			});
		}
		for (const key of this.segments) {
			await attempt(`segment ${key}`, async () => await archive(client, key));
		}
		return left;
	}
}

/** Archive a segment, if there is one: an upsert would make it. */
async function archive(client: ProbeClient, key: string): Promise<string | undefined> {
	const found = await client.graphql(
		'query ProbeSegmentExists($k: SegmentKey!) { segment(key: $k) { key status } }',
		{ k: key },
	);
	if (found.refusal !== undefined) return found.refusal;
	const { segment } = found.data;
	if (!isRecord(segment) || segment.status === 'ARCHIVED') return undefined;
	const { refusal } = await client.graphql(
		'mutation ProbeArchive($s: SegmentInput!) { upsertSegment(segmentInput: $s) { key } }',
		{ s: { key, status: 'ARCHIVED' } },
	);
	return refusal;
}

/** Let a stop through; everything else is an answer. */
export function unlessStopped(caught: unknown): string {
	if (caught instanceof StoppedError) throw caught;
	return caught instanceof Error ? caught.message : String(caught);
}
