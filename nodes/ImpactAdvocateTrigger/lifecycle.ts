/** The trigger's subscription: made when the workflow is published, removed when it is unpublished. */
import type { IHookFunctions } from 'n8n-workflow';
import { toTriggerError } from '../shared/n8n/editorWords';
import { hintOf, ParameterError } from '../shared/n8n/nodeErrors';
import { inSentences } from '../shared/advocate/client/errorTexts';
import { reachOf } from '../shared/advocate/client/reach';
import { urlOf } from '../shared/advocate/credential';
import { triggerFields } from './fields';
import {
	covers,
	getSubscription,
	subscribe,
	unsubscribe,
	forgetUrl,
	noteUrl,
	urlsMadeBefore,
} from './subscriptions';
import type { Transport } from '../shared/advocate/client/transport';
import { openTransport } from '../shared/n8n/port';
import type { AdvocateCredential } from '../shared/n8n/credential';
import { lookUpChosen } from './chosenSegments';
import { typesToSubscribe } from './events';
import { readSettings, sharedKey } from './settings';

/** Somebody waits in front of the switch. */
const LIMITS = { timeoutMs: 20_000, maxWaitMs: 20_000 };

const MAX_NAME_LENGTH = 100;

interface Lifecycle {
	transport: Transport;
	credential: AdvocateCredential;
	endpointUrl: string;
}

/**
 * By static data, the nodes whose publication has just failed. n8n then has the node remove what there may be. As long as
 * that fails as well, n8n (2.41) takes the webhook for a registered one: it would call the next publication a success
 * without asking the node, and no event would ever come.
 */
const failedBefore = new WeakSet<object>();

const keyOf = (context: IHookFunctions): object => context.getWorkflowStaticData('node');

/** `cleanUp`: after a publication that failed, to remove what there may be. */
type Step = 'publish' | 'cleanUp' | 'end';

/** @param work gives what the step tells n8n */
async function run(
	context: IHookFunctions,
	step: Step,
	work: (lifecycle: Lifecycle) => Promise<boolean>,
): Promise<boolean> {
	try {
		const { transport, credential } = await openTransport(context, LIMITS);
		const endpointUrl = context.getNodeWebhookUrl('default') ?? '';
		const result = await work({ transport, credential, endpointUrl });
		failedBefore.delete(keyOf(context));
		return result;
	} catch (failure) {
		const error = toTriggerError(context.getNode(), failure, triggerFields);
		if (step === 'cleanUp') {
			// Why it could not be published is said already, and the next publication looks at what is there.
			context.logger.warn(
				`A subscription that the failed publication may have made was not removed: ${error.message}`,
			);
			return true;
		}
		if (step === 'publish') failedBefore.add(keyOf(context));
		// Of a workflow that can't be published, n8n shows nothing but this.
		const hint = hintOf(error);
		if (hint !== '') error.message = inSentences(error.message, hint);
		throw error;
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

/**
 * Whether the subscription is there and brings what the workflow waits for. One that the workflow made for another URL
 * means that it is not: n8n then has it made, and the other one removed.
 */
export async function subscriptionExists(context: IHookFunctions): Promise<boolean> {
	return await run(context, 'publish', async ({ transport, credential, endpointUrl }) => {
		const webhookTypes = wantedTypes(context, credential);
		assertReachable(endpointUrl, credential);
		const { tenantMark: tenant } = credential;
		await lookUpChosen(context, { transport, tenant, texts: readSettings(context).segments });
		if (urlsMadeBefore(context, endpointUrl).length > 0) return false;
		const found = await getSubscription(transport, endpointUrl);
		return found !== undefined && covers(found, webhookTypes);
	});
}

/** Subscribe to what the workflow waits for. */
export async function createSubscription(context: IHookFunctions): Promise<boolean> {
	return await run(context, 'publish', async ({ transport, credential, endpointUrl }) => {
		const webhookTypes = wantedTypes(context, credential);
		const name = `n8n: ${context.getWorkflow().name ?? context.getNode().name}`;
		assertReachable(endpointUrl, credential);
		await subscribe(transport, {
			endpointUrl,
			name: name.slice(0, MAX_NAME_LENGTH),
			webhookTypes,
		});
		noteUrl(context, endpointUrl);
		await removeOthers(context, transport, endpointUrl);
		context.logger.info(`Subscribed to Advocate events: ${webhookTypes.join(', ')}`);
		return true;
	});
}

/** Remove what the workflow has subscribed, whatever its URL was then, and whether or not its settings can be used. */
export async function deleteSubscription(context: IHookFunctions): Promise<boolean> {
	const step = failedBefore.has(keyOf(context)) ? 'cleanUp' : 'end';
	return await run(context, step, async ({ transport, endpointUrl }) => {
		await unsubscribe(transport, endpointUrl);
		await removeOthers(context, transport, endpointUrl);
		forgetUrl(context, endpointUrl);
		context.logger.info('Unsubscribed from Advocate events');
		return true;
	});
}

/** Nobody listens there any more. */
async function removeOthers(
	context: IHookFunctions,
	transport: Transport,
	endpointUrl: string,
): Promise<void> {
	for (const url of urlsMadeBefore(context, endpointUrl)) {
		await unsubscribe(transport, url);
		forgetUrl(context, url);
		context.logger.info(`Unsubscribed ${url}, the earlier address of this workflow`);
	}
}

/**
 * Nothing would ever come to an address inside a network, and nobody would notice. An API that stands in one itself, such
 * as a stand-in for tests, may reach it.
 * @throws ParameterError
 */
function assertReachable(endpointUrl: string, { apiUrl }: AdvocateCredential): void {
	const url = urlOf(endpointUrl);
	if (url === undefined || reachOf(url) === 'public') return;
	if (reachOf(new URL(apiUrl)) !== 'public') return;
	throw new ParameterError(
		`Advocate can't reach this n8n: its address is ${url.origin}, which leads nowhere from the internet`,
		'Set WEBHOOK_URL, an environment variable, to the public address of this n8n and start it again',
	);
}
