/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** A throw-away n8n with the packed package installed as a community package. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureN8n } from './n8nInstall';
import type { N8nInstallation } from './n8nInstall';
import { freePort, PROJECT, run, runOrThrow, startProcess, waitFor } from './processes';
import type { Background, Environment, RunResult } from './processes';

/** Where n8n keeps files between nodes. */
type BinaryStorage = 'filesystem' | 'database';

export interface InstanceOptions {
	binaryStorage?: BinaryStorage;
	/** More settings, such as those of another database. */
	environment?: Environment;
}

/** `name` of the package under test: the first half of its node types. */
export const PACKAGE = (
	JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { name: string }
).name;

export const NODE_TYPE = `${PACKAGE}.impactAdvocate`;

/** n8n calls nobody but the simulator, asks nobody for feedback and listens on loopback only. */
const QUIET: Environment = {
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_DISABLED_MODULES: 'instance-ai',
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_HOST: '127.0.0.1',
	N8N_SECURE_COOKIE: 'false',
	N8N_PUBLIC_API_DISABLED: 'true',
	N8N_RUNNERS_ENABLED: 'true',
	N8N_ENCRYPTION_KEY: 'key-of-the-end-to-end-tests',
	N8N_LOG_LEVEL: 'info',
	NO_COLOR: '1',
};

let packed: Promise<string> | undefined;

/** `npm pack` of the package as it is built now, once per process. */
async function packedPackage(): Promise<string> {
	packed ??= (async () => {
		const built = path.join(PROJECT, 'dist', 'nodes', 'ImpactAdvocate', 'ImpactAdvocate.node.js');
		if (!existsSync(built)) throw new Error("The package is not built. Run 'npm run build' first.");
		const folder = temporaryFolder('package');
		const output = await runOrThrow('npm', [
			'pack',
			'--json',
			'--ignore-scripts',
			'--pack-destination',
			folder,
		]);
		const [{ filename }] = JSON.parse(output) as [{ filename: string }];
		return path.join(folder, filename);
	})();
	return await packed;
}

const temporaryFolders: string[] = [];

/** A folder that is removed when this process ends. */
export function temporaryFolder(name: string): string {
	const folder = mkdtempSync(path.join(tmpdir(), `impact-advocate-${name}-`));
	temporaryFolders.push(folder);
	return folder;
}

process.once('exit', () => {
	for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
});

/** Put the package where n8n puts community packages: unpacked, all but its own dependencies stripped. */
async function installPackage(userFolder: string): Promise<void> {
	const nodes = path.join(userFolder, '.n8n', 'nodes');
	const target = path.join(nodes, 'node_modules', PACKAGE);
	mkdirSync(target, { recursive: true });
	await runOrThrow('tar', ['-xzf', await packedPackage(), '-C', target, '--strip-components=1']);
	const file = path.join(target, 'package.json');
	const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
	for (const stripped of ['devDependencies', 'peerDependencies', 'optionalDependencies']) {
		delete kept[stripped];
	}
	if (Object.keys(kept.dependencies ?? {}).length > 0) {
		throw new Error('The package has run-time dependencies; n8n would not verify it.');
	}
	writeFileSync(file, JSON.stringify(kept, null, 2));
	writeFileSync(
		path.join(nodes, 'package.json'),
		JSON.stringify({ name: 'installed-nodes', private: true, dependencies: { [PACKAGE]: '*' } }),
	);
}

/** n8n with a user folder of its own. */
export class Instance {
	private server: Background | undefined;

	/** `http://127.0.0.1:PORT` once it is started. */
	url = '';

	private constructor(
		private readonly installation: N8nInstallation,
		readonly folder: string,
		private readonly environment: Environment,
	) {}

	/** Make the user folder and install the package. Nothing is started yet. */
	static async prepare(options: InstanceOptions = {}): Promise<Instance> {
		const installation = await ensureN8n();
		const folder = temporaryFolder('n8n');
		await installPackage(folder);
		mkdirSync(path.join(folder, 'files'));
		return new Instance(installation, folder, {
			...installation.environment,
			...QUIET,
			N8N_USER_FOLDER: folder,
			N8N_RESTRICT_FILE_ACCESS_TO: path.join(folder, 'files'),
			N8N_DEFAULT_BINARY_DATA_MODE: options.binaryStorage ?? 'filesystem',
			...options.environment,
		});
	}

	get version(): string {
		return this.installation.version;
	}

	/** Process of the started server. */
	get pid(): number {
		return this.server?.pid ?? -1;
	}

	/** A folder that n8n's file nodes may read and write. */
	get files(): string {
		return path.join(this.folder, 'files');
	}

	/** Run one of n8n's commands to its end. */
	async cli(args: string[], environment: Environment = {}): Promise<RunResult> {
		return await run(this.installation.node, [this.installation.n8n, ...args], {
			cwd: this.folder,
			env: {
				...this.environment,
				N8N_RUNNERS_BROKER_PORT: String(await freePort()),
				...environment,
			},
			timeoutMs: 180_000,
		});
	}

	/** Start another n8n process on the same user folder, such as a worker. */
	async startCommand(
		name: string,
		args: string[],
		environment: Environment = {},
	): Promise<Background> {
		return startProcess(this.installation.node, [this.installation.n8n, ...args], {
			cwd: this.folder,
			env: {
				...this.environment,
				N8N_RUNNERS_BROKER_PORT: String(await freePort()),
				...environment,
			},
			logFile: path.join(this.folder, `${name}.log`),
		});
	}

	/**
	 * Start the server and wait until it answers. Started again, it has the same address.
	 * @throws Error with the end of its log when it doesn't
	 */
	async start(environment: Environment = {}): Promise<void> {
		const port = this.url === '' ? String(await freePort()) : new URL(this.url).port;
		this.url = `http://127.0.0.1:${port}`;
		const server = await this.startCommand('n8n', ['start'], {
			N8N_PORT: port,
			WEBHOOK_URL: `${this.url}/`,
			N8N_EDITOR_BASE_URL: `${this.url}/`,
			...environment,
		});
		this.server = server;
		await waitFor('n8n to start', async () => await isReady(this.url, server), {
			timeoutMs: 180_000,
		});
	}

	/** What the server logged. */
	log(): string {
		return this.server?.log() ?? '';
	}

	/** Stop the server; the user folder stays. */
	async stop(): Promise<void> {
		await this.server?.stop();
		this.server = undefined;
	}

	/** End the server in the middle of whatever it does, as a power cut would. */
	async kill(): Promise<void> {
		await this.server?.stop('SIGKILL');
		this.server = undefined;
	}

	/** Stop the server and remove the user folder. */
	async remove(): Promise<void> {
		await this.stop();
		rmSync(this.folder, { recursive: true, force: true });
	}
}

async function isReady(url: string, server: Background): Promise<boolean> {
	if (!server.isRunning) throw new Error(`n8n ended while starting\n${server.logTail()}`);
	try {
		// Ready means that the database has been migrated; the editor's own settings come a moment later.
		const [ready, settings] = await Promise.all([
			fetch(`${url}/healthz/readiness`),
			fetch(`${url}/rest/settings`),
		]);
		return ready.ok && settings.ok;
	} catch {
		return false;
	}
}
