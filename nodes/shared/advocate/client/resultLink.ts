/** Opens links of the API: downloads of what a job has made. */
import { urlOf } from '../credential';
import type { PortRequest, PortResponse } from './port';
import { reasonNotToOpen } from './reach';
import { errorFromBadAnswer, errorFromLink } from './readErrors';

/** Hops from a download link to the file. */
const MAX_REDIRECTS = 3;

/** What of a request is the same at each hop. */
export interface LinkRequest extends Pick<PortRequest, 'timeoutMs' | 'maxBytes'> {
	responseType: 'text' | 'pieces';
}

interface LinkHost {
	apiUrl: string;
	/** Where the credential may go. */
	origin: string;
	send(request: PortRequest): Promise<PortResponse>;
}

/**
 * Open a link of the API, and where it leads. The credential goes to the API's own host only, and not where that sends
 * it on: the API sends downloads on to a signed link of its file storage.
 * @returns the answer at the end of the way, whatever its status
 * @throws AdvocateError for a link that is not opened, and what `send` throws
 */
export async function followLink(
	url: string,
	request: LinkRequest,
	host: LinkHost,
	redirects = 0,
): Promise<PortResponse> {
	const link = urlOf(url);
	if (link === undefined) throw errorFromBadAnswer(200, url);
	const reason = reasonNotToOpen(link, host.apiUrl);
	if (reason !== undefined) throw errorFromLink(reason);
	const response = await host.send({
		method: 'GET',
		url: link.href,
		...request,
		authenticate: redirects === 0 && link.origin === host.origin,
	});
	const { location } = response.headers;
	if (!isRedirect(response) || typeof location !== 'string' || redirects >= MAX_REDIRECTS) {
		return response;
	}
	const next = urlOf(location, url);
	if (next === undefined) throw errorFromBadAnswer(response.statusCode, {});
	return await followLink(next.href, request, host, redirects + 1);
}

const isRedirect = ({ statusCode }: PortResponse): boolean => statusCode >= 300 && statusCode < 400;
