/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** n8n shows descriptions and hints as HTML: what comes from outside is a text there, and untouched everywhere else. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadOptions, pickFromList, runNode } from '../engine/harness';
import { importOrFail, listOf, runImport } from '../engine/jobs/helpers';
import { loadTrigger, PollHost, WebhookHost } from '../engine/triggers/contexts';
import { SOME_SEGMENTS, byId, credentials, nodeRunner, useSimulator } from '../support/advocate';

const LINK = '<a href=//evil.test>Sign in & see</a>';
const SHOWN = '&lt;a href=//evil.test>Sign in &amp; see&lt;/a>';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
});

/** The API refuses everything, with a link in each of its words. */
const refuse = (status = 400): void => {
	simulator().faults.add({
		times: 'always',
		then: {
			kind: 'status',
			status,
			body: { message: LINK, statusCode: status, apiErrorCode: LINK, rsCode: LINK },
		},
	});
};

interface Shown {
	message: string;
	description: string;
}

function expectEscaped(failure: unknown): void {
	const { message, description } = failure as Shown;
	expect(message).toContain(LINK);
	expect(description).toContain(SHOWN);
	expect(description).not.toContain('<');
}

const PARTICIPANT = { resource: 'participant', participant: byId('ann'), options: {} };
const SEGMENTS = { segments: ['vip'], ifParticipantMissing: 'create' };

const OPERATIONS: Record<string, Parameters<typeof run>[0]> = {
	'participant: get': { ...PARTICIPANT, operation: 'get' },
	'participant: add': { ...PARTICIPANT, ...SEGMENTS, operation: 'addSegments' },
	'segment: get many': { resource: 'segment', operation: 'getAll', returnAll: true },
	'import jobs': { resource: 'bulk', operation: 'getImportJobs', returnAll: true },
};

describe.each(Object.entries(OPERATIONS))("the API's words in %s", (_, parameters) => {
	test('are escaped in the description, and only there', async () => {
		refuse();
		const stopped = await run(parameters, { input: [{}] });
		expectEscaped(stopped.error);
		const { main } = await run(parameters, { input: [{}, {}], onError: 'continueRegularOutput' });
		for (const item of main) {
			expectEscaped(item.error);
			expect(JSON.stringify(item.json)).not.toContain('&lt;');
		}
		expect(main[1].json.error).toContain(LINK);
	});

	test('and on the error output', async () => {
		refuse();
		const { outputs } = await run(parameters, { input: [{}, {}], onError: 'continueErrorOutput' });
		const failed = outputs[1] ?? [];
		expect(failed).toHaveLength(2);
		expect(JSON.stringify(failed.map(({ json }) => json))).not.toContain('&lt;');
		expect(String(failed[1].json.error)).toContain(LINK);
	});
});

describe('an import', () => {
	const quoted = `"${LINK}"`;

	test('escapes header cells in the description', async () => {
		const { error } = await runImport(simulator(), `id,${quoted}\na,b\n`, {
			options: { idColumn: 'missing' },
		});
		expect(error?.description).toContain(SHOWN);
		expect(error?.description).not.toContain('<');
	});

	test('shows them as they are in the message and in the summary', async () => {
		const { error } = await runImport(simulator(), `${quoted},x\na,b\n`);
		expect(error?.message).toContain(LINK);
		const { summary } = await importOrFail(simulator(), `id,${quoted}\na,b\n`);
		expect(JSON.stringify(summary.file)).toContain(LINK);
		expect(JSON.stringify(summary)).not.toContain('&lt;');
	});

	test("escapes the API's words in the hint, not in items and files", async () => {
		refuse(401);
		const { hints, summary, rows, rejectsFile } = await importOrFail(simulator(), listOf(3), {
			onError: 'continueRegularOutput',
			options: { engine: 'rows', batchSize: 1, concurrency: 1 },
		});
		const [{ message }] = hints;
		expect(message).toContain(SHOWN);
		expect(message).not.toContain('<');
		expect(String(summary.stopReason)).toContain(LINK);
		expect(JSON.stringify([summary, rows])).not.toContain('&lt;');
		expect(rejectsFile).toContain(LINK);
		expect(rejectsFile).not.toContain('&lt;');
	});

	test('leaves the names of files alone', async () => {
		const { main, hints } = await runNode({
			credentials: credentials(simulator()),
			parameters: {
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'binary',
				binaryPropertyName: 'data',
				segmentAction: 'add',
				segments: ['vip'],
				ifParticipantMissing: 'byAction',
				simplify: false,
				options: {},
			},
			input: [
				{
					json: {},
					binary: {
						data: {
							data: Buffer.from('id\na\n""\n').toString('base64'),
							mimeType: 'text/csv',
							fileName: `${LINK}.csv`,
						},
					},
				},
			],
		});
		expect(main[0].json.details).toMatchObject({ file: { name: `${LINK}.csv` } });
		expect(JSON.stringify(hints)).not.toContain('<a');
	});
});

test('a segment with such a name is made and listed as it is', async () => {
	const { main } = await run({
		resource: 'segment',
		operation: 'create',
		segmentName: LINK,
		segmentKey: 'evil',
		options: {},
	});
	expect(main[0].json).toMatchObject({ name: LINK, key: 'evil' });
	const choices = await loadOptions('getSegments', { credentials: credentials(simulator()) });
	expect(choices).toContainEqual({ name: `${LINK} (evil)`, value: 'evil' });
});

test('the lists of the editor escape it', async () => {
	refuse();
	const data = { credentials: credentials(simulator()) };
	for (const list of [
		pickFromList('searchSegments', data),
		pickFromList('searchParticipants', data),
	]) {
		expectEscaped(await list.catch((error: unknown) => error));
	}
	// Beside a field with several choices the editor shows the message, as HTML.
	const failure: unknown = await loadOptions('getSegments', data).catch((error: unknown) => error);
	expect((failure as Error).message).toContain(SHOWN);
	expect((failure as Error).message).not.toContain('<');
});

describe('a trigger', () => {
	test('escapes it when it is activated', async () => {
		refuse();
		const host = new WebhookHost(loadTrigger('ImpactAdvocateTrigger'), {
			parameters: { events: ['user.created'], options: {} },
			credentials: credentials(simulator()),
		});
		await host.listen();
		try {
			expectEscaped(await host.activate().catch((error: unknown) => error));
			expect(JSON.stringify(host.log)).not.toContain('&lt;');
		} finally {
			host.close();
		}
	});

	test('escapes it when it polls', async () => {
		refuse();
		const host = new PollHost(loadTrigger('ImpactAdvocateSegmentTrigger'), {
			parameters: { event: 'entered', watch: 'chosen', segments: ['vip'], options: {} },
			credentials: credentials(simulator()),
		});
		expectEscaped(await host.poll().catch((error: unknown) => error));
	});
});

test('there is one way to a description, and one to a hint', () => {
	const root = path.join(__dirname, '..', '..', 'nodes');
	const files = readdirSync(root, { recursive: true })
		.map((name) => path.posix.join('nodes', String(name)))
		.filter((name) => name.endsWith('.ts'));
	const using = (pattern: RegExp) =>
		files.filter((name) => pattern.test(readFileSync(path.join(root, '..', name), 'utf8')));
	expect(using(/addExecutionHints\(/)).toEqual(['nodes/shared/n8n/html.ts']);
	expect(using(/\.description = /)).toEqual(['nodes/shared/n8n/nodeErrors.ts']);
	expect(using(/new Node(Api|Operation)Error\(/)).toEqual(['nodes/shared/n8n/nodeErrors.ts']);
});
