/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error */
/**
 * Installs what the end-to-end tests need and the checkout does not have: Node 24, n8n itself and a browser. Node and
 * n8n go into a cache outside the checkout, once; a folder without its marker file is an unfinished install and is made
 * again.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { cleanEnvironment, duration, print, run, runLong } from './processes';
import type { Environment } from './processes';

export const N8N_VERSION = '2.41.1';

/** What this n8n runs on. */
const NODE_VERSION = '24';

const CHROMIUM = '/usr/bin/chromium';

/** Where installs are kept between runs. */
const CACHE =
	process.env.IMPACT_ADVOCATE_CACHE ?? path.join(homedir(), '.cache', 'n8n-nodes-impact-advocate');

/** An n8n that can be started. */
export interface N8nInstallation {
	version: string;
	/** Node 24. */
	node: string;
	/** n8n's start script. */
	n8n: string;
	/** An environment with that Node first in PATH. */
	environment: Environment;
}

/**
 * Make a folder of the cache once.
 * @param name name of the folder; a different content needs a different name
 * @param fill puts the content into the folder
 * @returns the folder
 */
export async function installOnce(
	name: string,
	fill: (folder: string) => Promise<void>,
): Promise<string> {
	const folder = path.join(CACHE, name);
	const marker = path.join(folder, '.installed');
	if (existsSync(marker)) return folder;
	const startedAt = Date.now();
	print(`Installing ${name} into ${CACHE}`);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	writeFileSync(
		path.join(folder, 'package.json'),
		JSON.stringify({ name: 'cache', private: true }),
	);
	await fill(folder);
	writeFileSync(marker, `${new Date().toISOString()}\n`);
	print(`Installed ${name} in ${duration(Date.now() - startedAt)}`);
	return folder;
}

/** `npm install` of some packages, without their install scripts unless told. */
export async function npmInstall(
	folder: string,
	packages: string[],
	{ scripts = false, env = cleanEnvironment() }: { scripts?: boolean; env?: Environment } = {},
): Promise<void> {
	await runLong(
		`npm install ${packages.join(' ')}`,
		'npm',
		[
			'install',
			...packages,
			'--no-audit',
			'--no-fund',
			'--no-package-lock',
			'--loglevel=error',
			`--ignore-scripts=${String(!scripts)}`,
		],
		{ cwd: folder, env, logFile: path.join(folder, 'install.log') },
	);
}

/** A folder with Node: `bin/node` and its headers. */
async function ensureNode(version: string): Promise<string> {
	const folder = await installOnce(`node-${version}`, async (target) => {
		// The package's install script brings the one for this platform.
		await npmInstall(target, [`node@${version}`], { scripts: true });
	});
	return path.join(folder, 'node_modules', 'node');
}

/** A version of Node, and an environment in which it comes first in PATH, for npm too. */
export async function nodeEnvironment(
	version: string,
): Promise<{ node: string; environment: Environment }> {
	const bin = path.join(await ensureNode(version), 'bin');
	return {
		node: path.join(bin, 'node'),
		environment: cleanEnvironment({ PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` }),
	};
}

/** n8n, installed if it isn't yet. Takes minutes the first time and 3 GB. */
export async function ensureN8n(): Promise<N8nInstallation> {
	const { node, environment } = await nodeEnvironment(NODE_VERSION);
	const folder = await installOnce(`n8n-${N8N_VERSION}`, async (target) => {
		await npmInstall(target, [`n8n@${N8N_VERSION}`], { env: environment });
		await runLong(
			'building sqlite3',
			'npm',
			['rebuild', 'sqlite3', '--build-from-source', '--ignore-scripts=false'],
			{
				cwd: target,
				env: { ...environment, ...(await headers()) },
				logFile: path.join(target, 'install.log'),
			},
		);
	});
	return {
		version: N8N_VERSION,
		node,
		n8n: path.join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
		environment,
	};
}

/** Tell node-gyp to use the headers that came with Node 24 rather than to download them. */
async function headers(): Promise<Environment> {
	const node = await ensureNode(NODE_VERSION);
	const platform = `node-${process.platform}-${process.arch}`;
	const home = [path.join(node, 'node_modules', platform), path.join(node, '..', platform)].find(
		(folder) => existsSync(path.join(folder, 'include', 'node', 'node_api.h')),
	);
	return home === undefined ? {} : { npm_config_nodedir: home };
}

/**
 * Install Debian packages that aren't there.
 * @throws Error that says what to do where it can't
 */
export async function ensureDebianPackages(packages: string[], isThere: () => boolean) {
	if (isThere()) return;
	const isRoot = process.getuid?.() === 0;
	const [command, ...prefix] = isRoot ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
	const env = cleanEnvironment({ DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' });
	const logFile = path.join(CACHE, 'apt.log');
	const how = `Install ${packages.join(', ')} yourself and run this again: sudo apt-get install ${packages.join(' ')}`;
	if (!(await canRun(command, [...prefix, '--version']))) {
		throw new Error(`apt-get can't be used here. ${how}`);
	}
	try {
		await runLong('apt-get update', command, [...prefix, 'update', '-q'], { env, logFile });
		await runLong(
			`apt-get install ${packages.join(' ')}`,
			command,
			[...prefix, 'install', '-q', '-y', '--no-install-recommends', ...packages],
			{ env, logFile },
		);
	} catch (error) {
		throw new Error(`${(error as Error).message}\n${how}`);
	}
	if (!isThere()) throw new Error(`${packages.join(', ')} did not bring what is needed. ${how}`);
}

async function canRun(command: string, args: string[]): Promise<boolean> {
	try {
		return (await run(command, args)).code === 0;
	} catch {
		return false;
	}
}

/** Debian's Chromium, installed if it isn't yet. */
export async function ensureChromium(): Promise<string> {
	await ensureDebianPackages(['chromium', 'fonts-liberation'], () => existsSync(CHROMIUM));
	return CHROMIUM;
}

if (require.main === module) {
	Promise.all([ensureN8n(), ensureChromium()]).catch((error: unknown) => {
		print(error instanceof Error ? error.message : String(error));
		process.exitCode = 1;
	});
}
