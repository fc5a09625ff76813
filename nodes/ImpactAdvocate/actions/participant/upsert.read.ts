/** Reads what one item of Participant > Create or Update asks for. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import { CUSTOM_FIELD_LIMITS, CUSTOM_FIELD_NAME } from '../../../shared/advocate/customFields';
import { isEmail } from '../../../shared/advocate/participantId';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { CHECK_EXPRESSION } from '../../../shared/inputError';
import { describeValue } from '../../../shared/inputValue';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import {
	readChoice,
	readCollection,
	readLocator,
	readSegments,
	readSwitch,
	readText,
} from '../../../shared/n8n/parameters';
import {
	asSwitch,
	asText,
	asTexts,
	noSegments,
	namingParameter,
	oneOf,
} from '../../../shared/n8n/parameterValues';
import { idReader } from '../../../shared/n8n/participantParameter';
import { changeOf, NO_CHANGE } from '../../../shared/segments/change';
import type { SegmentChange } from '../../../shared/segments/change';
import { convert } from '../../import/plan/details';
import { typedValue, VALUE_TYPES } from '../typedValue';
import type { Addressed } from './upsert.addresses';
import { DETAIL_FIELDS } from './upsert.fields';
import type { DetailField } from './upsert.fields';

/** Who is to be created or updated, and with what. */
export interface UpsertContent extends ParticipantId {
	/** Where the e-mail address is the ID as well: who that is, is looked up. */
	addressed?: Addressed;
	details: Record<string, unknown>;
	change: SegmentChange;
}

/** Display name of the field with the segments. */
export const SEGMENTS = 'Segment Names or IDs';

/** @throws ParameterError */
export function readContent(context: IExecuteFunctions, itemIndex: number): UpsertContent {
	const read = idReader(context, itemIndex);
	const usesEmail = readSwitch(context, 'useEmailAsId', 'Use Email as ID', itemIndex, false);
	const [name, displayName] = usesEmail
		? ['participantEmail', 'Email']
		: ['participantId', 'Participant ID'];
	const value: unknown = context.getNodeParameter(name, itemIndex, '');
	const id = read(value, displayName, usesEmail);
	if (id === '') {
		throw new ParameterError(`'${displayName}' is empty`, `Fill it in. ${CHECK_EXPRESSION}`);
	}
	if (usesEmail && !isEmail(id)) {
		throw new ParameterError(
			"'Email' is not an e-mail address",
			"Enter an e-mail address, or turn off 'Use Email as ID'",
		);
	}
	const accountId = read(readText(context, 'accountId', 'Account ID', itemIndex), 'Account ID');
	const details = readDetails(context, itemIndex, usesEmail);
	return {
		id,
		accountId: accountId || id,
		details: usesEmail ? { ...details, email: id } : details,
		...(usesEmail ? { addressed: { address: id, accountId } } : {}),
		change: readChange(context, itemIndex),
	};
}

function readChange(context: IExecuteFunctions, itemIndex: number): SegmentChange {
	const actions = ['add', 'set'] as const;
	const action = readChoice(context, 'segmentAction', 'Segment Action', actions, itemIndex, 'add');
	const value = context.getNodeParameter('segments', itemIndex, []) as unknown;
	const isNone = Array.isArray(value) && value.length === 0;
	if (isNone && action === 'add') return NO_CHANGE;
	if (describeValue(value) === 'empty') throw noSegments(SEGMENTS);
	try {
		return changeOf(action, readSegments(context, 'segments', SEGMENTS, itemIndex));
	} catch (error) {
		throw namingParameter(error, SEGMENTS);
	}
}

/** @param hasAddress whether the e-mail address is given elsewhere */
function readDetails(
	context: IExecuteFunctions,
	itemIndex: number,
	hasAddress: boolean,
): Record<string, unknown> {
	const given = readCollection(
		context,
		'additionalFields',
		'Additional Fields',
		itemIndex,
		'fields',
	);
	const details: Record<string, unknown> = {};
	for (const field of DETAIL_FIELDS) {
		if (!Object.hasOwn(given, field.name) || (field.name === 'email' && hasAddress)) continue;
		const value = detailOf(given[field.name], field);
		if (value !== undefined) details[field.name] = value;
	}
	const customFields = readCustomFields(context, itemIndex);
	if (customFields !== undefined) details.customFields = customFields;
	return details;
}

/** @returns nothing for a text that is left empty: the API keeps what it has */
function detailOf(value: unknown, { holds, displayName }: DetailField): unknown {
	if (holds === 'boolean') return asSwitch(value, displayName);
	if (describeValue(value) === 'empty') return undefined;
	if (holds === 'codes') {
		const codes = asTexts(value, displayName);
		return codes.length === 0 ? undefined : codes;
	}
	const text = asText(value, displayName);
	const converted = convert(holds, text);
	if ('value' in converted) return converted.value;
	throw new ParameterError(
		`'${displayName}' is ${describeValue(text)}, ${converted.problem}`,
		'Correct it, or leave the field out',
	);
}

/** A map for names that come from people: `__proto__` and the like are names like any other in it. */
const newMap = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

function readCustomFields(
	context: IExecuteFunctions,
	itemIndex: number,
): Record<string, unknown> | undefined {
	const entries = context.getNodeParameter('customFields.field', itemIndex, []) as unknown;
	const fields = newMap();
	const seen = new Set<string>();
	for (const entry of Array.isArray(entries) ? entries.filter(isRecord) : []) {
		const name = asText(readLocator(entry.name).value, 'Field');
		checkName(name, seen);
		const value = customValue(entry, name);
		if (value !== undefined) fields[name] = value;
	}
	const count = Object.keys(fields).length;
	if (count > CUSTOM_FIELD_LIMITS.fields) {
		throw new ParameterError(
			`'Custom Fields' has ${count} fields`,
			`Advocate takes ${CUSTOM_FIELD_LIMITS.fields} at a time: divide them between two nodes`,
		);
	}
	return count === 0 ? undefined : fields;
}

function checkName(name: string, seen: Set<string>): void {
	if (name === '') {
		throw new ParameterError(
			"'Field' of a custom field is empty",
			"Choose a custom field from the list, or choose 'By Name' and enter its name",
		);
	}
	if (!CUSTOM_FIELD_NAME.test(name)) {
		throw new ParameterError(
			`'${name}' can't be the name of a custom field`,
			`Use letters, digits, - and _ only, at most ${CUSTOM_FIELD_LIMITS.nameLength}`,
		);
	}
	if (seen.has(name)) {
		throw new ParameterError(`'Custom Fields' names '${name}' twice`, 'Keep one of them');
	}
	seen.add(name);
}

/** @returns null to remove the field, nothing to leave it as it is */
function customValue({ type, value }: Record<string, unknown>, name: string): unknown {
	const kind = oneOf(type ?? 'text', [...VALUE_TYPES, 'remove'], 'Type');
	if (kind === 'remove') return null;
	if (describeValue(value) === 'empty') return undefined;
	const typed = typedValue(kind, value, `Value of ${name}`);
	if (typeof typed !== 'string' || typed.length <= CUSTOM_FIELD_LIMITS.textLength) return typed;
	throw new ParameterError(
		`The text of '${name}' has more than ${CUSTOM_FIELD_LIMITS.textLength} characters`,
		'Advocate does not take longer texts: shorten it',
	);
}
