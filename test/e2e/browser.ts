/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** n8n's editor in a real browser, as a person uses it. Takes the screenshots in `docs/images/`. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { startSimulator } from '../simulator/server';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import { openBrowser, openPage } from './chromium';
import { EditorApi, OWNER } from './editorApi';
import type { StoredWorkflow, WorkflowJson } from './editorApi';
import {
	CREDENTIAL_TYPE,
	credentialData,
	exampleWorkflows,
	fixtureWorkflow,
	REFUSED,
	seed,
	withCredential,
} from './fixtures';
import { Instance, temporaryFolder } from './instance';
import { Pictures } from './pictures';
import { waitFor } from './processes';

const SETTLE_MS = 1500;

const NODE_NAME = 'impact.com Advocate';

/** n8n lists the node and its trigger as one, with the trigger's description. */
const DESCRIPTION = /^Manage participants, segments and rewards, or start the workflow/;

/** All checks in the browser. */
export async function runBrowser(checks: Checks): Promise<void> {
	const simulator = await startSimulator();
	seed(simulator);
	const instance = await Instance.prepare();
	let browser: Browser | undefined;
	try {
		await instance.start();
		browser = await openBrowser();
		checks.section(`n8n ${instance.version} in Chromium ${browser.version()}`);
		const page = await openPage(browser, instance.url);
		await new EditorChecks(checks, simulator, instance, page).run();
	} finally {
		await browser?.close();
		await instance.remove();
		await simulator.close();
	}
}

class EditorChecks {
	private readonly api: EditorApi;

	private readonly pictures: Pictures;

