/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The README says what the node does, all of it, and nothing else. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type {
	IDataObject,
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
} from 'n8n-workflow';
import { exampleNames } from '../demo/exampleFiles';
import { loadCredentialType, loadNodeType, runNode } from '../engine/harness';
import { ImpactAdvocateSegmentTrigger } from '../../nodes/ImpactAdvocateSegmentTrigger/ImpactAdvocateSegmentTrigger.node';
import { ImpactAdvocateTrigger } from '../../nodes/ImpactAdvocateTrigger/ImpactAdvocateTrigger.node';
import {
	addSegments,
	credentials,
	SOME_SEGMENTS,
	useSimulator,
	withSimulator,
} from '../support/simulator';
import {
	anchorOf,
	between,
	csvExamplesOf,
	headingsOf,
	proseOf,
	readText,
	ROOT,
	tablesOf,
} from './markdown';

/** The README and the pages that carry on from it. */
const PAGES = [
	'README.md',
	'docs/reference.md',
	'docs/csv-format.md',
	'docs/triggers.md',
	'docs/behaviour.md',
	'docs/events-and-rewards.md',
	'docs/participants.md',
];

const readmeAlone = readText('README.md');
const readme = PAGES.map((page) => readText(...page.split('/'))).join('\n');
const prose = proseOf(readme);
const headings = headingsOf(readme);
const { scripts, version } = JSON.parse(readText('package.json')) as {
	scripts: Record<string, string>;
	version: string;
};

const { properties } = loadNodeType().description;
const credentialFields = loadCredentialType().properties;

/** Names that are n8n's, not the node's. */
const N8N_NAMES = ['On Error', 'Retry On Fail', 'Options', 'Workflow menu > Import from File'];

/** A field, or an entry of a collection, with the resource and the operations it belongs to. */
interface Field {
	property: INodeProperties;
	resource?: string;
	operation?: string;
}

const valuesOf = (property: INodeProperties): INodePropertyOptions[] =>
	['options', 'multiOptions'].includes(property.type)
		? ((property.options ?? []) as INodePropertyOptions[])
		: [];

const shownFor = (property: INodeProperties, name: string): string | undefined =>
	property.displayOptions?.show?.[name]?.[0] as string | undefined;

const triggers = [
	new ImpactAdvocateTrigger().description,
	new ImpactAdvocateSegmentTrigger().description,
];

/** Fields of the triggers have the display name of their node for a resource. */
const fields: Field[] = [
	...properties.flatMap((property) =>
		fieldsOf(property, {
			resource: shownFor(property, 'resource'),
			operation: shownFor(property, 'operation'),
		}),
	),
	...triggers.flatMap((trigger) =>
		trigger.properties.flatMap((property) => fieldsOf(property, { resource: trigger.displayName })),
	),
];

/** A field with the entries of a collection; none for Resource, Operation and notices. */
function fieldsOf(property: INodeProperties, place: Omit<Field, 'property'>): Field[] {
	if (['resource', 'operation'].includes(property.name) || property.type === 'notice') return [];
	if (property.type === 'fixedCollection') {
		const groups = property.options as INodePropertyCollection[];
		const values = groups.flatMap(({ values: inner }) => inner);
		return [property, ...values].map((entry) => ({ property: entry, ...place }));
	}
	if (property.type !== 'collection') return [{ property, ...place }];
	const entries = (property.options as INodeProperties[]).flatMap((entry) =>
		fieldsOf(entry, place),
	);
	return [{ property, ...place }, ...entries];
}

const resources = valuesOf(properties.find(({ name }) => name === 'resource') as INodeProperties);

const nameOfResource = (value: string): string =>
	String(resources.find((resource) => resource.value === value)?.name);

/** `Segment: Create` and so on, with the values they stand for. */
const operations = properties
	.filter(({ name }) => name === 'operation')
	.flatMap((property) => {
		const resource = String(shownFor(property, 'resource'));
		return valuesOf(property).map(({ name, value }) => ({
			heading: `${nameOfResource(resource)}: ${name}`,
			resource,
			operation: String(value),
		}));
	});

const modesOf = ({ modes = [] }: INodeProperties): string[] =>
	modes.map(({ displayName }) => displayName);

