/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** Runs the simulator from the command line until Ctrl-C. */
import { parseArgs } from 'node:util';
import { startSimulator } from './server';
import type { Simulator } from './server';

const USAGE = `Usage: npm run simulator -- [options]

  --port <number>               port to listen on (default: a free one)
  --seed-participants <number>  participants to start with (default: 0)
  --latency <ms>                time every answer takes (default: 0)
  --help                        show this text
`;

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

/** A whole number from 0 up, or an error that names the option. */
function numberOption(name: string, value: string | undefined): number {
	const number = Number(value ?? 0);
	if (Number.isInteger(number) && number >= 0) return number;
	throw new Error(`--${name} must be a whole number from 0 up, not '${value}'`);
}

function seed(simulator: Simulator, count: number): void {
	if (count === 0) return;
	simulator.state.addSegment({ key: 'vip', name: 'VIP' });
	simulator.state.addSegment({ key: 'newsletter', name: 'Newsletter' });
	for (let index = 1; index <= count; index++) {
		const id = `user${index}@example.com`;
		const segments = index % 10 === 0 ? ['vip'] : [];
		simulator.state.addParticipant({
			id,
			email: id,
			firstName: 'User',
			lastName: String(index),
			segments,
		});
	}
}

function describe(simulator: Simulator): string {
	const { url, credentials, state } = simulator;
	const rows: Array<[string, string]> = [
		['Base URL', url],
		['Tenant alias', credentials.tenantAlias],
		['Account SID', credentials.accountSid],
		['Auth Token', credentials.authToken],
		['Tenant API key', credentials.apiKey],
		['Participants', String(state.participants.size)],
		['Inspect', `${url}/__simulator/state`],
	];
	const lines = rows.map(([name, value]) => `  ${name.padEnd(16)}${value}`);
	return [
		'',
		'Advocate simulator is running (data in memory, this machine only)',
		'',
		...lines,
		'',
		'Press Ctrl-C to stop.',
		'',
	].join('\n');
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			port: { type: 'string' },
			'seed-participants': { type: 'string' },
			latency: { type: 'string' },
			help: { type: 'boolean' },
		},
	});
	if (values.help) {
		print(USAGE);
		return;
	}
	const simulator = await startSimulator({
		port: numberOption('port', values.port),
		latencyMs: numberOption('latency', values.latency),
	});
	seed(simulator, numberOption('seed-participants', values['seed-participants']));
	print(describe(simulator));

	const stop = () => {
		print('Stopping.');
		void simulator.close();
	};
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
	process.exitCode = 1;
});
