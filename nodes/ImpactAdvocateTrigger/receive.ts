/**
 * One call of the webhook. Advocate takes status 200 only for delivered and repeats everything else every hour, so: 200
 * for what is genuine, wanted or not; 401 for what is not; 503 for what can't be judged now.
 *
 * Anybody on the internet can call it. Until a call is known to be genuine it costs as little as possible, leaves no
 * failed execution, and only one line a minute in the log.
 */
import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { toNodeError } from '../shared/n8n/nodeErrors';
import { expectAdvocateError } from '../shared/advocate/client/readErrors';
import type { AdvocatePort } from '../shared/advocate/client/port';
import { Transport } from '../shared/advocate/client/transport';
import { lookUpParticipants } from '../shared/advocate/participants';
import {
	HMAC_HEADER,
	JWS_HEADER,
	KeyCache,
	signatureProblem,
	verifyHmac,
	verifyJws,
} from './signature';
import type { Verdict } from './signature';
import { createN8nPort, loadCredential } from '../shared/n8n/port';
import type { AdvocateCredential } from '../shared/n8n/port';
import {
	isWanted,
	participantsOf,
	readEvent,
	reasonToRefuse,
	segmentsIn,
	TEST_EVENT,
} from './events';
import type { AdvocateEvent } from './events';
import { QuietLog } from './quietLog';
import { EventLedger, rememberEvent } from './recentEvents';
import { readSettings, readSignatureKind, sharedKey } from './settings';
import type { TriggerSettings } from './settings';
import { TestEventTimes } from './testEvents';

/** The sender waits for the answer. */
const TIMEOUT_MS = 10_000;
const WAIT_BUDGET_MS = 5_000;

/** Public keys are the same for all workflows of this n8n. */
const keyCache = new KeyCache();

/** But not those that came without a look at the server's certificate. */
const uncheckedKeyCache = new KeyCache();

const ledger = new EventLedger();

const testEvents = new TestEventTimes();

const quietLog = new QuietLog(() => Date.now());

interface Call {
	context: IWebhookFunctions;
	settings: TriggerSettings;
	credential: AdvocateCredential;
	port: AdvocatePort;
}

/** Judge one call and, when its event is wanted, start the workflow with it. */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const body = await rawBody(context);
	if (body === undefined) return refuse(context, 'it has no body');
	let call: Call;
	let verdict: Verdict;
	try {
		// Before the credential is decrypted.
		const problem = signatureProblem(readSignatureKind(context), context.getHeaderData());
		if (problem !== undefined) return refuse(context, problem);
		const credential = await loadCredential(context);
		const port = createN8nPort(context, credential);
		call = { context, credential, port, settings: readSettings(context) };
		verdict = await verifySignature(call, body);
	} catch (failure) {
		return giveUp(context, failure);
	}
	if (verdict.outcome === 'refused') return refuse(context, verdict.reason);
	if (verdict.outcome === 'unknown') {
		return postpone(context, `its signature can't be checked now: ${verdict.reason}`);
	}
	try {
		return await handle(call, body);
	} catch (failure) {
		throw toNodeError(context.getNode(), failure);
	}
}

/** One call that Advocate has signed. */
async function handle(call: Call, body: Buffer): Promise<IWebhookResponseData> {
	const { context, settings, credential, port } = call;
	const event = readEvent(body);
	if (event === undefined) return refuse(context, 'it is no event of Advocate');
	const tenantAlias = decodeURIComponent(credential.apiUrl.split('/').pop() ?? '');
	const { maxAgeMs } = settings;
	const now = port.now();
	const firstSeen = (eventId: string) =>
		testEvents.firstSeen(nodeKey(context), context.getWorkflowStaticData('node'), eventId, now);
	const reason = reasonToRefuse(event, { tenantAlias, maxAgeMs, firstSeen }, now);
	if (reason !== undefined) return refuse(context, reason);

	const isTestRun = context.getMode() === 'manual';
	if (!isWanted(event, settings.events, isTestRun)) {
		return ignore(context, event, 'the workflow does not wait for this type');
	}
	if (settings.segments.length > 0 && event.type !== TEST_EVENT) {
		try {
			if (!(await isInSegments(call, event))) {
				return ignore(context, event, 'its participant is in none of the chosen segments');
			}
		} catch (caught) {
			const { message } = expectAdvocateError(caught);
			return postpone(context, `the segments of its participant are not known: ${message}`);
		}
	}
	if (settings.deduplicate && !isTestRun) {
		const turn = takeTurn(context, event);
		if (turn === 'known') return ignore(context, event, 'it was delivered before');
		if (turn === 'busy') return postpone(context, 'another delivery of it is being answered');
	}
	context.logger.debug(`Advocate event ${event.type} (${event.id}) starts the workflow`);
	return { workflowData: [[{ json: event as IDataObject }]] };
}

/**
 * The body as it came over the wire. n8n keeps it for every webhook node as `rawBody`, after it has undone a content
 * encoding; what it has parsed from it may differ from what was signed.
 * @returns nothing when there is none, or n8n has used it up, as it does with form data
 */
