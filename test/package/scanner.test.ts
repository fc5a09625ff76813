/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run in plain Node.js */
/** Both legs of n8n's own gate: the sources, and the files of the published tarball. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, pack, ROOT, runScript, temporaryFolder, unpack } from './helpers';

const scanner = path.join(
	ROOT,
	'node_modules',
	'@n8n',
	'scan-community-package',
	'scanner',
	'scanner.mjs',
);

interface Verdict {
	passed: boolean;
	message?: string;
	details?: string;
}

function scan(folder: string, patterns: string): Verdict {
	const script = `
		import { analyzePackage, SOURCE_FILE_PATTERNS } from ${JSON.stringify(pathToFileURL(scanner).href)};
		const { passed, message, details } = await analyzePackage(${JSON.stringify(folder)}, ${patterns});
		console.log('\\n' + JSON.stringify({ passed, message, details }));
	`;
	return runScript(script, { cwd: ROOT, isModule: true }) as Verdict;
}

/** Fails with the violations in full. */
function expectPassed(verdict: Verdict): void {
	if (!verdict.passed) throw new Error(`${verdict.message}\n${verdict.details ?? ''}`);
	// "No files found" is a pass for the scanner, not for us.
	expect(verdict.message).toBeUndefined();
}

beforeAll(ensureBuilt, 300_000);

test('the sources pass', () => {
	expectPassed(scan(ROOT, 'SOURCE_FILE_PATTERNS'));
}, 120_000);

test('the files of the packed tarball pass', () => {
	const { folder, remove } = temporaryFolder();
	try {
		const unpacked = path.join(folder, 'unpacked');
		unpack(pack(folder).tarball, unpacked);
		expectPassed(scan(unpacked, "['**/*.js', 'package.json']"));
	} finally {
		remove();
	}
}, 120_000);
