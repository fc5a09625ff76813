/** Which column of a file is what. Pure; what headers mean is in `headers.ts`. */
import { CsvFileError } from '../file/csvFileError';
import { hasReportColumns, REPORT_COLUMNS, UNPLACED_COLUMN } from '../report/rejects';
import { hasUndoColumns, UNDONE_COLUMN } from '../report/undo';
import { checkDetails, detailOf, isNestedField } from './details';
import type { DetailColumn } from './details';
import {
	bareHeader,
	isRoleHeader,
	looksLikeRole,
	ROLE_SPELLINGS,
	spreadHeader,
	visibleHeader,
} from './headers';
import type { Role } from './headers';

const ROLE_OPTION: Readonly<Record<Role, string>> = {
	id: 'ID Column',
	accountId: 'Account ID Column',
	segments: 'Segments Column',
	action: 'Action Column',
};

/** The options that take the name of a column. */
const NAME_OPTION: Readonly<Record<Role, string>> = {
	...ROLE_OPTION,
	segments: `${ROLE_OPTION.segments} Name`,
	action: `${ROLE_OPTION.action} Name`,
};

/** For whom details are sent: participants that do not exist yet, all, or nobody. */
export type DetailsFor = 'new' | 'all' | 'none';

/** Positions are indexes into a row's cells. */
export interface ColumnMap {
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
}

const shown = (name: string): string => {
	const text = visibleHeader(name).replace(/\s+/g, ' ');
	return text.length > 40 ? `'${text.slice(0, 40)}…'` : `'${text}'`;
};

