import type { INodeProperties } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import { getDetailed, INCLUDABLE } from '../../../shared/advocate/participantDetails';
import type { Includable } from '../../../shared/advocate/participantDetails';
import { getParticipant } from '../../../shared/advocate/participants';
import type { ParticipantRecord } from '../../../shared/advocate/participants';
import { wayNotes } from '../../../shared/advocate/graphql';
import { warn } from '../../../shared/n8n/html';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import {
	choicesOption,
	locatorOption,
	readLocator,
	readOptions,
	readSwitch,
	readText,
} from '../../../shared/n8n/parameters';
import { asText } from '../../../shared/n8n/parameterValues';
import { readParticipant } from '../../../shared/n8n/participantParameter';
import type { ParticipantChoice } from '../../../shared/n8n/participantParameter';
import { OPEN_TO_AGENTS } from '../agentGuard';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	optionsField,
	participantFields,
	showFor,
	simplifyField,
	TRANSPORT_OPTIONS,
} from '../fields';
import { programLocator } from '../locators';
import { perItem } from '../operation';
import type { Run } from '../operation';
import { EmptyCodes } from './emptyCodes';
import type { AskedCodes } from './emptyCodes';
import { includedOutput, missingParticipant, participantOutput } from './output';
import { resolveParticipants } from './resolve';

const show = showFor('participant', ['get']);

const OTHER_WAYS: Pick<INodeProperties, 'modes'> = {
	modes: [
		{
			displayName: 'By Referral Code',
			name: 'code',
			type: 'string',
			placeholder: 'e.g. NATHANSMITH',
			hint: 'A referral code of the participant, of any program',
		},
	],
};

const INCLUDE: INodeProperties = {
	displayName: 'Include',
	name: 'include',
	type: 'multiOptions',
	default: [],
	description: 'What to return besides the fields of the participant',
	options: [
		{ name: 'Custom Fields', value: 'customFields', description: 'All of the participant' },
		{
			name: 'Referral Codes',
			value: 'referralCodes',
			description: 'The codes by program, and that of the chosen or only program',
		},
		{
			name: 'Referred By',
			value: 'referredBy',
			description: 'The referrals by which others brought the participant',
		},
		{ name: 'Reward Balances', value: 'rewardBalances', description: 'What can be redeemed' },
		{
			name: 'Share Links',
			value: 'shareLinks',
			description: 'The links by program, at most ten, and that of the chosen or only program',
		},
		{
			name: 'Statistics',
			value: 'stats',
			description: 'Counts of clicks, referrals and rewards, up to a day old',
		},
	],
};

type Whom = ParticipantChoice | { by: 'code'; code: string; accountId: string };

interface Request {
	whom: Whom;
	simplify: boolean;
	include: readonly Includable[];
	program: string;
}

/** Get one participant with its segments. */
export const get = perItem<Request>(
	OPEN_TO_AGENTS,
	[
		...participantFields(show, OTHER_WAYS),
		simplifyField(show),
		optionsField(show, [
			...TRANSPORT_OPTIONS,
			ACCEPT_UNUSUAL_IDS_OPTION,
			INCLUDE,
			programLocator('The program that codes, links, balances and referrers are to be of'),
		]),
	],
	({ n8n }, itemIndex) => {
		const options = readOptions(n8n, itemIndex);
		const isChosen = Object.hasOwn(options, 'include');
		return {
			whom: readWhom(n8n, itemIndex),
			simplify: readSwitch(n8n, 'simplify', 'Simplify', itemIndex, true),
			include: isChosen ? choicesOption(options, 'include', 'Include', INCLUDABLE) : [],
			program: locatorOption(options, 'program', 'Program'),
		};
	},
	async (run, request) => {
		const known = run.transport.closedWays.size;
		const record = await find(run, request);
		if (run.transport.closedWays.size > known) {
			for (const note of wayNotes(run.transport)) warn(run.n8n, note);
		}
		const { simplify, include, program } = request;
		return [
			{ ...participantOutput(record, simplify), ...includedOutput(record, include, program) },
		];
	},
	undefined,
	(run) => {
		const codes = new EmptyCodes(run);
		return {
			note: (json, request) => codes.note(json, askedOf(request)),
			tell: () => codes.tell(),
		};
	},
);

function askedOf({ include, program }: Request): AskedCodes | undefined {
	if (include.includes('shareLinks')) return { what: 'shareLink', program };
	return include.includes('referralCodes') ? { what: 'referralCode', program } : undefined;
}

function readWhom(n8n: Run['n8n'], itemIndex: number): Whom {
	const { mode, value } = readLocator(n8n.getNodeParameter('participant', itemIndex) as unknown);
	if (mode !== 'code') return readParticipant(n8n, itemIndex);
	const code = asText(value, 'Participant');
	const accountId = readText(n8n, 'accountId', 'Account ID', itemIndex);
	if (code !== '') return { by: 'code', code, accountId };
	throw new ParameterError(
		"'Participant' is empty",
		'Enter a referral code. If it is an expression, check that the input item has this value',
	);
}

/** @throws AdvocateError */
async function find(
	{ transport }: Run,
	{ whom, include, program }: Request,
): Promise<ParticipantRecord> {
	if (whom.by === 'code') {
		const record = await getDetailed(transport, { referralCode: whom.code }, include, program);
		const isWanted = whom.accountId === '' || record?.accountId === whom.accountId;
		if (record === undefined || !isWanted) throw missingCode(whom.code, whom.accountId);
		return record;
	}
	const [target] = await resolveParticipants(transport, [whom]);
	if (target instanceof AdvocateError) throw target;
	// What REST tells of everybody.
	const isPlain = include.every((name) => name === 'customFields');
	const record = isPlain
		? await getParticipant(transport, target)
		: await getDetailed(transport, target, include, program);
	if (record === undefined) throw missingParticipant(target);
	return record;
}

const missingCode = (code: string, accountId: string): AdvocateError =>
	new AdvocateError(
		accountId === ''
			? `No participant has the referral code '${code}'`
			: `No participant of account '${accountId}' has the referral code '${code}'`,
		{
			kind: 'missing',
			statusCode: 404,
			hint: 'Check the code: it may have been changed, or its participant deleted',
		},
	);
