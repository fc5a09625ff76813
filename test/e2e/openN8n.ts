/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** `npm run n8n`: a throw-away n8n with the package, the simulator and the examples, kept open until Ctrl-C. */
import { startSimulator } from '../simulator/server';
import { EditorApi, OWNER } from './editorApi';
import {
	CREDENTIAL,
	CREDENTIAL_TYPE,
	credentialData,
	exampleWorkflows,
	seed,
	withCredential,
} from './fixtures';
import { Instance } from './instance';
import { print, whenToldToEnd } from './processes';

async function main(): Promise<void> {
	let isStopping = false;
	let instance: Instance | undefined;
	const stop = async () => {
		isStopping = true;
		print('Stopping ...');
		await instance?.remove();
		process.exit();
	};
	whenToldToEnd(() => void stop());

	const simulator = await startSimulator();
	seed(simulator);
	try {
		instance = await Instance.prepare();
		print('Starting n8n ...');
		await instance.start();
		const api = new EditorApi(instance);
		await api.setUpOwner();
		const { name } = CREDENTIAL;
		const id = await api.createCredential(name, CREDENTIAL_TYPE, credentialData(simulator));
		// n8n lists the latest first.
		for (const { workflow } of exampleWorkflows().reverse()) {
			await api.createWorkflow(withCredential(workflow, { id, name }));
		}
	} catch (error) {
		if (isStopping) return;
		print(error instanceof Error ? error.message : String(error));
		process.exitCode = 1;
		await stop();
		return;
	}

	const { accountSid, authToken, tenantAlias } = simulator.credentials;
	const rows: Array<[string, string]> = [
		['Editor', instance.url],
		['E-mail', OWNER.email],
		['Password', OWNER.password],
		['n8n', `${instance.version}, its data is removed at the end`],
		['Advocate', `simulated at ${simulator.url}, with a few participants and segments`],
		['Its keys', `Account SID ${accountSid}, Auth Token ${authToken}, Tenant Alias ${tenantAlias}`],
		['State', `${simulator.url}/__simulator/state`],
	];
	print(
		[
			'',
			'n8n is running with the node installed, a credential and the example workflows',
			'',
			...rows.map(([name, value]) => `  ${name.padEnd(10)}${value}`),
			'',
			'Press Ctrl-C to stop.',
			'',
		].join('\n'),
	);
}

main().catch((error: unknown) => {
	print(error instanceof Error ? error.message : String(error));
	process.exitCode = 1;
});
