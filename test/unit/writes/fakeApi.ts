/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** An API that answers when, and with what, the test says, and writes that run against it. */
import type { PortRequest, PortResponse } from '../../../nodes/shared/advocate/client/port';
import type { Transport } from '../../../nodes/shared/advocate/client/transport';
import type {
	ParticipantWrite,
	WritePolicy,
	WriteResult,
} from '../../../nodes/ImpactAdvocate/writes/write';
import { runWrites } from '../../../nodes/ImpactAdvocate/writes/run';
import type {
	WriteOptions,
	WriteSink,
	WriteStatistics,
} from '../../../nodes/ImpactAdvocate/writes/run';
import { changeOf } from '../../../nodes/shared/segments/change';
import { FakePort } from '../advocate/fakePort';

export interface OpenRequest {
	request: PortRequest;
	/** Ids of the participants in it. */
	ids: string[];
	answer(response: Partial<PortResponse>): void;
	/** Answer as an API that did all that was asked. */
	accept(): void;
}

interface Input {
	id: string;
	accountId: string;
	segments?: string[];
}

interface GraphqlBody {
	operationName: string;
	variables: { userInputs?: Input[]; userInput?: Input };
}

/** The body of a request, as its receiver reads it. */
export function bodyOf({ body }: PortRequest): unknown {
	return body instanceof Uint8Array ? JSON.parse(Buffer.from(body).toString()) : undefined;
}

function inputsOf(request: PortRequest): Input[] {
	const body = bodyOf(request);
	if (request.method === 'PUT') return [body as Input];
	const { variables } = (body ?? { variables: {} }) as GraphqlBody;
	return variables.userInputs ?? (variables.userInput === undefined ? [] : [variables.userInput]);
}

const isAddition = (operation: string) => !operation.startsWith('~');

/** A participant after the operations, had it been in no segment before. */
const done = ({ id, accountId, segments = [] }: Input) => ({
	__typename: 'User',
	id,
	accountId,
	segments: segments.filter(isAddition),
});

/** The body with which an API answers that did all that was asked. */
export function acceptance(request: PortRequest): unknown {
	const results = inputsOf(request).map(done);
	return request.method === 'PUT' ? results[0] : { data: { upsertUsers: results } };
}

/** Let everything go on that waits for nothing but its turn. */
export async function settle(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}

/** The fake port whose requests stay open until the test answers them. */
export class FakeApi extends FakePort {
	/** Requests without an answer, oldest first. */
	readonly open: OpenRequest[] = [];

	maxOpen = 0;

	constructor() {
		super([]);
	}

	override async send(request: PortRequest): Promise<PortResponse> {
		this.sent.push(request);
		return await new Promise<PortResponse>((resolve) => {
			const inputs = inputsOf(request);
			const entry: OpenRequest = {
				request,
				ids: inputs.map(({ id }) => id),
				answer: (response) => {
					this.open.splice(this.open.indexOf(entry), 1);
					resolve({ statusCode: 200, headers: {}, body: {}, ...response });
				},
				accept: () => entry.answer({ body: acceptance(request) }),
			};
			this.open.push(entry);
			this.maxOpen = Math.max(this.maxOpen, this.open.length);
		});
	}

	/** Accept what is open, and what follows, until the run ends. */
	async acceptAll(run: RunningWrites): Promise<void> {
		for (let round = 0; round < 100_000 && !run.ended; round++) {
			this.open[0]?.accept();
			await settle();
		}
		await run.finished;
	}
}

export const POLICY: WritePolicy = {
	ifMissing: 'create',
	readBefore: false,
	verify: true,
	createMissingSegments: false,
};

export type Write = ParticipantWrite<number>;

/** A write that adds a participant to a segment; its source is its number. */
export const addition = (id: string, source: number, fields: Partial<Write> = {}): Write => ({
	accountId: id,
	id,
	sources: [source],
	change: changeOf('add', ['vip']),
	policy: POLICY,
	...fields,
});

/** A run at work. */
export class RunningWrites {
	readonly results: Array<{ sources: number[]; result: WriteResult }> = [];

	/** Called after each result. */
	onResult: () => void = () => {};

	/** Writes the run has taken from the source. */
	pulled = 0;

	ended = false;

	sourceClosed = false;

	readonly finished: Promise<WriteStatistics>;

	constructor(
		port: FakePort,
		writes: Iterable<Write[]>,
		options: Partial<WriteOptions & Pick<WriteSink<number>, 'shouldStop'>> = {},
		transport: Transport = port.transport({ timeoutMs: 1000, waitBudgetMs: 60_000 }),
	) {
		const source = this.source(writes);
		const { shouldStop = () => undefined, ...limits } = options;
		this.finished = runWrites<number>(
			transport,
			{
				next: async () => (await source.next()).value ?? undefined,
				done: ({ sources }, result) => {
					this.results.push({ sources, result });
					this.onResult();
				},
				shouldStop,
			},
			{ concurrency: 4, batchSize: 1, mergeRepeats: true, ...limits },
		).finally(() => {
			this.ended = true;
		});
		// A test that expects a failure looks at it later.
		this.finished.catch(() => {});
	}

	/** How each source ended. */
	get outcomes(): Record<number, string> {
		return Object.fromEntries(
			this.results.flatMap(({ sources, result }) =>
				sources.map((source) => [source, result.status] as const),
			),
		);
	}

	private async *source(writes: Iterable<Write[]>): AsyncGenerator<Write[], undefined> {
		try {
			for (const chunk of writes) {
				this.pulled += chunk.length;
				yield chunk;
			}
		} finally {
			this.sourceClosed = true;
		}
	}
}

/** `count` different participants, in chunks. */
export function* people(count: number, chunkSize = 1): Generator<Write[]> {
	for (let start = 0; start < count; start += chunkSize) {
		const size = Math.min(chunkSize, count - start);
		yield Array.from({ length: size }, (_, index) => addition(`p${start + index}`, start + index));
	}
}
