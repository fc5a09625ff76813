/**
 * Which links of the API may be opened. They come in an answer, and n8n opens them from inside the network it stands
 * in: a link must not reach what the owner of the credential did not name. Pure.
 *
 * A name can't be looked up here, so what it leads to is left to n8n's own protection against requests to internal
 * addresses.
 */
import { reachOf } from './reach';

/**
 * Why a link is not opened.
 * @param apiUrl of the credential: where it stands itself may be reached by links too
 * @returns the rest of a sentence that begins with the link; nothing when it may be opened
 */
export function reasonNotToOpen(link: URL, apiUrl: string): string | undefined {
	const reach = reachOf(link);
	if (link.protocol !== 'https:' && !(link.protocol === 'http:' && reach === 'loopback')) {
		return `starts with ${link.protocol} instead of https:`;
	}
	if (reach === 'public' || (reach !== 'unassigned' && reach === reachOf(new URL(apiUrl)))) {
		return undefined;
	}
	return `leads to ${link.hostname}, an address inside the network of this n8n`;
}
