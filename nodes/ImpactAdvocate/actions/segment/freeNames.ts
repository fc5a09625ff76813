/**
 * Names and keys that are free: from the moment two segments are called the same, neither can be chosen by its name. A
 * key goes before a name, so a name that is another segment's key can never be used, and a key that is another
 * segment's name takes it away. And a segment can't be deleted.
 */
import { AdvocateError } from '../../../shared/advocate/client/error';
import { warn } from '../../../shared/n8n/html';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { shownKey } from '../../../shared/segments/change';
import { unmeantName } from '../../../shared/segments/key';
import type { NamedSegment, SegmentNames } from '../../../shared/segments/names';
import type { Run } from '../operation';

/** What Create and Update say to it, whatever the way out. */
export const ONE_NAME = "two of one name can't be told apart";

/** How to tell why a key of one segment and a name of another may not be the same. */
export const keyGoesFirst = (text: string, means: string): string =>
	`wherever segments are given, ${shownKey(text)} ${means}, since a key goes before a name`;

/** The segments that are known. */
type KnownNames = Pick<SegmentNames, 'called' | 'keyedLike'>;

/** Whether a segment is in the archive, where it keeps its name. */
export const isArchived = ({ status }: Pick<NamedSegment, 'status'>): boolean =>
	status === 'ARCHIVED';

/** Another segment that a name can't be told apart from, and what of it is the same. */
export interface Namesake {
	other: NamedSegment;
	has: 'name' | 'key';
}

/**
 * The other segment that has this name, or has it as its key, without regard to case. One that keeps its name as it is
 * takes none away.
 * @param current the segment that is to be called so, with the name that it has
 */
export function namesakeOf(
	names: KnownNames,
	name: string,
	current: Pick<NamedSegment, 'key' | 'name'>,
): Namesake | undefined {
	if (current.name?.trim() === name) return undefined;
	const isOther = ({ key }: NamedSegment): boolean => key !== current.key;
	const called = names.called(name).find(isOther);
	if (called !== undefined) return { other: called, has: 'name' };
	const keyed = names.keyedLike(name).find(isOther);
	return keyed === undefined ? undefined : { other: keyed, has: 'key' };
}

/** For a name that another segment has, or has as its key. */
export const nameClashes = ({ other, has }: Namesake, name: string, hint: string): AdvocateError =>
	has === 'name' ? nameIsTaken(other, name, hint) : nameIsKey(other, hint);

/** For a name that another segment has. */
export const nameIsTaken = (other: NamedSegment, name: string, hint: string): AdvocateError =>
	new AdvocateError(
		`Another segment is called ${shownKey(other.name ?? name)}: it has the key ${shownKey(other.key)}${isArchived(other) ? ', and is archived' : ''}`,
		{ kind: 'api', hint },
	);

/**
 * Refuse a name or key that nobody means: a segment can't be deleted.
 * @throws ParameterError
 */
export function assertMeant(name: string, displayName = 'Name'): void {
	const unmeant = unmeantName(name);
	if (unmeant === undefined) return;
	throw new ParameterError(
		`'${displayName}' is '${name}', ${unmeant}`,
		"Nothing was sent, since a segment can't be deleted. Correct it where it comes from",
	);
}

function nameIsKey(other: NamedSegment, hint: string): AdvocateError {
	const name = other.name?.trim() ?? '';
	const called = name === '' || name === other.key ? '' : `: it is called ${shownKey(name)}`;
	return new AdvocateError(
		`Another segment has the key ${shownKey(other.key)}${called}${isArchived(other) ? ', and is archived' : ''}`,
		{ kind: 'api', hint },
	);
}

/** Says that names were given which others may have. */
export const tellUnlisted = ({ n8n }: Run): void =>
	warn(
		n8n,
		'The segments could not be listed, so it is not known whether others have the same names',
	);
