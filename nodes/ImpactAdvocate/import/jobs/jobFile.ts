/** Rewrites planned rows into the file that the vendor's import job reads: its header names, only columns it knows. */
import type { DetailColumn } from '../plan/columns';
import { CRLF, csvLine } from '../file/csvWriter';
import type { PlannedRow } from '../plan/planRow';

/** Characters kept as text before they are encoded. */
const BLOCK_LENGTH = 64 * 1024;

/** User fields whose header in an import file is not settled: the vendor's own documents spell it in two ways. */
export const UNSETTLED_FIELDS: readonly string[] = ['shareLinks'];

/** One file for one job. */
export class JobFile {
	/** Row in the imported file (as a spreadsheet counts) of each row of this file, in order. */
	readonly records: number[] = [];

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
		this.records.push(rowNumber);
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
