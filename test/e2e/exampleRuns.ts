/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** How the workflows of `examples/` are started without waiting for their trigger, and what they leave behind. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IDataObject, INode, IRun } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import { itemsOf, taskOf } from './editorApi';
import type { WorkflowJson } from './editorApi';
import { exampleWorkflows, isOurs } from './fixtures';
import type { Example } from './fixtures';

const MANUAL = 'n8n-nodes-base.manualTrigger';
const SCHEDULE = 'n8n-nodes-base.scheduleTrigger';
const WEBHOOK = 'n8n-nodes-base.webhook';

/** Nodes of a workflow that have a type. */
const nodesOfType = ({ nodes }: WorkflowJson, type: string): INode[] =>
	nodes.filter((node) => node.type === type);

/** What an example downloads. */
const DOWNLOAD = 'id\nkatherine@example.com\nnew@example.com\n';

/** What the sheet of an example holds. */
const SHEET_ROW = '{ "id": "grace@example.com" }';

/** A server for the file that examples download. */
export class DownloadServer {
	private readonly server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': 'text/csv' }).end(DOWNLOAD);
	});

	async listen(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/participants.csv`;
	}

	close(): void {
		this.server.closeAllConnections();
		this.server.close();
	}
}

/**
 * The examples that start by hand or on a schedule, which becomes a manual trigger. The file they download is one of
 * ours.
 */
export function examplesByHand(downloads: DownloadServer): Example[] {
	return exampleWorkflows()
		.filter(({ workflow }) =>
			[MANUAL, SCHEDULE].some((type) => nodesOfType(workflow, type).length > 0),
		)
		.map(({ file, workflow }) => ({ file, workflow: startedByHand(workflow, downloads.url) }));
}

function startedByHand(workflow: WorkflowJson, downloadUrl: string): WorkflowJson {
	const hasManual = nodesOfType(workflow, MANUAL).length > 0;
	const nodes = workflow.nodes.map((node): INode => {
		if (node.type === SCHEDULE && !hasManual) {
			return { ...node, type: MANUAL, typeVersion: 1, parameters: {} };
		}
		// A sheet with one row.
		if (node.type === 'n8n-nodes-base.googleSheets') {
			const parameters = { mode: 'raw', jsonOutput: SHEET_ROW, options: {} };
			return { ...node, type: 'n8n-nodes-base.set', typeVersion: 3.4, parameters };
		}
		// Somebody who agrees.
		if (node.type === 'n8n-nodes-base.slack') {
			const parameters = {
				mode: 'raw',
				jsonOutput: '{ "data": { "approved": true } }',
				options: {},
			};
			return { ...node, type: 'n8n-nodes-base.set', typeVersion: 3.4, parameters };
		}
		if (node.type === 'n8n-nodes-base.ftp') {
			const parameters = {
				url: downloadUrl,
				options: { response: { response: { responseFormat: 'file' } } },
			};
			return { ...node, type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, parameters };
		}
		// Of a file with two rows, two slices.
		const options = node.parameters.options as IDataObject | undefined;
		const rows = options?.rows as { settings: IDataObject } | undefined;
		if (isOurs(node) && rows?.settings.maxRowsPerRun !== undefined) {
			const oneByOne = { settings: { ...rows.settings, maxRowsPerRun: 1 } };
			return {
				...node,
				parameters: { ...node.parameters, options: { ...options, rows: oneByOne } as never },
			};
		}
		if (node.type === 'n8n-nodes-base.httpRequest') {
			return { ...node, parameters: { ...node.parameters, url: downloadUrl } };
		}
		return node;
	});
	return { ...workflow, nodes };
}

/** Examples that wait for a call. */
export const ADDS_SEGMENTS = 'crm-webhook-add-segment.json';
export const GIVES_LINK = 'crm-webhook-share-link.json';

/** An example that waits for a call, with the credential of the caller. */
export function exampleByCall(
	file: typeof ADDS_SEGMENTS | typeof GIVES_LINK,
	callerCredential: { id: string; name: string },
): {
	workflow: WorkflowJson;
	path: string;
} {
	const found = exampleWorkflows().filter(
		({ workflow }) => nodesOfType(workflow, WEBHOOK).length > 0,
	);
	assert.deepEqual(found.map((one) => one.file).sort(), [ADDS_SEGMENTS, GIVES_LINK]);
	const { workflow } = found.find((one) => one.file === file) ?? found[0];
	const [{ parameters }] = nodesOfType(workflow, WEBHOOK);
	assert.equal(parameters.httpMethod, 'POST');
	const nodes = workflow.nodes.map((node) =>
		node.parameters.authentication === 'headerAuth'
			? { ...node, credentials: { httpHeaderAuth: callerCredential } }
			: node,
	);
	return { workflow: { ...workflow, nodes }, path: String(parameters.path) };
}

/** All nodes of this package that were reached did their work. */
export function assertOursRan(workflow: WorkflowJson, data: IRun['data']): void {
	const ran = workflow.nodes
		.filter((node) => isOurs(node) && data.resultData.runData[node.name] !== undefined)
		.map(({ name }) => name);
	assert.ok(ran.length > 0, 'no node of this package ran');
	for (const name of ran) {
		assert.equal(taskOf(data, name).executionStatus, 'success', `node '${name}'`);
	}
}

type Rows = Array<Record<string, unknown>>;

/** What comes of an example that has run on the seed data. */
export interface Outcome {
	/** What the API holds then. */
	state: (simulator: Simulator) => void;
	/** What nodes gave out. */
	output: (itemsOfNode: (node: string, output?: number) => Rows) => void;
}

/** The examples that can be started by hand. */
export const BY_HAND: Record<string, Outcome> = {
	'compare-two-segments.json': {
		state: ({ state }) => {
			// Other examples may run at the same time.
			const isIn = (id: string, key: string) => state.segmentsOf(id)?.includes(key);
			assert.deepEqual(
				[isIn('hedy@example.com', 'vip'), isIn('hedy@example.com', 'newsletter')],
				[true, false],
			);
			assert.deepEqual(
				[isIn('ada@example.com', 'vip'), isIn('ada@example.com', 'newsletter')],
				[false, true],
			);
		},
		output: (items) => {
			const [{ kept, plan, dryRun }] = items('Compare with the Second');
			assert.equal(dryRun, true);
			assert.equal(kept, 1);
			assert.equal((plan as { add: number }).add, 1);
		},
	},
	'create-segment-and-import.json': {
		state: ({ state }) => {
			assert.equal(state.segments.get('springLaunch')?.name, 'Spring Launch');
			assert.deepEqual(state.segmentsOf('linus@partner.example'), ['partners']);
			assert.deepEqual(state.segmentsOf('alan@former.example'), []);
			assert.ok(state.segmentsOf('grace@example.com')?.includes('springLaunch'));
		},
		output: (items) => {
			const [created] = items('Create Segment');
			assert.equal(created.key, 'springLaunch');
			assert.equal(created.created, true);
			const [{ rows, succeeded, invalid, notSent }] = items('Import CSV');
			assert.deepEqual(
				{ rows, succeeded, invalid, notSent },
				{
					rows: 6,
					succeeded: 5,
					invalid: 1,
					notSent: 0,
				},
			);
			assert.equal(items('Members').length, 5);
			assert.deepEqual(
				items('Set Segments').map(({ segments }) => segments),
				[['partners']],
			);
			assert.deepEqual(
				items('Clear Segments').map(({ segments }) => segments),
				[[]],
			);
		},
	},
	'import-large-file-in-slices.json': {
		state: ({ state }) => {
			assert.deepEqual(state.segmentsOf('katherine@example.com'), ['newsletter']);
			assert.deepEqual(state.segmentsOf('new@example.com'), ['newsletter']);
		},
		output: (items) => {
			const [{ slices, rows, imported, failed }] = items('Summary');
			assert.deepEqual(
				{ slices, rows, imported, failed },
				{ slices: 2, rows: 2, imported: 2, failed: 0 },
			);
		},
	},
	'move-lapsed-customers.json': {
		state: ({ state }) => {
			assert.deepEqual(state.segmentsOf('dorothy@example.com'), ['lapsedCustomers']);
		},
		output: (items) => {
			assert.deepEqual(
				items('Move').map(({ id, segments }) => [id, segments]),
				[['dorothy@example.com', ['lapsedCustomers']]],
			);
		},
	},
	'nightly-sync-google-sheet.json': {
		state: ({ state }) => {
			assert.ok(state.segmentsOf('grace@example.com')?.includes('vip'));
			// New today, so she stays.
			assert.ok(state.segmentsOf('hedy@example.com')?.includes('vip'));
		},
		output: (items) => {
			const [{ kept, removed, complete }] = items('Synced');
			assert.deepEqual({ kept, removed, complete }, { kept: 1, removed: 0, complete: true });
		},
	},
	'review-failed-items.json': {
		state: ({ state }) => {
			assert.deepEqual(state.segmentsOf('ada@example.com'), ['vip']);
			assert.deepEqual(state.segmentsOf('grace@example.com'), ['trial']);
			assert.equal(state.segmentsOf('nobody@example.com'), undefined);
		},
		output: (items) => {
			assert.deepEqual(
				items('Changed').map(({ id }) => id),
				['ada@example.com', 'grace@example.com'],
			);
			const review = items('For Review');
			assert.deepEqual(
				review.map(({ contact }) => contact),
				['nobody@example.com', '(no e-mail address)'],
			);
			assert.match(String(review[0].reason), /does not exist/);
			assert.match(String(review[1].reason), /is empty/);
		},
	},
	'scheduled-csv-import.json': {
		state: ({ state }) => {
			assert.deepEqual(state.segmentsOf('katherine@example.com'), ['newsletter']);
			assert.deepEqual(state.segmentsOf('new@example.com'), ['newsletter']);
		},
		output: (items) => {
			const [{ rows, succeeded }] = items('Done');
			assert.deepEqual({ rows, succeeded }, { rows: 2, succeeded: 2 });
		},
	},
	'sync-from-sftp-csv.json': {
		state: ({ state }) => {
			assert.deepEqual(state.segmentsOf('katherine@example.com'), ['newsletter']);
			assert.equal(state.segmentsOf('new@example.com'), undefined);
		},
		output: (items) => {
			const [{ added, removed, notFound }] = items('Sync Members');
			assert.deepEqual({ added, removed, notFound }, { added: 1, removed: 0, notFound: 1 });
		},
	},
	'sync-with-approval.json': {
		state: ({ state }) => {
			assert.ok(state.segmentsOf('grace@example.com')?.includes('vip'));
			assert.ok(state.segmentsOf('hedy@example.com')?.includes('vip'));
		},
		output: (items) => {
			// Nobody is to be added or removed, so nobody is asked.
			const [{ kept, plan }] = items('Plan');
			const { add, create, remove } = plan as Record<string, unknown>;
			assert.deepEqual({ kept, add, create, remove }, { kept: 1, add: 0, create: 0, remove: 0 });
			assert.deepEqual(items('Anything to Do'), []);
		},
	},
	'segment-housekeeping.json': {
		state: ({ state }) => {
			assert.equal(state.segments.get('oldCampaign')?.status, 'ARCHIVED');
			assert.equal(state.segments.get('vip')?.status, 'ACTIVE');
		},
		output: (items) => {
			assert.deepEqual(
				items('Archive').map(({ key, status }) => [key, status]),
				[['oldCampaign', 'ARCHIVED']],
			);
		},
	},
};

/** The items of a node as an outcome's `output` takes them. */
export const rowsOf =
	(data: IRun['data']) =>
	(node: string, output = 0): Rows =>
		itemsOf(data, node, output).map(({ json }) => json);
