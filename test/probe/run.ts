/* eslint-disable @n8n/community-nodes/require-node-api-error -- a tool for developers, run in plain Node.js */
/** One run of the probe: checks the tenant, asks, and takes everything away again. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import type { SimulatorOptions } from '../simulator/options';
import { ProbeClient, ProbeError, StoppedError } from './client';
import { ask, QUESTIONS } from './questions';
import type { Finding } from './question';
import { Sandbox } from './sandbox';
import { isMarkedLive, isMarkedTest, redact } from './settings';
import type { ProbeSettings } from './settings';

/** An answered question, fit to print. */
export interface Row {
	question: string;
	text: string;
	answer: string;
	evidence: string;
}

export interface ProbeResult {
	rows: Row[];
	/** What was found, as switches of the simulator. */
	profile: Partial<SimulatorOptions>;
	/** What could not be taken away. */
	left: string[];
	stopped: boolean;
	requests: number;
	/** What this run's participants and segments are called. */
	prefix: string;
}

/** How long requests that were broken off may still work in the API. */
const SETTLE_MS = 1000;

/**
 * Refuse a tenant that can't be reached, or is live. When the API does not say what it is, the alias or the key must.
 * @throws ProbeError
 */
async function checkTenant(client: ProbeClient, settings: ProbeSettings): Promise<void> {
	const help = 'Use a test tenant';
	if (!settings.allowLive && isMarkedLive(settings)) {
		throw new ProbeError(`The alias or a key is a live one. ${help}`);
	}
	const { data, refusal, status } = await client.graphql(
		'query ProbeTenant { tenant { tenantAlias isLiveMode } }',
	);
	if (status === 401 || status === 404) throw new ProbeError(`The API refused: ${refusal}`);
	if (settings.allowLive) return;
	const isLive = isRecord(data.tenant) ? data.tenant.isLiveMode : undefined;
	if (isLive === true) throw new ProbeError(`This is a live tenant. ${help}`);
	if (isLive === false || isMarkedTest(settings)) return;
	throw new ProbeError(
		`Whether this is a test tenant can't be told${refusal === undefined ? '' : ` (${refusal})`}. ${help}, or add --allow-live`,
	);
}

/**
 * Run the probe.
 * @param signal stops it; what it made is taken away all the same
 * @param onRow called with each answer as it comes
 * @throws ProbeError when the tenant must not be probed; nothing was changed then
 */
export async function runProbe(
	settings: ProbeSettings,
	signal: AbortSignal,
	onRow: (row: Row) => void = () => undefined,
): Promise<ProbeResult> {
	const [{ authorization }] = settings.credentials;
	const client = new ProbeClient(settings.apiUrl, authorization, signal);
	const sandbox = new Sandbox(client);
	await checkTenant(client, settings);

	const rows: Row[] = [];
	const profile: Partial<SimulatorOptions> = {};
	const cleaner = client.unstoppable();
	let left: string[] = [];
	let stopped = false;
	try {
		for (const question of chosen(settings)) {
			for (const finding of await ask(question, { settings, client, sandbox })) {
				const row = rowOf(question, finding, settings.secrets);
				rows.push(row);
				onRow(row);
				Object.assign(profile, finding.switches);
			}
		}
	} catch (caught) {
		if (!(caught instanceof StoppedError)) throw caught;
		stopped = true;
		await cleaner.sleep(SETTLE_MS);
	} finally {
		left = (await sandbox.cleanUp(cleaner)).map((text) => redact(text, settings.secrets));
	}
	const requests = client.requests + cleaner.requests;
	return { rows, profile, left, stopped, requests, prefix: sandbox.prefix };
}

function chosen({ only }: ProbeSettings) {
	const unknown = only.filter((name) => !QUESTIONS.some((question) => question.name === name));
	if (unknown.length > 0) throw new ProbeError(`There is no question ${unknown.join(', ')}`);
	return QUESTIONS.filter(({ name }) => only.length === 0 || only.includes(name));
}

function rowOf(
	question: { name: string; text: string },
	{ answer, evidence }: Finding,
	secrets: readonly string[],
): Row {
	const tidy = (text: string) => redact(text, secrets).replace(/\s+/g, ' ').trim();
	return {
		question: question.name,
		text: question.text,
		answer: tidy(answer),
		evidence: tidy(evidence),
	};
}
