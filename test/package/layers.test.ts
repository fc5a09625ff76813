/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run in plain Node.js */
/** The layers of the node are kept apart by a lint rule: it fails on every forbidden import, and on nothing else. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './helpers';

const NODE = 'nodes/ImpactAdvocate';
const SHARED = 'nodes/shared';
const CREDENTIAL = 'credentials/ImpactAdvocateApi.credentials.ts';

/** File in which an import would stand, what it imports, and what the message must say. */
const FORBIDDEN: Array<[file: string, imported: string, says: RegExp]> = [
	[`${SHARED}/segments/change.ts`, '../advocate/client/readErrors', /pure rules/],
	[`${SHARED}/segments/change.ts`, 'n8n-workflow', /pure rules/],
	[`${SHARED}/segments/key.ts`, 'node:crypto', /pure rules/],
	[`${SHARED}/advocate/participants.ts`, 'n8n-workflow', /port/],
	[`${SHARED}/advocate/participants.ts`, 'axios', /port/],
	[`${SHARED}/advocate/participants.ts`, '../n8n/port', /port/],
	[`${SHARED}/advocate/participants.ts`, '../../ImpactAdvocate/import/plan/planRow', /downwards/],
	[`${SHARED}/advocate/participants.ts`, '../../ImpactAdvocate/actions/router', /downwards/],
	[`${SHARED}/n8n/port.ts`, 'axios', /more than one node/],
	[`${SHARED}/n8n/port.ts`, '../../ImpactAdvocate/actions/fields', /imports from none/],
	[`${SHARED}/n8n/nodeErrors.ts`, '../../ImpactAdvocate/import/file/encoding', /imports from none/],
	[`${NODE}/writes/run.ts`, '../import/plan/columns', /downwards/],
	[`${NODE}/writes/run.ts`, '../../shared/n8n/parameters', /knows nothing of n8n/],
	[`${NODE}/writes/run.ts`, 'n8n-workflow', /knows nothing of n8n/],
	[`${NODE}/import/plan/planRow.ts`, 'n8n-workflow', /port/],
	[`${NODE}/import/plan/planRow.ts`, 'papaparse', /records\.ts/],
	[`${NODE}/import/plan/planRow.ts`, '../../actions/router', /downwards/],
	[`${NODE}/import/plan/planRow.ts`, '../../../shared/n8n/port', /port/],
	[`${NODE}/import/file/records.ts`, 'n8n-workflow', /port/],
	[`${NODE}/import/file/records.ts`, 'lodash', /port/],
	[`${NODE}/actions/router.ts`, '../ImpactAdvocate.node', /downwards/],
	[`${NODE}/actions/router.ts`, 'papaparse', /records\.ts/],
	[`${NODE}/actions/router.ts`, '../../ImpactAdvocateTrigger/settings', /downwards/],
	[`${NODE}/ImpactAdvocate.node.ts`, '../shared/advocate/participants', /downwards/],
	[`${NODE}/ImpactAdvocate.node.ts`, './import/importCsv', /downwards/],
	['nodes/ImpactAdvocateTrigger/receive.ts', '../ImpactAdvocate/actions/fields', /nodes\/shared/],
	[
		'nodes/ImpactAdvocateSegmentTrigger/poll.ts',
		'../ImpactAdvocateTrigger/settings',
		/nodes\/shared/,
	],
	[CREDENTIAL, '../nodes/shared/advocate/participants', /credential/],
	[CREDENTIAL, 'axios', /credential/],
];

