/** n8n without a browser: its commands, its server, and the state the simulator is left in. */
import { startSimulator } from '../simulator/server';
import { AgentChecks } from './agentChecks';
import type { Checks } from './checks';
import { CommandChecks } from './commandChecks';
import { CredentialChecks } from './credentialChecks';
import { EditorApi } from './editorApi';
import { checkRejectsLoop } from './exampleJobs';
import { DownloadServer } from './exampleRuns';
import { CREDENTIAL } from './fixtures';
import { Instance } from './instance';
import { LargeFileChecks } from './largeFileChecks';
import { RetryChecks } from './retryChecks';
import { ServerChecks } from './serverChecks';
import { SyncChecks } from './syncChecks';
import { TriggerChecks } from './triggerChecks';

/** All headless checks. */
export async function runHeadless(checks: Checks): Promise<void> {
	const simulator = await startSimulator();
	const downloads = new DownloadServer();
	await downloads.listen();
	const instance = await Instance.prepare();
	try {
		checks.section(`n8n ${instance.version}: commands`);
		await new CommandChecks(checks, simulator, instance, downloads).run();
		checks.section(`n8n ${instance.version}: server`);
		await instance.start();
		const api = new EditorApi(instance);
		await api.setUpOwner();
		await new ServerChecks(checks, simulator, instance, api).run();
		await new SyncChecks(checks, simulator, instance, api).run();
		await checkRejectsLoop(checks, simulator, instance, api, CREDENTIAL);
		await new RetryChecks(checks, simulator, api).run();
		await new CredentialChecks(checks, simulator, api).run();
		await new TriggerChecks(checks, simulator, instance, api, CREDENTIAL).run();
		await new AgentChecks(checks, simulator, api).run();
		await new LargeFileChecks(checks, simulator, instance, api).run();
	} finally {
		await instance.remove();
		await simulator.close();
		downloads.close();
	}
}
