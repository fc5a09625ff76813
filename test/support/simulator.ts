/** The one way to a simulator for a test: one per file, or one for a single test, and the credentials that open it. */
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { SimulatorOptions } from '../simulator/options';
import { startSimulator } from '../simulator/server';
import type { Simulator } from '../simulator/server';

/** The credential that opens a simulator. */
export function credentials(
	simulator: Pick<Simulator, 'credentials' | 'url'>,
): ICredentialDataDecryptedObject {
	return {
		authentication: 'accountSidToken',
		accountSid: simulator.credentials.accountSid,
		authToken: simulator.credentials.authToken,
		tenantAlias: simulator.credentials.tenantAlias,
		baseUrl: simulator.url,
	};
}

/** The same tenant, opened by its API key. */
export function keyCredentials(simulator: Simulator): ICredentialDataDecryptedObject {
	return {
		authentication: 'tenantApiKey',
		apiKey: simulator.credentials.apiKey,
		tenantAlias: simulator.credentials.tenantAlias,
		baseUrl: simulator.url,
	};
}

/** A simulator for all tests of a file; every test finds it empty and with its default switches. */
export function useSimulator(): () => Simulator {
	let simulator: Simulator | undefined;
	const started = (): Simulator => {
		if (simulator === undefined) throw new Error('The simulator is not started yet');
		return simulator;
	};
	beforeAll(async () => {
		simulator = await startSimulator();
	});
	beforeEach(() => {
		started().reset();
	});
	afterAll(async () => {
		await simulator?.close();
	});
	return started;
}

/** Work with a simulator of its own: for tests whose waits overlap, or that need a second one. */
export async function withSimulator<T>(
	work: (simulator: Simulator) => Promise<T>,
	options: Partial<SimulatorOptions> = {},
): Promise<T> {
	const simulator = await startSimulator(options);
	try {
		return await work(simulator);
	} finally {
		await simulator.close();
	}
}
