/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The examples that start with an event of another service: how they are started without it, and what they leave behind. */
import assert from 'node:assert/strict';
import type { INode } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import type { EditorApi, WorkflowJson } from './editorApi';
import type { Outcome } from './exampleRuns';
import { exampleWorkflows, withCredential } from './fixtures';
import type { Example } from './fixtures';
import type { Instance } from './instance';
import { waitFor } from './processes';
import { startOver } from './simulatorState';

interface Job extends Outcome {
	/** What other services would give, by node, as JSON or an expression that gives it. The first one starts. */
	given: Record<string, string>;
	/** What the tenant has besides the seed data. */
	prepare?: (simulator: Simulator) => void;
}

const contact = '{ "properties": { "email": { "value": "mary@example.com" } } }';
const order =
	'{ "id": 4711, "email": "ada@example.com", "currency": "USD", "total_price": "12.50" }';
const converted =
	'{ "id": "e2e-event", "participants": [{ "id": "grace@example.com", "accountId": "grace@example.com", "role": "referrer" }] }';

/** By file. */
export const BY_EVENT: Readonly<Record<string, Job>> = {
	'hubspot-share-link.json': {
		given: {
			'Contact Created': '{ "contactId": 1 }',
			Contact: contact,
			'Save the Share Link': '={{ { "link": $json.shareLink } }}',
		},
		prepare: ({ state }) => state.programIds.add('7'),
		state: ({ state }) => {
			assert.ok(state.participant('mary@example.com', 'mary@example.com'));
		},
		output: (items) => {
			assert.match(String(items('Save the Share Link')[0].link), /^https:/);
		},
	},
	'crm-webhook-share-link.json': {
		given: {
			'Contact Saved': '{ "body": { "email": "mary@example.com", "firstName": "Mary" } }',
			'Answer with the Link': '={{ { "link": $json.shareLink } }}',
		},
		prepare: ({ state }) => state.programIds.add('7'),
		state: ({ state }) => {
			assert.equal(state.participant('mary@example.com', 'mary@example.com')?.firstName, 'Mary');
		},
		output: (items) => {
			assert.match(String(items('Answer with the Link')[0].link), /^https:/);
		},
	},
	'shopify-order-reward.json': {
		given: { 'Order Paid': order },
		prepare: ({ rewards }) => rewards.addConfig({ key: 'orderThankYou' }),
		state: ({ rewards, events }) => {
			assert.equal(rewards.rewards.size, 1);
			assert.equal(events.events[0].fields.order_id, '4711');
		},
		output: (items) => {
			assert.equal(items('Give Reward')[0].participantId, 'ada@example.com');
		},
	},
	'erasure-request.json': {
		given: {
			Request: '{ "Email": "margaret@example.com" }',
			Ask: '{ "data": { "approved": true } }',
			'Nobody Found': '{}',
		},
		state: ({ state }) => {
			assert.equal(state.participant('margaret@example.com', 'margaret@example.com'), undefined);
		},
		output: (items) => {
			assert.deepEqual(items('Report'), [{ deleted: true, found: true, lookAlikes: [] }]);
		},
	},
	'referral-converted-thanks.json': {
		given: {
			'Referral Converted': converted,
			'Thank by E-Mail': `={{ { "to": $('Referrer').item.json.email } }}`,
		},
		state: ({ state }) => {
			assert.ok(state.segmentsOf('grace@example.com')?.includes('successfulReferrers'));
		},
		output: (items) => {
			assert.deepEqual(items('Thank by E-Mail'), [{ to: 'grace@example.com' }]);
		},
	},
};

/** The examples of `BY_EVENT`, each with a manual trigger in front and what other services give in their place. */
export function examplesByEvent(): Example[] {
	return exampleWorkflows()
		.filter(({ file }) => file in BY_EVENT)
		.map(({ file, workflow }) => ({
			file,
			workflow: startedByHand(workflow, BY_EVENT[file].given),
		}));
}

