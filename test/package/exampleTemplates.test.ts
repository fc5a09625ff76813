/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * The examples as templates for n8n.io: their layout, and the rules for templates as far as n8n publishes them:
 * - https://n8n.notion.site/Template-submission-guidelines-9959894476734da3b402c90b124b1f77
 * - https://n8n.notion.site/Sticky-note-guidelines-for-templates-2aa5b6e0c94f8058b0aefddd02655887
 * - https://n8n.notion.site/n8n-Creator-hub-7bd2cbe0fce0449198ecb23ff4a2f76f
 *
 * `UPDATE_TEMPLATES=1 npx jest test/package/exampleTemplates.test.ts` writes `examples/TEMPLATES.md`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { INode } from 'n8n-workflow';
import { exampleNames, readExample } from '../demo/exampleFiles';
import {
	aboutOf,
	descriptionOf,
	fits,
	notesOf,
	overlaps,
	STICKY,
	wordsOf,
	workersOf,
} from './exampleCanvas';

const TEXTS = path.resolve(__dirname, '..', '..', 'examples', 'TEMPLATES.md');

/** "Action verb, thing being manipulated, to / on / in / from where." */
const VERBS = /^(Add|Archive|Compare|Create|Erase|Import|Log|Move|Set|Sort|Sync|Thank|Welcome) /;

/** Words in the middle of a title that are written with a capital. */
const NAMES = /\b(Advocate|CRM|CSV|Google|HubSpot|SFTP|Sheets|Shopify|Slack)\b/g;

/** The whole file of texts. */
function templateTexts(): string {
	const intro = [
		'# Texts for n8n.io',
		'',
		'Title and description of each example, to be pasted into the form of https://creators.n8n.io. Made from the notes in the examples by `UPDATE_TEMPLATES=1 npx jest test/package/exampleTemplates.test.ts`, so change them there. At the top of each description n8n asks for a picture of the canvas, as it shows no preview of community nodes: put one up where everybody can see it, and link it as a Markdown image.',
	];
	const texts = exampleNames().map((file) => {
		const workflow = readExample(file);
		return [`File: ${file}`, `Title: ${workflow.name}`, '', descriptionOf(workflow)].join('\n');
	});
	return `${[...intro, ...texts.flatMap((text) => ['', '---', '', text])].join('\n')}\n`;
}

