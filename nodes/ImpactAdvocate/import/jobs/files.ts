/**
 * The files of an import job: planned rows, rewritten into the one that it reads (its header names, only columns it
 * knows), and the ones in which it reports on its rows.
 */
import type { Breather } from '../../../shared/advocate/client/breather';
import { participantKey } from '../../../shared/advocate/participants';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { openCsv } from '../file/csvFile';
import type { CsvFile } from '../file/csvFile';
import type { DetailColumn } from '../plan/details';
import { CsvFileError } from '../file/csvFileError';
import { CRLF, csvLine } from '../file/csvFormat';
import { openBuffer } from '../file/encoding';
import { restedBytes, restedTable } from '../file/csvTable';
import { ParticipantIndex } from '../plan/participantIndex';
import type { PlannedRow } from '../plan/planRow';

/** Characters kept as text before they are encoded. */
const BLOCK_LENGTH = 64 * 1024;

/** User fields whose header in an import file is not settled: the vendor's own documents spell it in two ways. */
export const UNSETTLED_FIELDS: readonly string[] = ['shareLinks'];

/** One file for one job. */
export class JobFile {
	/** Row in the imported file (as a spreadsheet counts) of each row of this file, in order. */
	readonly rowNumbers: number[] = [];

	/** Bytes so far. */
	bytes = 0;

	private readonly blocks: Buffer[] = [];

	private text: string;

	constructor(private readonly details: readonly DetailColumn[]) {
		const names = details.map(({ field, key }) => (key === undefined ? field : `${field}.${key}`));
		this.text = csvLine(['accountId', 'id', ...names]) + CRLF;
		this.bytes = Buffer.byteLength(this.text);
	}

	/** Add one planned row. */
	add(rowNumber: number, row: PlannedRow): void {
		const cells = this.details.map((column) => cellOf(column, row.details ?? {}));
		const line = csvLine([row.accountId, row.id, ...cells]) + CRLF;
		this.rowNumbers.push(rowNumber);
		this.bytes += Buffer.byteLength(line);
		this.text += line;
		if (this.text.length >= BLOCK_LENGTH) this.encode();
	}

	/** The whole file. */
	toBuffer(): Buffer {
		this.encode();
		return Buffer.concat(this.blocks);
	}

	private encode(): void {
		if (this.text === '') return;
		this.blocks.push(Buffer.from(this.text, 'utf8'));
		this.text = '';
	}
}

/** The value of one column among the planned fields, as text; the job reads dates as milliseconds. */
function cellOf({ field, key }: DetailColumn, details: Record<string, unknown>): string {
	let value: unknown;
	if (field === 'referredBy.code') {
		const codes = details.referredByCodes;
		value = Array.isArray(codes) ? codes[0] : entryOf(details.referredBy, 'code');
	} else if (field === 'referredBy.isConverted') {
		value = entryOf(details.referredBy, 'isConverted');
	} else {
		value = key === undefined ? details[field] : entryOf(details[field], key);
	}
	return value === undefined || value === null ? '' : String(value);
}

function entryOf(map: unknown, key: string): unknown {
	return typeof map === 'object' && map !== null && Object.hasOwn(map, key)
		? (map as Record<string, unknown>)[key]
		: undefined;
}

// --- what a job reports ------------------------------------------------------------------------------------------

/**
 * Why the job refused a row. `recordNumber` counts as the API does, from 0, 1 or 2: it is not documented. It is no number
 * when the file does not tell.
 */
export interface JobFailure {
	recordNumber: number;
	message: string;
	apiErrorCode?: string;
	statusCode?: number;
}

async function openText(text: string, breather: Breather): Promise<CsvFile> {
	const open = restedBytes(openBuffer(Buffer.from(text, 'utf8')), breather);
	return restedTable(
		await openCsv(open, { encoding: 'utf-8', delimiter: 'auto', isStrict: true }),
		breather,
	);
}

function mustFindColumn(file: CsvFile, name: string): number {
	const index = file.header.indexOf(name);
	if (index !== -1) return index;
	throw new CsvFileError(`The column '${name}' is missing`, 'This is not a file of an import job');
}

/**
 * Read an errors file: `recordNumber,message,apiErrorCode,statusCode`.
 * @throws CsvFileError when it isn't one
 */
export async function readErrorsFile(text: string, breather: Breather): Promise<JobFailure[]> {
	const failures: JobFailure[] = [];
	if (text.trim() === '') return failures;
	const file = await openText(text, breather);
	const record = mustFindColumn(file, 'recordNumber');
	const message = mustFindColumn(file, 'message');
	const code = file.header.indexOf('apiErrorCode');
	const status = file.header.indexOf('statusCode');
	for await (const rows of file.rows()) {
		for (const { cells, problem } of rows) {
			const statusCode = Number(cells[status]);
			// A line cut off in the number would name another row.
			const isWhole = problem === undefined || cells.length > record + 1;
			failures.push({
				recordNumber: isWhole ? Number(cells[record]) : NaN,
				message: cells[message] ?? '',
				apiErrorCode: cells[code] || undefined,
				statusCode: Number.isInteger(statusCode) && statusCode > 0 ? statusCode : undefined,
			});
		}
	}
	return failures;
}

/**
 * The participants of a results file.
 * @throws CsvFileError when it isn't one
 */
export async function readResultsFile(text: string, breather: Breather): Promise<ParticipantIndex> {
	const succeeded = new ParticipantIndex(false);
	if (text.trim() === '') return succeeded;
	const file = await openText(text, breather);
	const id = mustFindColumn(file, 'id');
	const accountId = mustFindColumn(file, 'accountId');
	for await (const rows of file.rows()) {
		for (const { cells } of rows) {
			succeeded.add(participantKey({ accountId: cells[accountId], id: cells[id] }));
		}
	}
	return succeeded;
}

/** Ways in which the API may count the rows of a file: the first row below the header is 0, 1 or 2. */
const BASES = [0, 1, 2] as const;

export type CountingBase = (typeof BASES)[number];

/**
 * Find out how an errors file may count: every number that it names must be that of a row.
 * @param rowCount rows of the job's file
 * @returns the possible numbers of the first row
 */
export function countingBases(
	failures: readonly JobFailure[],
	rowCount: number,
): readonly CountingBase[] {
	return BASES.filter((base) =>
		failures.every(({ recordNumber }) => recordNumber >= base && recordNumber < base + rowCount),
	);
}

/**
 * The same, by looking at who succeeded: a refused row's participant did not, unless another row of it did.
 * @param participantAt the participant of a row of the job's file, from 0
 * @returns those of the given ones that contradict it least
 */
export function basesBySuccess(
	failures: readonly JobFailure[],
	participantAt: (index: number) => ParticipantId | undefined,
	succeeded: ParticipantIndex,
	bases: readonly CountingBase[],
): readonly CountingBase[] {
	const contradictions = bases.map(
		(base) =>
			failures.filter(({ recordNumber }) => {
				const participant = participantAt(recordNumber - base);
				return participant === undefined || succeeded.has(participantKey(participant));
			}).length,
	);
	const least = Math.min(...contradictions);
	return bases.filter((_, index) => contradictions[index] === least);
}
