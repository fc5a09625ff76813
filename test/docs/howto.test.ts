/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The how-tos: every workflow in them is run, every CSV imported, every output and message compared with the node's. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type {
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeProperties,
	INodePropertyOptions,
	INodeType,
} from 'n8n-workflow';
import {
	errorFromBadAnswer,
	errorFromResponse,
} from '../../nodes/shared/advocate/client/readErrors';
import { EXAMPLE_NODE_TYPES } from '../demo/standIns';
import {
	CREDENTIAL_NAME,
	inlineBinary,
	loadCredentialType,
	loadNodeType,
	NODE_TYPE,
	readBinary,
	runWorkflow,
} from '../engine/harness';
import type { NodeRun, WorkflowInput, WorkflowRun } from '../engine/harness';
import { passThrough, standIn, TRIGGER } from '../engine/harness/standIn';
import { loadTrigger } from '../engine/triggers/contexts';
import type { Simulator } from '../simulator/server';
import {
	byId,
	credentials,
	expression,
	failedJson,
	nodeRunner,
	useSimulator,
} from '../support/advocate';
import { ROOT } from './markdown';

const FOLDER = path.join(ROOT, 'docs', 'how-to');
const OTHERS = ['docs/verification.md', 'docs/demo-video.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const pages = readdirSync(FOLDER).sort();

interface Snippet {
	/** What stands behind the three ticks. */
	kind: string;
	text: string;
}

function snippetsOf(markdown: string): Snippet[] {
	return [...markdown.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, kind, text]) => ({
		kind,
		text,
	}));
}

const read = (page: string): string => readFileSync(path.join(FOLDER, page), 'utf8');

const ofKind = (kind: RegExp): Array<[page: string, index: number, snippet: Snippet]> =>
	pages.flatMap((page) =>
		snippetsOf(read(page))
			.filter((snippet) => kind.test(snippet.kind))
			.map((snippet, index): [string, number, Snippet] => [page, index, snippet]),
	);

const simulator = useSimulator();
const run = nodeRunner(simulator);

/** Those of other services only give out what a test says. */
const NODE_TYPES: Record<string, INodeType> = {
	...EXAMPLE_NODE_TYPES,
	'n8n-nodes-base.hubspotTrigger': standIn('hubspotTrigger', passThrough, TRIGGER),
	'n8n-nodes-base.hubspot': standIn('hubspot'),
	'n8n-nodes-base.ftp': standIn('ftp'),
};

interface Scenario {
	prepare?: (simulator: Simulator) => void;
	/** What nodes outside of this package put out. */
	given?: Record<string, INodeExecutionData[]>;
	check: (result: WorkflowRun, simulator: Simulator) => void;
}

/** A node as it is on the canvas, with the credential chosen. */
const pasted = (node: INode): INode => ({
	...node,
	id: node.name,
	...(node.type === NODE_TYPE
		? { credentials: { [CREDENTIAL_NAME]: { id: 'c1', name: 'Advocate account' } } }
		: {}),
});

const pairedJson = (...all: IDataObject[]): INodeExecutionData[] =>
	all.map((json, item) => ({ json, pairedItem: { item } }));

