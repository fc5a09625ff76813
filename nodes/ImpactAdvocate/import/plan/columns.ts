/** Which column of a file is what. Pure; what headers mean is in `headers.ts`. */
import { CsvFileError } from '../file/csvFileError';
import { ID_CHECK_COLUMN } from '../../../shared/advocate/participantId';
import { hasReportColumns, REPORT_COLUMNS, UNPLACED_COLUMN } from '../report/rejects';
import { hasUndoColumns, UNDONE_COLUMN } from '../report/undo';
import { checkDetails, detailOf, isNestedField } from './details';
import type { DetailColumn } from './details';
import {
	areOrIs,
	isRoleHeader,
	listColumns,
	looksLikeName,
	looksLikeRole,
	ROLE_SPELLINGS,
	shownColumn,
	search,
	searchName,
	unusedNote,
	visibleHeader,
} from './headers';
import type { Found, Role } from './headers';
import { FILE_WORDS } from '../table';
import type { TableWords } from '../table';

const ROLE_OPTION: Readonly<Record<Role, string>> = {
	id: 'ID Column',
	accountId: 'Account ID Column',
	segments: 'Segments Column',
	action: 'Action Column',
};

/** What a column holds, for those who have the list and not the node. */
const ROLE_NAME: Readonly<Record<Role, string>> = {
	id: 'participant ID',
	accountId: 'account ID',
	segments: 'segments',
	action: 'action',
};

/** The options that take the name of a column. */
const NAME_OPTION: Readonly<Record<Role, string>> = {
	...ROLE_OPTION,
	segments: `${ROLE_OPTION.segments} Name`,
	action: `${ROLE_OPTION.action} Name`,
};

/** The field of operations that compare by e-mail address. */
const EMAIL_OPTION = 'Email Column';

/** Where to enter the name of a column: two are fields of their own, the others are in a group of options. */
const placeOf = (option: string): string =>
	[ROLE_OPTION.id, EMAIL_OPTION].includes(option)
		? `'${option}'`
		: `'${option}' in the option 'Columns'`;

/** For whom details are sent: participants that do not exist yet, all, or nobody. */
export type DetailsFor = 'new' | 'all' | 'none';

/** Positions are indexes into a row's cells. */
export interface ColumnMap {
	words: TableWords;
	header: readonly string[];
	id: number;
	accountId?: number;
	/** The column of segments, or the first of those that a list is spread over. */
	segments?: number;
	/** The other columns of a list that is spread over several, in its order. */
	moreSegments: readonly number[];
	action?: number;
	/** Columns of a rejects or undo file that say where its rows come from; they are not data. */
	report: number[];
	/** The column with the check of the IDs, in a file that we have written. */
	idCheck?: number;
	/** For whom the details are sent. `none` when the file has none, or none are to be sent. */
	detailsFor: DetailsFor;
	/** Columns sent as user fields; empty when details are not included. */
	details: DetailColumn[];
	/** Names of columns that would be sent as user fields if details were included. */
	unsentDetails: string[];
	/** A column that may say the action and is not used, unless it was left out on purpose. */
	actionLike?: number;
	/** Names of the columns that nothing is done with; blank names are left out. */
	ignoredColumns: string[];
	/** What the user should know about columns, as sentences. */
	notes: string[];
}

export interface ColumnOptions {
	/** Names of columns, where the file does not use the usual ones. Blank: look for the usual ones. */
	idColumn?: string;
	accountIdColumn?: string;
	/** `null`: no column is used for it, whatever the header says. */
	segmentsColumn?: string | null;
	actionColumn?: string | null;
	/** For whom user fields are sent (Participant Details). */
	detailsFor: DetailsFor;
	/** What else helps somebody whose list has e-mail addresses and no IDs. */
	wayByEmail?: string;
}

interface RoleColumns {
	first?: number;
	more: number[];
}

const only = ({ positions, spread }: Found): RoleColumns => ({
	first: positions.at(0),
	more: spread.slice(1),
});

/** @throws CsvFileError when the column is missing or there twice */
function findName(
	header: readonly string[],
	name: string,
	option: string,
	{ table }: TableWords,
): Found {
	const found = searchName(header, name);
	if (found.positions.length === 1) return found;
	throw new CsvFileError(
		found.positions.length === 0
			? `The ${table} has no column '${name}'`
			: `The ${table} has ${found.positions.length} columns named '${name}'`,
		found.positions.length === 0
			? `Set ${placeOf(option)} to one of the columns found: ${listColumns(header)}`
			: RENAME,
	);
}

/** Programs that do not know the mark keep it in front of the first name, where nobody sees it. */
const RENAME =
	"Rename the columns so that each name appears only once. If you see one of them only, the other begins with an invisible byte order mark: turn on 'Exclude Byte Order Mark (BOM)' where the file was read ('Extract from File')";

/**
 * The column of e-mail addresses, for lists that name people by them.
 * @param chosen its name; blank: the one that is called so
 * @throws CsvFileError when there is none, or several could be meant
 */
