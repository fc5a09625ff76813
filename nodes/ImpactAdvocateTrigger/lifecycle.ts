/** The trigger's subscription: made when the workflow is activated, removed when it is deactivated. */
import type { IHookFunctions } from 'n8n-workflow';
import { toNodeError } from '../shared/n8n/nodeErrors';
import { isLoopbackHost, urlOf } from '../shared/advocate/credential';
import { covers, getSubscription, subscribe, unsubscribe } from './subscriptions';
import type { Transport } from '../shared/advocate/client/transport';
import { openTransport } from '../shared/n8n/port';
import type { AdvocateCredential } from '../shared/n8n/credential';
import { lookUpChosen } from './chosenSegments';
import { typesToSubscribe } from './events';
import { readSettings, sharedKey } from './settings';

/** Somebody waits in front of the switch. */
const LIMITS = { timeoutMs: 20_000, waitBudgetMs: 20_000 };

const MAX_NAME_LENGTH = 100;

interface Lifecycle {
	transport: Transport;
	credential: AdvocateCredential;
	endpointUrl: string;
}

async function run<T>(
	context: IHookFunctions,
	work: (lifecycle: Lifecycle) => Promise<T>,
): Promise<T> {
	try {
		const { transport, credential } = await openTransport(context, LIMITS);
		const endpointUrl = context.getNodeWebhookUrl('default') ?? '';
		return await work({ transport, credential, endpointUrl });
	} catch (failure) {
		throw toNodeError(context.getNode(), failure);
	}
}

/**
 * The event types to subscribe to. What would make every call fail is said now, while somebody looks.
 * @throws ParameterError
 */
function wantedTypes(context: IHookFunctions, credential: AdvocateCredential): string[] {
	const settings = readSettings(context);
	if (settings.signature === 'hmac') sharedKey(credential);
	return typesToSubscribe(settings.events);
}

/** Whether the subscription is there and brings what the workflow waits for. n8n asks first, whenever it activates a workflow. */
export async function subscriptionExists(context: IHookFunctions): Promise<boolean> {
	return await run(context, async ({ transport, credential, endpointUrl }) => {
		const webhookTypes = wantedTypes(context, credential);
		const { tenantMark: tenant } = credential;
		await lookUpChosen(context, { transport, tenant, texts: readSettings(context).segments });
		const found = await getSubscription(transport, endpointUrl);
		return found !== undefined && covers(found, webhookTypes);
	});
}

/** Subscribe to what the workflow waits for. */
export async function createSubscription(context: IHookFunctions): Promise<boolean> {
	return await run(context, async ({ transport, credential, endpointUrl }) => {
		const webhookTypes = wantedTypes(context, credential);
		const name = `n8n: ${context.getWorkflow().name ?? context.getNode().name}`;
		if (isPrivateToThisMachine(endpointUrl)) {
			context.logger.warn(
				`Advocate can't reach ${endpointUrl} from the internet. Set WEBHOOK_URL to the public address of this n8n`,
			);
		}
		await subscribe(transport, {
			endpointUrl,
			name: name.slice(0, MAX_NAME_LENGTH),
			webhookTypes,
		});
		context.logger.info(`Subscribed to Advocate events: ${webhookTypes.join(', ')}`);
		return true;
	});
}

/** Remove the subscription, also one whose settings can't be used any more. */
export async function deleteSubscription(context: IHookFunctions): Promise<boolean> {
	return await run(context, async ({ transport, endpointUrl }) => {
		await unsubscribe(transport, endpointUrl);
		context.logger.info('Unsubscribed from Advocate events');
		return true;
	});
}

/** Whether a URL of this n8n leads nowhere for anybody else. `0.0.0.0` is what n8n listens on, not where it is. */
function isPrivateToThisMachine(url: string): boolean {
	const hostname = urlOf(url)?.hostname;
	return hostname !== undefined && (hostname === '0.0.0.0' || isLoopbackHost(hostname));
}