/** The default as the README writes it. */
function defaultText(property: INodeProperties): string {
	const value = property.default;
	const nameOf = (wanted: unknown) =>
		valuesOf(property).find((option) => option.value === wanted)?.name ?? String(wanted);
	switch (property.type) {
		case 'boolean':
			return value === true ? 'on' : 'off';
		case 'options':
			return nameOf(value);
		case 'multiOptions':
			return (value as unknown[]).map(nameOf).join(', ') || 'none';
		case 'collection':
		case 'fixedCollection':
			return 'none';
		case 'resourceLocator':
			return String(modesOf(property)[0]);
		default:
			return value === '' ? 'empty' : String(value);
	}
}

const unique = <T>(values: T[]): T[] => [...new Set(values)];

const boldNames = (text: string): string[] =>
	unique([...text.matchAll(/\*\*([^*]+)\*\*/g)].map(([, name]) => name));

describe('operations', () => {
	it('are all documented, under their names', () => {
		for (const { heading } of operations) expect(headings).toContain(heading);
	});

	it('are the only ones documented', () => {
		const documented = headings.filter((heading) =>
			resources.some(({ name }) => heading.startsWith(`${name}: `)),
		);
		expect(documented.sort()).toEqual(operations.map(({ heading }) => heading).sort());
	});
});

describe('fields and options', () => {
	const bold = boldNames(prose);
	const isNamed = (name: string): boolean =>
		bold.includes(name) || prose.includes(`*${name}*`) || prose.includes(`| ${name} |`);

	it.each(unique(fields.map(({ property }) => property.displayName)))(
		'%s is documented',
		(name) => {
			expect(bold).toContain(name);
		},
	);

	it.each(unique(credentialFields.map(({ displayName }) => displayName)))(
		'%s of the credential is documented',
		(name) => {
			expect(bold).toContain(name);
		},
	);

	it('are documented with all their values', () => {
		const all = [...fields.map(({ property }) => property), ...credentialFields];
		const values = all.flatMap((property) => [
			...valuesOf(property).map(({ name }) => name),
			...modesOf(property),
		]);
		const missing = unique(values).filter(
			(name) => !isNamed(name) && !prose.includes(defaultListWith(name)),
		);
		expect(missing).toEqual([]);
	});

	/** A default that lists several values names each of them. */
	function defaultListWith(name: string): string {
		const lists = fields.map(({ property }) => defaultText(property));
		return lists.find((list) => list.split(', ').includes(name) && list.includes(', ')) ?? '\0';
	}

	it('are called by names that exist', () => {
		const part = prose.slice(prose.indexOf('\n## Credential\n'));
		const known = new Set([
			...N8N_NAMES,
			...[...fields.map(({ property }) => property), ...credentialFields].flatMap((property) => [
				property.displayName,
				...valuesOf(property).map(({ name }) => name),
				...modesOf(property),
			]),
		]);
		// Bold words that end with a punctuation mark start a paragraph.
		const names = boldNames(part).filter((name) => !/[.:,]$/.test(name));
		expect(names.filter((name) => !known.has(name))).toEqual([]);
	});

	const rows = tablesOf(readme)
		.filter(({ head }) => ['Field', 'Option'].includes(head[0]) && head[1] === 'Default')
		.flatMap(({ heading, rows: cells }) =>
			cells.map(([name, text]) => ({ heading, name: name.replaceAll('**', ''), text })),
		);

	it.each(rows)('$heading, $name: default $text', ({ heading, name, text }) => {
		const place = operations.find((operation) => operation.heading === heading);
		const isHere = (field: Field): boolean =>
			place === undefined
				? field.resource === (heading.endsWith('Trigger') ? heading : 'participant')
				: field.resource === place.resource && field.operation === place.operation;
		const here: INodeProperties[] =
			heading === 'Credential'
				? credentialFields
				: fields.filter(isHere).map(({ property }) => property);
		// What only the tool of an agent starts with is under 'AI agents'.
		const isForPeople = ({ displayOptions }: INodeProperties) => !displayOptions?.show?.['@tool'];
		const defaults = here
			.filter((property) => property.displayName === name && isForPeople(property))
			.map(defaultText);
		expect(unique(defaults).sort().join(' or ')).toBe(text);
	});
});

