/** The ends of an import in one n8n process. */
import { startSimulator } from '../simulator/server';
import type { Checks } from './checks';
import { EditorApi } from './editorApi';
import { EndingChecks } from './endingChecks';
import { CREDENTIAL_TYPE, credentialData } from './fixtures';
import { Instance } from './instance';

/** Seconds that n8n waits for executions when it is told to end; less than the file takes. */
const GRACE = '2';

export async function runEndings(checks: Checks): Promise<void> {
	const simulator = await startSimulator();
	const instance = await Instance.prepare({
		environment: { N8N_GRACEFUL_SHUTDOWN_TIMEOUT: GRACE },
	});
	try {
		checks.section(`n8n ${instance.version}: imports that end early`);
		await instance.start();
		const api = new EditorApi(instance);
		await api.setUpOwner();
		const name = 'Advocate';
		const id = await api.createCredential(name, CREDENTIAL_TYPE, credentialData(simulator));
		await new EndingChecks(
			checks,
			simulator,
			() => instance.url,
			api,
			{ id, name },
			{
				name: 'one process',
				keepsStaticData: true,
				terminate: async () => await instance.stop(),
				kill: async () => await instance.kill(),
				restart: async () => await instance.start(),
			},
		).run();
	} finally {
		await instance.remove();
		await simulator.close();
	}
}
