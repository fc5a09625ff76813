/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** Redis and PostgreSQL from Debian's packages, on loopback, with data that is thrown away. */
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { temporaryFolder } from './instance';
import { ensureDebianPackages } from './n8nInstall';
import { freePort, runOrThrow, startProcess, waitFor } from './processes';
import type { Background } from './processes';

const REDIS = '/usr/bin/redis-server';
const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** The newest PostgreSQL that is installed. */
function postgresPrograms(): string | undefined {
	if (!existsSync(POSTGRES_VERSIONS)) return undefined;
	return readdirSync(POSTGRES_VERSIONS)
		.sort((a, b) => Number(b) - Number(a))
		.map((version) => path.join(POSTGRES_VERSIONS, version, 'bin'))
		.find((folder) => existsSync(path.join(folder, 'initdb')));
}

/** Install both servers if they aren't there. */
export async function ensureServices(): Promise<void> {
	await ensureDebianPackages(
		['redis-server', 'postgresql'],
		() => existsSync(REDIS) && postgresPrograms() !== undefined,
	);
}

export interface Service {
	port: number;
	process: Background;
}

/** Start Redis without persistence. */
export async function startRedis(): Promise<Service> {
	const folder = temporaryFolder('redis');
	const port = await freePort();
	const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
	const server = startProcess(REDIS, ['--port', String(port), ...options], {
		cwd: folder,
		logFile: path.join(folder, 'redis.log'),
	});
	await waitForPort('Redis', port, server);
	return { port, process: server };
}

/** Start a new PostgreSQL cluster with one database. It refuses to run as root, so root lends it another user. */
export async function startPostgres(database: string): Promise<Service> {
	const programs = postgresPrograms();
	if (programs === undefined) throw new Error('PostgreSQL is not installed');
	const folder = temporaryFolder('postgres');
	const logs = temporaryFolder('postgres-log');
	const asUser: string[] = [];
	if (process.getuid?.() === 0) {
		const [uid, gid] = await Promise.all([
			runOrThrow('id', ['-u', 'postgres']),
			runOrThrow('id', ['-g', 'postgres']),
		]);
		chownSync(folder, Number(uid), Number(gid));
		asUser.push('runuser', '-u', 'postgres', '--');
	}
	const command = (name: string, args: string[]): [string, string[]] => {
		const [first, ...rest] = [...asUser, path.join(programs, name), ...args];
		return [first, rest];
	};
	const data = path.join(folder, 'data');
	await runOrThrow(...command('initdb', ['-D', data, '-A', 'trust', '-U', 'n8n', '--no-sync']), {
		cwd: folder,
	});
	const port = await freePort();
	const options = {
		port: String(port),
		listen_addresses: '127.0.0.1',
		unix_socket_directories: folder,
		fsync: 'off',
	};
	const settings = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
	const server = startProcess(...command('postgres', ['-D', data, ...settings]), {
		cwd: folder,
		logFile: path.join(logs, 'postgres.log'),
	});
	await waitForPort('PostgreSQL', port, server);
	await waitFor('the database to be made', async () => {
		const args = ['-h', '127.0.0.1', '-p', String(port), '-U', 'n8n', database];
		return await runOrThrow(path.join(programs, 'createdb'), args).then(
			() => true,
			() => false,
		);
	});
	return { port, process: server };
}

async function waitForPort(name: string, port: number, server: Background): Promise<void> {
	await waitFor(`${name} to start`, async () => {
		if (!server.isRunning) throw new Error(`${name} ended\n${server.logTail()}`);
		return await new Promise<boolean>((resolve) => {
			const socket = connect(port, '127.0.0.1');
			socket.once('connect', () => {
				socket.destroy();
				resolve(true);
			});
			socket.once('error', () => resolve(false));
		});
	});
}