async function rawBody(context: IWebhookFunctions): Promise<Buffer | undefined> {
	const request = context.getRequestObject() as unknown as {
		rawBody?: unknown;
		readRawBody?: () => Promise<void>;
	};
	try {
		if (request.rawBody === undefined) await request.readRawBody?.();
	} catch {
		// An error here would be an execution that failed, and any stranger could cause as many as they like.
		return undefined;
	}
	return Buffer.isBuffer(request.rawBody) && request.rawBody.length > 0
		? request.rawBody
		: undefined;
}

async function verifySignature(call: Call, body: Buffer): Promise<Verdict> {
	const { context, settings, credential, port } = call;
	const headers = context.getHeaderData();
	if (settings.signature === 'hmac') {
		return verifyHmac(headers[HMAC_HEADER], body, sharedKey(credential));
	}
	const cache = credential.skipSslCertificateValidation ? uncheckedKeyCache : keyCache;
	const keys = cache.source(port, credential.apiUrl);
	return await verifyJws(headers[JWS_HEADER], body, keys);
}

async function isInSegments(call: Call, event: AdvocateEvent): Promise<boolean> {
	const { settings, credential, port } = call;
	const isChosen = (keys: readonly string[]) => keys.some((key) => settings.segments.includes(key));
	const known = segmentsIn(event);
	if (known !== undefined) return isChosen(known);
	const participants = participantsOf(event);
	if (participants.length === 0) return false;
	const transport = new Transport(port, {
		apiUrl: credential.apiUrl,
		timeoutMs: TIMEOUT_MS,
		waitBudgetMs: WAIT_BUDGET_MS,
	});
	const found = await lookUpParticipants(transport, participants);
	return found.some((participant) => participant !== undefined && isChosen(participant.segments));
}

/**
 * Whether this delivery is the one that starts the workflow. Decided without a pause, so that two deliveries at the same
 * instant can't both be it.
 *
 * An event is known once it is answered with 200: one whose workflow could not be started must start it when it is
 * delivered again. n8n saves the static data together with that answer, but n8n 2 loses the change when it runs the
 * workflow in the same process, so this process remembers it too.
 */
function takeTurn(context: IWebhookFunctions, event: AdvocateEvent): 'free' | 'busy' | 'known' {
	const node = nodeKey(context);
	const staticData = context.getWorkflowStaticData('node');
	const remembered = rememberEvent(staticData.recentEvents, event.id);
	if (remembered === undefined) return 'known';
	const turn = ledger.claim(node, event.id);
	if (turn !== 'free') return turn;
	staticData.recentEvents = remembered;
	const response = context.getResponseObject();
	// Comes after `finish`, and also when the caller hangs up before it has its answer.
	response.once('close', () =>
		ledger.settle(node, event.id, response.writableFinished && response.statusCode === 200),
	);
	return 'free';
}

function refuse(context: IWebhookFunctions, reason: string): IWebhookResponseData {
	const line = quietLog.count(`refused ${nodeKey(context)}`, reason);
	if (line !== undefined) {
		const calls = line.calls > 1 ? `${line.calls} calls` : 'a call';
		context.logger.warn(
			`Refused ${calls} of the Advocate webhook: ${line.reasons}`,
			place(context),
		);
	}
	// A stranger learns nothing about why.
	return answer(context, 401, 'Not accepted');
}

function postpone(context: IWebhookFunctions, reason: string): IWebhookResponseData {
	const line = quietLog.count(`postponed ${nodeKey(context)}`, reason);
	if (line !== undefined) {
		const events = line.calls > 1 ? `${line.calls} Advocate events` : 'an Advocate event';
		context.logger.warn(`Asked for another delivery of ${events}: ${line.reasons}`, place(context));
	}
	return answer(context, 503, 'Try again later');
}

/** No call can be judged as the trigger and its credential are set. Advocate comes again when they are mended. */
function giveUp(context: IWebhookFunctions, failure: unknown): IWebhookResponseData {
	const { message, description } = toNodeError(context.getNode(), failure);
	const reason = [message, description].filter(Boolean).join('. ');
	const line = quietLog.count(`broken ${nodeKey(context)}`, reason);
	if (line !== undefined) {
		context.logger.error(
			`The Advocate webhook can't judge calls, check the trigger and its credential: ${line.reasons}`,
			place(context),
		);
	}
	return answer(context, 503, 'Try again later');
}

/** Status 200 without a run of the workflow. */
function ignore(
	context: IWebhookFunctions,
	event: AdvocateEvent,
	reason: string,
): IWebhookResponseData {
	context.logger.debug(
		`Ignored the Advocate event ${event.type} (${event.id}): ${reason}`,
		place(context),
	);
	return { webhookResponse: { message: 'Received' } };
}

function answer(
	context: IWebhookFunctions,
	statusCode: number,
	message: string,
): IWebhookResponseData {
	context.getResponseObject().status(statusCode).json({ message });
	return { noWebhookResponse: true };
}

const nodeKey = (context: IWebhookFunctions): string =>
	`${context.getWorkflow().id}:${context.getNode().id}`;

function place(context: IWebhookFunctions): { workflowId?: string; nodeName: string } {
	return { workflowId: context.getWorkflow().id, nodeName: context.getNode().name };
}
