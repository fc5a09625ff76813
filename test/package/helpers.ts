/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run in plain Node.js */
import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const ROOT = path.resolve(__dirname, '..', '..');

export interface PackageJson {
	name: string;
	n8n: { nodes: string[]; credentials: string[] };
	[field: string]: unknown;
}

export const readPackageJson = (folder: string): PackageJson =>
	JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageJson;

/** What the package is built from. */
const SOURCES = ['nodes', 'credentials', 'package.json', 'tsconfig.json', 'gulpfile.js'];

/** Who builds has this folder; the others wait until it is gone. All workers of a run share the temporary folder. */
const LOCK = path.join(tmpdir(), 'impact-advocate-build.lock');

const LONGEST_BUILD_MS = 300_000;

function newest(file: string): number {
	const { mtimeMs } = statSync(file);
	if (!statSync(file).isDirectory()) return mtimeMs;
	return Math.max(0, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

/** Whether everything is there, and nothing was changed since. */
function isBuilt(): boolean {
	const { n8n } = readPackageJson(ROOT);
	const built = [...n8n.nodes, ...n8n.credentials].map((file) => path.join(ROOT, file));
	if (!built.every((file) => existsSync(file))) return false;
	const changed = Math.max(...SOURCES.map((name) => newest(path.join(ROOT, name))));
	return built.every((file) => statSync(file).mtimeMs >= changed);
}

/** Wait until no other worker builds, and keep others from it. */
function lock(): void {
	for (let waited = 0; waited < LONGEST_BUILD_MS; waited += 100) {
		try {
			mkdirSync(LOCK);
			return;
		} catch {
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
		}
	}
	throw new Error(`Another build has not ended. Is it still running? Otherwise remove ${LOCK}`);
}

/** Build the package, unless that was done since the last change: these tests run alone, too. */
export function ensureBuilt(): void {
	if (isBuilt()) return;
	lock();
	try {
		if (!isBuilt()) execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'pipe' });
	} finally {
		rmSync(LOCK, { recursive: true, force: true });
	}
}

/** A folder of its own outside the checkout, so that nothing of the checkout's `node_modules` is found from it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
	const folder = mkdtempSync(path.join(tmpdir(), 'package-test-'));
	return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface PackedPackage {
	/** Paths in the tarball, without its leading `package/`. */
	files: string[];
	/** Bytes of the tarball. */
	size: number;
	tarball: string;
}

/** What `npm pack` makes of the checkout as it is built now. */
export function pack(folder: string): PackedPackage {
	ensureBuilt();
	const output = execFileSync(
		'npm',
		['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
		{ cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
	);
	const [{ filename, files, size }] = JSON.parse(output) as [
		{ filename: string; size: number; files: Array<{ path: string }> },
	];
	return { tarball: path.join(folder, filename), size, files: files.map((file) => file.path) };
}

/** Unpack a tarball into `folder`. */
export function unpack(tarball: string, folder: string): void {
	mkdirSync(folder, { recursive: true });
	execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
}

/** Run a script in a Node.js process of its own and return what it prints, parsed as JSON. */
export function runScript(
	script: string,
	options: { cwd: string; env?: Record<string, string>; isModule?: boolean },
): unknown {
	const output = execFileSync(
		process.execPath,
		[...(options.isModule ? ['--input-type=module'] : []), '-e', script],
		{
			cwd: options.cwd,
			encoding: 'utf8',
			// Only what a process needs to start: no path that would make more modules resolvable.
			env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
			maxBuffer: 64 * 1024 * 1024,
		},
	);
	const lastLine = output.trim().split('\n').at(-1) ?? '';
	return JSON.parse(lastLine);
}