describe.each(exampleNames())('%s', (file) => {
	const workflow = readExample(file);
	const notes = notesOf(workflow);
	const about = aboutOf(workflow);
	const description = descriptionOf(workflow);

	it('has no node or note on another, and notes that hold their text', () => {
		expect(overlaps(workflow)).toEqual([]);
		expect(notes.filter((note) => !fits(note)).map(({ name }) => name)).toEqual([]);
	});

	it('has a title that says the job, with a capital only where it belongs', () => {
		expect(workflow.name).toMatch(VERBS);
		expect(workflow.name).toMatch(/impact\.com Advocate/);
		expect(workflow.name).toMatch(/ (to|on|in|into|from|of|with) /);
		expect(workflow.name.length).toBeLessThanOrEqual(90);
		expect(workflow.name.replace(NAMES, '').slice(1)).not.toMatch(
			/[A-Z!]|\p{Extended_Pictographic}/u,
		);
	});

	it('explains itself in one yellow note at the top left', () => {
		const yellow = notes.filter(({ parameters }) =>
			[undefined, 1].includes(parameters.color as never),
		);
		expect(yellow.map(({ name }) => name)).toEqual(['About']);
		const [x, y] = yellow[0].position;
		for (const { position } of workflow.nodes) {
			expect(position[0]).toBeGreaterThanOrEqual(x);
			expect(position[1]).toBeGreaterThanOrEqual(y);
		}
		expect(about).toMatch(/^### How it works$/m);
		expect(about).toMatch(/^### Setup$/m);
		expect(wordsOf(about)).toBeGreaterThanOrEqual(100);
		expect(wordsOf(about)).toBeLessThanOrEqual(300);
	});

	it('has white notes above its sections, when it has four or more nodes', () => {
		const white = notes.filter(({ name }) => name !== 'About');
		if (workersOf(workflow).length >= 4) expect(white.length).toBeGreaterThanOrEqual(2);
		for (const { parameters } of white) {
			expect(parameters.color).toBe(7);
			expect(wordsOf(String(parameters.content))).toBeLessThan(50);
		}
	});

	it('names in italics only nodes that it has, or words of the editor', () => {
		const known = new Set([...workersOf(workflow).map(({ name }) => name), ...EDITOR_WORDS]);
		const named = [...about.matchAll(/(?<!\*)\*([^*\n]+)\*(?!\*)/g)].map(([, name]) => name);
		expect(named.filter((name) => !known.has(name))).toEqual([]);
	});

	it('has nodes that are named for what they do', () => {
		for (const { name } of workersOf(workflow)) {
			expect(name).not.toMatch(
				/\d$|^(Edit Fields|HTTP Request|If|Filter|Webhook|Slack|Form|Code)$/,
			);
			expect(name).not.toMatch(/^(When clicking|On form|impact\.com)/);
		}
	});

	it('has a description with all sections, about as long as n8n wants it, in Markdown alone', () => {
		const headings = [...description.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
		expect(headings).toEqual([
			"Who's it for",
			'How it works',
			'How to set up',
			'Requirements',
			'How to customize the workflow',
		]);
		expect(description).not.toMatch(/^# |<[a-z/]/m);
		expect(description).toMatch(/self-hosted n8n only/i);
		expect(wordsOf(description)).toBeGreaterThanOrEqual(110);
		expect(wordsOf(description)).toBeLessThanOrEqual(310);
		expect(description).toMatch(/^1\. /m);
	});

	it('holds no credentials and nothing personal', () => {
		for (const { credentials, parameters, webhookId } of workflow.nodes as INode[]) {
			for (const { id } of Object.values(credentials ?? {})) expect(id).toBeNull();
			const ids = ['documentId', 'sheetName', 'channelId'].map((field) => parameters[field]);
			for (const chosen of ids) {
				if (chosen !== undefined) expect(chosen).toMatchObject({ value: '' });
			}
			expect(webhookId ?? '').toMatch(/^$|^[0-9a-f-]{36}$/);
		}
		const text = JSON.stringify(workflow);
		// Addresses that nobody can have (RFC 2606).
		for (const [, host] of text.matchAll(/[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/g)) {
			expect(host).toMatch(/(^|\.)example(\.com)?$/);
		}
		for (const [, host] of text.matchAll(/https?:\/\/([^/"\\]+)/g)) {
			expect(host).toMatch(/(^|\.)example\.com$/);
		}
		expect(workflow).not.toHaveProperty('id');
		expect(workflow).not.toHaveProperty('meta.instanceId');
	});
});

/** What else stands in italics: buttons, settings, and choices of fields. */
const EDITOR_WORDS = [
	'Add option',
	'Always Output Data',
	'Create',
	'Execute workflow',
	'Fetch Test Event',
	'Listen for test event',
	'Production URL',
	'Retry',
	'Reward Created',
	'Segment > Update',
	'Segment Trigger',
	'Send and Wait for Response',
	'Skip',
];

it('notices a node on a note, and nodes whose names run into each other', () => {
	const node = (name: string, position: [number, number], parameters = {}): INode => ({
		...readExample(exampleNames()[0]).nodes[0],
		name,
		position,
		parameters,
		type: Object.keys(parameters).length > 0 ? STICKY : 'n8n-nodes-base.noOp',
	});
	const nodes = [
		node('note', [0, 0], { width: 300, height: 200 }),
		node('on it', [200, 100]),
		node('beside', [360, 100]),
		node('apart', [600, 100]),
	];
	expect(overlaps({ nodes, connections: {} })).toEqual(['note / on it', 'on it / beside']);
});

it('has the texts of all of them in one file', () => {
	if (process.env.UPDATE_TEMPLATES === '1') writeFileSync(TEXTS, templateTexts());
	expect(readFileSync(TEXTS, 'utf8')).toBe(templateTexts());
});
