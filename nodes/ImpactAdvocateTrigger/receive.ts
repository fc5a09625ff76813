/**
 * One call of the webhook. Advocate takes status 200 only for delivered and repeats everything else every hour, so: 200
 * for what is genuine, whether or not it starts the workflow; 401 for what is not; 503 for what can't be judged now.
 *
 * Anybody on the internet can call it. Until a call is known to be genuine it costs as little as possible, leaves no
 * failed execution, and only one line a minute in the log.
 */
import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { InputError } from '../shared/inputError';
import { toTriggerError } from '../shared/n8n/editorWords';
import { expectAdvocateError } from '../shared/advocate/client/error';
import { openTransport } from '../shared/n8n/port';
import type { Connection } from '../shared/n8n/port';
import { triggerFields } from './fields';
import { isChosenType, readEvent, reasonToRefuse, rolesIn, TEST_EVENT } from './events';
import type { AdvocateEvent } from './events';
import { KeyCache } from './publicKeys';
import { QuietLog } from './quietLog';
import { EventLedger, rememberEvent } from './recentEvents';
import { chosenKeys, findWhereabouts } from './chosenSegments';
import { readSettings, readSignatureKind, sharedKey } from './settings';
import type { TriggerSettings } from './settings';
import { HMAC_HEADER, JWS_HEADER, signatureProblem, verifyHmac, verifyJws } from './signature';
import type { Verdict } from './signature';
import { TestEventTimes } from './testEvents';

/** The sender waits for the answer. */
const LIMITS = { timeoutMs: 10_000, maxWaitMs: 5_000 };

/** Public keys are the same for all workflows of this n8n. */
const keyCache = new KeyCache();

/** But not those that came without a look at the server's certificate. */
const uncheckedKeyCache = new KeyCache();

const ledger = new EventLedger();

const testEvents = new TestEventTimes();

const quietLog = new QuietLog(() => Date.now());

interface Call extends Connection {
	context: IWebhookFunctions;
	settings: TriggerSettings;
}

/** Judge one call and, when the workflow waits for its event, start it. */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const body = await rawBody(context);
	if (body === undefined) return refuse(context, 'it has no body');
	let call: Call;
	let verdict: Verdict;
	try {
		// Before the credential is decrypted.
		const problem = signatureProblem(readSignatureKind(context), context.getHeaderData());
		if (problem !== undefined) return refuse(context, problem);
		const connection = await openTransport(context, LIMITS);
		call = { context, settings: readSettings(context), ...connection };
		verdict = await verifySignature(call, body);
	} catch (failure) {
		return giveUp(context, failure);
	}
	if (verdict.outcome === 'refused') return refuse(context, verdict.reason);
	if (verdict.outcome === 'unknown') {
		return postpone(context, `its signature can't be checked at the moment: ${verdict.reason}`);
	}
	try {
		return await handle(call, body);
	} catch (failure) {
		throw toTriggerError(context.getNode(), failure, triggerFields);
	}
}

/** One call that Advocate has signed. Whatever costs a request comes last. */
async function handle(call: Call, body: Buffer): Promise<IWebhookResponseData> {
	const { context, settings } = call;
	const event = readEvent(body);
	if (event === undefined) return refuse(context, 'it is not an Advocate event');
	const reason = refusalOf(call, event);
	if (reason !== undefined) return refuse(context, reason);

	const isTestRun = context.getMode() === 'manual';
	if (!isChosenType(event, settings.events, isTestRun)) {
		return ignore(context, event, 'the workflow does not wait for this type');
	}
	const turn = settings.deduplicate && !isTestRun ? takeTurn(context, event) : undefined;
	if (turn === 'known') return ignore(context, event, 'it was delivered before');
	if (turn === 'busy') {
		return postpone(context, 'another delivery of the same event is being handled');
	}
	if (settings.segments.length > 0 && event.type !== TEST_EVENT) {
		const answer = await answerUnlessInSegments(call, event);
		if (answer !== undefined) return answer;
	}
	turn?.start();
	context.logger.debug(`Advocate event ${event.type} (${event.id}) starts the workflow`);
	// The types name their participants in different ways; here they all stand in one place.
	const json = { ...event, participants: rolesIn(event) } as unknown as IDataObject;
	return { workflowData: [[{ json }]] };
}

