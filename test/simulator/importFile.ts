/** Reading an uploaded import file: CSV with dotted headers, or one JSON object per line. */
import { parse } from 'csv-parse/sync';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import type { SimulatorOptions } from './options';
import type { UserInput } from './users';

/** One record of a file: an input, or the reason why it can't be read. */
export type ImportRow = { input: UserInput } | { problem: string };

/** A file that was read. `fatal` problems keep the whole file from being imported. */
export interface ImportFile {
	rows: ImportRow[];
	fatal: string[];
}

const PLAIN_COLUMNS = new Set([
	'id',
	'accountId',
	'firstName',
	'lastName',
	'email',
	'imageUrl',
	'referable',
	'locale',
	'countryCode',
	'dateCreated',
	'dateUsTaxFormSubmitted',
	'paymentProviderId',
	'referralCode',
	'referredBy.code',
	'referredBy.isConverted',
]);

const MAP_COLUMNS = ['referralCodes.', 'sharelinks.', 'shareLinks.', 'customFields.'];

type Switches = Pick<SimulatorOptions, 'jobUnknownColumns' | 'jobSegmentsColumn'>;

function isKnownColumn(name: string): boolean {
	const isMapEntry = MAP_COLUMNS.some(
		(prefix) => name.startsWith(prefix) && name.length > prefix.length,
	);
	return PLAIN_COLUMNS.has(name) || isMapEntry;
}

function headerProblems(header: readonly string[], switches: Switches): string[] {
	const problems: string[] = [];
	for (const required of ['accountId', 'id']) {
		if (!header.includes(required)) problems.push(`The column '${required}' is missing.`);
	}
	const seen = new Set<string>();
	for (const name of header) {
		if (seen.has(name)) problems.push(`The column '${name}' is there more than once.`);
		seen.add(name);
		const refused =
			name === 'segments'
				? switches.jobSegmentsColumn === 'reject'
				: !isKnownColumn(name) && switches.jobUnknownColumns === 'reject';
		if (refused) problems.push(`The column '${name}' is not supported.`);
	}
	return problems;
}

/** The value of a cell under the type of its column; text that does not fit is left for the check of types. */
function cellValue(name: string, cell: string): unknown {
	if (name === 'referable' && /^(true|false)$/.test(cell)) return cell === 'true';
	if (name.startsWith('date') && /^-?\d+$/.test(cell)) return Number(cell);
	return cell;
}

/** Blank cells are absent fields. */
function inputOf(
	header: readonly string[],
	cells: readonly string[],
	switches: Switches,
): UserInput {
	const plain: [string, unknown][] = [];
	const maps = new Map<string, [string, unknown][]>();
	header.forEach((name, index) => {
		const cell = cells[index] ?? '';
		if (cell === '') return;
		if (name === 'segments') {
			if (switches.jobSegmentsColumn === 'apply') plain.push([name, cell.split('|')]);
			return;
		}
		if (!isKnownColumn(name)) return;
		const dot = name.indexOf('.');
		if (dot < 0) {
			plain.push([name, cellValue(name, cell)]);
			return;
		}
		const map = name.slice(0, dot) === 'sharelinks' ? 'shareLinks' : name.slice(0, dot);
		maps.set(map, [...(maps.get(map) ?? []), [name.slice(dot + 1), cell]]);
	});
	for (const [name, entries] of maps) plain.push([name, Object.fromEntries(entries)]);
	return Object.fromEntries(plain);
}

function readCsv(text: string, switches: Switches): ImportFile {
	let lines: string[][];
	try {
		lines = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true });
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		return { rows: [], fatal: [`The file is not valid CSV: ${reason}`] };
	}
	const [header, ...records] = lines;
	if (header === undefined) return { rows: [], fatal: ['The file is empty.'] };
	const rows = records.map((cells): ImportRow => {
		if (cells.length !== header.length) {
			return { problem: `The record has ${cells.length} fields instead of ${header.length}.` };
		}
		return { input: inputOf(header, cells, switches) };
	});
	return { rows, fatal: headerProblems(header, switches) };
}

function readJsonLine(line: string, switches: Switches): ImportRow {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return { problem: 'The line is not valid JSON.' };
	}
	if (!isRecord(value)) return { problem: 'The line is not a JSON object.' };
	if (!('segments' in value) || switches.jobSegmentsColumn === 'apply') return { input: value };
	if (switches.jobSegmentsColumn === 'reject') {
		return { problem: "The field 'segments' is not supported." };
	}
	return { input: { ...value, segments: undefined } };
}

/** Read a file whose name ends in .csv or .jsonl. */
export function readImportFile(fileName: string, content: Buffer, switches: Switches): ImportFile {
	const text = content.toString('utf8');
	if (!fileName.toLowerCase().endsWith('.jsonl')) return readCsv(text, switches);
	const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
	const fatal = lines.length === 0 ? ['The file is empty.'] : [];
	return { rows: lines.map((line) => readJsonLine(line, switches)), fatal };
}