/** A run of each workflow of each page, in the order of the page. */
const SCENARIOS: Record<string, Scenario[]> = {
	'crm-to-segments.md': [
		{
			prepare: ({ state }) => {
				state.addParticipant({ id: 'ada@example.com', segments: ['leads'] });
				state.addParticipant({ id: 'grace@example.com', segments: ['customers'] });
			},
			given: {
				'Stage Changed': pairedJson(
					{ contactId: 1, propertyName: 'lifecyclestage', propertyValue: 'customer' },
					{ contactId: 2, propertyName: 'lifecyclestage', propertyValue: 'lead' },
					{ contactId: 3, propertyName: 'lifecyclestage', propertyValue: 'lead' },
				),
				Contact: pairedJson(
					{ properties: { email: { value: 'ada@example.com' } } },
					{ properties: { email: { value: 'grace@example.com' } } },
					{ properties: { email: { value: 'unknown@example.com' } } },
				),
			},
			check: (result, { state }) => {
				expect(result.items('Update Segments').map(({ json }) => json.segments)).toEqual([
					['customers'],
					['leads'],
					[],
				]);
				expect(state.participants.size).toBe(2);
			},
		},
	],
	'nightly-csv-import.md': [
		{
			given: {
				Download: [
					{
						json: {},
						binary: { data: inlineBinary('id\nada@example.com\ngrace@example.com\n') },
						pairedItem: { item: 0 },
					},
				],
			},
			check: (result, { state }) => {
				expect(result.items('Everything Imported?')[0].json).toMatchObject({ succeeded: 2 });
				expect(state.segmentsOf('grace@example.com')).toEqual(['newsletter']);
			},
		},
	],
	'segment-clean-up.md': [
		{
			prepare: ({ state }) => {
				state.addParticipant({ id: 'ada', segments: ['used'] });
				state.addSegment({ key: 'unused' });
			},
			check: (result, { state }) => {
				expect(result.items('Archive').map(({ json }) => json.key)).toEqual(['unused']);
				expect(state.segments.get('used')?.status).toBe('ACTIVE');
			},
		},
		{
			prepare: ({ state }) => {
				state.addParticipant({ id: 'ada', accountId: 'family', segments: ['summerCampaign', 'a'] });
				state.addParticipant({ id: 'bob', segments: ['summerCampaign'] });
				state.addParticipant({ id: 'cid', segments: ['a'] });
			},
			check: (result, { state }) => {
				expect(result.items('Take Out')).toHaveLength(2);
				expect(state.segmentsOf('ada', 'family')).toEqual(['a']);
				expect(state.membersOf('summerCampaign').size).toBe(0);
			},
		},
	],
	'error-handling.md': [
		{
			given: {
				Start: pairedJson({ id: 'ada', segments: ['vip'] }, { id: 'bob', segments: [] }),
			},
			check: (result) => {
				expect(result.items('Changed').map(({ json }) => json.id)).toEqual(['ada']);
				expect(result.items('For Review')[0].json).toEqual(
					failedJson(
						expect.stringContaining('[item 1]'),
						{ itemIndex: 1, hint: expect.any(String) },
						{ id: 'bob', segments: [] },
					),
				);
			},
		},
	],
	'large-files.md': [
		{
			prepare: ({ state }) => state.addParticipant({ id: 'ada', segments: ['a'] }),
			given: { Start: [{ json: {}, binary: { data: inlineBinary('id\nada\nbob\n') } }] },
			check: (result, { state }) => {
				const [{ json }] = result.items('Check');
				expect(json).toMatchObject({ planned: 2, succeeded: 0 });
				expect((json.plan as IDataObject).effects).toHaveLength(2);
				expect(state.segmentsOf('ada')).toEqual(['a']);
			},
		},
	],
};

describe('workflows', () => {
	const workflows = ofKind(/^json workflow$/).filter(([page]) => page !== 'ai-agent.md');

	it('each has a run here', () => {
		const counts: Record<string, number> = {};
		for (const [page] of workflows) counts[page] = (counts[page] ?? 0) + 1;
		const scenarios = Object.entries(SCENARIOS).map(([page, all]) => [page, all.length]);
		expect(counts).toEqual(Object.fromEntries(scenarios));
	});

	it.each(workflows)('%s, workflow %i does what the page says', async (page, index, { text }) => {
		const workflow = JSON.parse(text) as WorkflowInput;
		const { prepare, given, check } = SCENARIOS[page][index];
		prepare?.(simulator());
		const result = await runWorkflow(
			{ ...workflow, nodes: workflow.nodes.map(pasted) },
			{ credentials: credentials(simulator()), nodeTypes: NODE_TYPES, given },
		);
		expect(result.error).toBeUndefined();
		expect(result.status).toBe('success');
		check(result, simulator());
	});

	it("the agent's tool chooses the person only", async () => {
		const [[, , { text }]] = ofKind(/^json workflow$/).filter(([page]) => page === 'ai-agent.md');
		const [{ parameters }] = (JSON.parse(text) as WorkflowInput).nodes;
		simulator().state.addParticipant({ id: 'p1', email: 'ada@example.com' });
		const filled = JSON.parse(
			JSON.stringify(parameters).replace(/=\{\{ \$fromAI\(.*?\) \}\}/, 'ada@example.com'),
		) as typeof parameters;
		const { main, error } = await run(filled);
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ id: 'p1', segments: ['vip'] });
	});
});

