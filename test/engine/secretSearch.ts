/** Looks for secrets in everything that leaves a run: items, errors, hints, log lines and files. */
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import {
	byEmail,
	byKey,
	expression,
	nodeRunner,
	onParticipant,
	onSegment,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';
import { useQuickTime } from '../support/quickTime';
import { inlineBinary, N8nLogger, readBinary } from './harness';
import type { NodeRun } from './harness';

/** Every form in which the secrets of a credential could be told. */
export function formsOf(data: ICredentialDataDecryptedObject): string[] {
	const { accountSid = '', authToken = '', apiKey = '' } = data as Record<string, string>;
	const pair = apiKey === '' ? `${accountSid}:${authToken}` : `:${apiKey}`;
	const secrets = [accountSid, authToken, apiKey].filter((secret) => secret !== '');
	return [...secrets, pair].flatMap((text) => [
		text,
		encodeURIComponent(text),
		Buffer.from(text).toString('base64').replace(/=+$/, ''),
		Buffer.from(text).toString('hex'),
	]);
}

/** All texts in a value: own properties whether enumerable or not, keys, causes, stacks, maps, sets and bytes. */
export function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
	if (typeof value === 'string') return [value];
	if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return [];
	if (seen.has(value)) return [];
	seen.add(value);
	if (ArrayBuffer.isView(value)) {
		const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		return [bytes.toString('utf8')];
	}
	const entries: unknown[] =
		value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : [];
	for (const key of Reflect.ownKeys(value)) {
		entries.push(typeof key === 'string' ? key : key.description);
		try {
			entries.push((value as Record<PropertyKey, unknown>)[key]);
		} catch {
			// A getter that can't be called here tells nothing.
		}
	}
	return entries.flatMap((entry) => textsIn(entry, seen));
}

/** A simulator with the segment `vip`, a way to run the node against it, and an ear for what is said meanwhile. */
export function useSecretSearch() {
	const simulator = useSimulator(SOME_SEGMENTS);
	useQuickTime();
	const run = nodeRunner(simulator);

	/** What n8n was asked to log while a test ran. */
	let logged: unknown[];
	let printed: string[];

	beforeEach(() => {
		simulator().state.addSegment({ key: 'vip', name: 'VIP' });
		logged = [];
		printed = [];
		for (const level of ['error', 'warn', 'info', 'debug'] as const) {
			jest.spyOn(N8nLogger.prototype, level).mockImplementation((...line: unknown[]) => {
				logged.push(line);
			});
			jest.spyOn(console, level).mockImplementation((...line: unknown[]) => {
				printed.push(line.map(String).join(' '));
			});
		}
	});

	afterEach(() => jest.restoreAllMocks());

	/** The texts that came out of a run: its result, the files of its items, and the log. */
	async function told(result: NodeRun | unknown): Promise<string[]> {
		const { outputs = [] } = result as Partial<NodeRun>;
		const files: string[] = [];
		for (const item of outputs.flat()) {
			for (const name of Object.keys(item.binary ?? {})) {
				files.push((await readBinary(item, name)).toString('utf8'));
			}
		}
		return [...textsIn(result), ...files, ...textsIn(logged), ...printed];
	}

	async function expectNoSecrets(
		result: unknown,
		data: ICredentialDataDecryptedObject,
	): Promise<void> {
		const texts = await told(result);
		expect(texts.length).toBeGreaterThan(0);
		const forms = formsOf(data);
		const leaks = texts.filter((text) => forms.some((form) => text.includes(form)));
		expect(leaks).toEqual([]);
	}

	return { simulator, run, logged: () => logged, expectNoSecrets };
}

export const noWait = { maxWaitTime: 0, timeout: 1 };
const segments = { segments: expression(['vip']) };

const CSV = 'id\nann@example.com\nbob@example.com\ncid@example.com\n';

export const importOf = (
	options: INodeParameters = {},
	parameters: INodeParameters = {},
): INodeParameters => ({
	resource: 'bulk',
	operation: 'importCsv',
	rowOutput: 'all',
	...segments,
	...parameters,
	options: { ...noWait, ...options },
});

/** At least one operation for each way to the API. */
export const OPERATIONS: Record<string, INodeParameters> = {
	'REST read': onParticipant('get', { options: noWait }),
	'look-up by e-mail': onParticipant('get', {
		participant: byEmail('ann@example.com'),
		options: noWait,
	}),
	'batched write': onParticipant('addSegments', { ...segments, options: noWait }),
	'guarded write': onParticipant('clearSegments', { options: noWait }),
	'GraphQL read': onSegment('get', { segment: byKey('vip'), options: noWait }),
	'GraphQL write': onSegment('create', { segmentName: 'VIP', options: noWait }),
	'list of jobs': { resource: 'bulk', operation: 'getImportJobs', options: noWait },
	'import by rows': importOf({ engine: 'rows' }),
	'import by job': importOf({ engine: 'job' }),
};

/** An item for each of two participants, with the same file. */
export const input = () => [
	{ json: { id: 'ann@example.com' }, binary: { data: inlineBinary(CSV, 'people.csv') } },
	{ json: { id: 'bob@example.com' }, binary: { data: inlineBinary(CSV, 'people.csv') } },
];
