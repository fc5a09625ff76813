/**
 * Names that are free: from the moment two segments are called the same, neither can be chosen by its name, and a
 * segment can't be deleted.
 */
import { AdvocateError } from '../../../shared/advocate/client/error';
import { warn } from '../../../shared/n8n/html';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { shownKey } from '../../../shared/segments/change';
import { unmeantName } from '../../../shared/segments/key';
import type { NamedSegment } from '../../../shared/segments/names';
import type { Run } from '../operation';

/** What Create and Update say to it, whatever the way out. */
export const ONE_NAME = "two of one name can't be told apart";

/** Whether a segment is in the archive, where it keeps its name. */
export const isArchived = ({ status }: Pick<NamedSegment, 'status'>): boolean =>
	status === 'ARCHIVED';

/**
 * The other segment that is called so, without regard to case. One that keeps its name as it is takes none away.
 * @param names those that are known
 * @param current the segment that is to be called so, with the name that it has
 */
export function otherCalled(
	names: { called(name: string): readonly NamedSegment[] },
	name: string,
	current: Pick<NamedSegment, 'key' | 'name'>,
): NamedSegment | undefined {
	if (current.name?.trim() === name) return undefined;
	return names.called(name).find(({ key }) => key !== current.key);
}

/** For a name that another segment has. */
export const nameIsTaken = (other: NamedSegment, name: string, hint: string): AdvocateError =>
	new AdvocateError(
		`Another segment is called ${shownKey(other.name ?? name)}: it has the key ${shownKey(other.key)}${isArchived(other) ? ', and is archived' : ''}`,
		{ kind: 'api', hint },
	);

/**
 * Refuse a name that nobody means: a segment can't be deleted.
 * @throws ParameterError
 */
export function assertMeant(name: string): void {
	const unmeant = unmeantName(name);
	if (unmeant === undefined) return;
	throw new ParameterError(
		`'Name' is '${name}', ${unmeant}`,
		"Nothing was sent, since a segment can't be deleted. Correct the name where it comes from",
	);
}

/** Says that names were given which others may have. */
export const tellUnlisted = ({ n8n }: Run): void =>
	warn(
		n8n,
		'The segments could not be listed, so it is not known whether others have the same names',
	);