	private hasFailed = false;

	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		instance: Instance,
		private readonly page: Page,
	) {
		this.api = new EditorApi(instance);
		this.pictures = new Pictures(page);
	}

	async run(): Promise<void> {
		await this.check('the owner signs up', async () => await this.signUp());
		for (const text of ['saasquatch', 'segment']) {
			await this.check(
				`the trigger is found by '${text}'`,
				async () => await this.findTrigger(text),
			);
		}
		for (const text of ['impact.com', 'segment', 'saasquatch']) {
			await this.check(`the node is found by '${text}'`, async () => await this.findNode(text));
		}
		await this.check('an action opens the node', async () => await this.chooseAction());
		await this.check('credential: a bad key is refused, and says why', async () => {
			await this.openNewCredential();
			await this.fillCredential({ authToken: 'not-the-token' });
			await this.saveCredential();
			await this.expectRefusal(/key was refused/i);
		});
		await this.check('credential: a bad tenant alias is refused, and says why', async () => {
			await this.fillCredential({ tenantAlias: 'test_nowhere' });
			await this.saveCredential();
			await this.expectRefusal(/no such tenant/i);
		});
		await this.check('credential: good data turns green', async () => {
			await this.fillCredential({});
			await this.saveCredential();
			await this.dialog.waitFor({ state: 'hidden' });
			await this.byId('credential-edit-button').click();
			await this.dialog.getByText('Connection tested successfully').waitFor();
			const last = this.dialog.getByText(/Settings > General > Tenant Details$/);
			await this.pictures.part('credential', this.dialog, { until: last });
			await this.dialog.getByRole('button', { name: 'Close' }).click();
			await this.dialog.waitFor({ state: 'hidden' });
		});
		await this.check('Add Segments: participant and segments come from the API', async () => {
			await this.addSegments();
		});
		await this.check(
			'Set Segments: an archived segment says so, the rest is taken away',
			async () => {
				await this.setSegments();
			},
		);
		await this.check('a refusal of the API is shown with what to do', async () => {
			await this.showError();
		});
		await this.check('Import CSV: an uploaded file, its summary and its rejects', async () => {
			await this.importUpload();
		});
		await this.check('example workflows open and run', async () => {
			await this.runExample('create-segment-and-import.json', 'tour');
			await this.runExample('review-failed-items.json', 'failed-items');
		});
		await this.check('the event trigger is tested with an event', async () => {
			await this.testEventTrigger();
		});
		await this.check('the segment trigger fetches a test event', async () => {
			await this.testSegmentTrigger();
		});
	}

	/**
	 * One check. When it fails, a picture shows where, and the rest is left out: each check goes on where the one before
	 * ended.
	 */
	private async check(name: string, body: () => Promise<void>): Promise<void> {
		if (this.hasFailed) {
			this.checks.note(`not run: ${name}`);
			return;
		}
		await this.checks.check(name, async () => {
			try {
				await body();
			} catch (error) {
				this.hasFailed = true;
				const file = path.join(tmpdir(), 'impact-advocate-failed-check.png');
				await this.page.screenshot({ path: file });
				this.checks.note(`The browser at that moment: ${file}`);
				return await Promise.reject(error);
			}
		});
	}

	private byId(id: string): Locator {
		return this.page.locator(`[data-test-id="${id}"]:visible`);
	}

	private get dialog(): Locator {
		return this.byId('editCredential-modal').or(this.byId('credential-edit-dialog')).first();
	}

	/** The node in the results of a search; the trigger that watches segments is listed by itself. */
	private get foundNode(): Locator {
		return this.byId('node-creator-item-name').and(this.page.getByText(NODE_NAME, { exact: true }));
	}

	private get nodeView(): Locator {
		return this.byId('ndv');
	}

	/** Of the list that is open. */
	private get options(): Locator {
		return this.page.locator('.el-select-dropdown__item:visible');
	}

	private get output(): Locator {
		return this.byId('output-panel');
	}

	/** The parameters of the open node. */
	private get parameters(): Locator {
		return this.byId('node-parameters');
	}

	private async signUp(): Promise<void> {
		const { page } = this;
		await page.goto('/setup');
		for (const [name, value] of Object.entries(OWNER)) {
			await page.locator(`input[name="${name}"]`).fill(value);
		}
		await page.getByRole('button', { name: 'Next' }).click();
		await page.waitForURL((url) => !url.pathname.startsWith('/setup'));
		await this.api.signIn();
	}

	/** Search in the panel of a new workflow: what starts a workflow comes first there. */
	private async findTrigger(text: string): Promise<void> {
		await this.page.goto('/workflow/new');
		await this.byId('canvas-plus-button').click();
		await this.byId('node-creator-search-bar').fill(text);
		await this.foundNode.waitFor();
		await this.page.getByText(DESCRIPTION).waitFor();
		await this.foundNode.click();
		await this.page.getByText('On participant created').waitFor();
	}

	/** Search in the panel of a workflow that has a trigger. */
	private async findNode(text: string): Promise<void> {
		const { id } = await this.api.createWorkflow(STARTED);
		await this.page.goto(`/workflow/${id}`);
		await this.byId('canvas-handle-plus').click();
		await this.byId('node-creator-search-bar').fill(text);
		await this.foundNode.waitFor();
		await this.page.getByText(DESCRIPTION).waitFor();
	}

	private async chooseAction(): Promise<void> {
		const panel = this.byId('node-creator');
		await this.pictures.part('find-node', panel, {
			until: panel.getByText('enter or leave segments'),
		});
		await this.foundNode.click();
		await this.page.getByText('Add segments to participant').waitFor();
		await this.pictures.part('actions', panel, {
			until: panel.getByText('Update segment', { exact: true }),
		});
		await this.page.getByText('Add segments to participant').click();
		await this.nodeView.waitFor();
	}

	private async openNewCredential(): Promise<void> {
		await this.byId('node-credentials-empty-state').getByRole('button').click();
		await this.dialog.waitFor();
	}

	/** Good data, but for what is given. */
	private async fillCredential(wrong: Record<string, string>): Promise<void> {
		const { accountSid, authToken, tenantAlias, baseUrl } = credentialData(this.simulator);
		const fields = { accountSid, authToken, tenantAlias, baseUrl, ...wrong };
		for (const [name, value] of Object.entries(fields)) {
			await this.byId(`parameter-input-${name}`).locator('input').fill(String(value));
		}
	}

	private async saveCredential(): Promise<void> {
		await this.byId('credential-save-button').click();
	}

	private async expectRefusal(message: RegExp): Promise<void> {
		await this.dialog.getByText('Couldn’t connect with these settings').waitFor();
		const more = this.dialog.getByText('More details');
		if (await more.isVisible()) await more.click();
		await this.dialog.getByText(message).waitFor();
	}

	private async addSegments(): Promise<void> {
		// n8n keeps the lists it could not load with the bad credential until the node is opened anew.
		await this.byId('ndv-close-button').click();
		await this.openNode('Add segments to participant');
		await this.byId('rlc-input').click();
		const people = this.byId('rlc-item');
		await people.first().waitFor();
		await this.pictures.part('participants', this.parameters, { until: people.last(), margin: 3 });
		await this.page.keyboard.type('hopp');
		await waitFor('the search', async () => (await people.count()) === 1);
		assert.equal((await people.innerText()).trim(), 'Grace Hopper (grace@example.com)');
		await people.click();
		await this.choose('segments', 'Beta Testers (betaTesters)');
		await this.openList('segments', 'Newsletter (newsletter)');
		await this.pictures.part('segments', this.parameters, {
			until: this.options.last(),
			margin: 20,
		});
		await this.closeList();
		await this.execute();
		await this.output.getByText('betaTesters').waitFor();
		assert.deepEqual(this.simulator.state.segmentsOf('grace@example.com'), [
			'betaTesters',
			'newsletter',
			'vip',
		]);
		await this.picture('add-segments', this.parameters.getByPlaceholder('Add option'));
	}

	/**
	 * Open a list in the node.
	 * @returns the option
	 */
	private async openList(parameter: string, option: string): Promise<Locator> {
		const found = this.options.filter({ hasText: option }).first();
		// A field that n8n is about to draw anew forgets that it was opened.
		await waitFor(`the list of ${parameter}`, async () => {
			await this.byId(`parameter-input-${parameter}`).click();
			return await found.waitFor({ timeout: 3000 }).then(
				() => true,
				() => false,
			);
		});
		return found;
	}

	/** Choose from a list in the node. */
	private async choose(parameter: string, option: string): Promise<void> {
		const found = await this.openList(parameter, option);
		await found.click();
		await this.closeList();
	}

	/** Several can be chosen, so some lists stay open. Where none is open, Escape would close the node. */
	private async closeList(): Promise<void> {
		const list = this.options.first();
		await this.page.waitForTimeout(300);
		if (await list.isVisible()) await this.page.keyboard.press('Escape');
		await list.waitFor({ state: 'hidden' });
	}

	private async openNode(name: string): Promise<void> {
		await this.byId('canvas-node').filter({ hasText: name }).dblclick();
		await this.nodeView.waitFor();
	}

	/** The editor takes over what was typed, and saves it, a moment later; a run before that uses the old values. */
	private async execute(): Promise<void> {
		await this.page.waitForTimeout(SETTLE_MS);
		await this.byId('node-execute-button').click();
	}

	private async setSegments(): Promise<void> {
		await this.choose('operation', 'Set Segments');
		await this.openList('segments', 'Summer 2024 (summer2024) [Archived]');
		await this.closeList();
		await this.execute();
		await waitFor(
			'the segments to be set',
			() => this.simulator.state.segmentsOf('grace@example.com')?.join() === 'betaTesters',
		);
		await this.output.getByText('newsletter').waitFor({ state: 'hidden' });
	}

	private async showError(): Promise<void> {
		await this.byId('rlc-mode-selector').click();
		await this.options.filter({ hasText: 'By ID' }).click();
		await this.byId('rlc-input').locator('input').or(this.byId('rlc-input')).first().fill(REFUSED);
		await this.page.keyboard.press('Tab');
		await this.execute();
		await this.output
			.getByText(/asked not to be tracked/)
			.first()
			.waitFor();
		await this.output.getByText(/Remove them from your data/).waitFor();
		await this.picture('error', this.byId('parameter-input-ifParticipantMissing'));
	}

	private async importUpload(): Promise<void> {
		const workflow = await this.storeWorkflow(fixtureWorkflow('form-import'));
		const { page, simulator } = this;
		await page.goto(`/workflow/${workflow.id}`);
		const csv = path.join(temporaryFolder('upload'), 'participants.csv');
		writeFileSync(csv, CSV);
		const [form] = await Promise.all([
			page.context().waitForEvent('page'),
			this.byId('execute-workflow-button').first().click(),
		]);
		await form.setInputFiles('input[type="file"]', csv);
		await form.getByRole('button', { name: 'Submit' }).click();
		await page.getByText('Workflow executed successfully').waitFor();
		await form.close();

		await this.openNode('Import CSV');
		await this.output.getByText(/3 of 5 rows imported, 2 not/).waitFor();
		await this.output.getByText('participants-rejects.csv').waitFor();
		const download = this.output.locator('[data-test-id="ndv-download-binary-data"]');
		await this.pictures.part('import-rejects', this.output, { until: download, margin: 20 });
		const [file] = await Promise.all([page.waitForEvent('download'), download.click()]);
		const rejects = readFileSync(await file.path(), 'utf8');
		assert.match(rejects, /asked not to be tracked/);
		assert.match(rejects, /participant ID is blank/);
		await this.output.getByText('Schema', { exact: true }).click();
		await this.output.getByText('rows', { exact: true }).waitFor();
		await this.picture('import-summary', this.output.getByText('failures', { exact: true }), 2);
		for (const id of ['ada@example.com', 'hedy@example.com', 'katherine@example.com']) {
			assert.ok(simulator.state.segmentsOf(id)?.includes('vip'), id);
		}
		await page.keyboard.press('Escape');
	}

	/** The open node with its output. */
	private async picture(name: string, until: Locator, margin?: number): Promise<void> {
		await this.pictures.parts(name, this.parameters, this.output, { until, margin });
	}

	/** Store a workflow with the credential that was made in the editor. */
	private async storeWorkflow(
		workflow: Parameters<typeof withCredential>[0],
	): Promise<StoredWorkflow> {
		const credentials = await this.api.credentials();
		const credential = credentials.find(({ type }) => type === CREDENTIAL_TYPE);
		if (credential === undefined) throw new Error('There is no credential');
		return await this.api.createWorkflow(withCredential(workflow, credential));
	}

	private async openExample(name: string): Promise<void> {
		const example = exampleWorkflows().find(({ file }) => file === name);
		if (example === undefined) throw new Error(`There is no example ${name}`);
		const { id } = await this.storeWorkflow(example.workflow);
		await this.page.goto(`/workflow/${id}`);
		await this.byId('canvas-node').first().waitFor();
	}

	private async runExample(file: string, picture: string): Promise<void> {
		await this.openExample(file);
		await this.byId('execute-workflow-button').first().click();
		await this.page.getByText('Workflow executed successfully').waitFor();
		await this.byId('zoom-to-fit').click();
		await this.page.waitForTimeout(500);
		const nodes = this.page.locator('[data-test-id="canvas-node"], [data-test-id="sticky"]');
		await this.pictures.around(picture, nodes);
	}

	/** n8n subscribes for one event while it waits for it. */
	private async testEventTrigger(): Promise<void> {
		const { state, webhooks } = this.simulator;
		await this.openExample('trigger-participant-created.json');
		await this.openNode('Participant Created');
		await this.execute();
		await waitFor('the subscription', () => webhooks.subscriptions.size === 1);
		webhooks.userCreated(
			state.addParticipant({
				id: 'mary@example.com',
				email: 'mary@example.com',
				firstName: 'Mary',
				lastName: 'Jackson',
				referredByCodes: ['ADA1'],
			}),
		);
		await this.output.getByText('mary@example.com').first().waitFor();
		await this.output.getByText('Schema', { exact: true }).click();
		await this.output.getByText('user.created').first().waitFor();
		await this.picture('trigger-events', this.output.getByText('lastName'));
		await waitFor('the subscription to end', () => webhooks.subscriptions.size === 0);
	}

	private async testSegmentTrigger(): Promise<void> {
		await this.openExample('trigger-segment-entered.json');
		await this.openNode('Entered VIP');
		await this.execute();
		await this.output.getByText('entered').first().waitFor();
		await this.output.getByText('Schema', { exact: true }).click();
		await this.output.getByText('VIP Customers').first().waitFor();
		await this.picture('trigger-segments', this.parameters.getByPlaceholder('Add option'));
	}
}

const CSV = [
	'id,firstName,segments',
	'ada@example.com,Ada,',
	'hedy@example.com,Hedy,vip|betaTesters',
	`${REFUSED},Ray,`,
	',Nobody,vip',
	'katherine@example.com,Katherine,vip',
	'',
].join('\n');

/** A workflow that starts by hand and does nothing yet. */
const STARTED: WorkflowJson = {
	id: 'started',
	name: 'My workflow',
	nodes: [
		{
			id: 's1',
			name: 'When clicking ‘Execute workflow’',
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
	],
	connections: {},
};