/** Columns of a file for a message: at most ten, long names cut. */
export function listColumns(header: readonly string[]): string {
	const names = header.filter((name) => visibleHeader(name) !== '').map(shown);
	const more = names.length - 10;
	return names.slice(0, 10).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Positions of the headers that match; a list that is spread over columns counts as one, by its first. */
interface Found {
	positions: number[];
	/** Of a list that is spread over columns: all of them, in its order. */
	spread: number[];
}

/** @param matches asked for each header, or for the stem of one that a list is spread over */
function search(header: readonly string[], matches: (name: string) => boolean): Found {
	const plain: number[] = [];
	const lists = new Map<string, Array<{ index: number; place: number }>>();
	header.forEach((name, index) => {
		if (matches(name)) {
			plain.push(index);
			return;
		}
		const spread = spreadHeader(name);
		if (spread === undefined || !matches(spread.stem)) return;
		const stem = bareHeader(spread.stem);
		lists.set(stem, [...(lists.get(stem) ?? []), { index, place: spread.place }]);
	});
	const found: Found = { positions: plain, spread: [] };
	for (const columns of lists.values()) {
		columns.sort((a, b) => a.place - b.place);
		const isList = columns.every(({ place }, at) => at === 0 || place > columns[at - 1].place);
		const indexes = columns.map(({ index }) => index);
		found.positions.push(...(isList ? indexes.slice(0, 1) : indexes));
		if (isList) found.spread = indexes;
	}
	return found;
}

/** Columns called `name`: by the exact name, else without regard to case, else by letters and digits. */
function searchName(header: readonly string[], name: string): Found {
	const bare = bareHeader(name);
	const ways: Array<(column: string) => boolean> = [
		(column) => column === name,
		(column) => visibleHeader(column).toLowerCase() === visibleHeader(name).toLowerCase(),
		(column) => bare !== '' && bareHeader(column) === bare,
	];
	for (const matches of ways) {
		const found = search(header, matches);
		if (found.positions.length > 0) return found;
	}
	return { positions: [], spread: [] };
}

interface RoleColumns {
	first?: number;
	more: number[];
}

const only = ({ positions, spread }: Found): RoleColumns => ({
	first: positions.at(0),
	more: spread.slice(1),
});

/** @throws CsvFileError when the named column is missing or there twice, or several columns could be meant */
function findRole(
	header: readonly string[],
	role: Role,
	chosen: string | null | undefined,
): RoleColumns {
	if (chosen === null) return { more: [] };
	const name = chosen?.trim() ?? '';
	if (name !== '') {
		const found = searchName(header, name);
		if (found.positions.length === 1) return only(found);
		throw new CsvFileError(
			found.positions.length === 0
				? `The file has no column '${name}'`
				: `The file has ${found.positions.length} columns named '${name}'`,
			found.positions.length === 0
				? `Set '${NAME_OPTION[role]}' to one of the columns found: ${listColumns(header)}`
				: 'Rename the columns so that each name appears only once',
		);
	}
	const found = search(header, (column) => isRoleHeader(column, role));
	// Another program's key beside one of ours: in a list of payments, the ID is not the person's.
	const foreign = search(header, (column) => isRoleHeader(column, role, 'foreign')).positions;
	const positions = [...found.positions, ...foreign];
	if (positions.length === 0) return { more: [] };
	if (positions.length > 1) throw severalColumns(header, role, positions);
	if (found.positions.length === 1) return only(found);
	const email = header.findIndex((column, index) => detailOf(column, index)?.field === 'email');
	if (email !== -1) throw severalColumns(header, role, [...positions, email]);
	return { first: positions[0], more: [] };
}

function severalColumns(
	header: readonly string[],
	role: Role,
	positions: readonly number[],
): CsvFileError {
	const names = [...positions].sort((a, b) => a - b).map((index) => header[index]);
	const isClear = new Set(names.map(visibleHeader)).size === names.length;
	return new CsvFileError(
		`Several columns could be the ${ROLE_OPTION[role]}: ${listColumns(names)}`,
		isClear
			? `Set '${ROLE_OPTION[role]}' to the one that is meant`
			: 'Rename the columns so that each name appears only once',
	);
}

/**
 * Find out which column is what.
 * @param header column names as the file has them, trimmed
 * @throws CsvFileError when there is no ID column, a column named in the options is missing, or several columns could be
 * meant
 */
export function mapColumns(header: readonly string[], options: ColumnOptions): ColumnMap {
	const isReport = hasReportColumns(header);
	const reportNames: string[] = [
		...(isReport ? [...REPORT_COLUMNS, UNPLACED_COLUMN] : []),
		...(hasUndoColumns(header) ? [UNDONE_COLUMN] : []),
	];
	const report = reportNames.map((name) => header.indexOf(name)).filter((index) => index !== -1);

	const id = findRole(header, 'id', options.idColumn).first;
	if (id === undefined) throw withoutId(header);
	const accountId = findRole(header, 'accountId', options.accountIdColumn).first;
	const { first: segments, more: moreSegments } = findRole(
		header,
		'segments',
		options.segmentsColumn,
	);
	const action = findRole(header, 'action', options.actionColumn).first;
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
	if (isSent) checkDetails(known);
	const map: Omit<ColumnMap, 'notes'> = {
		header,
		id,
		accountId,
		segments,
		moreSegments,
		action,
		report,
		detailsFor: isSent ? options.detailsFor : 'none',
		details: isSent ? known : [],
		unsentDetails: isSent ? [] : known.map(({ name }) => name),
		ignoredColumns,
		actionLike: action === undefined && options.actionColumn !== null ? actionLikes[0] : undefined,
	};
	return { ...map, notes: notesOn(map, options) };
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

function withoutId(header: readonly string[]): CsvFileError {
	const email = header.find((name, index) => detailOf(name, index)?.field === 'email');
	const names = `Name the column ${ROLE_SPELLINGS.id.own.join(', ')} or set '${ROLE_OPTION.id}'`;
	const way =
		email === undefined
			? names
			: `${names}: to ${shown(email)}, if e-mail addresses are the participant IDs in Advocate`;
	return new CsvFileError(
		`The file has no participant ID column. Columns found: ${listColumns(header)}`,
		`${way}. If all columns are shown as one, choose the delimiter`,
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

const areOrIs = (names: readonly string[], one: string, many: string): string =>
	`${listColumns(names)} ${names.length === 1 ? one : many}`;

function notesOn(map: Omit<ColumnMap, 'notes'>, options: ColumnOptions): string[] {
	const { header, id, moreSegments, segments, unsentDetails, ignoredColumns } = map;
	const notes: string[] = [];
	if ((options.idColumn ?? '') === '' && !isRoleHeader(header[id], 'id')) {
		notes.push(
			`The column ${shown(header[id])} was taken for the participant ID. If Advocate knows the participants by something else, set '${ROLE_OPTION.id}'.`,
		);
	}
	if (moreSegments.length > 0 && segments !== undefined) {
		const names = [segments, ...moreSegments].map((index) => header[index]);
		notes.push(`The columns ${listColumns(names)} were read as one list of segments.`);
	}
	const alike = ignoredColumns.filter((name) => looksLikeRole(name));
	if (alike.length > 0) {
		notes.push(
			`${areOrIs(alike, 'was', 'were')} not used. If the import needs it, name the column in the options ('${ROLE_OPTION.id}', '${ROLE_OPTION.accountId}', '${ROLE_OPTION.segments}', '${ROLE_OPTION.action}'), or rename it to the name of a detail.`,
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
	return notes;
}
