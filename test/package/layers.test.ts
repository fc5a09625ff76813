/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run in plain Node.js */
/** The layers of the node are kept apart by a lint rule: it fails on every forbidden import, and on nothing else. */
import { spawnSync } from 'node:child_process';
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
	['n8nPort.ts', 'axios', /csv\.ts/],
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
