/**
 * What the host of a URL can reach, as far as the URL tells, and which links of the API may be opened for it. They come
 * in an answer, and n8n opens them from inside the network it stands in: a link must not reach what the owner of the
 * credential did not name. A name can't be looked up here, so what it leads to is left to n8n's own protection against
 * requests to internal addresses. Pure.
 */
import { isLoopbackHost } from '../credential';

/** Networks by what can be reached there; `public` is everything else. */
type Reach = 'public' | 'loopback' | 'private' | 'linkLocal' | 'unassigned';

/** Blocks of IPv4 that lead nowhere on the internet: address, length of its prefix, reach. */
const IPV4_BLOCKS: ReadonlyArray<readonly [string, number, Reach]> = [
	['0.0.0.0', 8, 'unassigned'],
	['10.0.0.0', 8, 'private'],
	// Behind a provider's own translation of addresses.
	['100.64.0.0', 10, 'private'],
	['127.0.0.0', 8, 'loopback'],
	// Where clouds hand out the credentials of the machine.
	['169.254.0.0', 16, 'linkLocal'],
	['172.16.0.0', 12, 'private'],
	['192.0.0.0', 24, 'unassigned'],
	['192.0.2.0', 24, 'unassigned'],
	['192.168.0.0', 16, 'private'],
	['198.18.0.0', 15, 'private'],
	['198.51.100.0', 24, 'unassigned'],
	['203.0.113.0', 24, 'unassigned'],
	// Multicast and what is reserved.
	['224.0.0.0', 3, 'unassigned'],
];

/** The same of IPv6, by the first 16-bit groups; what holds an IPv4 address is read before. */
const IPV6_BLOCKS: ReadonlyArray<readonly [number, number, Reach]> = [
	[0xfc00, 7, 'private'],
	[0xfe80, 10, 'linkLocal'],
	[0xfec0, 10, 'private'],
	[0xff00, 8, 'unassigned'],
];

const toNumber = (ipv4: string): number =>
	ipv4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function reachOfIpv4(ipv4: string): Reach {
	const address = toNumber(ipv4);
	const block = IPV4_BLOCKS.find(([start, length]) => {
		const size = 2 ** (32 - length);
		return Math.floor(address / size) === Math.floor(toNumber(start) / size);
	});
	return block?.[2] ?? 'public';
}

/** The eight groups of an address as `URL` writes it. */
function groupsOf(ipv6: string): number[] {
	const [head, tail] = ipv6.split('::').map((part) => (part === '' ? [] : part.split(':')));
	const groups =
		tail === undefined
			? head
			: [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
	return groups.map((group) => parseInt(group, 16));
}

/** Prefixes below which an IPv4 address follows: mapped, translated (NAT64), 6to4. */
const EMBEDDINGS: ReadonlyArray<readonly number[]> = [
	[0, 0, 0, 0, 0, 0xffff],
	[0, 0, 0, 0, 0xffff, 0],
	[0x64, 0xff9b, 0, 0, 0, 0],
	[0x2002],
];

function reachOfIpv6(ipv6: string): Reach {
	const groups = groupsOf(ipv6);
	const ends = (address: readonly number[]): Reach =>
		reachOfIpv4(address.flatMap((group) => [group >> 8, group & 255]).join('.'));
	if (groups.slice(0, 6).every((group) => group === 0)) {
		// `::` and `::1`, and the form of an IPv4 address that came before the mapped one.
		const [high, low] = groups.slice(6);
		if (high > 0) return ends([high, low]);
		return low === 1 ? 'loopback' : 'unassigned';
	}
	const embedding = EMBEDDINGS.find((prefix) =>
		prefix.every((group, index) => groups[index] === group),
	);
	if (embedding !== undefined) {
		return ends(groups.slice(embedding.length, embedding.length + 2));
	}
	// Translation within one's own network: whatever follows is in there.
	if (groups[0] === 0x64 && groups[1] === 0xff9b && groups[2] === 1) return 'private';
	// Teredo, which tunnels to an IPv4 address that it hides.
	if (groups[0] === 0x2001 && groups[1] === 0) return 'unassigned';
	const block = IPV6_BLOCKS.find(
		([start, length]) => groups[0] >> (16 - length) === start >> (16 - length),
	);
	return block?.[2] ?? 'public';
}

/** Names of this machine beside `localhost`, as systems give them. */
const LOCAL_NAMES = new Set([
	'localhost.localdomain',
	'localhost6',
	'ip6-localhost',
	'ip6-loopback',
]);

/**
 * What a host can reach. `URL` has brought every way of writing an IPv4 address (hexadecimal, octal, fewer parts,
 * other digits) into one.
 */
export function reachOf({ hostname }: URL): Reach {
	if (hostname.startsWith('[')) return reachOfIpv6(hostname.slice(1, -1));
	if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return reachOfIpv4(hostname);
	const name = hostname.replace(/\.+$/, '');
	return isLoopbackHost(name) || LOCAL_NAMES.has(name) ? 'loopback' : 'public';
}

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
