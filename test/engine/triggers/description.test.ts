/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** What n8n reads of the triggers beside their code: names, codex, output schemas. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Workflow } from 'n8n-workflow';
import type { IDataObject } from 'n8n-workflow';
import { credentials, useSimulator } from '../../support/advocate';
import { loadTrigger, PollHost, WebhookHost } from './contexts';

const simulator = useSimulator();
const NODES = path.resolve(__dirname, '..', '..', '..', 'nodes');
const readJson = (...parts: string[]): unknown =>
	JSON.parse(readFileSync(path.join(NODES, ...parts), 'utf8'));

interface Schema {
	type: string | string[];
	properties?: Record<string, Schema>;
	items?: Schema;
}

function typeOf(value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'array';
	return Number.isInteger(value) ? 'integer' : typeof value;
}

/** Where a value differs from the schema. Fields that the schema does not name are fine. */
function differences(value: unknown, schema: Schema, at = '$'): string[] {
	if (!([] as string[]).concat(schema.type).includes(typeOf(value))) return [at];
	return Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
		differences((value as IDataObject)[name], part, `${at}.${name}`),
	);
}

describe.each(['ImpactAdvocateTrigger', 'ImpactAdvocateSegmentTrigger'] as const)('%s', (name) => {
	const { description } = loadTrigger(name);

	it('is a trigger', () => {
		expect(description.name).toBe(name.charAt(0).toLowerCase() + name.slice(1));
		expect(description.inputs).toEqual([]);
		expect(description.group).toEqual(['trigger']);
		expect(description.usableAsTool).toBeUndefined();
	});

	it('says of segments that their ID is their key, where n8n wants the word ID', () => {
		const texts = JSON.stringify(description.properties);
		expect(texts).toContain('Segment Names or IDs');
		expect(texts).toContain('The ID of a segment is its key, which the list shows in brackets');
	});

	it('has a codex that n8n does not throw away', () => {
		const codex = readJson(name, `${name}.node.json`) as Record<string, unknown>;
		expect(codex.node).toBe(`n8n-nodes-impact-advocate.${description.name}`);
		expect(codex.resources).toMatchObject({
			primaryDocumentation: [{ url: expect.stringMatching(/^https:/) }],
			credentialDocumentation: [{ url: expect.stringMatching(/^https:/) }],
		});
		expect(codex.alias).toContain('saasquatch');
	});

	it('has its icons', () => {
		const { icon } = description;
		for (const file of Object.values(icon as { light: string; dark: string })) {
			expect(existsSync(path.join(NODES, name, file.replace(/^file:/, '')))).toBe(true);
		}
	});
});

test.each([
	[['user.created', 'referral.converted'], 'Participant Created, Referral Converted'],
	[['*'], 'Any Event'],
	[['theme.published'], 'theme.published'],
	[[], ''],
])('the subtitle of the events %j is %j', (events, expected) => {
	const nodeType = loadTrigger('ImpactAdvocateTrigger');
	const nodes = [
		{
			id: '1',
			name: 'Trigger',
			type: nodeType.description.name,
			typeVersion: 1,
			position: [0, 0] as [number, number],
			parameters: { events },
		},
	];
	const nodeTypes = {
		getByName: () => nodeType,
		getByNameAndVersion: () => nodeType,
		getKnownTypes: () => ({}),
	};
	const workflow = new Workflow({ nodes, connections: {}, active: false, nodeTypes });
	const text = String(nodeType.description.subtitle);
	expect(workflow.expression.getSimpleParameterValue(nodes[0], text, 'internal', {})).toBe(
		expected,
	);
});

test('the output schema of events fits the items', async () => {
	const host = new WebhookHost(loadTrigger('ImpactAdvocateTrigger'), {
		parameters: { events: ['user.created'], options: {} },
		credentials: credentials(simulator()),
	});
	await host.listen();
	await host.activate();
	const { webhooks, state } = simulator();
	webhooks.userCreated(state.addParticipant({ id: 'a' }));
	await webhooks.settled();
	host.close();
	const schema = readJson('ImpactAdvocateTrigger', '__schema__', 'v1.0.0.json') as Schema;
	const [[{ json }]] = host.runs;
	expect(differences(json, schema)).toEqual([]);
	const items = schema.properties?.participants.items;
	expect(items).toBeDefined();
	for (const entry of json.participants as IDataObject[]) {
		expect(differences(entry, items as Schema)).toEqual([]);
	}
	expect(json.participants).toHaveLength(1);
});

test('the output schema of segment changes fits the items', async () => {
	const host = new PollHost(loadTrigger('ImpactAdvocateSegmentTrigger'), {
		parameters: { event: 'entered', watch: 'all', options: {} },
		credentials: credentials(simulator()),
	});
	await host.poll();
	simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
	const items = await host.poll();
	const schema = readJson('ImpactAdvocateSegmentTrigger', '__schema__', 'v1.0.0.json') as Schema;
	expect(items).toHaveLength(1);
	expect(differences(items?.[0].json, schema)).toEqual([]);
});
