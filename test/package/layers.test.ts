/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run in plain Node.js */
/** The layers of the node are kept apart by a lint rule: it fails on every forbidden import, and on nothing else. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './helpers';

const NODE = 'nodes/ImpactAdvocate';

/** File in which an import would stand, what it imports, and what the message must say. */
const FORBIDDEN: Array<[file: string, imported: string, says: RegExp]> = [
	['segments/change.ts', '../advocate/errors', /imports nothing/],
	['segments/change.ts', 'n8n-workflow', /imports nothing/],
	['segments/key.ts', 'node:crypto', /imports nothing/],
	['advocate/users.ts', 'n8n-workflow', /port/],
	['advocate/users.ts', 'axios', /port/],
	['advocate/users.ts', '../import/plan', /downwards/],
	['advocate/users.ts', '../actions/parameters', /downwards/],
	['advocate/users.ts', '../methods/listSearch', /downwards/],
	['advocate/users.ts', '../n8nPort', /port/],
	['import/plan.ts', 'n8n-workflow', /port/],
	['import/plan.ts', 'papaparse', /port|csv\.ts/],
	['import/plan.ts', '../actions/router', /downwards/],
	['import/plan.ts', '../n8nPort', /port/],
	['import/csv.ts', 'n8n-workflow', /port/],
	['import/csv.ts', 'lodash', /port/],
	['actions/router.ts', '../methods/listSearch', /downwards/],
	['actions/router.ts', '../ImpactAdvocate.node', /downwards/],
	['actions/router.ts', 'papaparse', /csv\.ts/],
	['actions/bulkImport/source.ts', '../../methods/listSearch', /downwards/],
	['methods/listSearch.ts', '../ImpactAdvocate.node', /downwards/],
	['methods/listSearch.ts', 'papaparse', /csv\.ts/],
	['methods/listSearch.ts', '../import/plan', /downwards/],
	['n8nPort.ts', 'axios', /csv\.ts/],
	['n8nPort.ts', './actions/parameters', /API client only/],
	['ImpactAdvocate.node.ts', './advocate/users', /downwards/],
];

const ALLOWED: Array<[file: string, imported: string]> = [
	['advocate/users.ts', '../segments/key'],
	['advocate/users.ts', './transport'],
	['advocate/users.ts', 'node:crypto'],
	['import/plan.ts', '../advocate/users'],
	['import/plan.ts', '../segments/change'],
	['import/csv.ts', 'papaparse'],
	['actions/router.ts', '../import/plan'],
	['actions/router.ts', '../n8nPort'],
	['actions/router.ts', 'n8n-workflow'],
	['actions/bulkImport/source.ts', '../../import/decode'],
	['methods/listSearch.ts', '../advocate/users'],
	['methods/listSearch.ts', '../actions/parameters'],
	['n8nPort.ts', './advocate/port'],
	['ImpactAdvocate.node.ts', './actions/router'],
];

const CREDENTIAL = 'credentials/ImpactAdvocateApi.credentials.ts';

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

const inNode = (file: string): string => path.posix.join(NODE, file);

test('every import against the arrows is refused, with the reason', () => {
	const findings = lint([
		...FORBIDDEN.map(([file, imported]) => ({ file: inNode(file), imported })),
		{ file: CREDENTIAL, imported: '../nodes/ImpactAdvocate/advocate/users' },
		{ file: CREDENTIAL, imported: 'axios' },
	]);
	const accepted = findings.filter(
		({ messages }) => !messages.some((message) => message.startsWith('no-restricted-imports')),
	);
	expect(accepted).toEqual([]);
	FORBIDDEN.forEach(([, , says], index) => {
		expect(findings[index].messages.join('\n')).toMatch(says);
	});
}, 120_000);

test('imports along the arrows are accepted', () => {
	const findings = lint([
		...ALLOWED.map(([file, imported]) => ({ file: inNode(file), imported })),
		{ file: CREDENTIAL, imported: '../nodes/ImpactAdvocate/advocate/baseUrl' },
	]);
	expect(findings.filter(({ messages }) => messages.length > 0)).toEqual([]);
}, 120_000);

describe('the picture in CONTRIBUTING.md', () => {
	const [, picture] = /```mermaid\n([\s\S]*?)```/.exec(
		readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8'),
	) ?? ['', ''];

	/** What each box stands for: folders and files, as its label begins with. */
	const boxes = new Map(
		[...picture.matchAll(/(\w+)\["([^<]+)<br\/>/g)].map(([, name, label]) => [
			name,
			label.split(', ').map((part) => part.replace(/\/$/, '')),
		]),
	);
	const arrows = [
		...picture.matchAll(/^ {2}(\w+)(?:\[.*?\]|\(.*?\))? -->(?:\|.*?\|)? (\w+)/gm),
	].map(([, from, to]): [string, string] => [from, to]);

	/** The box of a source file. */
	function boxOf(file: string): string {
		const parts = file.split('/');
		const part =
			parts[0] === 'nodes' && parts[1] === 'ImpactAdvocate'
				? parts[2]
				: parts[parts[0] === 'nodes' ? 1 : 0];
		const found = [...boxes].find(([, labels]) => labels.includes(part));
		if (found === undefined) throw new Error(`${file} is in no box of the picture`);
		return found[0];
	}

	const imports = ['nodes', 'credentials']
		.flatMap((folder) =>
			readdirSync(path.join(ROOT, folder), { recursive: true }).map((file) =>
				path.posix.join(folder, String(file)),
			),
		)
		.filter((file) => file.endsWith('.ts'))
		.flatMap((file) =>
			[...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/ from '(\.[^']+)'/g)].map(
				([, target]): [string, string] => [
					boxOf(file),
					boxOf(`${path.posix.join(path.posix.dirname(file), target)}.ts`),
				],
			),
		)
		.filter(([from, to]) => from !== to);

	function leadsTo(from: string, to: string): boolean {
		return arrows.some(([start, end]) => start === from && (end === to || leadsTo(end, to)));
	}

	it('has a way down for every import of the code', () => {
		expect(imports.length).toBeGreaterThan(50);
		expect(imports.filter(([from, to]) => !leadsTo(from, to))).toEqual([]);
	});

	it('has no arrow that no file needs, and none that leads back up', () => {
		const drawn = arrows.filter(([from]) => from !== 'n8n');
		expect(drawn).toHaveLength(9);
		for (const [from, to] of drawn) {
			expect(imports).toContainEqual([from, to]);
			expect([from, to, leadsTo(to, from)]).toEqual([from, to, false]);
		}
	});
});