const ALLOWED: Array<[file: string, imported: string]> = [
	[`${SHARED}/segments/key.ts`, '../inputError'],
	[`${SHARED}/advocate/participants.ts`, '../segments/key'],
	[`${SHARED}/advocate/participants.ts`, './client/transport'],
	[`${SHARED}/advocate/participants.ts`, 'node:crypto'],
	[`${SHARED}/n8n/port.ts`, '../advocate/client/port'],
	[`${SHARED}/n8n/lists.ts`, '../advocate/participants'],
	[`${NODE}/writes/run.ts`, '../../shared/segments/change'],
	[`${NODE}/import/plan/planRow.ts`, '../../../shared/advocate/participants'],
	[`${NODE}/import/plan/planRow.ts`, '../../../shared/segments/change'],
	[`${NODE}/import/importCsv.ts`, '../writes/run'],
	[`${NODE}/import/file/records.ts`, 'papaparse'],
	[`${NODE}/actions/router.ts`, '../import/plan/planRow'],
	[`${NODE}/actions/router.ts`, '../../shared/n8n/port'],
	[`${NODE}/actions/router.ts`, 'n8n-workflow'],
	[`${NODE}/actions/bulk/source.ts`, '../../import/file/encoding'],
	[`${NODE}/ImpactAdvocate.node.ts`, './actions/router'],
	[`${NODE}/ImpactAdvocate.node.ts`, '../shared/n8n/lists'],
	['nodes/ImpactAdvocateTrigger/receive.ts', '../shared/n8n/parameters'],
	[CREDENTIAL, '../nodes/shared/advocate/credential'],
];

interface Finding {
	file: string;
	imported: string;
	messages: string[];
}

/** Lint one import per case, in place of the content of its file. In a process of its own: ESLint is a module. */
function lint(cases: Array<{ file: string; imported: string }>): Finding[] {
	const script = `
		import { ESLint } from 'eslint';
		const eslint = new ESLint({ overrideConfigFile: 'eslint.strict.config.mjs' });
		const findings = [];
		for (const { file, imported } of ${JSON.stringify(cases)}) {
			const code = 'import * as x from ' + JSON.stringify(imported) + ';\\nexport const y = x;\\n';
			const [{ messages }] = await eslint.lintText(code, { filePath: file });
			findings.push({ file, imported, messages: messages.map(({ ruleId, message }) => ruleId + ': ' + message) });
		}
		console.log('\\n' + JSON.stringify(findings));
	`;
	const { stdout, stderr, status } = spawnSync(
		process.execPath,
		['--input-type=module', '-e', script],
		{ cwd: ROOT, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
	);
	if (status !== 0) throw new Error(stderr);
	return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Finding[];
}

test('every import against the arrows is refused, with the reason', () => {
	const findings = lint(FORBIDDEN.map(([file, imported]) => ({ file, imported })));
	const accepted = findings.filter(
		({ messages }) => !messages.some((message) => message.startsWith('house/floors')),
	);
	expect(accepted).toEqual([]);
	FORBIDDEN.forEach(([, , says], index) => {
		expect(findings[index].messages.join('\n')).toMatch(says);
	});
}, 120_000);

test('imports along the arrows are accepted', () => {
	const findings = lint(ALLOWED.map(([file, imported]) => ({ file, imported })));
	expect(findings.filter(({ messages }) => messages.length > 0)).toEqual([]);
}, 120_000);

/** All source files, and which of them each imports. */
const sources = ['nodes', 'credentials']
	.flatMap((folder) =>
		readdirSync(path.join(ROOT, folder), { recursive: true }).map((file) =>
			path.posix.join(folder, String(file)),
		),
	)
	.filter((file) => file.endsWith('.ts'));

const imports = sources.flatMap((file) =>
	[...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/ from '(\.[^']+)'/g)].map(
		([, target]): [string, string] => {
			const place = path.posix.join(path.posix.dirname(file), target);
			return [file, sources.includes(`${place}.ts`) ? `${place}.ts` : `${place}/index.ts`];
		},
	),
);

