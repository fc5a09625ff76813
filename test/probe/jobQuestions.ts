/** How import jobs take segments and columns, and what they say of it. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { ProbeError, reasonOf } from './client';
import type { Answer, ProbeClient } from './client';
import { outcomeText, runJob, wasRefused } from './importJobs';
import { list } from './question';
import type { Finding, ProbeContext } from './question';

// Q3

export async function jobRemoves(context: ProbeContext): Promise<Finding> {
	const { sandbox, client, settings } = context;
	const [id, key] = [sandbox.participantId(), await sandbox.newSegment()];
	await sandbox.mustPut(id, { segments: [key] });
	const file = `accountId,id\n${id},${id}\n`;
	const outcome = await runJob(client, sandbox, { file, segments: [`~${key}`] }, settings.pollMs);
	if (wasRefused(outcome)) {
		return {
			answer: 'An import job takes no ~key',
			evidence: outcomeText(outcome),
			switches: { importJobRemoves: 'reject' },
		};
	}
	const left = await sandbox.segmentsOf(id);
	const evidence = `${outcomeText(outcome)}; the participant is in: ${list(left)}`;
	return left.includes(key)
		? { answer: 'An import job ignores ~key', evidence, switches: { importJobRemoves: 'ignore' } }
		: { answer: 'An import job removes ~key', evidence, switches: { importJobRemoves: 'accept' } };
}

export async function jobUnknownKey({ sandbox, client, settings }: ProbeContext): Promise<Finding> {
	const [id, key] = [sandbox.participantId(), sandbox.segmentKey()];
	const file = `accountId,id\n${id},${id}\n`;
	const outcome = await runJob(client, sandbox, { file, segments: [key] }, settings.pollMs);
	const exists = await sandbox.segmentExists(key);
	return {
		answer: exists
			? 'An import job creates an unknown segment'
			: 'An import job does not create an unknown segment',
		evidence: outcomeText(outcome),
	};
}

// Q4

export async function jobSegmentsColumn(context: ProbeContext): Promise<Finding> {
	const { sandbox, client, settings } = context;
	const [id, key] = [sandbox.participantId(), await sandbox.newSegment()];
	const file = `accountId,id,segments\n${id},${id},${key}\n`;
	const outcome = await runJob(client, sandbox, { file }, settings.pollMs);
	if (wasRefused(outcome)) {
		return {
			answer: 'A segments column is refused',
			evidence: outcomeText(outcome),
			switches: { jobSegmentsColumn: 'reject' },
		};
	}
	const segments = await sandbox.segmentsOf(id);
	const evidence = `${outcomeText(outcome)}; the participant is in: ${list(segments)}`;
	return segments.includes(key)
		? {
				answer: 'A segments column works',
				evidence,
				switches: { jobSegmentsColumn: 'apply' },
			}
		: {
				answer: 'A segments column is ignored',
				evidence,
				switches: { jobSegmentsColumn: 'ignore' },
			};
}

export async function jobSegmentsArray({
	sandbox,
	client,
	settings,
}: ProbeContext): Promise<Finding> {
	const [id, key] = [sandbox.participantId(), await sandbox.newSegment()];
	const file = `${JSON.stringify({ accountId: id, id, segments: [key] })}\n`;
	const fileName = `${sandbox.prefix}.jsonl`;
	const outcome = await runJob(client, sandbox, { file, fileName }, settings.pollMs);
	const segments = wasRefused(outcome) ? [] : await sandbox.segmentsOf(id);
	const works = segments.includes(key);
	return {
		answer: `A segments array in JSON lines ${works ? 'works' : 'has no effect'}`,
		evidence: outcomeText(outcome),
	};
}

export async function jobUnknownColumn({
	sandbox,
	client,
	settings,
}: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	const file = `accountId,id,n8nProbeColumn\n${id},${id},x\n`;
	const outcome = await runJob(client, sandbox, { file }, settings.pollMs);
	const isRefused = wasRefused(outcome);
	return {
		answer: `An unknown column is ${isRefused ? 'refused' : 'ignored'}`,
		evidence: outcomeText(outcome),
		switches: { jobUnknownColumns: isRefused ? 'reject' : 'ignore' },
	};
}

export async function jobErrorsFile({ sandbox, client, settings }: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	// The first row has no ID, so it is refused and changes nothing.
	const file = `accountId,id\n${id},\n${id},${id}\n`;
	const outcome = await runJob(client, sandbox, { file }, settings.pollMs);
	const { downloadErrorUrl: url, dateCreated = NaN, dateExpires = NaN } = outcome;
	if (url === undefined) throw new ProbeError(`no errors file (${outcomeText(outcome)})`);
	const open = await client.request('GET', url, { authorization: null });
	// A refusal may come with status 200; a file is no JSON object.
	const isPrivate = open.status >= 400 || isRecord(open.json);
	const answer = await downloadFrom(client, url, isPrivate);
	const number = Number(/^\s*"?(\d+)"?,/m.exec(answer.text)?.[1]);
	const life = dateExpires - dateCreated;
	return {
		answer: `The errors file calls the first row ${number}; its link ${isPrivate ? 'needs the credential' : 'needs no credential'}`,
		evidence: `${reasonOf({ ...answer, text: answer.text.slice(0, 80) })}; files live ${Math.round(life / 86_400_000)} days`,
		switches: {
			...(number === 0 || number === 1 || number === 2 ? { jobRecordNumberBase: number } : {}),
			privateLinks: isPrivate ? 'needCredential' : 'signed',
			...(Number.isFinite(life) ? { jobTtlMs: life } : {}),
		},
	};
}

/** Follow the way to a file; the credential goes to the API's own host only. */
export async function downloadFrom(
	client: ProbeClient,
	url: string,
	isPrivate: boolean,
): Promise<Answer> {
	let [next, mayAuthorize] = [url, isPrivate];
	for (let hop = 0; hop < 3; hop++) {
		const isOwn = new URL(next).origin === new URL(client.apiUrl).origin;
		const settings = mayAuthorize && isOwn ? {} : { authorization: null };
		const answer = await client.request('GET', next, settings);
		const { location } = answer.headers;
		if (answer.status < 300 || answer.status >= 400 || typeof location !== 'string') return answer;
		next = new URL(location, next).href;
		mayAuthorize = false;
	}
	throw new ProbeError('the download redirects in circles');
}
