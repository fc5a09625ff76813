/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Runs Import CSV in the engine, with the workflow's static data, and checks the accounts of a run. */
import { parse } from 'csv-parse/sync';
import type { IDataObject, INode, INodeExecutionData, NodeExecutionHint } from 'n8n-workflow';
import {
	CREDENTIAL_NAME,
	inGroups,
	loadNodeType,
	NODE_TYPE,
	readBinary,
	runWorkflow,
} from '../harness';
import type { WorkflowInput, WorkflowOptions } from '../harness';
import { credentials } from '../../support/advocate';
import type { Simulator } from '../../simulator/server';
import { summaryOf } from '../import/helpers';

/** What a test sets of the node. */
export interface ImportSettings
	extends Pick<
		WorkflowOptions,
		'cancelAfter' | 'executionEndsAt' | 'executionId' | 'nodeType' | 'staticData'
	> {
	action?: 'add' | 'remove' | 'set' | 'clear' | 'file';
	/** Segments for all rows; `vip` unless told, none when the file decides. */
	segments?: string[];
	ifMissing?: 'byAction' | 'create' | 'skip' | 'error';
	dryRun?: boolean;
	/** Participant Details; `none` unless told, since a job can't look first. */
	details?: 'new' | 'all' | 'none';
	/** Rows that become items; all of them unless told. */
	output?: 'summary' | 'failed' | 'all';
	/** The options collection. */
	options?: IDataObject;
	onError?: INode['onError'];
}

/** A job as the summary shows it. */
interface SummaryJob {
	id: string | null;
	name: string;
	status: string | null;
	rows: number;
	firstRow: number;
	lastRow: number;
	outcome: string;
	message?: string;
	hint?: string;
}

export interface ImportRun {
	status: string;
	summary: IDataObject;
	/** The JSON of the items after the summary. */
	rows: IDataObject[];
	items: INodeExecutionData[];
	jobs: SummaryJob[];
	/** Header and rows of the rejects file; nothing when there is none. */
	rejects?: string[][];
	rejectsFile?: string;
	undoFile?: string;
	error?: Error & { description?: string | null };
	hints: NodeExecutionHint[];
	staticData: IDataObject;
}

const TESTED_NODE = 'Import';

