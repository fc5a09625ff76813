/**
 * Which URLs the workflow has subscribed and not removed: its URL changes with WEBHOOK_URL, and n8n then neither has the
 * new one subscribed nor the old one removed by itself.
 */
import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { markOf } from '../shared/advocate/client/values';
import { urlOf } from '../shared/advocate/credential';

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
