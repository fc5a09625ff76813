/** What Create does about segments that exist: one that has the key, and others that have the name. */
import type { IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import type { Segment } from '../../../shared/advocate/segments';
import { warn } from '../../../shared/n8n/html';
import { shownKey } from '../../../shared/segments/change';
import { foldedName, RESTORE, shownSegment } from '../../../shared/segments/names';
import type { Run } from '../operation';
import { segmentOutput } from './output';

const isArchived = ({ status }: { status: string | null }): boolean => status === 'ARCHIVED';

/** Whether a segment has this name, without regard to case. */
export const isCalled = (segment: Segment, name: string): boolean =>
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
 * Refuse a name that another segment has: from then on, neither could be chosen by it, and a segment can't be deleted.
 * @throws AdvocateError
 */
export async function assertNameIsFree(run: Run, name: string): Promise<void> {
	await run.segments.read([], true);
	const [other] = run.segments.called(name);
	if (other === undefined) return;
	const archived = isArchived(other) ? ', and is archived' : '';
	throw new AdvocateError(
		`Another segment is called ${shownKey(other.name ?? name)}: it has the key ${shownKey(other.key)}${archived}`,
		{
			kind: 'api',
			hint: `To use that one, enter its key under 'Key'${archived === '' ? '' : ", and restore it with the operation 'Update'"}. For a segment beside it, choose another name: two of one name can't be told apart`,
		},
	);
}

/** Says above the output what the items alone would say in a field only. */
export class ExistingSegments {
	private readonly renamed: IDataObject[] = [];

	private readonly archived = new Set<unknown>();

	private hasNew = false;

	constructor(private readonly run: Run) {}

	/** Look at the output of one item. */
	note(json: IDataObject): void {
		if (json.nameGiven !== undefined) this.renamed.push(json);
		if (json.status === 'ARCHIVED') this.archived.add(json.key);
		this.hasNew ||= Boolean(json.created);
	}

	/** Show what was found. */
	tell(): void {
		const { n8n, segments } = this.run;
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
		if (this.hasNew && !segments.isComplete) {
			warn(
				n8n,
				'The segments could not be listed, so it is not known whether others have the same names',
			);
		}
	}
}

function renamedText(renamed: readonly IDataObject[]): string {
	const [{ key, name, nameGiven }] = renamed;
	const one = `The segment '${String(key)}' is called '${String(name ?? '')}', not '${String(nameGiven)}'`;
	const more = renamed.length === 1 ? '' : `, and so on for ${renamed.length - 1} more`;
	return `${one}${more}. It was left as it is. To rename it, set 'If Segment Exists' to Update. For another segment, give another name or key`;
}
