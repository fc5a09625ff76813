/** What Create does about segments that exist: one that has the key, and others that could be mistaken for the new one. */
import type { IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import type { Segment } from '../../../shared/advocate/segments';
import { counted } from '../../../shared/inputValue';
import { inform, warn } from '../../../shared/n8n/html';
import { foldedName, RESTORE, shownSegment } from '../../../shared/segments/names';
import type { NamedSegment } from '../../../shared/segments/names';
import type { Run } from '../operation';
import {
	isArchived,
	keyGoesFirst,
	nameClashes,
	nameIsTaken,
	namesakeOf,
	ONE_NAME,
	tellUnlisted,
} from './freeNames';
import { segmentOutput } from './output';

/** Whether a segment has this name, without regard to case. */
const isCalled = (segment: Segment, name: string): boolean =>
	foldedName(segment.name ?? '') === foldedName(name);

const RESTORE_OR_OTHER = `${RESTORE}. Or use another name or key`;

/** For *Fail*. */
export const alreadyExists = (existing: Segment): AdvocateError =>
	new AdvocateError(
		`Segment '${existing.key}' already exists${isArchived(existing) ? ' and is archived' : ''}`,
		{
			kind: 'api',
			hint: isArchived(existing)
				? RESTORE_OR_OTHER
				: "Use another name or key, or set 'If Segment Exists' to return or update it",
		},
	);

/**
 * The segment that has the key already, as an output item. `nameGiven` is there when it is called something else.
 * @throws AdvocateError when it is archived: nobody can be put into it, so it is not there for what comes next
 */
export function existingOutput(existing: Segment, name: string): IDataObject {
	if (isArchived(existing)) {
		throw new AdvocateError(`The segment ${shownSegment(existing)} is archived`, {
			kind: 'api',
			hint: RESTORE_OR_OTHER,
		});
	}
	return {
		...segmentOutput(existing),
		...(isCalled(existing, name) ? {} : { nameGiven: name }),
		created: false,
	};
}

/**
 * Refuse a name that another segment has, or has as its key.
 * @param current the segment that is to be called so, with the name that it has
 * @throws AdvocateError
 */
export async function assertNameIsFree(
	run: Run,
	name: string,
	current: Pick<Segment, 'key' | 'name'>,
): Promise<void> {
	if (current.name?.trim() === name) return;
	await run.segments.read([], true);
	const namesake = namesakeOf(run.segments, name, current);
	if (namesake === undefined) return;
	const { other, has } = namesake;
	const why = has === 'name' ? ONE_NAME : keyGoesFirst(other.key, 'means that segment');
	const hint = `${toUse(other)}. For a segment beside it, choose another name: ${why}`;
	throw nameClashes(namesake, name, hint);
}

/**
 * Refuse a new key that another segment has as its name: from then on, the name would mean the new segment.
 * @throws AdvocateError
 */
export async function assertKeyIsFree(run: Run, key: string): Promise<void> {
	await run.segments.read([], true);
	const [other] = run.segments.called(key);
	if (other === undefined) return;
	const why = keyGoesFirst(key, 'would mean the new one');
	const hint = `${toUse(other)}. For a segment beside it, enter another key under 'Key': ${why}`;
	throw nameIsTaken(other, key, hint);
}

const toUse = (other: NamedSegment): string =>
	`To use that one, enter its key under 'Key'${isArchived(other) ? ", and restore it with the operation 'Update'" : ''}`;

/** Says above the output what the items alone would say in a field only. */
export class ExistingSegments {
	private readonly renamed: IDataObject[] = [];

	private readonly archived = new Set<unknown>();

	private hasNew = false;

	/** Of those that were there, the ones that nothing else is said about. */
	private found = 0;

	constructor(private readonly run: Run) {}

	/** Look at the output of one item. */
	note(json: IDataObject): void {
		if (json.nameGiven !== undefined) this.renamed.push(json);
		if (json.status === 'ARCHIVED') this.archived.add(json.key);
		this.hasNew ||= Boolean(json.created);
		if (!json.created && json.nameGiven === undefined && json.status !== 'ARCHIVED') this.found++;
	}

	/** Show what was found. */
	tell(): void {
		const { n8n, segments } = this.run;
		if (this.found > 0) {
			inform(n8n, `${counted(this.found, 'segment', 'segments')} existed already`);
		}
		if (this.renamed.length > 0) warn(n8n, renamedText(this.renamed));
		if (this.archived.size > 0) {
			const [first] = this.archived;
			const others = this.archived.size - 1;
			const more = others === 0 ? 'is' : `and ${others} more are`;
			warn(
				n8n,
				`The segment '${String(first)}' ${more} still archived: nobody can be put into it. To restore it, set its 'Status' to Active with the operation 'Update'`,
			);
		}
		if (this.hasNew && !segments.isComplete) tellUnlisted(this.run);
	}
}

function renamedText(renamed: readonly IDataObject[]): string {
	const [{ key, name, nameGiven }] = renamed;
	const one = `The segment '${String(key)}' is called '${String(name ?? '')}', not '${String(nameGiven)}'`;
	const more = renamed.length === 1 ? '' : `, and so on for ${renamed.length - 1} more`;
	return `${one}${more}. It was left as it is. To rename it, set 'If Segment Exists' to Update. For another segment, give another name or key`;
}