export function findEmail(
	header: readonly string[],
	chosen: string | undefined,
	words: TableWords = FILE_WORDS,
): number {
	const name = chosen?.trim() ?? '';
	if (name !== '') return findName(header, name, EMAIL_OPTION, words).positions[0];
	const found = [...header.keys()].filter(
		(index) => detailOf(header[index], index)?.field === 'email',
	);
	if (found.length === 1) return found[0];
	if (found.length > 1) throw severalColumns(header, 'e-mail address', EMAIL_OPTION, found);
	throw new CsvFileError(
		`The ${words.table} has no e-mail column. Columns found: ${listColumns(header)}`,
		`Name the column email or set '${EMAIL_OPTION}'`,
	);
}

/** @throws CsvFileError when the named column is missing or there twice, or several columns could be meant */
function findRole(
	header: readonly string[],
	role: Role,
	chosen: string | null | undefined,
	words: TableWords,
): RoleColumns {
	if (chosen === null) return { more: [] };
	const name = chosen?.trim() ?? '';
	if (name !== '') return only(findName(header, name, NAME_OPTION[role], words));
	const found = search(header, (column) => isRoleHeader(column, role));
	// Another program's key beside one of ours: in a list of payments, the ID is not the person's.
	const foreign = search(header, (column) => isRoleHeader(column, role, 'foreign')).positions;
	const positions = [...found.positions, ...foreign];
	if (positions.length === 0) return { more: [] };
	if (positions.length > 1)
		throw severalColumns(header, ROLE_NAME[role], ROLE_OPTION[role], positions);
	if (found.positions.length === 1) return only(found);
	const email = header.findIndex((column, index) => detailOf(column, index)?.field === 'email');
	if (email !== -1)
		throw severalColumns(header, ROLE_NAME[role], ROLE_OPTION[role], [...positions, email]);
	return { first: positions[0], more: [] };
}

function severalColumns(
	header: readonly string[],
	what: string,
	option: string,
	positions: readonly number[],
): CsvFileError {
	const names = [...positions].sort((a, b) => a - b).map((index) => header[index]);
	const isClear = new Set(names.map(visibleHeader)).size === names.length;
	return new CsvFileError(
		`Several columns could hold the ${what}: ${listColumns(names)}`,
		isClear ? `Set ${placeOf(option)} to the one that is meant` : RENAME,
	);
}

/**
 * Find out which column is what.
 * @param header column names as the list has them, trimmed
 * @param words what to call the list in messages
 * @throws CsvFileError when there is no ID column, a column named in the options is missing, or several columns could be
 * meant
 */
export function mapColumns(
	header: readonly string[],
	options: ColumnOptions,
	words: TableWords = FILE_WORDS,
): ColumnMap {
	const isReport = hasReportColumns(header);
	const reportNames: string[] = [
		...(isReport ? [...REPORT_COLUMNS, UNPLACED_COLUMN] : []),
		...(hasUndoColumns(header) ? [UNDONE_COLUMN] : []),
		ID_CHECK_COLUMN,
	];
	const idCheck = header.includes(ID_CHECK_COLUMN) ? header.indexOf(ID_CHECK_COLUMN) : undefined;
	const report = reportNames.map((name) => header.indexOf(name)).filter((index) => index !== -1);

	const id = findRole(header, 'id', options.idColumn, words).first;
	if (id === undefined) throw withoutId(header, words, options.wayByEmail);
	const accountId = findRole(header, 'accountId', options.accountIdColumn, words).first;
	const list = findRole(header, 'segments', options.segmentsColumn, words);
	const { first: segments, more: moreSegments } = list;
	const action = findRole(header, 'action', options.actionColumn, words).first;
	checkRoles(header, { id, accountId, segments, action });

	const changes = [segments, ...moreSegments, action];
	const known: DetailColumn[] = [];
	const ignoredColumns: string[] = [];
	header.forEach((name, index) => {
		if (visibleHeader(name) === '' || report.includes(index) || changes.includes(index)) return;
		// The ID column may be a detail as well: programs that use e-mail addresses as IDs have one column for both.
		const detail = detailOf(name, index);
		if (detail) known.push(detail);
		else if (index !== id && index !== accountId) ignoredColumns.push(name);
	});
	const actionLikes = [...header.keys()].filter(
		(index) => ignoredColumns.includes(header[index]) && looksLikeRole(header[index], 'action'),
	);
	const isSent = options.detailsFor !== 'none' && known.length > 0;
	if (isSent) checkDetails(known, words);
	const map: Omit<ColumnMap, 'notes'> = {
		words,
		header,
		id,
		accountId,
		segments,
		moreSegments,
		action,
		report,
		idCheck,
		detailsFor: isSent ? options.detailsFor : 'none',
		details: isSent ? known : [],
		unsentDetails: isSent ? [] : known.map(({ name }) => name),
		ignoredColumns,
		actionLike: action === undefined && options.actionColumn !== null ? actionLikes[0] : undefined,
	};
	return { ...map, notes: notesOn(map, options) };
}

