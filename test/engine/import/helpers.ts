/** Runs Import CSV in the engine against a simulator, and checks that every row is accounted for exactly once. */
import { parse } from 'csv-parse/sync';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import type { RecordedRequest } from '../../simulator/recorder';
import type { Simulator } from '../../simulator/server';
import { credentials } from '../../support/simulator';
import { readBinary, runNode } from '../harness';
import type { NodeOptions, NodeRun } from '../harness';

/** What a test sets of the node. */
export interface ImportInput extends Partial<Omit<NodeOptions, 'parameters' | 'nodeType'>> {
	nodeType?: NodeOptions['nodeType'];
	action?: 'add' | 'remove' | 'set' | 'clear' | 'file';
	/** Segments for all rows; `vip` unless told, none when the file decides. */
	segments?: string[] | string;
	ifMissing?: 'byAction' | 'create' | 'skip' | 'error';
	dryRun?: boolean;
	/** Participant Details; the node's default unless told. */
	details?: 'new' | 'all' | 'none';
	/** Rows that become items; all of them unless told. */
	output?: 'summary' | 'failed' | 'all';
	/** The options collection. */
	options?: IDataObject;
	/** Further parameters of the node. */
	parameters?: INodeParameters;
	/** Read the file from this field of the items; text from the item's `csv` otherwise. */
	binaryField?: string;
}

export interface ImportRun extends NodeRun {
	/** The first item, its details among its fields. */
	summary: IDataObject;
	/** The JSON of the row items of the first output. */
	rows: IDataObject[];
	/** Header and rows of the rejects file; nothing when there is none. */
	rejects?: string[][];
	/** The rejects file itself. */
	rejectsFile?: Buffer;
}

/** The file says which segments, and nothing else than its segments column is to be said. */
export const OWN_SEGMENTS: ImportInput = { segments: [] };

/** The file says it all. */
export const AS_THE_FILE_SAYS: ImportInput = { action: 'file' };

/** The node's segments are for rows with a blank cell in the column `segments`. */
export const COLUMN_BY_NAME = { segmentsColumn: 'name', segmentsColumnName: 'segments' };

/** Run the node on text, or on given items. */
export async function runImport(
	simulator: Simulator,
	csv: string | INodeExecutionData[],
	input: ImportInput = {},
): Promise<ImportRun> {
	const {
		action = 'add',
		segments = action === 'file' ? [] : ['vip'],
		ifMissing = 'byAction',
		dryRun = false,
		details = 'new',
		output = 'all',
		options = {},
		binaryField,
		parameters,
		...engine
	} = input;
	const run = await runNode({
		credentials: credentials(simulator),
		input: typeof csv === 'string' ? [{ json: { csv } }] : csv,
		...engine,
		parameters: {
			resource: 'bulk',
			operation: 'importCsv',
			...(binaryField === undefined
				? { csvSource: 'text', csvText: '={{ $json.csv }}' }
				: { csvSource: 'binary', binaryPropertyName: binaryField }),
			segmentAction: action,
			...(action === 'clear' ? {} : { segments }),
			ifParticipantMissing: ifMissing,
			participantDetails: details,
			dryRun,
			simplify: false,
			rowOutput: output,
			options: options as INodeParameters,
			...parameters,
		},
	});
	const [first] = run.main;
	const rejectsField = String(options.rejectsField ?? '') || 'rejects';
	const hasRejects = first?.binary?.[rejectsField] !== undefined;
	const rejectsFile = hasRejects ? await readBinary(first, rejectsField) : undefined;
	return {
		...run,
		summary: summaryOf(first),
		rows: run.main.slice(1).map(({ json }) => json),
		rejectsFile,
		rejects: rejectsFile === undefined ? undefined : readRejects(rejectsFile.toString('utf8')),
	};
}

/** A rejects file is written with the delimiter of the file that was imported. */
const readRejects = (text: string): string[][] =>
	readTable(text, /^\ufeff?recordNumber(.)/.exec(text)?.[1]);

/** What a summary says, its details among the rest. */
export function summaryOf(item: INodeExecutionData | undefined): IDataObject {
	const { details, ...summary } = item?.json ?? {};
	return { ...summary, ...(details as IDataObject | undefined) };
}

/** Rows of a CSV text, by another reader than the one under test. Blank lines are rows with one empty cell. */
export function readTable(csv: string, delimiter = ','): string[][] {
	const options = { bom: true, delimiter, relax_column_count: true, skip_empty_lines: false };
	return parse(csv, options) as string[][];
}

const numberOf = (summary: IDataObject, name: string): number => Number(summary[name] ?? 0);

