import type { IDataObject } from 'n8n-workflow';
import {
	AdvocateError,
	expectAdvocateError,
	mayHaveBeenApplied,
} from '../../../shared/advocate/client/error';
import { deleteParticipant } from '../../../shared/advocate/standing';
import type { DeleteSettings } from '../../../shared/advocate/standing';
import { participantKey } from '../../../shared/advocate/participants';
import { inform, warn } from '../../../shared/n8n/html';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { readOptions, readSwitch, switchOption } from '../../../shared/n8n/parameters';
import { asNumber } from '../../../shared/n8n/parameterValues';
import type { NumberLimits } from '../../../shared/n8n/parameterValues';
import { assertAccountGiven, readParticipant } from '../../../shared/n8n/participantParameter';
import type { ParticipantChoice } from '../../../shared/n8n/participantParameter';
import type { Deeds } from '../../deeds/deeds';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { deedOperation } from '../deedOperation';
import type { ReadyItem } from '../deedOperation';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	numberField,
	optionsField,
	participantFields,
	showFor,
	TRANSPORT_OPTIONS,
} from '../fields';
import type { ItemRequest, Observer, Run } from '../operation';
import { findLookAlikesOf, findTargets, stillThere } from './deleteTargets';
import type { DeleteTarget } from './deleteTargets';

const RISK = 'delete participants, with their rewards and events, for good';

const DELETE_AT_MOST: NumberLimits = { min: 1, max: 10_000, default: 10 };

const show = showFor('participant', ['delete']);

interface Request {
	choice: ParticipantChoice;
	most: number;
	dryRun: boolean;
	settings: DeleteSettings;
}

interface Ready extends Request, DeleteTarget {
	/** Keys of the participants that this run has deleted. */
	gone: Set<string>;
}

/** The name of the running total of participants deleted. */
const TOTAL = 'participants deleted';

/** Delete participants for good. */
export const deleteOperation = deedOperation<Request, Ready>({
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('participant', 'delete', `use this operation, which can ${RISK}`),
		{
			displayName:
				'Deletes for good, with rewards and events. With <b>Dry Run</b> on, it deletes nobody and lists whom it would, and who looks alike.',
			name: 'deleteNotice',
			type: 'notice',
			default: '',
			displayOptions: show,
		},
		...participantFields(show),
		{
			displayName: 'Delete at Most',
			name: 'deleteAtMost',
			...numberField(DELETE_AT_MOST),
			description:
				'How many different participants an execution may delete. With more, none is deleted. In a loop, all rounds count together.',
			displayOptions: show,
		},
		{
			displayName: 'Dry Run',
			name: 'dryRun',
			type: 'boolean',
			default: false,
			description: 'Whether to show who would be deleted, and to delete nobody',
			displayOptions: show,
		},
		optionsField(show, [
			{
				displayName: 'Delete Empty Account',
				name: 'deleteEmptyAccount',
				type: 'boolean',
				default: false,
				description: 'Whether to delete the account too when nobody is left in it',
			},
			{
				displayName: 'Do Not Track',
				name: 'doNotTrack',
				type: 'boolean',
				default: false,
				description: 'Whether to keep the participant from being created again in this account',
			},
			...TRANSPORT_OPTIONS,
			ACCEPT_UNUSUAL_IDS_OPTION,
		]),
	],
	what: 'the participant was deleted',
	read({ n8n }, itemIndex) {
		assertAccountGiven(n8n, itemIndex);
		const options = readOptions(n8n, itemIndex);
		const most = n8n.getNodeParameter('deleteAtMost', itemIndex, DELETE_AT_MOST.default) as unknown;
		return {
			choice: readParticipant(n8n, itemIndex),
			most: asNumber(most, 'Delete at Most', DELETE_AT_MOST),
			dryRun: readSwitch(n8n, 'dryRun', 'Dry Run', itemIndex, false),
			settings: {
				doNotTrack: switchOption(options, 'doNotTrack', 'Do Not Track', false),
				preserveEmptyAccount: !switchOption(
					options,
					'deleteEmptyAccount',
					'Delete Empty Account',
					false,
				),
			},
		};
	},
	prepare,
	laneOf: ({ target, choice }) =>
		target === undefined ? JSON.stringify(choice) : participantKey(target),
	width: 1,
	async carryOut(run, request, deed, deeds) {
		const { target, dryRun, gone, settings } = request;
		if (target === undefined) return notFound(request);
		const output = { id: target.id, accountId: target.accountId };
		const { alsoFound } = request;
		if (dryRun) return { ...output, deleted: false, found: true, dryRun: true, alsoFound };
		const deleted = { ...output, ...deletedOutput(request) };
		if (gone.has(participantKey(target))) return deleted;
		deeds.addTo(TOTAL, 1);
		try {
			const end = await deed.once(
				async () => await deleteParticipant(run.transport, target, settings),
			);
			if (end === 'deleted') {
				gone.add(participantKey(target));
				return deleted;
			}
			deeds.addTo(TOTAL, -1);
			return notFound(request);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!mayHaveBeenApplied(error)) deeds.addTo(TOTAL, -1);
			throw error;
		}
	},
	async lookAfter({ transport }, request) {
		const { target } = request;
		if (target === undefined) return { candidates: [] };
		const { id, accountId } = target;
		if (await stillThere(transport, target)) return { candidates: [{ id, accountId }] };
		request.gone.add(participantKey(target));
		return { json: { id, accountId, ...deletedOutput(request), confirmedByLookUp: true } };
	},
	observe: observeDeletions,
});

