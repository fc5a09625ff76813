/** Compares the details that were sent with those that were answered. Pure. */
import { isRecord } from '../../shared/advocate/client/values';

/** Details that come back as they were sent, with the names people know them by. */
const COMPARED: Readonly<Record<string, string>> = {
	firstName: 'first name',
	lastName: 'last name',
	email: 'e-mail address',
	imageUrl: 'image',
	locale: 'locale',
	countryCode: 'country',
	referable: 'referable',
};

/** Upper and lower case do not matter to e-mail addresses and referral codes: the API may write them its own way. */
const folded = (value: unknown): unknown =>
	typeof value === 'string' ? value.toLowerCase() : value;

/**
 * What the API did not store as it was sent. What the answer does not have can't be told.
 * @returns names for a message, without the values, which are personal
 */
export function detailsNotStored(
	sent: Readonly<Record<string, unknown>> | undefined,
	answered: Readonly<Record<string, unknown>>,
): string[] {
	if (sent === undefined) return [];
	const lost = Object.entries(COMPARED)
		.filter(([field]) => sent[field] !== undefined && answered[field] !== undefined)
		.filter(([field]) =>
			field === 'email'
				? folded(answered[field]) !== folded(sent[field])
				: answered[field] !== sent[field],
		)
		.map(([, name]) => name);
	return [...lost, ...codesNotStored(sent, answered), ...customFieldsNotStored(sent, answered)];
}

function codesNotStored(
	{ referredByCodes: sent }: Readonly<Record<string, unknown>>,
	{ referredByCodes: answered }: Readonly<Record<string, unknown>>,
): string[] {
	if (!Array.isArray(sent) || !Array.isArray(answered)) return [];
	const known = new Set(answered.map(folded));
	return sent.every((code) => known.has(folded(code))) ? [] : ['referred by codes'];
}

function customFieldsNotStored(
	{ customFields: sent }: Readonly<Record<string, unknown>>,
	{ customFields: answered }: Readonly<Record<string, unknown>>,
): string[] {
	if (!isRecord(sent) || answered === undefined) return [];
	const stored = isRecord(answered) ? answered : {};
	return Object.entries(sent)
		.filter(([name, value]) => (Object.hasOwn(stored, name) ? stored[name] : null) !== value)
		.map(([name]) => `custom field ${name}`);
}
