/**
 * What the tenant's own exports hold. Each is asked for since a moment at which nobody but the probe's own participants
 * came or changed, and of its file only the header and their rows are looked at.
 */
import { parse } from 'csv-parse/sync';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import type { SimulatorOptions } from '../simulator/options';
import { ProbeError, reasonOf } from './client';
import { downloadFrom } from './jobQuestions';
import { list } from './question';
import type { Finding, ProbeContext, Question } from './question';

const MAX_LOOKS = 120;

/** A moment by the API's clock, which its answers tell in seconds, that has passed. */
async function moment({ client, sandbox }: ProbeContext): Promise<number> {
	const { headers } = await client.request('GET', sandbox.pathOf(sandbox.participantId()));
	const told = Date.parse(String(headers.date ?? ''));
	const next = (Number.isNaN(told) ? Date.now() : told) + 1000;
	await client.sleep(1500);
	return next;
}

/** The refusal, or the file as rows by their column. */
interface Exported {
	refused?: { status: number; reason: string };
	header: string[];
	rows: Array<Record<string, string>>;
}

async function exported(
	{ client, sandbox, settings }: ProbeContext,
	params: Record<string, number>,
): Promise<Exported> {
	const body = { type: 'USER', format: 'CSV', name: sandbox.prefix, params };
	let answer = await client.request('POST', '/export', { body });
	if (answer.status >= 300) {
		const refused = { status: answer.status, reason: reasonOf(answer) };
		return { refused, header: [], rows: [] };
	}
	const id = isRecord(answer.json) ? String(answer.json.id) : '';
	const path = `/export/${encodeURIComponent(id)}`;
	for (let look = 0; ; look++) {
		answer = await client.request('GET', path);
		if (!isRecord(answer.json)) throw new ProbeError(`no export: ${reasonOf(answer)}`);
		if (answer.json.status !== 'PENDING') break;
		if (look >= MAX_LOOKS) throw new ProbeError(`export ${id} is still pending`);
		await client.sleep(settings.pollMs);
	}
	if (answer.json.status !== 'COMPLETED') {
		throw new ProbeError(`the export ended as ${String(answer.json.status)}`);
	}
	const file = await downloadFrom(client, `${client.apiUrl}${path}/download`, true);
	if (file.status >= 300) throw new ProbeError(`no file: ${reasonOf(file)}`);
	const [header = [], ...lines] = parse(file.text, {
		bom: true,
		relax_column_count: true,
	}) as string[][];
	const rows = lines
		.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ''])))
		.filter(({ id: own }) => own?.startsWith(sandbox.prefix));
	return { header, rows };
}

// Q19

type Written = Pick<SimulatorOptions, 'exportSegments'>;

/** How a cell writes two segments. */
function separatorOf(cell: string | undefined, keys: readonly string[]): Partial<Written> {
	if (cell === undefined) return { exportSegments: 'none' };
	if (cell === '') return { exportSegments: 'blank' };
	if (!keys.every((key) => cell.includes(key))) return { exportSegments: 'names' };
	if (cell.startsWith('[')) return { exportSegments: 'json' };
	if (cell.includes('|')) return { exportSegments: 'pipes' };
	return cell.includes(',') ? { exportSegments: 'commas' } : {};
}

const WANTED = ['countryCode', 'referable', 'segments'];

async function columns(context: ProbeContext): Promise<Finding> {
	const { sandbox } = context;
	const keys = [await sandbox.newSegment(), await sandbox.newSegment()];
	for (const key of keys) await sandbox.upsertSegment(key, { name: `Name of ${key.slice(-3)}` });
	const createdSince = await moment(context);
	const id = sandbox.participantId();
	await sandbox.mustPut(id, { locale: 'en_US', countryCode: 'CA', segments: keys });
	const { refused, header, rows } = await exported(context, { createdSince });
	if (refused !== undefined) {
		return {
			answer: 'This credential gets no export',
			evidence: refused.reason,
			switches: refused.status === 403 ? { exportsAvailable: false } : undefined,
		};
	}
	const own = rows.find((row) => row.id === id);
	if (own === undefined) throw new ProbeError(`the participant is not in it: ${list(header)}`);
	const isAll = WANTED.some((name) => header.includes(name));
	const shown = ['referable', 'dateCreated', 'segments', 'referralCode']
		.filter((name) => header.includes(name))
		.map((name) => `${name} is ${JSON.stringify(own[name])}`);
	return {
		answer: `It has the columns ${list(header)}`,
		evidence: `${list(shown)}; the participant is in: ${list(keys)}`,
		switches: {
			exportsAvailable: true,
			exportColumns: isAll ? 'all' : 'tap',
			...(isAll ? separatorOf(own.segments, keys) : {}),
		},
	};
}

// Q20

async function segmentUpdate(context: ProbeContext): Promise<Finding> {
	const { sandbox, client } = context;
	const [changed, control] = [sandbox.participantId(), sandbox.participantId()];
	await sandbox.mustPut(changed);
	await sandbox.mustPut(control);
	const key = await sandbox.newSegment();
	const updatedSince = await moment(context);
	await sandbox.mustPut(changed, { segments: [key] });
	await sandbox.mustPut(control, { firstName: 'Probe' });
	await client.sleep(1000);
	const { refused, rows } = await exported(context, { updatedSince });
	if (refused !== undefined) throw new ProbeError(refused.reason);
	const has = (id: string): boolean => rows.some((row) => row.id === id);
	// Otherwise the export may only be late.
	if (!has(control)) throw new ProbeError('not even a change of the name is in it');
	const counts = has(changed);
	return {
		answer: `A change of segments ${counts ? 'is' : 'is not'} an update`,
		evidence: `since that moment: a change of the name is in it, one of the segments ${counts ? 'too' : 'not'}`,
		switches: { segmentChangeUpdates: counts },
	};
}

export const EXPORT_QUESTIONS: Question[] = [
	{ name: 'Q19', text: 'Which columns has an export of participants?', looks: [columns] },
	{ name: 'Q20', text: "Does a change of segments move 'updatedSince'?", looks: [segmentUpdate] },
];
