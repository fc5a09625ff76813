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

/** Segments that tests put people into when the segment itself does not matter. */
export const SOME_SEGMENTS: readonly string[] = [
	...['vip', 'beta', 'gold', 'silver', 'trial', 'lapsed', 'news', 'new', 'old', 'keep', 'other'],
	...['known', 'newsletter', 'customers', 'leads', 'active', 'summerCampaign', 'vipCustomers'],
	...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'x', 'y', 'z', 'A', 'B', 'C', 's', 't', 'k'],
];

/** Put segments into a tenant. */
export function addSegments(simulator: Simulator, keys: readonly string[] = SOME_SEGMENTS): void {
	for (const key of keys) simulator.state.addSegment({ key });
}

/**
 * A simulator for all tests of a file; every test finds it with its default switches, and empty but for the segments
 * that the file works with.
 */
export function useSimulator(segments: readonly string[] = []): () => Simulator {
	let simulator: Simulator | undefined;
	const started = (): Simulator => {
		if (simulator === undefined) throw new Error('The simulator is not started yet');
		return simulator;
	};
	beforeAll(async () => {
		const opened = await startSimulator();
		const empty = opened.reset.bind(opened);
		opened.reset = () => {
			empty();
			addSegments(opened, segments);
		};
		simulator = opened;
	});
	beforeEach(() => started().reset());
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
