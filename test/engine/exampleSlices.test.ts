/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The example that loops over slices of a file, run in n8n's engine against the simulator. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { readExample, runExample } from '../demo/exampleFiles';
import { useSimulator } from '../support/simulator';
import { inGroups, loadNodeType, NODE_TYPE } from './harness';

const simulator = useSimulator();
let fileContent = '';
let fileUrl = '';
const fileServer = createServer((_request, response) => response.end(fileContent));

beforeAll(async () => {
	await new Promise<void>((resolve) => {
		fileServer.listen(0, '127.0.0.1', resolve);
	});
	const { port } = fileServer.address() as AddressInfo;
	fileUrl = `http://127.0.0.1:${port}/exports/participants.csv`;
});
afterAll(() => {
	fileServer.closeAllConnections();
	fileServer.close();
});

const jsonOf = (items: INodeExecutionData[]) => items.map(({ json }) => json);
const segmentsOf = (id: string) => simulator().state.segmentsOf(id);

const FILE = 'import-large-file-in-slices.json';
const example = readExample(FILE).nodes.find(({ type }) => type === NODE_TYPE)
	?.parameters as INodeParameters;
/** The options of the example, and others. */
const withOptions = (others: INodeParameters) => {
	const options = { ...(example.options as INodeParameters), ...others };
	return { options: inGroups(loadNodeType().description, { ...example, options }).options };
};
const importFile = async (content: string, others: INodeParameters = {}) => {
	fileContent = content;
	return await runExample(
		FILE,
		simulator(),
		{},
		{
			'Download CSV': { url: fileUrl },
			'Import CSV': withOptions({ maxRowsPerRun: 10, batchSize: 5, ...others }),
		},
	);
};
const people = (count: number) =>
	Array.from({ length: count }, (_, index) => `p${index}@example.com`);

it('imports slice after slice, each with its summary, and adds them up', async () => {
	const run = await importFile(`id,note\n${people(24).join(',x\n')},x\n,x\n`);
	expect(run.error).toBeUndefined();
	expect(run.status).toBe('success');
	expect(jsonOf(run.items('Summary'))).toEqual([
		{
			slices: 3,
			rows: 25,
			imported: 24,
			failed: 1,
			message: 'Slice 3: 4 of 5 rows imported, 1 not (1 invalid)',
		},
	]);
	const slices = run.run.data.resultData.runData['Import CSV'].map(
		({ data }) => data?.main[0]?.[0].json,
	);
	expect(slices).toMatchObject([{ rows: 10, nextRow: 12 }, { rows: 10, nextRow: 22 }, { rows: 5 }]);
	for (const id of people(24)) expect(segmentsOf(id)).toEqual(['newsletter']);
});

it('is through after one slice with a file that fits', async () => {
	const run = await importFile('id\nada@example.com\n');
	expect(jsonOf(run.items('Summary'))).toMatchObject([{ slices: 1, rows: 1, imported: 1 }]);
	expect(run.items('Next Slice')).toEqual([]);
});

it('begins no slice after one that ended early', async () => {
	simulator().options.participantRejects = {
		'p12@example.com': { message: 'No.', statusCode: 400 },
	};
	const run = await importFile(`id\n${people(40).join('\n')}\n`, {
		stopOn: 'firstFailure',
		batchSize: 1,
		concurrency: 1,
	});
	const [{ slices, rows, imported, failed, message }] = jsonOf(run.items('Summary'));
	expect({ slices, rows, imported, failed }).toEqual({
		slices: 2,
		rows: 20,
		imported: 12,
		failed: 1,
	});
	expect(message).toMatch(/20 more rows are left.* The first row not sent is row 15$/);
});

it('a dry run checks the whole file, once', async () => {
	fileContent = `id\n${people(25).join('\n')}\n`;
	const run = await runExample(
		FILE,
		simulator(),
		{},
		{
			'Download CSV': { url: fileUrl },
			'Import CSV': { dryRun: true, ...withOptions({ maxRowsPerRun: 10 }) },
		},
	);
	expect(jsonOf(run.items('Summary'))).toMatchObject([{ slices: 1, rows: 25, imported: 0 }]);
	expect(simulator().state.participants.size).toBe(0);
});