describe('parameters', () => {
	const properties = loadNodeType().description.properties;
	const named = (name: string) => properties.filter((property) => property.name === name);

	/** What of a value the parameter does not offer. */
	function problems(name: string, value: unknown, candidates: INodeProperties[]): string[] {
		if (candidates.length === 0) return [`there is no parameter ${name}`];
		const isPlain = typeof value === 'string' && !value.startsWith('=');
		return candidates.some((candidate) => {
			if (candidate.type === 'options' && isPlain) {
				return (candidate.options as INodePropertyOptions[]).some(
					(option) => option.value === value,
				);
			}
			if (candidate.type !== 'collection') return true;
			const inner = (candidate.options ?? []) as INodeProperties[];
			return Object.entries(value as IDataObject).every(
				([key, entry]) =>
					problems(
						key,
						entry,
						inner.filter((option) => option.name === key),
					).length === 0,
			);
		})
			? []
			: [`${name}: ${JSON.stringify(value)} is not offered`];
	}

	it.each(ofKind(/^json workflow$/))('%s, workflow %i uses what there is', (_, __, { text }) => {
		const { nodes } = JSON.parse(text) as WorkflowInput;
		const own = nodes.filter(({ type }) => type === NODE_TYPE);
		expect(own.length).toBeGreaterThan(0);
		for (const { parameters } of own) {
			const found = Object.entries(parameters).flatMap(([name, value]) =>
				problems(name, value, named(name)),
			);
			expect(found).toEqual([]);
		}
	});

	it.each(pages)('%s names fields and choices as the editor does', (page) => {
		const known = new Set<string>();
		const collect = (value: unknown): void => {
			if (Array.isArray(value)) value.forEach(collect);
			else if (typeof value === 'object' && value !== null) {
				const { displayName, name } = value as { displayName?: string; name?: string };
				for (const text of [displayName, name]) {
					if (typeof text === 'string') known.add(text.replace(/ \(Insecure\)$/, ''));
				}
				Object.values(value).forEach(collect);
			}
		};
		collect(properties);
		collect(loadCredentialType().properties);
		for (const trigger of ['ImpactAdvocateTrigger', 'ImpactAdvocateSegmentTrigger'] as const) {
			collect(loadTrigger(trigger).description.properties);
		}
		// n8n's own, and the names of nodes.
		for (const text of [
			'On Error',
			'Retry On Fail',
			'HubSpot Trigger',
			'HubSpot',
			'impact.com Advocate',
			'Salesforce Trigger',
			'Salesforce',
			'FTP',
			'AWS S3',
			'Google Drive',
			'HTTP Request',
			'Ignore SSL Issues',
		]) {
			known.add(text);
		}
		const bold = [...read(page).matchAll(/\*\*([^*]+)\*\*/g)].map((match) => match[1]);
		expect(bold.filter((text) => !known.has(text))).toEqual([]);
	});
});

describe('CSV', () => {
	it.each(ofKind(/^csv$/))('%s, file %i is imported without a bad row', async (_, __, { text }) => {
		const { main, error } = await run(
			{
				resource: 'bulk',
				operation: 'importCsv',
				...(/^id,segments,action$/m.test(text)
					? { segmentAction: 'file' }
					: { segments: expression(['newsletter']) }),
				options: { createMissingSegments: true },
			},
			{ input: [{ json: {}, binary: { data: inlineBinary(text) } }] },
		);
		expect(error).toBeUndefined();
		const lines = text.trim().split('\n').length - 1;
		const { rows, succeeded, skipped } = main[0].json;
		expect({ rows, done: Number(succeeded) + Number(skipped) }).toEqual({
			rows: lines,
			done: lines,
		});
	});
});