/** Counts what the items alone would say in fields only. */
function observeDeletions(run: Run): Observer {
	const counts = { missing: 0, alike: 0, shown: 0 };
	return {
		note({ found, dryRun, alsoFound }) {
			if (!found) counts.missing++;
			if (dryRun) counts.shown++;
			if (Array.isArray(alsoFound) && alsoFound.length > 0) counts.alike++;
		},
		tell: () => say(run, counts),
	};
}

function say({ n8n }: Run, counts: { missing: number; alike: number; shown: number }): void {
	const times = (count: number, one: string, many: string) =>
		`${count} ${count === 1 ? one : many}`;
	if (counts.missing > 0) {
		const items = times(counts.missing, 'item', 'items');
		warn(
			n8n,
			`Nobody was deleted for ${items}: no such participant exists, or not any more. If they were not deleted before, check the IDs (upper and lower case count), the account and the tenant of the credential. Others who look alike could be searched only by the value you gave`,
		);
	}
	if (counts.alike > 0) {
		const items = times(counts.alike, 'item has', 'items have');
		warn(n8n, `${items} others with the same ID or e-mail address: see alsoFound`);
	}
	if (counts.shown > 0) {
		inform(
			n8n,
			`Dry run: nobody was deleted. ${times(counts.shown, 'participant', 'participants')} would be`,
		);
	}
}

/** What the output says of a deletion, under the names of the options. */
const deletedOutput = ({ settings, alsoFound }: Ready): IDataObject => ({
	deleted: true,
	found: true,
	doNotTrack: settings.doNotTrack,
	deleteEmptyAccount: !settings.preserveEmptyAccount,
	alsoFound,
});

function notFound({ choice, alsoFound }: Ready): IDataObject {
	const asked =
		choice.by === 'email'
			? { email: choice.email }
			: { id: choice.id, accountId: choice.accountId };
	return { ...asked, deleted: false, found: false, alsoFound };
}

async function prepare(
	run: Run,
	items: ReadonlyArray<ReadyItem<Request>>,
	deeds: Deeds,
): Promise<Array<ItemRequest<Ready>>> {
	const { transport } = run;
	const found = await findTargets(
		transport,
		items.map(({ request }) => request.choice),
	);
	assertFewEnough(items, found, deeds);
	const gone = new Set<string>();
	const ready: Array<ItemRequest<Ready>> = [];
	for (const [index, { itemIndex, request }] of items.entries()) {
		const target = found[index];
		if (target instanceof AdvocateError) ready.push({ itemIndex, failure: target });
		else {
			const alsoFound = await findLookAlikesOf(transport, request.choice, target);
			ready.push({ itemIndex, request: { ...request, ...target, alsoFound, gone } });
		}
	}
	return ready;
}

/**
 * Nobody is deleted when all items together would delete too many: by then it is clear that something is wrong.
 * @throws ParameterError
 */
function assertFewEnough(
	items: ReadonlyArray<ReadyItem<Request>>,
	found: ReadonlyArray<{ target?: Ready['target'] } | AdvocateError>,
	deeds: Deeds,
): void {
	const keys = new Set<string>();
	let most = Infinity;
	for (const [index, { request }] of items.entries()) {
		const one = found[index];
		if (request.dryRun || one instanceof AdvocateError || one.target === undefined) continue;
		keys.add(participantKey(one.target));
		most = Math.min(most, request.most);
	}
	const before = deeds.total(TOTAL);
	if (keys.size + before <= most) return;
	const earlier = before === 0 ? '' : `, after ${before} that were deleted before`;
	const others = `${keys.size} ${keys.size === 1 ? 'participant' : 'participants'}`;
	throw new ParameterError(
		`The items would delete ${others} in this execution${earlier}: more than 'Delete at Most' (${most})`,
		"Check the items, best with 'Dry Run'. If they are right, raise 'Delete at Most'",
	);
}
