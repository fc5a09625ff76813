/** Runs Export CSV in the engine against a simulator, and compares tenants. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { Simulator } from '../../simulator/server';
import { credentials } from '../../support/simulator';
import { readBinary, runNode } from '../harness';
import type { NodeOptions, NodeRun } from '../harness';
import { readTable } from '../import/helpers';

export interface ExportRun extends NodeRun {
	summary: IDataObject;
	file: Buffer;
	/** The rows of the file as objects, by another reader than the one under test. */
	rows: Array<Record<string, string>>;
}

const exportOf = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'bulk',
	operation: 'exportCsv',
	...parameters,
});

/** Export, and read the file of the first item. */
export async function runExport(
	simulator: Simulator,
	parameters: INodeParameters = {},
	options: Partial<NodeOptions> = {},
): Promise<ExportRun> {
	const run = await runNode({
		credentials: credentials(simulator),
		parameters: exportOf(parameters),
		...options,
	});
	const [first] = run.main;
	const file = first?.binary?.data === undefined ? Buffer.alloc(0) : await readBinary(first);
	return { ...run, summary: first?.json ?? {}, file, rows: rowsOf(file) };
}

/** The rows of a file as objects. */
export function rowsOf(file: Buffer): Array<Record<string, string>> {
	const [header = [], ...rows] = file.length === 0 ? [] : readTable(file.toString('utf8'));
	return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index]])));
}

/** Everybody in a tenant, as far as a CSV file can say it: custom fields are texts. */
export function stateOf({ state }: Simulator): Record<string, unknown> {
	return Object.fromEntries(
		[...state.participants].map(([key, { customFields, segments, ...rest }]) => {
			const { firstName, lastName, email, locale, countryCode, referable, imageUrl } = rest;
			const { dateCreated, referralCodes } = rest;
			return [
				key,
				{
					...{ firstName, lastName, email, locale, countryCode, referable, imageUrl },
					...{ dateCreated, referralCodes },
					segments: [...segments].sort(),
					customFields: Object.fromEntries(
						Object.entries(customFields).map(([name, value]) => [name, String(value)]),
					),
				},
			];
		}),
	);
}
