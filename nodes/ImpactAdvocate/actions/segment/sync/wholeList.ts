/**
 * Whether the list can be the whole one, as far as the workflow tells. Whoever is not on it is removed, so a part of it
 * must never be taken for all. What n8n of an older version does not tell is not refused here.
 */
import type { IDataObject } from 'n8n-workflow';
import { isRecord } from '../../../../shared/advocate/client/values';
import { countText, numberOf, switchOf } from '../../../../shared/inputValue';
import { ParameterError } from '../../../../shared/n8n/nodeErrors';
import type { SourceKind } from '../../list/fields';
import type { Run } from '../../operation';

const NOTHING_SENT = 'Nothing was sent';

/**
 * Refuse a place in the workflow where the list comes in parts.
 * @throws ParameterError
 */
export function assertOneList(run: Run, kind: SourceKind): void {
	const { name, executeOnce } = run.n8n.getNode();
	if (executeOnce) {
		throw new ParameterError(
			"'Execute Once' is on in the settings of this node, so it gets the first item only, and everybody else would be removed",
			`Turn 'Execute Once' off. ${NOTHING_SENT}`,
		);
	}
	const after = new Set(run.n8n.getChildNodes(name).map((node) => node.name));
	const around = run.n8n.getParentNodes(name).find((node) => after.has(node.name));
	if (around !== undefined) {
		throw new ParameterError(
			`This node stands in a loop (with '${around.name}'), so it gets the list in parts, and each part would remove the others`,
			`Put it behind the loop, on the branch 'done', where the whole list is. ${NOTHING_SENT}`,
		);
	}
	if (kind !== 'items') {
		if (run.itemCount === 1) return;
		throw new ParameterError(
			`${run.itemCount} items came in, each with a list of its own, and the last one would remove the people of all others`,
			`Send one item with one ${kind === 'text' ? 'text' : 'file'}. Lists of several files become one with 'Extract from File' and 'Input Items'. ${NOTHING_SENT}`,
		);
	}
	const sources = directParents(run, name);
	if (sources.length > 1) {
		const names = sources
			.sort()
			.map((source) => `'${source}'`)
			.join(' and ');
		throw new ParameterError(
			`${names} are both connected to this node, so it runs once for each, and each list would remove the people of the other`,
			`Put a Merge node (mode Append) in front. ${NOTHING_SENT}`,
		);
	}
}

/** Nothing in versions of n8n that do not know how to tell them from the nodes before. */
function directParents({ n8n }: Run, name: string): string[] {
	const all = n8n.getParentNodes(name, { includeNodeParameters: true });
	if (!all.some((node) => isRecord(node.parameters))) return [];
	const direct = n8n.getParentNodes(name, { depth: 1 });
	return [...new Set(direct.map((node) => node.name))].filter((parent) => parent !== name);
}

/**
 * Refuse a list that is exactly as long as the limit of a node before.
 * @param lengths what the length of the list may be compared with
 * @throws ParameterError
 */
export function assertNotCutOff({ n8n }: Run, lengths: readonly number[]): void {
	for (const { name, parameters } of n8n.getParentNodes(n8n.getNode().name, {
		includeNodeParameters: true,
	})) {
		const given = isRecord(parameters) ? (parameters as IDataObject) : {};
		const limit = limitOf(given);
		if (limit === undefined || !lengths.includes(limit)) continue;
		const raising =
			given.returnAll === undefined
				? "Remove that node, or raise its 'Max Items'"
				: "Turn on 'Return All' there, or raise its limit";
		const number = countText(limit);
		throw new ParameterError(
			`The node '${name}' gives at most ${number} items, and the list has exactly ${number}: the rest of it is missing, and would be removed`,
			`${raising} above the number of people. ${NOTHING_SENT}`,
		);
	}
}

/** As nodes of n8n have it: *Return All* and *Limit*; the node Limit has *Max Items*. */
function limitOf({ returnAll, limit, maxItems }: IDataObject): number | undefined {
	if (returnAll === undefined) return numberOf(maxItems);
	// An expression that is not resolved here says neither.
	const returnsAll = switchOf(returnAll) ?? true;
	return returnsAll ? undefined : numberOf(limit);
}

/**
 * Refuse a second list for the same segment in one execution: two branches that come in without a Merge node.
 * @throws ParameterError
 */
export function markSegment({ n8n, tenantMark }: Run, segment: string): void {
	const context = n8n.getContext('node');
	const marks = isRecord(context.syncedSegments) ? context.syncedSegments : {};
	context.syncedSegments = marks as IDataObject;
	const key = `${tenantMark}:${segment}`;
	const run = Number(n8n.getWorkflowDataProxy(0).$runIndex);
	const earlier = Object.hasOwn(marks, key) ? marks[key] : undefined;
	// A retry, of the node or of the execution, has the same number.
	if (earlier === undefined || earlier === run) {
		marks[key] = run;
		return;
	}
	throw new ParameterError(
		'This node has already synced this segment in this execution, with another list, whose people would be removed now',
		`Bring the lists together first: with a Merge node (mode Append) in front, or behind the loop. ${NOTHING_SENT} this time`,
	);
}
