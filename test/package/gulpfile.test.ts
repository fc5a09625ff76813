/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run in plain Node.js */
/** `gulp bundle` on small stand-ins for `dist/`: what it refuses to let through. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, temporaryFolder } from './helpers';

const READER = 'nodes/ImpactAdvocate/import/file/records.js';
const USES_PARSER = `"use strict";\nexports.Parser = require("papaparse").Parser;\nexports.decode = require("./decode");\n`;

let temporary: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
	temporary = temporaryFolder();
});

afterEach(() => temporary.remove());

function bundle(files: Record<string, string>): {
	passed: boolean;
	output: string;
	reader: string;
} {
	for (const [name, code] of Object.entries(files)) {
		const file = path.join(temporary.folder, name);
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, code);
	}
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[path.join(ROOT, 'node_modules', 'gulp', 'bin', 'gulp.js'), 'bundle'],
		{ cwd: ROOT, encoding: 'utf8', env: { ...process.env, BUNDLE_DIST: temporary.folder } },
	);
	let reader = '';
	if (READER in files) reader = readFileSync(path.join(temporary.folder, READER), 'utf8');
	return { passed: status === 0, output: stdout + stderr, reader };
}

test('puts the parser in, keeps its licence notice and what n8n resolves', () => {
	const { passed, output, reader } = bundle({ [READER]: USES_PARSER });
	expect(output).toMatch(/Bundled papaparse [\d.]+ into .*records\.js: [\d.]+ kB -> [\d.]+ kB/);
	expect(passed).toBe(true);
	expect(reader).toContain('@license');
	expect(reader).toContain('require("./decode")');
	expect(reader).toContain('require("n8n-workflow")');
	expect(reader).not.toMatch(/\b(setTimeout|console)\b|require\(['"](papaparse|stream)['"]\)/);
});

test.each<[string, Record<string, string>, RegExp]>([
	['no build', {}, /Run 'npx n8n-node build' first/],
	['a reader that is bundled already', { [READER]: 'exports.a = 1;' }, /bundled already/],
	[
		'another library',
		{ [READER]: USES_PARSER, 'nodes/x.js': 'const a = require("axios");' },
		/nodes\/x\.js requires 'axios'/,
	],
	[
		'a built-in module',
		{ [READER]: USES_PARSER, 'nodes/x.js': "require('node:fs'); require('node:crypto');" },
		/nodes\/x\.js requires 'node:fs'/,
	],
	[
		'an import',
		{ [READER]: USES_PARSER, 'nodes/x.js': "import a from 'lodash';\n" },
		/requires 'lodash'/,
	],
	[
		'a name computed at run time',
		{ [READER]: USES_PARSER, 'nodes/x.js': "const name = 'fs'; require(name);" },
		/computed at run time/,
	],
])('refuses %s', (_, files, message) => {
	const { passed, output } = bundle(files);
	expect(passed).toBe(false);
	expect(output).toMatch(message);
});
