/** The webhook trigger, listening: its subscriptions and deliveries come from a simulator. */
import type { ICredentialDataDecryptedObject, IDataObject, INodeParameters } from 'n8n-workflow';
import { credentials, SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import type { WebhookEvent } from '../../simulator/webhooks';
import { loadTrigger, WebhookHost } from './contexts';

/** Hosts of the trigger for the tests of a file, which are closed behind each of them. */
export function useWebhookTrigger() {
	const simulator = useSimulator(SOME_SEGMENTS);
	const nodeType = loadTrigger('ImpactAdvocateTrigger');

	let hosts: WebhookHost[] = [];
	beforeEach(() => {
		simulator().options.webhookRetryMs = 5;
		simulator().options.webhookMaxTries = 3;
	});
	afterEach(() => {
		for (const host of hosts) host.close();
		hosts = [];
	});

	async function start(
		parameters: INodeParameters = {},
		credential: ICredentialDataDecryptedObject = credentials(simulator()),
	): Promise<WebhookHost> {
		const host = new WebhookHost(nodeType, {
			parameters: { events: ['user.created'], options: {}, ...parameters },
			credentials: credential,
		});
		hosts.push(host);
		await host.listen();
		return host;
	}

	async function activated(
		parameters: INodeParameters = {},
		credential?: ICredentialDataDecryptedObject,
	): Promise<WebhookHost> {
		const host = await start(parameters, credential);
		await host.activate();
		simulator().clearRequests();
		return host;
	}

	const subscriptions = () => [...simulator().webhooks.subscriptions.values()];
	const statuses = () => simulator().webhooks.attempts.map(({ status }) => status);
	const jsonOf = (host: WebhookHost) => host.runs.map(([{ json }]) => json);
	const typesOf = (host: WebhookHost) => jsonOf(host).map(({ type }) => type);

	/** Emit an event and wait for the end of its deliveries. */
	async function emit(type: string, data: IDataObject = {}): Promise<WebhookEvent> {
		const event = simulator().webhooks.emit(type, data);
		await simulator().webhooks.settled();
		return event;
	}

	/** Send any body with any headers. */
	async function call(
		host: WebhookHost,
		body: string | Buffer,
		headers: Record<string, string> = {},
	): Promise<number> {
		const response = await fetch(host.url, {
			method: 'POST',
			body: body as string,
			headers: { 'content-type': 'application/json', ...headers },
		});
		return response.status;
	}

	return {
		simulator,
		nodeType,
		/** Close this one too when the test ends. */
		closeLater: (host: WebhookHost) => void hosts.push(host),
		start,
		activated,
		subscriptions,
		statuses,
		jsonOf,
		typesOf,
		emit,
		call,
	};
}