function startedByHand(workflow: WorkflowJson, given: Record<string, string>): WorkflowJson {
	const [first] = Object.keys(given);
	const start: INode = {
		id: 'e2e-start',
		name: 'Started by Hand',
		type: 'n8n-nodes-base.manualTrigger',
		typeVersion: 1,
		position: [-48, 0],
		parameters: {},
	};
	const nodes = workflow.nodes.map((node): INode => {
		if (!(node.name in given)) return node;
		const parameters = { mode: 'raw', jsonOutput: given[node.name], options: {} };
		const { id, name, position } = node;
		return { id, name, position, type: 'n8n-nodes-base.set', typeVersion: 3.4, parameters };
	});
	const toFirst = { main: [[{ node: first, type: 'main' as const, index: 0 }]] };
	return {
		...workflow,
		nodes: [start, ...nodes],
		connections: { ...workflow.connections, [start.name]: toFirst },
	};
}

/** The files that a last page gives to the browser. */
function filesIn(page: string): Array<{ data: { data: number[] }; fileName: string }> {
	const encoded = /%5B%7B%22data%22[^'"<\s]*/.exec(page)?.[0];
	assert.ok(encoded, 'no file on the page');
	return JSON.parse(decodeURIComponent(encoded)) as ReturnType<typeof filesIn>;
}

/** The example with a form: upload, rejects, upload again. */
export async function checkRejectsLoop(
	checks: Checks,
	simulator: Simulator,
	instance: Instance,
	api: EditorApi,
	credential: { id: string; name: string },
): Promise<void> {
	const file = 'form-import-rejects.json';
	await checks.check(`example ${file} returns the rejects, and takes them again`, async () => {
		startOver(simulator);
		const found = exampleWorkflows().find((example) => example.file === file);
		assert.ok(found);
		const login = { user: 'uploader', password: 'only-for-tests' };
		const id = await api.createCredential('Uploader', 'httpBasicAuth', login);
		const workflow = withCredential(found.workflow, credential);
		const upload = workflow.nodes.find(({ name }) => name === 'Upload');
		assert.ok(upload);
		upload.credentials = { httpBasicAuth: { id, name: 'Uploader' } };
		await api.activate(await api.createWorkflow(workflow));
		const authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
		const address = `${instance.url}/form/${upload.webhookId}`;
		await waitFor(
			'the form',
			async () => (await fetch(address, { headers: { authorization } })).ok,
		);
		const stranger = await fetch(address);
		assert.equal(stranger.status, 401, 'without a password');

		const send = async (csv: string): Promise<string> => {
			const body = new FormData();
			body.append('field-0', new Blob([csv], { type: 'text/csv' }), 'people.csv');
			const answer = await fetch(address, { method: 'POST', headers: { authorization }, body });
			assert.equal(answer.status, 200, await answer.clone().text());
			const { formWaitingUrl } = (await answer.json()) as { formWaitingUrl: string };
			// As the form's own page does it: a page that is asked for too early never answers.
			const status = new URL(formWaitingUrl);
			status.pathname += '/n8n-execution-status';
			await waitFor(
				'the last page',
				async () => (await (await fetch(status)).text()).trim() === 'form-waiting',
			);
			const page = await (await fetch(formWaitingUrl, { headers: { authorization } })).text();
			// What the last page does by itself. Whatever runs after it must not be another page.
			await fetch(formWaitingUrl, { method: 'POST', headers: { authorization } });
			await waitFor(
				'the end of the execution',
				async () => (await (await fetch(status)).text()).trim() === 'success',
			);
			return page;
		};
		const page = await send('id\nkatherine@example.com\nkatherin@example.com\n');
		assert.match(page, /Some rows were not imported/);
		// As lines: n8n keeps their breaks.
		assert.match(page, /pre-line;?">1 of 2 rows was imported\.[^<]*\n\n1\. Open the file\./);
		const [{ data, fileName }] = filesIn(page);
		assert.equal(fileName, 'people-rejects.csv');
		const rejects = Buffer.from(data.data).toString('utf8');
		assert.match(rejects, /'katherin@example\.com' does not exist/);
		assert.doesNotMatch(rejects, /katherine@/);
		assert.deepEqual(simulator.state.segmentsOf('katherine@example.com'), ['newsletter']);
		assert.match(
			await send(rejects.replace(/katherin@example\.com,\w+(\r\n)$/, 'alan@example.com,$1')),
			/All rows were imported/,
		);
		assert.ok(simulator.state.segmentsOf('alan@example.com')?.includes('newsletter'));
		assert.match(
			await send('town\nVienna\n'),
			/has no participant ID column[^<]*\.\n\nCorrect the file/,
		);
	});
}