test('the names of columns, delimiter and encoding of a portal file may differ, as the page says', async () => {
	const latin1 = Buffer.from('ACCOUNTID;Id;First Name\nada;ada;Zo\xeb\n', 'latin1');
	const { main } = await run(
		{
			resource: 'bulk',
			operation: 'importCsv',
			segments: expression(['a']),
			simplify: false,
		},
		{ input: [{ json: {}, binary: { data: inlineBinary(latin1) } }] },
	);
	expect(main[0].json).toMatchObject({
		succeeded: 1,
		details: { file: { delimiter: ';', columns: { id: 'Id', accountId: 'ACCOUNTID' } } },
	});
	const { file } = main[0].json.details as { file: IDataObject };
	expect(file.encoding).not.toBe('utf-8');
});

test('a rejects file is imported as it is, as the page says', async () => {
	simulator().setOptions({ participantRejects: { bob: { message: 'Refused' } } });
	const importing = { resource: 'bulk', operation: 'importCsv', segments: expression(['a']) };
	const first = await run(importing, {
		input: [{ json: {}, binary: { data: inlineBinary('id,note\nada,x\nbob,y\n') } }],
	});
	const rejects = await readBinary(first.main[0], 'rejects');
	simulator().setOptions({ participantRejects: {} });
	const again = await run(importing, {
		input: [{ json: {}, binary: { data: inlineBinary(rejects) } }],
	});
	expect(again.main[0].json).toMatchObject({ rows: 1, succeeded: 1 });
	expect(simulator().state.segmentsOf('bob')).toEqual(['a']);
});

test('the demo video shows what its script says', async () => {
	const script = readFileSync(path.join(ROOT, 'docs', 'demo-video.md'), 'utf8');
	const file = /^ {2}(`[^\n]+`)$/m.exec(script)?.[1] ?? '';
	const csv = file
		.split(' · ')
		.map((row) => row.replaceAll('`', ''))
		.join('\n');
	const { state } = simulator();
	for (const name of ['VIP', 'Beta']) {
		const { main } = await run({ resource: 'segment', operation: 'create', segmentName: name });
		expect(main[0].json).toMatchObject({ key: name.toLowerCase(), created: true });
	}
	const importing = {
		resource: 'bulk',
		operation: 'importCsv',
		csvSource: 'text',
		csvText: csv,
	};
	const { main: checked } = await run({ ...importing, dryRun: true });
	expect(script).toContain('`planned` is 2, `invalid` is 1');
	expect(checked[0].json).toMatchObject({ planned: 2, invalid: 1 });
	expect(state.participants.size).toBe(0);
	const { main: imported, hints } = await run(importing);
	expect(imported[0].json).toMatchObject({ succeeded: 2, invalid: 1 });
	expect(script).toContain('*2 of 3 rows imported, 1 not*');
	expect(JSON.stringify(hints)).toContain(
		'2 of 3 rows imported, 1 not: row 3: the participant ID is blank',
	);
	const empty = await run(
		{
			resource: 'participant',
			operation: 'setSegments',
			participant: byId('ada@example.com'),
			segments: '={{ [] }}',
		},
		{ onError: 'continueRegularOutput' },
	);
	expect(script).toContain('`{{ [] }}`');
	expect(empty.main[0].json.error).toMatch(/\[item 0\]$/);
});

