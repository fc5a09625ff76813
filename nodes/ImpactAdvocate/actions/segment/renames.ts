/**
 * The names that Update gives: before anything is sent, those that another segment has, or would have, or has as its
 * key, are refused.
 */
import type { AdvocateError } from '../../../shared/advocate/client/error';
import type { SegmentStatus } from '../../../shared/advocate/segments';
import type { SegmentChoice } from '../../../shared/n8n/parameters';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { shownKey } from '../../../shared/segments/change';
import type { NamedSegment, SegmentNames } from '../../../shared/segments/names';
import type { FailedOutcome, ItemRequest, Run } from '../operation';
import {
	isArchived,
	keyGoesFirst,
	nameClashes,
	namesakeOf,
	ONE_NAME,
	tellUnlisted,
} from './freeNames';
import type { Namesake } from './freeNames';

/** What one item of Update asks for; its `choice` is a key once the names have been looked up. */
export interface UpdateRequest {
	choice: SegmentChoice;
	fields: { name?: string; status?: SegmentStatus };
}

/**
 * Refuse the items after which two segments could not be told apart by name. They are gone through in their order, each
 * with the names that those before it will have given, so a name may go from one segment to the next.
 * @throws AdvocateError when the execution was stopped
 */
export async function withFreeNames(
	run: Run,
	items: ReadonlyArray<ItemRequest<UpdateRequest>>,
): Promise<Array<ItemRequest<UpdateRequest>>> {
	if (!items.some(givesName)) return [...items];
	try {
		await run.segments.read([], true);
	} catch (failure) {
		return items.map((item) =>
			'failure' in item ? item : { itemIndex: item.itemIndex, failure, of: 'run' },
		);
	}
	if (!run.segments.isComplete) tellUnlisted(run);
	const names = run.segments.copyOfNames();
	const givers = new Map<string, number>();
	const lastGivers = new Map(
		items.filter(givesName).map(({ itemIndex, request }) => [request.choice.text, itemIndex]),
	);
	const checked: Array<ItemRequest<UpdateRequest>> = [];
	for (const item of items) {
		if (run.breather.isDue) await run.breather.rest();
		if ('failure' in item) {
			checked.push(item);
			continue;
		}
		const { itemIndex, request } = item;
		const namesake = namesakeFor(names, request);
		if (namesake === undefined) {
			note(names, givers, item);
			checked.push(item);
			continue;
		}
		const { other, has } = namesake;
		const giver = has === 'name' ? givers.get(other.key) : undefined;
		const failure =
			giver === undefined
				? takenName(namesake, request, laterThan(itemIndex, lastGivers.get(other.key)))
				: new ParameterError(
						`Item ${giver} gives the name ${shownKey(other.name ?? '')} to another segment: it has the key ${shownKey(other.key)}`,
						`Give each segment a name of its own: ${ONE_NAME}`,
					);
		checked.push({ itemIndex, failure });
	}
	return checked;
}

/**
 * Refuse a name that another segment has at this moment of the run: an item that was to change it may have failed.
 * @throws AdvocateError
 */
export function assertStillFree(run: Run, current: NamedSegment, request: UpdateRequest): void {
	const { name } = request.fields;
	const namesake = name === undefined ? undefined : namesakeOf(run.segments, name, current);
	if (namesake !== undefined) throw takenName(namesake, request);
}

type ReadItem = Exclude<ItemRequest<UpdateRequest>, FailedOutcome>;

const givesName = (item: ItemRequest<UpdateRequest>): item is ReadItem =>
	'request' in item && item.request.fields.name !== undefined;

function namesakeFor(
	names: SegmentNames,
	{ choice, fields: { name } }: UpdateRequest,
): Namesake | undefined {
	if (name === undefined) return undefined;
	const current = names.withKey(choice.text) ?? { key: choice.text, name: null };
	return namesakeOf(names, name, current);
}

/** What is called what once this item has been carried out. */
function note(
	names: SegmentNames,
	givers: Map<string, number>,
	{ itemIndex, request }: ReadItem,
): void {
	const key = request.choice.text;
	const { name, status } = request.fields;
	const current = names.withKey(key) ?? { key, name: null, status: null };
	names.replace({ key, name: name ?? current.name, status: status ?? current.status });
	if (name !== undefined && name !== current.name?.trim()) givers.set(key, itemIndex);
}

const laterThan = (itemIndex: number, other = -1): number | undefined =>
	other > itemIndex ? other : undefined;

function takenName(
	namesake: Namesake,
	{ fields: { name = '' } }: UpdateRequest,
	later?: number,
): AdvocateError {
	const { other, has } = namesake;
	if (has === 'key') {
		// Nothing that another item does makes a key free.
		const hint = `Choose another name: ${keyGoesFirst(other.key, 'means that segment')}`;
		return nameClashes(namesake, name, hint);
	}
	if (later !== undefined) {
		const hint = `Item ${later} gives that segment another name, and comes later: put it before this item. Where two segments swap their names, give one of them a third name first`;
		return nameClashes(namesake, name, hint);
	}
	const archived = isArchived(other) ? 'An archived segment keeps its name. ' : '';
	const hint = `${archived}Choose another name, or give that segment another one first: ${ONE_NAME}`;
	return nameClashes(namesake, name, hint);
}
