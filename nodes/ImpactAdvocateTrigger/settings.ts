/** What the user set in the trigger. */
import type { IDataObject, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { ParameterError } from '../shared/n8n/nodeErrors';
import { readNumberOption } from '../shared/n8n/parameters';
import { tenantApiKey } from '../shared/advocate/credential';
import type { SignatureKind } from './signature';
import type { AdvocateCredential } from '../shared/n8n/credential';
import { readSegmentTexts } from '../shared/segments/key';

/** Advocate repeats a delivery every hour, 72 times, and an event keeps its time. A day more for slow queues. */
const DEFAULT_MAX_AGE_HOURS = 96;

const HOUR_MS = 60 * 60 * 1000;

export interface TriggerSettings {
	events: string[];
	segments: string[];
	signature: SignatureKind;
	maxAgeMs: number;
	deduplicate: boolean;
}

/**
 * Read the settings.
 * @throws ParameterError or SegmentInputError when one can't be used
 */
export function readSettings(context: IHookFunctions | IWebhookFunctions): TriggerSettings {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	return {
		events: readEvents(context.getNodeParameter('events', [])),
		segments: readSegmentTexts(options.segments),
		signature: readSignatureKind(context),
		maxAgeMs:
			HOUR_MS *
			readNumberOption(options, 'maxEventAge', 'Max Event Age', {
				min: 0,
				max: 8760,
				default: DEFAULT_MAX_AGE_HOURS,
			}),
		deduplicate: options.deduplicate !== false,
	};
}

/** Which signature counts. Can be read also when nothing else of the trigger makes sense. */
export function readSignatureKind(context: IHookFunctions | IWebhookFunctions): SignatureKind {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	return options.signature === 'hmac' ? 'hmac' : 'jws';
}

function readEvents(value: unknown): string[] {
	const list: unknown[] = Array.isArray(value) ? value : String(value ?? '').split(',');
	const events = list.map((entry) => String(entry).trim()).filter((entry) => entry !== '');
	if (events.length > 0) return events;
	throw new ParameterError("'Events' is empty", 'Choose at least one event to wait for');
}

/**
 * The key that Advocate signs with in the shared-key mode.
 * @throws ParameterError when the credential has none
 */
export function sharedKey({ decrypted }: AdvocateCredential): string {
	const key = tenantApiKey(decrypted.data ?? {});
	if (key !== undefined) return key;
	throw new ParameterError(
		"The signature with the tenant's API key can't be checked without that key",
		"Use a credential with the authentication 'Tenant API Key', or set 'Signature' to 'Public Key'",
	);
}