test('error-handling.md shows a failed item as it is', async () => {
	const [, example] =
		/```json failed item\n(\{ "id": "ada@example.com", "plan".*)\n```/.exec(
			readFileSync(path.join(ROOT, 'docs/how-to/error-handling.md'), 'utf8'),
		) ?? [];
	const shown = JSON.parse(example) as { error: string; details: object };
	simulator().options.participantRejects = {
		'ada@example.com': { message: 'Not this one.', statusCode: 400 },
	};
	const people = ['a', 'b', 'c', 'ada@example.com'].map((id) => ({ id, plan: 'gold' }));
	const { outputs } = await run(
		{
			resource: 'participant',
			operation: 'addSegments',
			participant: byId('={{ $json.id }}'),
			segments: expression(['vip']),
		},
		{ input: people, onError: 'continueErrorOutput' },
	);
	expect(outputs[1].map(({ json }) => json)).toEqual([
		failedJson(shown.error, { ...shown.details }, people[3]),
	]);
});

describe('outputs', () => {
	const importing = async (csv: string, parameters: INodeParameters) =>
		await run({
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: csv,
			segments: expression(['newsletter']),
			...parameters,
		});

	/** What leads to the output that a page shows, page by page. */
	const RUNS: Record<string, () => Promise<NodeRun>> = {
		'crm-to-segments.md': async () => {
			simulator().state.addParticipant({ id: 'ada@example.com', segments: ['leads'] });
			return await run({
				resource: 'participant',
				operation: 'updateSegments',
				participant: byId('ada@example.com'),
				addSegments: expression(['customers']),
				removeSegments: expression(['leads']),
			});
		},
		'error-handling.md': async () => {
			simulator().setOptions({ participantRejects: { bob: { message: 'Refused' } } });
			return await importing('id\nada\nbob\ncid\n', {
				options: { stopOn: 'firstFailure', batchSize: 1, concurrency: 1 },
			});
		},
		'nightly-csv-import.md': async () => {
			// The second file of the page: the last row clears a participant who has to exist for that.
			for (const id of ['grace@example.com', 'edsger@example.com']) {
				simulator().state.addParticipant({ id, segments: ['beta'] });
			}
			const [, csv] = snippetsOf(read('nightly-csv-import.md')).filter(
				({ kind }) => kind === 'csv',
			);
			return await importing(csv.text, { segmentAction: 'file', segments: expression([]) });
		},
	};

	it.each(ofKind(/^json output /))(
		'%s, output %i is what comes out',
		async (page, index, { text }) => {
			// One per page so far.
			expect(index).toBe(0);
			const { main, error } = await RUNS[page]();
			expect(error).toBeUndefined();
			expect(main[0].json).toMatchObject(JSON.parse(text) as IDataObject);
		},
	);

	interface Schema {
		type: string | string[];
		properties: Record<string, Schema>;
	}

	it.each(ofKind(/^json output /))(
		'%s, output %i has fields of the operation',
		(_, __, snippet) => {
			const operation = snippet.kind.replace('json output ', '');
			const file = path.join(ROOT, 'nodes/ImpactAdvocate/__schema__/v1.0.0', `${operation}.json`);
			const { properties } = JSON.parse(readFileSync(file, 'utf8')) as Schema;
			const output = JSON.parse(snippet.text) as IDataObject;
			for (const [name, value] of Object.entries(output)) {
				const types = [properties[name]?.type ?? 'nothing'].flat();
				let type: string = typeof value;
				if (Array.isArray(value)) type = 'array';
				if (Number.isInteger(value)) type = 'integer';
				expect([name, types]).toEqual([name, expect.arrayContaining([type])]);
			}
			const counts = ['succeeded', 'invalid', 'rejected', 'skipped', 'notSent', 'unconfirmed'];
			if (output.rows !== undefined) {
				const sum = counts.reduce((total, name) => total + Number(output[name] ?? 0), 0);
				expect(sum).toBe(output.rows);
			}
		},
	);
});

