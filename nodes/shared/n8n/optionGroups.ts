/**
 * The groups that the options of operations with many options stand in. The editor shows a group as one option, with
 * its own settings inside: `options.stopRule = { settings: { stopOn: 'failures', maxFailures: 5 } }`.
 */
import type { IDataObject } from 'n8n-workflow';
import { isRecord } from '../advocate/client/values';
import { describeValue } from '../inputValue';
import { ParameterError } from './nodeErrors';

/** What the groups are called in the editor, by their names. No option outside of a group has one of these names. */
export const OPTION_GROUPS = {
	columns: 'Columns',
	fileFormat: 'File Format',
	importJob: 'Import Job',
	requests: 'Requests',
	resultFiles: 'Result Files',
	rows: 'Rows',
	stopRule: 'Stop Rule',
} as const;

export type OptionGroup = keyof typeof OPTION_GROUPS;

/** Where a group keeps its settings. */
export const GROUP_SETTINGS = 'settings';

const isGroup = (name: string): name is OptionGroup => Object.hasOwn(OPTION_GROUPS, name);

/**
 * Options without their groups: what is in a group stands beside the others, so that readers need not know which it is.
 * A setting of a group goes before an option of the same name, which n8n leaves out as none of the operation's.
 * @throws ParameterError for a group that is no group
 */
export function withoutGroups(options: IDataObject): IDataObject {
	const groups = Object.keys(options).filter(isGroup);
	if (groups.length === 0) return options;
	const flat = { ...options };
	for (const name of groups) {
		delete flat[name];
		Object.assign(flat, settingsOf(name, options[name]));
	}
	return flat;
}

/** A group that was added and emptied again in the editor has no settings any more. */
function settingsOf(name: OptionGroup, group: unknown): IDataObject {
	const isEmpty = isRecord(group) && Object.keys(group).length === 0;
	const settings = isRecord(group) && !isEmpty ? group[GROUP_SETTINGS] : group;
	if (isRecord(settings)) return settings as IDataObject;
	throw new ParameterError(
		`'${OPTION_GROUPS[name]}' is ${describeValue(settings)}`,
		'Remove this option, add it again, and set what is in it one by one',
	);
}
