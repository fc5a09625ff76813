/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The how-tos name what there is: fields, choices, messages, links, scripts and files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import {
	errorFromBadAnswer,
	errorFromResponse,
} from '../../nodes/shared/advocate/client/readErrors';
import { loadCredentialType, loadNodeType, NODE_TYPE } from '../engine/harness';
import type { WorkflowInput } from '../engine/harness';
import { loadTrigger } from '../engine/triggers/contexts';
import { ofKind, pages, read } from './howtoPages';
import { ROOT } from './markdown';

const OTHERS = ['docs/verification.md', 'docs/demo-video.md', 'CONTRIBUTING.md', 'SECURITY.md'];

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
			if (!['collection', 'fixedCollection'].includes(candidate.type)) return true;
			// A section of a group is as good as a collection of its values.
			const inner = ((candidate.options ?? []) as INodeProperties[]).map((entry) =>
				'values' in entry ? { ...entry, type: 'collection', options: entry.values } : entry,
			) as INodeProperties[];
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
				.map((piece) => piece.replace(/^'(?:, )?|'$/g, '').trim())
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
