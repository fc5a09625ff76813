/**
 * Webhook subscriptions of a tenant. The URL is what names one; there is at most one for each. Which URLs the workflow
 * has subscribed and not removed is remembered: its URL changes with WEBHOOK_URL, and n8n then neither has the new one
 * subscribed nor the old one removed by itself.
 */
import { AdvocateError, expectAdvocateError } from '../shared/advocate/client/error';
import {
	errorFromBadAnswer,
	errorFromGraphql,
	graphqlErrorsOf,
} from '../shared/advocate/client/readErrors';
import { isRecord, jsonBytes, markOf } from '../shared/advocate/client/values';
import type { Transport } from '../shared/advocate/client/transport';
import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { urlOf } from '../shared/advocate/credential';

/** Stands for all event types. */
export const ALL_EVENTS = '*';

export interface Subscription {
	endpointUrl: string;
	/** Event types; `*` for all. Empty when the API does not say. */
	webhookTypes: string[];
}

function readSubscription(value: unknown): Subscription {
	if (!isRecord(value) || typeof value.endpointUrl !== 'string') {
		throw errorFromBadAnswer(200, value);
	}
	const types = Array.isArray(value.webhookTypes) ? value.webhookTypes : [];
	return {
		endpointUrl: value.endpointUrl,
		webhookTypes: types.filter((type): type is string => typeof type === 'string'),
	};
}

/**
 * Get the subscription of a URL.
 * @returns nothing when there is none
 * @throws AdvocateError
 */
export async function getSubscription(
	transport: Transport,
	endpointUrl: string,
): Promise<Subscription | undefined> {
	const all = await transport.request({ method: 'GET', path: '/subscription' }, (body) => {
		if (Array.isArray(body)) return body.map(readSubscription);
		// A refusal may come as a 200 with `errors`.
		const errors = isRecord(body) ? graphqlErrorsOf(body) : [];
		throw errors.length > 0 ? errorFromGraphql(errors) : errorFromBadAnswer(200, body);
	});
	return all.find((subscription) => subscription.endpointUrl === endpointUrl);
}

/** Whether a subscription brings all these event types. One that does not say its types brings everything. */
export function covers(subscription: Subscription, types: readonly string[]): boolean {
	const { webhookTypes } = subscription;
	if (webhookTypes.length === 0 || webhookTypes.includes(ALL_EVENTS)) return true;
	return types.every((type) => webhookTypes.includes(type));
}

/**
 * Make sure that a URL is subscribed to at least these event types, and check that it is.
 * @throws AdvocateError
 */
export async function subscribe(
	transport: Transport,
	wanted: { endpointUrl: string; name: string; webhookTypes: readonly string[] },
): Promise<void> {
	const { endpointUrl, webhookTypes } = wanted;
	await create(transport, wanted);
	let found = await getSubscription(transport, endpointUrl);
	if (found !== undefined && !covers(found, webhookTypes)) {
		// The URL was subscribed before, and the API kept the old event types.
		await unsubscribe(transport, endpointUrl);
		await create(transport, wanted);
		found = await getSubscription(transport, endpointUrl);
	}
	if (found === undefined || !covers(found, webhookTypes)) {
		throw new AdvocateError('The API accepted the webhook subscription but does not list it', {
			kind: 'mismatch',
			hint: `Look for ${endpointUrl} among the webhook subscriptions in impact.com, and try again in a moment`,
		});
	}
}

async function create(transport: Transport, body: Record<string, unknown>): Promise<void> {
	await transport.request(
		{ method: 'POST', path: '/subscription', body: jsonBytes(body), mayBeEmpty: true },
		() => undefined,
	);
}

/**
 * Remove the subscription of a URL. That there is none is fine.
 * @throws AdvocateError when it is still there
 */
export async function unsubscribe(transport: Transport, endpointUrl: string): Promise<void> {
	const path = `/subscription/${encodeURIComponent(endpointUrl)}`;
	try {
		await transport.request({ method: 'DELETE', path, mayBeEmpty: true }, () => undefined);
	} catch (caught) {
		const error = expectAdvocateError(caught);
		// How the API answers for a URL it does not know is not documented; its list says what counts.
		const mayBeGone = error.statusCode === 404 || error.statusCode === 400;
		if (!mayBeGone || (await getSubscription(transport, endpointUrl)) !== undefined) throw error;
	}
}

/** What is remembered at most: each change of the address adds one, and the next publishing takes it away. */
const MAX_URLS = 10;

const MARK_LENGTH = 12;

/**
 * By whom: a workflow that was copied to another n8n with its static data must not remove the subscription of the first.
 */
function markOfOwner(context: IHookFunctions): string {
	const place = [context.getInstanceId(), context.getWorkflow().id ?? '', context.getNode().id];
	return markOf(place.join('\n'), MARK_LENGTH);
}

/**
 * A URL of the editor's test, which comes and goes beside the published one, is of another kind. Both end in
 * `/{endpoint}/{webhook ID}/webhook`.
 */
const kindOf = (url: string): string | undefined => urlOf(url)?.pathname.split('/').at(-3);

function urlsOf(context: IHookFunctions): string[] {
	const { subscribed } = context.getWorkflowStaticData('node');
	const { owner, urls } = Object(subscribed) as IDataObject;
	if (owner !== markOfOwner(context) || !Array.isArray(urls)) return [];
	return urls.filter((url): url is string => typeof url === 'string');
}

function keep(context: IHookFunctions, urls: readonly string[]): void {
	const data = context.getWorkflowStaticData('node');
	if (urls.length > 0) {
		data.subscribed = { owner: markOfOwner(context), urls: urls.slice(-MAX_URLS) };
	} else if (data.subscribed !== undefined) {
		delete data.subscribed;
	}
}

/** URLs that the workflow has subscribed under other addresses, and that are still there as far as it knows. */
export function urlsMadeBefore(context: IHookFunctions, endpointUrl: string): string[] {
	const kind = kindOf(endpointUrl);
	return urlsOf(context).filter((url) => url !== endpointUrl && kindOf(url) === kind);
}

/** The workflow has subscribed a URL. */
export function noteUrl(context: IHookFunctions, url: string): void {
	keep(context, [...urlsOf(context).filter((other) => other !== url), url]);
}

/** The subscription of a URL is gone. */
export function forgetUrl(context: IHookFunctions, url: string): void {
	const urls = urlsOf(context);
	if (urls.includes(url)) {
		keep(
			context,
			urls.filter((other) => other !== url),
		);
	}
}