/** The counts of a summary by how rows ended; zeros are left out. */
export function counts(summary: IDataObject): Record<string, number> {
	const names = [
		'planned',
		'succeeded',
		'unchanged',
		'invalid',
		'rejected',
		'skipped',
		'unconfirmed',
		'notSent',
	];
	return Object.fromEntries(
		names.map((name) => [name, numberOf(summary, name)] as const).filter(([, count]) => count > 0),
	);
}

/** How each row of a run with all rows in its output ended, by row number. */
export function statuses(run: ImportRun): Record<string, string> {
	const sorted = [...run.rows].sort((a, b) => Number(a.rowNumber) - Number(b.rowNumber));
	return Object.fromEntries(sorted.map((row) => [String(row.rowNumber), String(row.status)]));
}

/**
 * Check the accounts of a run with all rows in its output: every row below the header (from `start` on) stands in the
 * output once and in its order, the counts add up, and the rejects file has exactly the rows that failed or were not
 * sent, in their order and as they were.
 */
export function expectAccounted(run: ImportRun, csv: string, start = 2): void {
	const { summary, rows } = run;
	const table = readTable(csv);
	const isBlank = (cells: string[]) => cells.length === 1 && cells[0].trim() === '';
	const expected = table
		.map((cells, index) => ({ cells, rowNumber: index + 1 }))
		.filter(({ cells, rowNumber }) => rowNumber >= Math.max(2, start) && !isBlank(cells));

	expect(summary.rows).toBe(Object.values(counts(summary)).reduce((sum, count) => sum + count, 0));
	const numbers = rows.map(({ rowNumber }) => Number(rowNumber));
	expect(numbers).toEqual(expected.map(({ rowNumber }) => rowNumber));
	for (const status of [
		'planned',
		'succeeded',
		'unchanged',
		'invalid',
		'rejected',
		'skipped',
		'unconfirmed',
		'notSent',
	]) {
		expect([status, rows.filter((row) => row.status === status).length]).toEqual([
			status,
			numberOf(summary, status),
		]);
	}
	const failed = rows.filter(({ status }) =>
		['invalid', 'rejected', 'unconfirmed', 'notSent'].includes(String(status)),
	);
	const [header = [], ...lines] = run.rejects ?? [];
	const rejected = lines.filter(([, message]) => !COMES_AGAIN.test(message));
	expect(rejected.map(([rowNumber]) => Number(rowNumber))).toEqual(
		failed.map(({ rowNumber }) => Number(rowNumber)),
	);
	if (rejected.length === 0) {
		expect(run.rejects).toBeUndefined();
		return;
	}
	const columns = table[0].filter((name) => !REPORT_COLUMNS.includes(name));
	expect(header.slice(0, 4 + columns.length)).toEqual([...REPORT_COLUMNS, ...columns]);
	for (const [rowNumber, message, , , ...cells] of rejected) {
		expect(message).not.toBe('');
		const original = table[Number(rowNumber) - 1];
		if (original.length !== table[0].length) continue;
		const kept = original.filter((_, index) => !REPORT_COLUMNS.includes(table[0][index]));
		expect(cells.slice(0, columns.length)).toEqual(kept);
	}
}

/** The reason of a row in the rejects file that was applied, and only has to come after another one. */
export const COMES_AGAIN = /^This row was (imported|skipped)\. It is here because/;

export const REPORT_COLUMNS = ['recordNumber', 'message', 'apiErrorCode', 'statusCode'];

/** Requests that change something. */
export function writesOf(simulator: Simulator): RecordedRequest[] {
	return simulator.requests.filter(
		({ method, rootFields }) =>
			method === 'PUT' || rootFields.some((field) => field.startsWith('upsert')),
	);
}

/** The user inputs of all batches and single writes, in order of arrival. */
export function inputsOf(simulator: Simulator): Array<Record<string, unknown>> {
	return writesOf(simulator).flatMap(({ method, body }) => {
		if (method === 'PUT') return [body as Record<string, unknown>];
		const { variables } = body as { variables: Record<string, unknown> };
		return [variables.userInputs ?? variables.userInput ?? []].flat() as Array<
			Record<string, unknown>
		>;
	});
}

/** The membership of every participant, by id. */
export function memberships(simulator: Simulator): Record<string, string[]> {
	return Object.fromEntries(
		[...simulator.state.participants.values()]
			.map(({ id, segments }) => [id, [...segments].sort()] as const)
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	);
}

/** A file of `count` participants `p1`, `p2`, ... and nothing else. */
export function listOf(count: number, from = 1): string {
	return ['id', ...Array.from({ length: count }, (_, index) => `p${from + index}`), ''].join('\n');
}