/** Of a list without a column, which has no rows either: no cell is ever looked for. */
export function noColumns(words: TableWords): ColumnMap {
	return {
		words,
		header: [],
		id: 0,
		moreSegments: [],
		report: [],
		detailsFor: 'none',
		details: [],
		unsentDetails: [],
		ignoredColumns: [],
		notes: [],
	};
}

/** What a row says about segments, in all columns of a list that is spread over several. */
export function segmentCells(
	{ segments, moreSegments }: Pick<ColumnMap, 'segments' | 'moreSegments'>,
	cells: readonly string[],
): string[] {
	if (segments === undefined) return [];
	return [segments, ...moreSegments].map((index) => cells[index] ?? '');
}

/** The cells of a list that is spread over columns as the one cell that means the same. */
export function joinSegmentCells(cells: readonly string[]): string {
	const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
	if (filled.length < 2) return filled[0] ?? '';
	// What a separator stands in is one entry all the same.
	return filled.some((cell) => /[,;|"\r\n]/.test(cell)) ? JSON.stringify(filled) : filled.join('|');
}

function withoutId(
	header: readonly string[],
	{ table, row }: TableWords,
	wayByEmail = '',
): CsvFileError {
	const email = header.find((name, index) => detailOf(name, index)?.field === 'email');
	if (header.some((name) => /[^\s@]@[^\s@]/.test(name))) {
		return new CsvFileError(
			`The file has no participant ID column. Columns found: ${listColumns(header)}`,
			`The first row looks like a participant and not like names of columns. Put a row with names above it, such as ${ROLE_SPELLINGS.id.own[0]}`,
		);
	}
	const own = ROLE_SPELLINGS.id.own;
	const names = `Name the column ${own.slice(0, -1).join(', ')} or ${own.at(-1)}, or set '${ROLE_OPTION.id}'`;
	const way =
		email === undefined
			? names
			: `${names} to ${shownColumn(email)} if e-mail addresses are the participant IDs in Advocate (a list of participants shows the IDs in brackets)${wayByEmail}`;
	return new CsvFileError(
		`The ${table} has no participant ID column. Columns found: ${listColumns(header)}`,
		row === 'item'
			? way
			: `${way}. If all columns are shown as one, choose the 'Delimiter' in the option 'File Format'`,
	);
}

/** @throws CsvFileError when one column was named for two uses (an ID may serve as account ID too) */
function checkRoles(
	header: readonly string[],
	{ id, accountId, segments, action }: Record<Role, number | undefined>,
): void {
	const uses = [segments, action].filter((index) => index !== undefined);
	const shared = uses.find((index, at) => [id, accountId, ...uses.slice(0, at)].includes(index));
	if (shared === undefined) return;
	throw new CsvFileError(
		`Column '${header[shared]}' is chosen for two different uses`,
		'Choose separate columns for the segments and the action',
	);
}

function notesOn(map: Omit<ColumnMap, 'notes'>, options: ColumnOptions): string[] {
	const { header, id, moreSegments, segments, unsentDetails, ignoredColumns } = map;
	const notes: string[] = [];
	if ((options.idColumn ?? '') === '' && !isRoleHeader(header[id], 'id')) {
		notes.push(
			`The column ${shownColumn(header[id])} was taken for the participant ID. If Advocate knows the participants by something else, set '${ROLE_OPTION.id}'.`,
		);
	}
	if (moreSegments.length > 0 && segments !== undefined) {
		const names = [segments, ...moreSegments].map((index) => header[index]);
		notes.push(`The columns ${listColumns(names)} were read as one list of segments.`);
	}
	if (map.idCheck === undefined && (hasReportColumns(header) || hasUndoColumns(header))) {
		notes.push(
			`The file has no column '${ID_CHECK_COLUMN}', so it was not checked whether a spreadsheet changed IDs.`,
		);
	}
	const alike = ignoredColumns.filter((name) => looksLikeRole(name));
	if (alike.length > 0) {
		notes.push(
			`${areOrIs(alike, 'was', 'were')} not used. If the import needs it, name the column in '${ROLE_OPTION.id}' or in the option 'Columns' ('${ROLE_OPTION.accountId}', '${ROLE_OPTION.segments}', '${ROLE_OPTION.action}'), or call it what Advocate does, such as firstName.`,
		);
	}
	if (unsentDetails.length > 0) {
		notes.push(
			`'Participant Details' is set to 'Never', so ${areOrIs(unsentDetails, 'was', 'were')} not sent.`,
		);
	}
	const nested = header.filter(isNestedField);
	if (nested.length > 0 && options.detailsFor !== 'none') {
		notes.push(`Custom fields hold single values, so ${areOrIs(nested, 'is', 'are')} ignored.`);
	}
	const unused = ignoredColumns.filter((name) => !alike.includes(name) && !nested.includes(name));
	const isMeant = map.details.length > 0 || unused.some(looksLikeName);
	if (isMeant && unused.length > 0 && options.detailsFor !== 'none') notes.push(unusedNote(unused));
	return notes;
}