describe('troubleshooting', () => {
	const markdown = read('troubleshooting.md');

	function sources(folder: string): string {
		return readdirSync(folder, { withFileTypes: true })
			.map((entry) => {
				const full = path.join(folder, entry.name);
				if (entry.isDirectory()) return sources(full);
				return entry.name.endsWith('.ts') ? readFileSync(full, 'utf8') : '';
			})
			.join('\n');
	}

	/** Source text as one line, with what differs in messages taken out. */
	const code = `${sources(path.join(ROOT, 'nodes'))}\n${sources(path.join(ROOT, 'credentials'))}`
		.replace(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, '…')
		.replaceAll("\\'", "'");

	const errors = readFileSync(
		path.join(ROOT, 'nodes/shared/advocate/client/errorTexts.ts'),
		'utf8',
	);

	/** Messages put together from parts. */
	const composed = [
		errorFromBadAnswer(200, '<html>'),
		errorFromBadAnswer(200, '{"cut'),
		errorFromBadAnswer(200, ''),
		errorFromResponse({ statusCode: 503, headers: {}, body: '<html>' }),
	].map(({ message }) => message.replace(/\d+/, '…'));

	/** First cells of the tables whose first column is a message. */
	const messages = [...markdown.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]);

	it('has messages of the node only', () => {
		expect(messages.length).toBeGreaterThan(35);
		// Pieces between what differs; codes and quotes around names differ too.
		const simple = messages.filter((message) => !composed.includes(message));
		expect(simple).toHaveLength(messages.length - composed.length);
		const unknown = simple.filter((message) =>
			message
				.replace(/\([A-Z_]+\)/, '(…)')
				.split('…')
				.map((piece) => piece.replace(/^'|'$/g, '').trim())
				.filter((piece) => piece.length > 4)
				.some((piece) => !code.includes(piece)),
		);
		expect(unknown).toEqual([]);
	});

	it('has every code of the API, every status and every network code that errorTexts.ts knows', () => {
		const rsCodes = new Set(errors.match(/RS\d{3}/g));
		const statuses = [...errors.matchAll(/^\t(\d{3}):/gm)].map((match) => match[1]);
		const addressHints = /ADDRESS_HINTS[^{]*\{(.*?)\n\};/s.exec(errors)?.[1] ?? '';
		const network = [...addressHints.matchAll(/^\t([A-Z_]+):/gm)].map((match) => match[1]);
		expect([rsCodes.size, statuses.length, network.length]).toEqual([
			expect.any(Number),
			expect.any(Number),
			expect.any(Number),
		]);
		expect(Math.min(rsCodes.size, statuses.length, network.length)).toBeGreaterThan(5);
		const missing = [...rsCodes, ...statuses, ...network].filter(
			(text) => !markdown.includes(text),
		);
		expect(missing).toEqual([]);
	});
});

describe('links, scripts and files', () => {
	const all = [...pages.map((page) => `docs/how-to/${page}`), ...OTHERS];

	it.each(all)('%s leads somewhere', (file) => {
		const text = readFileSync(path.join(ROOT, file), 'utf8');
		const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1]);
		const broken = targets.filter(
			(target) =>
				!/^https?:/.test(target) && !existsSync(path.join(ROOT, path.dirname(file), target)),
		);
		expect(broken).toEqual([]);
	});

	it.each(all)('%s names scripts that exist, and files that are there', (file) => {
		const text = readFileSync(path.join(ROOT, file), 'utf8');
		const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
			scripts: Record<string, string>;
		};
		const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1]);
		expect(named.filter((name) => !(name in scripts))).toEqual([]);
		const paths = [
			...text.matchAll(/`((?:nodes|credentials|test|docs|examples|\.github)\/[^`\s<>*]+)`/g),
		];
		expect(
			paths.map((match) => match[1]).filter((name) => !existsSync(path.join(ROOT, name))),
		).toEqual([]);
	});

	it('the index has every page', () => {
		const index = read('README.md');
		for (const page of pages) if (page !== 'README.md') expect(index).toContain(`(${page})`);
	});

	it('there is no snippet that nobody checks', () => {
		expect(ofKind(/^(?!json workflow$|json watch$|json output |json failed item$|csv$)/)).toEqual(
			[],
		);
	});
});
