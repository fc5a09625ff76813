import type { IDataObject } from 'n8n-workflow';
import { AdvocateError, isMissing } from '../../../shared/advocate/client/error';
import { isoDate, isRecord } from '../../../shared/advocate/client/values';
import type { Includable } from '../../../shared/advocate/participantDetails';
import type { ParticipantId, ParticipantRecord } from '../../../shared/advocate/participants';

/** The fields most flows use, in the order a person looks for them. */
const SIMPLE_FIELDS = [
	'id',
	'accountId',
	'firstName',
	'lastName',
	'email',
	'segments',
	'locale',
	'countryCode',
	'referable',
	'dateCreated',
] as const;

/**
 * A participant as an output item, whole or with the most used fields only. These are always there, null where the API
 * does not tell: whoever maps fields gets the same ones from each item.
 */
export function participantOutput(record: ParticipantRecord, simplify: boolean): IDataObject {
	if (!simplify) return record as IDataObject;
	const simple: IDataObject = {};
	for (const field of SIMPLE_FIELDS) {
		simple[field] = (record[field] as IDataObject[string] | undefined) ?? null;
	}
	return { ...simple, dateCreated: isoDate(record.dateCreated) };
}

/** What to put out of a participant. */
export interface OutputChoice {
	simplify: boolean;
	includeShareLinks: boolean;
	/** ID of the program whose code and link stand by themselves; empty for the only one. */
	program: string;
}

/** What became of a participant that was to be created or updated. */
export interface Written {
	/** `null` where nobody knows whether it was there before. */
	created: boolean | null;
	/** Why it was left as it is. */
	skippedFor?: string;
}

/**
 * A participant that was to be created or updated, with its codes and links: the same fields whatever became of it.
 * @param record of one that was skipped: its IDs alone
 */
export function writtenOutput(
	record: ParticipantRecord,
	choice: OutputChoice,
	{ created, skippedFor }: Written,
): IDataObject {
	return {
		...participantOutput(record, choice.simplify),
		...(choice.simplify ? customFieldsOutput(record) : {}),
		...codesOutput(record, choice.program),
		...(choice.includeShareLinks ? linksOutput(record, choice.program) : {}),
		created,
		skipped: skippedFor !== undefined,
		reason: skippedFor ?? null,
	};
}

/** All custom fields of a participant. */
export const customFieldsOutput = ({ customFields }: ParticipantRecord): IDataObject => ({
	customFields: isRecord(customFields) ? (customFields as IDataObject) : null,
});

/** What was asked for besides the participant's own fields. */
export function includedOutput(
	record: ParticipantRecord,
	include: readonly Includable[],
	program: string,
): IDataObject {
	const outputs: Readonly<Record<Includable, () => IDataObject>> = {
		customFields: () => customFieldsOutput(record),
		referralCodes: () => codesOutput(record, program),
		shareLinks: () =>
			program === ''
				? linksOutput(record, '')
				: { shareLink: textOf(record.shareLink), messageLink: textOf(record.messageLink) },
		stats: () => ({ stats: statsOutput(record.stats) }),
		rewardBalances: () => ({
			rewardBalances: recordsIn(record.rewardBalanceDetails).map(balanceOutput),
		}),
		referredBy: () => ({
			referredBy: recordsIn(
				program === '' ? record.referredByReferrals : [record.referredByReferral],
			).map(referrerOutput),
		}),
	};
	return Object.assign({}, ...include.map((name) => outputs[name]())) as IDataObject;
}

const recordsIn = (value: unknown): Array<Record<string, unknown>> =>
	Array.isArray(value) ? value.filter(isRecord) : [];

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function statsOutput(stats: unknown): IDataObject | null {
	if (!isRecord(stats)) return null;
	return { ...(stats as IDataObject), dateModified: isoDate(stats.dateModified) };
}

const balanceOutput = (balance: Record<string, unknown>): IDataObject => ({
	type: textOf(balance.type),
	unit: textOf(balance.unit),
	available: (balance.availableValue as number | undefined) ?? null,
	prettyAvailable: textOf(balance.prettyAvailableValue),
});

function referrerOutput(referral: Record<string, unknown>): IDataObject {
	const referrer = isRecord(referral.referrerUser) ? referral.referrerUser : {};
	return {
		referralId: textOf(referral.id),
		programId: textOf(referral.programId),
		referrerId: textOf(referrer.id),
		referrerAccountId: textOf(referrer.accountId),
		dateReferralStarted: isoDate(referral.dateReferralStarted),
		dateConverted: isoDate(referral.dateConverted),
	};
}

/** Referral codes by program, and the one that is meant. */
function codesOutput(record: ParticipantRecord, program: string): IDataObject {
	const referralCodes = textsOf(record.referralCodes);
	return {
		referralCode: pick(referralCodes, program),
		referralCodes: isTold(record.referralCodes) ? referralCodes : null,
	};
}

/** Share links by program, and the one that is meant. */
function linksOutput(record: ParticipantRecord, program: string): IDataObject {
	const links = isRecord(record.programShareLinks) ? record.programShareLinks : {};
	const shareLinks = textsOf(
		Object.fromEntries(
			Object.entries(links).map(([id, ofProgram]) => [
				id,
				isRecord(ofProgram) ? (ofProgram.cleanShareLink ?? firstText(ofProgram)) : null,
			]),
		),
	);
	return {
		shareLink: pick(shareLinks, program),
		shareLinks: isTold(record.programShareLinks) ? shareLinks : null,
	};
}

/** Whether the API said something: a participant without codes has an empty map, or `null`. */
const isTold = (map: unknown): boolean => map !== undefined;

/** That of the program, or of the only one there is. */
function pick(texts: Readonly<Record<string, string>>, program: string): string | null {
	if (program !== '') return Object.hasOwn(texts, program) ? texts[program] : null;
	const all = Object.values(texts);
	return all.length === 1 ? all[0] : null;
}

function textsOf(map: unknown): Record<string, string> {
	const entries = isRecord(map) ? Object.entries(map) : [];
	return Object.fromEntries(
		entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
	);
}

/** Links are by share medium inside of the engagement medium. */
function firstText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return isRecord(value)
		? Object.values(value)
				.map(firstText)
				.find((text) => text !== undefined)
		: undefined;
}

/** The failure of an operation on a participant who must exist. */
export function missingParticipant({ id }: ParticipantId): AdvocateError {
	return new AdvocateError(`Participant '${id}' does not exist`, {
		kind: 'missing',
		statusCode: 404,
		hint: 'Check the participant ID and the Account ID (they are the same unless you gave both)',
	});
}

/** A participant, for the beginning of a message. */
export const calledParticipant = ({ id, accountId }: ParticipantId): string =>
	id === accountId ? `Participant '${id}'` : `Participant '${id}' of account '${accountId}'`;

/** Where the API says that something is not there, whom it is about: its own text does not. */
export const naming = (error: AdvocateError, who: string): AdvocateError =>
	isMissing(error) ? error.with({ message: `${who}: ${error.message}` }) : error;
