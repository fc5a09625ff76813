/** How lists and look-ups answer: how many, how fast, in which order, and how soon after a write. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { ProbeError } from './client';
import { list } from './question';
import type { Finding, ProbeContext } from './question';
import { LONGEST_DELAY_MS, untilSeen } from './untilSeen';

// Q10

export async function rateLimit({ client, settings }: ProbeContext): Promise<Finding> {
	if (settings.burst === 0) throw new ProbeError('not asked (--burst 0)');
	// A second of rest, so that earlier requests do not count.
	await client.sleep(1100);
	const startedAt = Date.now();
	const answers = await Promise.all(
		Array.from({ length: settings.burst }, async () => ({
			answer: await client.request('GET', '/users?limit=1', { keepThrottled: true }),
			after: Date.now() - startedAt,
		})),
	);
	const refused = answers.filter(({ answer }) => answer.status === 429);
	const longest = Math.max(...answers.map(({ after }) => after));
	const speed = `${settings.burst} at once: ${answers.length - refused.length} answered, ${refused.length} times 429, ${longest} ms`;
	if (refused.length === 0) {
		return { answer: 'None met', evidence: speed, switches: { rateLimit: null } };
	}
	const { headers } = refused[0].answer;
	const header = headers['retry-after'] === undefined ? '' : String(headers['retry-after']);
	const limits = Object.keys(headers).filter((name) => /ratelimit/i.test(name));
	let retryAfter: 'seconds' | 'date' | 'none' = 'none';
	if (header !== '') retryAfter = /^\d+$/.test(header) ? 'seconds' : 'date';
	const requestsPerSecond = answers.length - refused.length;
	return {
		answer: `About ${requestsPerSecond} requests per second; Retry-After: ${header || 'none'}`,
		evidence: `${speed}; other headers: ${list(limits)}`,
		switches: { rateLimit: { requestsPerSecond: Math.max(1, requestsPerSecond), retryAfter } },
	};
}

const LARGEST_PAGE = 10_000;

/** Counts only: no data of the tenant's participants is read. */
export async function pageLimit({ client }: ProbeContext): Promise<Finding> {
	const ask = async (limit: number) =>
		await client.graphql('query ProbePage($l: Int!) { users(limit: $l) { count totalCount } }', {
			l: limit,
		});
	const first = await ask(1);
	if (first.refusal !== undefined) throw new ProbeError(`the list was refused: ${first.refusal}`);
	const widest = await ask(LARGEST_PAGE);
	if (widest.refusal !== undefined) {
		let [fits, tooLarge] = [1, LARGEST_PAGE];
		while (tooLarge - fits > 1) {
			const middle = Math.floor((fits + tooLarge) / 2);
			if ((await ask(middle)).refusal === undefined) fits = middle;
			else tooLarge = middle;
		}
		return {
			answer: `${fits}; more is refused`,
			evidence: widest.refusal,
			switches: { maxPageLimit: fits, overMaxPageLimit: 'reject' },
		};
	}
	const { count, totalCount } = isRecord(widest.data.users) ? widest.data.users : {};
	const isClamped = Number(count) < Math.min(Number(totalCount), LARGEST_PAGE);
	const evidence = `limit ${LARGEST_PAGE}: ${String(count)} of ${String(totalCount)}`;
	return isClamped
		? {
				answer: `${String(count)}; more is cut`,
				evidence,
				switches: { maxPageLimit: Number(count), overMaxPageLimit: 'clamp' },
			}
		: {
				answer: `None met; the tenant has ${String(totalCount)} participants`,
				evidence,
				switches: { maxPageLimit: null },
			};
}

// Q12

export async function searchDelay({ client, sandbox }: ProbeContext): Promise<Finding> {
	const [id, key] = [sandbox.participantId(), await sandbox.newSegment()];
	await sandbox.mustPut(id, { segments: [key] });
	const writtenAt = Date.now();
	for (let looks = 1; ; looks++) {
		const { users } = await client.must(
			'query ProbeSearch($f: UserFilterInput) { users(filter: $f, limit: 1) { totalCount } }',
			{ f: { segments_eq: key } },
		);
		const elapsed = Date.now() - writtenAt;
		if (isRecord(users) && Number(users.totalCount) > 0) {
			const delay = looks === 1 ? 0 : elapsed;
			return {
				answer: delay === 0 ? 'No delay seen' : `${delay} ms`,
				evidence: `found at look ${looks}, ${elapsed} ms after the write`,
				switches: { filterDelayMs: delay },
			};
		}
		if (elapsed > LONGEST_DELAY_MS) {
			throw new ProbeError(`still not found after ${LONGEST_DELAY_MS / 1000} s`);
		}
		await client.sleep(Math.min(1000, 20 * looks));
	}
}

// Q14

const COUNT =
	'query ProbeCount($f: UserFilterInput) { users(filter: $f, limit: 1) { totalCount } }';

export async function lookUpCase({ client, sandbox }: ProbeContext): Promise<Finding> {
	const count = async (filter: object): Promise<number> => {
		const { users } = await client.must(COUNT, { f: filter });
		return isRecord(users) ? Number(users.totalCount) : 0;
	};
	const id = sandbox.participantId();
	await sandbox.mustPut(id, { email: `${id}@example.com` });
	await untilSeen(client, async () => (await count({ id_eq: id })) > 0);
	const other = id === id.toUpperCase() ? id.toLowerCase() : id.toUpperCase();
	const byId = await count({ id_eq: other });
	const byEmail = await count({ email_eq: `${other}@example.com` });
	const evidence = `in the other case, the ID finds ${byId} and the e-mail address ${byEmail}`;
	return byId + byEmail > 0
		? { answer: 'They are the same', evidence, switches: { lookUpCase: 'ignored' } }
		: { answer: 'They count', evidence, switches: { lookUpCase: 'exact' } };
}

// Q15

/** Only the probe's own segment is asked for its members. */
const MEMBERS = `query ProbeMembers($f: UserFilterInput, $s: [RSSortByInput!]) {
	users(filter: $f, limit: 10, sortBy: $s) { data { id } }
}`;

export async function sortByDate({ client, sandbox }: ProbeContext): Promise<Finding> {
	const key = await sandbox.newSegment();
	const ids = [sandbox.participantId(), sandbox.participantId(), sandbox.participantId()];
	for (const id of ids) {
		await sandbox.mustPut(id, { segments: [key] });
		await client.sleep(20);
	}
	const membersIn = async (order: 'ASC' | 'DESC'): Promise<string[]> => {
		const sortBy = [{ field: 'dateCreated', order }];
		const { users } = await client.must(MEMBERS, { f: { segments_eq: key }, s: sortBy });
		return isRecord(users) ? (users.data as Array<{ id: string }>).map(({ id }) => id) : [];
	};
	await untilSeen(client, async () => (await membersIn('ASC')).length === ids.length);
	const [up, down] = [await membersIn('ASC'), await membersIn('DESC')];
	const isSorted = String(up) === String(ids) && String(down) === String([...ids].reverse());
	const evidence = `three made one after the other come ${isSorted ? 'in order both ways' : 'out of order'}`;
	return isSorted
		? { answer: 'They are sorted', evidence, switches: { sortByDateCreated: 'sorts' } }
		: { answer: 'They are not sorted', evidence, switches: { sortByDateCreated: 'ignored' } };
}