/** The workflow: one item with the CSV as text, then the node. */
function importWorkflow(settings: ImportSettings): WorkflowInput {
	const { action = 'add', ifMissing = 'byAction', dryRun = false } = settings;
	const { segments = action === 'file' ? [] : ['vip'] } = settings;
	const node: INode = {
		id: 'import',
		name: TESTED_NODE,
		type: NODE_TYPE,
		typeVersion: 1,
		position: [200, 0],
		credentials: { [CREDENTIAL_NAME]: { id: 'tenant', name: 'Advocate' } },
		onError: settings.onError,
		parameters: inGroups((settings.nodeType ?? loadNodeType()).description, {
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: '={{ $json.csv }}',
			segmentAction: action,
			...(action === 'clear' ? {} : { segments }),
			ifParticipantMissing: ifMissing,
			dryRun,
			simplify: false,
			participantDetails: settings.details ?? 'none',
			rowOutput: settings.output ?? 'all',
			options: (settings.options ?? {}) as never,
		}),
	};
	return {
		nodes: [
			{
				id: 'file',
				name: 'File',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			node,
		],
		connections: { File: { main: [[{ node: TESTED_NODE, type: 'main', index: 0 }]] } },
	};
}

/** Where to find a simulator: itself, or what another process knows about it. */
export type SimulatorAddress = Pick<Simulator, 'credentials' | 'url'>;

/** Run the node on a CSV text. */
export async function runImport(
	simulator: SimulatorAddress,
	csv: string,
	settings: ImportSettings = {},
): Promise<ImportRun> {
	const { cancelAfter, executionEndsAt, executionId, nodeType, staticData } = settings;
	const result = await runWorkflow(importWorkflow(settings), {
		credentials: credentials(simulator as Simulator),
		given: { File: [{ json: { csv } }] },
		cancelAfter,
		executionEndsAt,
		executionId,
		nodeType,
		staticData,
	});
	const task = result.run.data.resultData.runData[TESTED_NODE]?.at(-1);
	const items = result.items(TESTED_NODE);
	const [first] = items;
	const textOf = async (field: string): Promise<string | undefined> =>
		first?.binary?.[field] === undefined
			? undefined
			: (await readBinary(first, field)).toString('utf8');
	const rejectsFile = await textOf('rejects');
	const summary = summaryOf(first);
	return {
		status: result.status,
		summary,
		rows: items.slice(1).map(({ json }) => json),
		items,
		jobs: (summary.jobs ?? []) as unknown as SummaryJob[],
		rejectsFile,
		rejects: rejectsFile === undefined ? undefined : readTable(rejectsFile),
		undoFile: await textOf('undo'),
		error: (task?.error ?? result.error) as ImportRun['error'],
		hints: result.hints(TESTED_NODE),
		staticData: result.staticData,
	};
}

/** A run that has to go through. */
export async function importOrFail(
	...parameters: Parameters<typeof runImport>
): Promise<ImportRun> {
	const run = await runImport(...parameters);
	if (run.error !== undefined) throw run.error;
	return run;
}

/** Rows of a CSV text, by another reader than the one under test. */
export const readTable = (csv: string): string[][] =>
	parse(csv, { bom: true, relax_column_count: true }) as string[][];

const STATUSES = [
	'succeeded',
	'unchanged',
	'invalid',
	'rejected',
	'skipped',
	'notSent',
	'unconfirmed',
] as const;

/** The counts of a summary by how rows ended; zeros are left out. */
export const counts = (summary: IDataObject): Record<string, number> =>
	Object.fromEntries(
		STATUSES.map((name) => [name, Number(summary[name])] as const).filter(([, count]) => count > 0),
	);

/**
 * Check the accounts of a run with all rows in its output: every row of the file stands in it once and in its order,
 * the counts agree, and the rejects file has the rows that failed, were not sent or are in doubt, in their order and
 * with their original cells.
 */
export function expectAccounted({ summary, rows, rejects = [] }: ImportRun, csv: string): void {
	const table = readTable(csv);
	const start = Number(summary.startedAtRow ?? 2);
	const numbers = rows.map(({ rowNumber }) => Number(rowNumber));
	expect(numbers).toEqual(
		Array.from({ length: table.length + 1 - start }, (_, index) => start + index),
	);
	expect(summary.rows).toBe(numbers.length);
	expect(STATUSES.reduce((sum, name) => sum + Number(summary[name]), 0)).toBe(numbers.length);
	for (const name of STATUSES) {
		expect([name, rows.filter(({ status }) => status === name).length]).toEqual([
			name,
			summary[name],
		]);
	}
	const toRepeat = rows.filter(
		({ status, hint }) =>
			['invalid', 'rejected', 'notSent'].includes(String(status)) ||
			(status === 'unconfirmed' && hint !== undefined),
	);
	expect(rejects.slice(1).map(([rowNumber]) => Number(rowNumber))).toEqual(
		toRepeat.map(({ rowNumber }) => rowNumber),
	);
	const checkAt = (rejects.at(0) ?? []).indexOf('idCheck') - 4;
	for (const [rowNumber, message, , , ...cells] of rejects.slice(1)) {
		expect(message).not.toBe('');
		// Behind the columns of the file stands the check of the IDs.
		const own = cells.filter((_, index) => index !== checkAt);
		expect(own).toEqual(table[Number(rowNumber) - 1]);
	}
}

/** How each row ended, by row number. */
export const statuses = ({ rows }: ImportRun): Record<string, unknown> =>
	Object.fromEntries(rows.map(({ rowNumber, status }) => [String(rowNumber), status]));

/** The membership of every participant, by id. */
export const memberships = (simulator: Simulator): Record<string, string[]> =>
	Object.fromEntries(
		[...simulator.state.participants.values()]
			.map(({ id, segments }) => [id, [...segments].sort()] as const)
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	);

/** A file with nothing but ids: p1, p2, ... */
export const listOf = (count: number, from = 1): string =>
	['id', ...Array.from({ length: count }, (_, index) => `p${from + index}`), ''].join('\n');

/** The texts of the uploaded files, in order. */
export const uploads = (simulator: Simulator): string[] =>
	[...simulator.state.uploads.values()].map(({ content }) => content.toString('utf8'));

/** How many requests of one kind came in: a GraphQL operation, or `upload` or `download`. */
export const requestCount = (simulator: Simulator, kind: string): number =>
	simulator.requests.filter(({ operationName, path }) =>
		kind === 'upload' || kind === 'download'
			? path.includes(kind === 'upload' ? '/export/upload' : '/downloads/')
			: operationName === kind,
	).length;

/** Run something as soon as the simulator has been sent the nth request of a kind. */
export async function once(simulator: Simulator, kind: string, nth = 1): Promise<void> {
	while (requestCount(simulator, kind) < nth) {
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

/** Settings of a run through the import job. */
export const asJob = (
	options: IDataObject = {},
	details?: ImportSettings['details'],
): ImportSettings => ({
	options: { engine: 'job', ...options },
	details,
});