describe('examples of CSV files', () => {
	const examples = csvExamplesOf(readme);
	const simulator = useSimulator(SOME_SEGMENTS);

	it('are all tested', () => {
		expect(examples).toHaveLength(readme.split('```csv').length - 1);
		expect(examples.length).toBeGreaterThan(3);
	});

	it.each(examples)('$csv', async ({ parameters, csv, rows }) => {
		const people = rows.filter(([name]) => !name.startsWith('row '));
		const list = (cell: string) => cell.split(/, ?/).filter((key) => key !== '');
		for (const [id, before] of people) {
			if (before !== '') simulator().state.addParticipant({ id, segments: list(before) });
		}
		const run = await runNode({
			credentials: credentials(simulator()),
			parameters: {
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'text',
				csvText: csv,
				ifParticipantMissing: 'byAction',
				rowOutput: 'all',
				options: {},
				...parameters,
			} as never,
		});
		expect(run.error).toBeUndefined();
		const after = people.map(([id]) => [
			id,
			simulator().state.segmentsOf(id)?.join(', ') || 'none',
		]);
		expect(after).toEqual(people.map(([id, , segments]) => [id, segments]));
		const failed = run.main
			.slice(1)
			.map(({ json }) => json)
			.filter(({ status }) => status !== 'succeeded')
			.map(({ rowNumber, status, message }) => [
				`row ${String(rowNumber)}`,
				'',
				`${String(status)}: ${String(message)}`,
			]);
		expect(failed).toEqual(rows.filter(([name]) => name.startsWith('row ')));
	});

	it('has a table of the fields of the summary, and all of them', async () => {
		const tables = tablesOf(readme).filter(({ heading }) => heading === 'The summary');
		const documented = tables
			.flatMap(({ rows }) => rows)
			.flatMap(([cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
		const summaries = [
			{ simplify: true },
			{ dryRun: true },
			{ options: { stopOn: 'firstFailure' } },
			{ options: { startAtRow: 3 } },
		];
		const found = new Set<string>();
		for (const more of summaries) {
			const run = await runNode({
				credentials: credentials(simulator()),
				parameters: {
					resource: 'bulk',
					operation: 'importCsv',
					csvSource: 'text',
					csvText: `id,segments\n,vip\nada@example.com,vip\n`,
					segmentAction: 'add',
					segments: [],
					ifParticipantMissing: 'byAction',
					options: {},
					simplify: false,
					...more,
				},
			});
			const [{ json }] = run.main;
			for (const name of Object.keys(json)) found.add(name);
			for (const name of Object.keys((json.details as IDataObject) ?? {})) found.add(name);
		}
		expect([...found].filter((name) => !documented.includes(name))).toEqual([]);
		const source = readText('nodes', 'ImpactAdvocate', 'actions', 'bulk', 'summary.ts');
		expect(documented.filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([]);
	});
});

describe('examples of outputs', () => {
	const outputs = [...readme.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
		([, text]) => JSON.parse(text) as IDataObject,
	);
	const simulator = useSimulator(['vip']);

	/** In the order of the README. */
	const RUNS: INodeParameters[] = [
		{ resource: 'segment', operation: 'create', segmentName: 'VIP Customers' },
		{
			resource: 'participant',
			operation: 'addSegments',
			participant: { __rl: true, mode: 'id', value: 'ada@example.com' },
			segments: '={{ ["vip"] }}',
		},
	];

	it('are all run', () => expect(outputs).toHaveLength(RUNS.length));

	it.each(RUNS)('%j', async (parameters) => {
		simulator().state.addParticipant({ id: 'ada@example.com', segments: ['beta'] });
		const run = await runNode({ credentials: credentials(simulator()), parameters });
		expect(run.error).toBeUndefined();
		expect(run.main[0].json).toMatchObject(outputs[RUNS.indexOf(parameters)]);
	});
});

test('the first steps lead where they say', async () => {
	const part = between(readmeAlone, '## First steps', '## Actions and triggers');
	const actions = properties
		.filter(({ name }) => name === 'operation')
		.flatMap(({ options = [] }) => options as INodePropertyOptions[])
		.map(({ action }) => action);
	await withSimulator(async (simulator) => {
		addSegments(simulator);
		const step = async (action: string, parameters: INodeParameters) => {
			expect(part).toContain(`*${action}*`);
			expect(actions).toContain(action);
			const run = await runNode({ credentials: credentials(simulator), parameters });
			expect(run.error).toBeUndefined();
			return run.main[0].json;
		};
		simulator.state.addParticipant({ id: 'ada@example.com', segments: [] });
		simulator.state.addParticipant({ id: 'grace@example.com', segments: [] });
		expect(
			await step('Create segment', {
				resource: 'segment',
				operation: 'create',
				segmentName: 'First Steps',
			}),
		).toMatchObject({ key: 'firstSteps' });
		expect(
			await step('Add segments to participant', {
				resource: 'participant',
				operation: 'addSegments',
				participant: { __rl: true, mode: 'list', value: 'ada@example.com' },
				segments: '={{ ["firstSteps"] }}',
			}),
		).toMatchObject({ segments: ['firstSteps'] });
		const importCsv: INodeParameters = {
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: 'id\nada@example.com\ngrace@example.com',
			segments: '={{ ["firstSteps"] }}',
		};
		const title = 'Import CSV of participants into segments';
		expect(await step(title, { ...importCsv, dryRun: true })).toMatchObject({ planned: 2 });
		expect(simulator.state.segmentsOf('grace@example.com')).toEqual([]);
		expect(await step(title, importCsv)).toMatchObject({ succeeded: 2 });
		expect(
			await step('Update segment', {
				resource: 'segment',
				operation: 'update',
				segment: { __rl: true, mode: 'list', value: 'firstSteps' },
				updateFields: { status: 'ARCHIVED' },
			}),
		).toMatchObject({ status: 'ARCHIVED' });
	});
});

describe('messages', () => {
	const sources = ['nodes', 'credentials']
		.flatMap((folder) => filesIn(path.join(ROOT, folder)))
		.filter((file) => file.endsWith('.ts'))
		.map((file) => readText(path.relative(ROOT, file)))
		.join('\n')
		.replaceAll("\\'", "'");
	const table = tablesOf(readme).find(({ heading }) => heading === 'Frequent messages');
	const messages = (table?.rows ?? []).map(([cell]) => cell.replaceAll('`', ''));

	it('are there', () => expect(messages).toHaveLength(8));

	it.each(messages)('%s', (message) => {
		const fragments = message.split('…').map((fragment) => fragment.trim());
		for (const fragment of fragments) expect(sources).toContain(fragment);
	});
});

function filesIn(folder: string): string[] {
	return readdirSync(folder).flatMap((name) => {
		const file = path.join(folder, name);
		return statSync(file).isDirectory() ? filesIn(file) : [file];
	});
}

const LINKED = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'].concat(
	readdirSync(path.join(ROOT, 'docs'))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
);

describe.each(LINKED)('links of %s', (name) => {
	const links = [...proseOf(readText(name)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);

	it('lead to files and headings that exist', () => {
		for (const link of links) {
			if (/^https:\/\//.test(link)) continue;
			const [place, anchor] = link.split('#');
			const file = place === '' ? name : path.posix.join(path.posix.dirname(name), place);
			expect(existsSync(path.join(ROOT, file)) ? link : 'missing').toBe(link);
			if (anchor === undefined || !file.endsWith('.md')) continue;
			const anchors = headingsOf(readText(file)).map(anchorOf);
			expect(anchors.includes(anchor) ? link : `${link}: no such heading`).toBe(link);
		}
	});
});

it('the README is short: one screen to the first success, and the way to everything else', () => {
	expect(readmeAlone.split(/\s+/).length).toBeLessThanOrEqual(2200);
});

it('every page of docs is in its map', () => {
	const map = readText('docs', 'README.md');
	for (const name of LINKED.filter((page) => page.startsWith('docs/'))) {
		const page = name.slice('docs/'.length);
		if (page !== 'README.md') expect(map).toContain(`(${page})`);
	}
});

describe('what it refers to', () => {
	it('lists every example file, once', () => {
		const listed = [...readme.matchAll(/\]\(examples\/([^)]+)\)/g)].map(([, file]) => file);
		expect(listed.sort()).toEqual(exampleNames());
	});

	it('names npm scripts that exist', () => {
		const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script);
		expect(named).toContain('demo');
		for (const script of named) expect(scripts).toHaveProperty([script]);
		expect(scripts).toHaveProperty('test');
	});

	it('has the heading that the credential links to', () => {
		const { documentationUrl } = loadCredentialType();
		const [, anchor] = String(documentationUrl).split('#');
		expect(headings.map(anchorOf)).toContain(anchor);
	});

	it('has a changelog for this version', () => {
		expect(readText('CHANGELOG.md')).toContain(`## [${version}]`);
	});
});