/** Why an event with a good signature must be refused; nothing when it may come in. */
function refusalOf(
	{ context, settings, credential, port }: Call,
	event: AdvocateEvent,
): string | undefined {
	const now = port.now();
	const firstSeen = (eventId: string) =>
		testEvents.firstSeen(nodeKey(context), context.getWorkflowStaticData('node'), eventId, now);
	const expected = {
		tenantAlias: credential.tenantAlias,
		maxAgeMs: settings.maxAgeMs,
		firstSeen,
	};
	return reasonToRefuse(event, expected, now);
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

/**
 * The answer to an event that the filter by segment holds back.
 * @returns nothing when the event may start the workflow
 */
async function answerUnlessInSegments(
	{ context, settings, transport, credential }: Call,
	event: AdvocateEvent,
): Promise<IWebhookResponseData | undefined> {
	try {
		const { tenantMark: tenant } = credential;
		const chosen = await chosenKeys(context, { transport, tenant, texts: settings.segments });
		const whereabouts = await findWhereabouts(event, chosen, transport);
		if (whereabouts === 'inside') return undefined;
		if (whereabouts === 'nameless') return ignoreNameless(context, event);
		return ignore(context, event, 'its participant is in none of the chosen segments');
	} catch (caught) {
		if (caught instanceof InputError) return giveUp(context, caught);
		const { message } = expectAdvocateError(caught);
		return postpone(context, `the segments of its participant could not be looked up: ${message}`);
	}
}

/** A delivery that may start the workflow, and the only one that does so for its event. */
interface Turn {
	/** The workflow is about to be started: remember the event. */
	start(): void;
}

/**
 * Whether this delivery is the one that may start the workflow: not when one before did, or is about to. Decided without
 * a pause, so that two deliveries at the same instant can't both be it.
 *
 * An event is known once it has started the workflow and is answered with 200: one whose workflow could not be started
 * must start it when it is delivered again. n8n saves the static data together with that answer, but n8n 2 loses the
 * change when it runs the workflow in the same process, so this process remembers it too.
 */
function takeTurn(context: IWebhookFunctions, event: AdvocateEvent): Turn | 'busy' | 'known' {
	const node = nodeKey(context);
	const staticData = context.getWorkflowStaticData('node');
	if (rememberEvent(staticData.recentEvents, event.id) === undefined) return 'known';
	const claim = ledger.claim(node, event.id);
	if (claim !== 'free') return claim;
	let isStarted = false;
	const response = context.getResponseObject();
	// Comes after `finish`, and also when the caller hangs up before it has its answer.
	response.once('close', () => {
		const isAnswered = response.writableFinished && response.statusCode === 200;
		ledger.settle(node, event.id, isStarted && isAnswered);
	});
	return {
		start() {
			isStarted = true;
			// Others may have been remembered since this one was looked for.
			const remembered = rememberEvent(staticData.recentEvents, event.id);
			if (remembered !== undefined) staticData.recentEvents = remembered;
		},
	};
}

function refuse(context: IWebhookFunctions, reason: string): IWebhookResponseData {
	const line = quietLog.count(`refused ${nodeKey(context)}`, reason);
	if (line !== undefined) {
		const calls = line.calls > 1 ? `${line.calls} calls` : 'a call';
		context.logger.warn(
			`Refused ${calls} to the Advocate webhook: ${line.reasons}`,
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

/** No call can be judged with these settings or this credential. Advocate repeats it until they are put right. */
function giveUp(context: IWebhookFunctions, failure: unknown): IWebhookResponseData {
	const { message, description } = toTriggerError(context.getNode(), failure, triggerFields);
	const reason = [message, description].filter(Boolean).join('. ');
	const line = quietLog.count(`broken ${nodeKey(context)}`, reason);
	if (line !== undefined) {
		context.logger.error(
			`The Advocate webhook can't check calls. Look at the settings of the trigger and at its credential: ${line.reasons}`,
			place(context),
		);
	}
	return answer(context, 503, 'Try again later');
}

/** An event that the filter by segment can't judge: said where the owner of the workflow may find it. */
function ignoreNameless(context: IWebhookFunctions, event: AdvocateEvent): IWebhookResponseData {
	const line = quietLog.count(`nameless ${nodeKey(context)}`, event.type);
	if (line !== undefined) {
		const events = line.calls > 1 ? `${line.calls} Advocate events` : 'an Advocate event';
		context.logger.info(
			`Ignored ${events} without a participant to check for 'Only in Segment Names or IDs': ${line.reasons}`,
			place(context),
		);
	}
	return ignore(context, event, 'it names no participant, so no segment can be checked');
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
	context.getResponseObject().status(200).end();
	return { noWebhookResponse: true };
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