test('no file imports itself by way of others, types included', () => {
	const targets = new Map(sources.map((file): [string, string[]] => [file, []]));
	for (const [from, to] of imports) targets.get(from)?.push(to);
	const circles: string[] = [];
	const done = new Set<string>();
	const visit = (file: string, way: readonly string[]): void => {
		if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
		if (way.includes(file) || done.has(file)) return;
		for (const target of targets.get(file) ?? []) visit(target, [...way, file]);
		done.add(file);
	};
	for (const file of sources) visit(file, []);
	expect(circles).toEqual([]);
});

describe('the picture in CONTRIBUTING.md', () => {
	const [, picture] = /```mermaid\n([\s\S]*?)```/.exec(
		readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8'),
	) ?? ['', ''];

	/** What each box stands for: folders and files, as its label begins with. */
	const boxes = [...picture.matchAll(/(\w+)\["([^<]+)<br\/>/g)].flatMap(([, name, label]) =>
		label.split(', ').map((place): [string, string] => [place, name]),
	);
	const arrows = [
		...picture.matchAll(/^ {2}(\w+)(?:\[.*?\]|\(.*?\))? -->(?:\|.*?\|)? (\w+)/gm),
	].map(([, from, to]): [string, string] => [from, to]);

	/** The box of a source file. */
	function boxOf(file: string): string {
		const found = boxes.find(([place]) => file.replace(/^nodes\//, '').startsWith(place));
		if (found === undefined) throw new Error(`${file} is in no box of the picture`);
		return found[1];
	}

	const crossings = imports
		.map(([from, to]): [string, string] => [boxOf(from), boxOf(to)])
		.filter(([from, to]) => from !== to);

	function leadsTo(from: string, to: string): boolean {
		return arrows.some(([start, end]) => start === from && (end === to || leadsTo(end, to)));
	}

	it('has a way down for every import of the code', () => {
		expect(crossings.length).toBeGreaterThan(50);
		expect(crossings.filter(([from, to]) => !leadsTo(from, to))).toEqual([]);
	});

	it('has no arrow that no file needs, and none that leads back up', () => {
		const drawn = arrows.filter(([from]) => from !== 'n8n');
		expect(drawn.length).toBeGreaterThan(8);
		for (const [from, to] of drawn) {
			expect(crossings).toContainEqual([from, to]);
			expect([from, to, leadsTo(to, from)]).toEqual([from, to, false]);
		}
	});
});

test('CONTRIBUTING names files and folders that exist', () => {
	const text = readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');
	const named = [
		...text.matchAll(/`((?:actions|docs|nodes|shared|test|writes|import)\/[\w./]*)`/g),
	].map(([, place]) => place);
	expect(named.length).toBeGreaterThan(30);
	const exists = (place: string) =>
		['', 'nodes', 'nodes/ImpactAdvocate'].some((base) => existsSync(path.join(ROOT, base, place)));
	expect([...new Set(named)].filter((place) => !exists(place))).toEqual([]);
});

test('the walk of one row in CONTRIBUTING passes 30 files at most, and all are there', () => {
	const text = readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');
	const [, count, walk] =
		/\*\*The walk of one row\.\*\*.*? (\d+) files have it in hand[\s\S]*?\n\n([\s\S]*?)\n\n/.exec(
			text,
		) ?? [];
	const rows = walk.split('\n').slice(2);
	const stops = rows.flatMap((row) => {
		const [, stretch, files] = row.split('|');
		const names = [...files.matchAll(/`(\w+)`/g)].map(([, name]) => name);
		expect(stretch).toContain(`(${names.length})`);
		return names;
	});
	expect(stops.length).toBe(Number(count));
	expect(stops.length).toBeLessThanOrEqual(30);
	const sourceNames = sources.map((file) => path.basename(file, '.ts'));
	expect(stops.filter((name) => !sourceNames.includes(name))).toEqual([]);
});

test('no file is longer than 400 lines', () => {
	const lines = (file: string) =>
		readFileSync(path.join(ROOT, file), 'utf8').split('\n').length - 1;
	expect(sources.filter((file) => lines(file) > 400)).toEqual([]);
});
