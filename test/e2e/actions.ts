/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * Every operation as the editor shows it, from its defaults to its first result. `ACTIONS_PICTURES=folder` keeps a
 * picture of each state of each operation, to be looked at.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import type { Browser, Locator, Page, Request } from 'playwright-core';
import { startSimulator } from '../simulator/server';
import { casesOf, seedPrograms } from './actionCases';
import { ActionWorkflow, fieldsIn, operationsOf } from './actionWorkflow';
import type { DescribedOperation } from './actionWorkflow';
import type { Checks } from './checks';
import { openBrowser, openPage } from './chromium';
import { EditorApi, OWNER } from './editorApi';
import { CREDENTIAL, CREDENTIAL_TYPE, credentialData, seed } from './fixtures';
import { Instance, NODE_TYPE } from './instance';
import { waitFor } from './processes';

/** Higher than the window of the other parts: most nodes fit in without scrolling. */
const VIEWPORT = { width: 1500, height: 1250 };

/** High enough for the node with the most options. */
const FOR_ALL_OPTIONS = { width: 1500, height: 4200 };

/** All operations in the browser. */
export async function runActions(checks: Checks): Promise<void> {
	const simulator = await startSimulator();
	seed(simulator);
	const cases = casesOf(seedPrograms(simulator));
	const instance = await Instance.prepare();
	let browser: Browser | undefined;
	try {
		await instance.start();
		const api = new EditorApi(instance);
		await api.setUpOwner();
		const { name } = CREDENTIAL;
		const id = await api.createCredential(name, CREDENTIAL_TYPE, credentialData(simulator));
		const types = await api.types<INodeTypeDescription>('nodes');
		const description = types.find((type) => type.name === NODE_TYPE);
		if (description === undefined) throw new Error(`n8n does not have ${NODE_TYPE}`);
		const operations = operationsOf(description);
		browser = await openBrowser();
		checks.section(`n8n ${instance.version}: ${operations.length} operations`);
		await checks.check('each has its test data, and no other does', () => {
			assert.deepEqual(Object.keys(cases).sort(), operations.map(({ key }) => key).sort());
		});
		const page = await openPage(browser, instance.url);
		// Of many operations: what does not come soon, does not come.
		page.setDefaultTimeout(PATIENCE_MS);
		await page.setViewportSize(VIEWPORT);
		const editor = new ActionEditor(page);
		await editor.signIn();
		const workflow = new ActionWorkflow(operations, { id, name });
		const open = async (content: Parameters<EditorApi['createWorkflow']>[0]) => {
			const stored = await api.createWorkflow(content);
			await editor.open(stored.id);
		};

		await open(workflow.fromDefaults());
		for (const operation of operations) {
			await checks.check(`${operation.key}: its defaults`, async () => {
				await editor.lookAtDefaults(operation);
			});
		}
		await checks.check('a list that can’t be loaded says why, and what to do', async () => {
			const data = { ...credentialData(simulator), authToken: 'not-the-token' };
			const refused = {
				id: await api.createCredential('Refused', CREDENTIAL_TYPE, data),
				name: 'Refused',
			};
			const operation = operations.find(({ key }) => key === 'participant/addSegments');
			if (operation === undefined) throw new Error('There is no such operation');
			await open(new ActionWorkflow([operation], refused).fromDefaults());
			await editor.seeWhyListFailed(operation, /The API did not accept the key/);
		});
		await page.setViewportSize(FOR_ALL_OPTIONS);
		await open(workflow.withAllOptions());
		for (const operation of operations.filter(({ collections }) => collections.length > 0)) {
			await checks.check(`${operation.key}: its options`, async () => {
				await editor.lookAtOptions(operation);
			});
		}
		await page.setViewportSize(VIEWPORT);
		await open(workflow.of(cases));
		for (const operation of operations) {
			await checks.check(`${operation.key}: its result`, async () => {
				await editor.runOne(operation);
			});
		}
	} finally {
		await browser?.close();
		await instance.remove();
		await simulator.close();
	}
}

/** The open editor. */
class ActionEditor {
	private readonly folder = process.env.ACTIONS_PICTURES;

	/** Lists that are on their way. */
	private loading = 0;

	/** What went wrong since the last look: of the page, and of its lists. */
	private errors: string[] = [];

	constructor(private readonly page: Page) {
		if (this.folder !== undefined) mkdirSync(this.folder, { recursive: true });
		page.on('request', (request) => {
			if (isList(request)) this.loading++;
		});
		const ended = (request: Request) => {
			if (isList(request)) this.loading--;
		};
		page.on('requestfinished', ended);
		page.on('requestfailed', ended);
		page.on('pageerror', ({ message }) => this.errors.push(message));
		page.on('console', (message) => {
			const from = message.location().url;
			// Nodes of n8n may have no schema of their output, which it says as an error.
			if (message.type() !== 'error' || from.includes('/schemas/n8n-nodes-base.')) return;
			this.errors.push(`${message.text()} (${from})`);
		});
	}

	async signIn(): Promise<void> {
		const { page } = this;
		await page.goto('/signin');
		await page.fill('input[name="emailOrLdapLoginId"]', OWNER.email);
		await page.fill('input[name="password"]', OWNER.password);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await page.waitForURL((url) => !url.pathname.startsWith('/signin'));
	}

	async open(workflowId: string): Promise<void> {
		await this.page.goto(`/workflow/${workflowId}`);
		await this.byId('canvas-node').first().waitFor();
		await this.byId('zoom-to-fit').click();
		await this.page.waitForTimeout(500);
	}

	/** As it is when it was just added: nothing is wrong but what is required, and every list has something to choose. */
	async lookAtDefaults(operation: DescribedOperation): Promise<void> {
		const words = await this.onCanvas(operation).innerText();
		assert.deepEqual(linesOf(words), [operation.action, operation.subtitle]);
		await this.inNode(operation, async () => {
			await this.fieldsAreNamed(operation.fields);
			await this.onlyRequiredIsMissing();
			await this.picture(operation, '1-defaults');
			for (const { name, type } of operation.fields) {
				if (type === 'resourceLocator') await this.hasSomethingToChoose(name);
			}
		});
	}

	/** With everything that can be added. */
	async lookAtOptions(operation: DescribedOperation): Promise<void> {
		await this.inNode(operation, async () => {
			await this.fieldsAreNamed(
				operation.collections.flatMap((collection) => fieldsIn(collection, operation)),
			);
			await this.onlyRequiredIsMissing();
			await this.picture(operation, '2-options', this.parameters);
		});
	}

	/** The field whose list is loaded when the node opens stands last among those with an issue. */
	async seeWhyListFailed(operation: DescribedOperation, reason: RegExp): Promise<void> {
		await this.inNode(operation, async () => {
			const mark = this.byId('parameter-issues').last();
			await waitFor('the reason', async () => reason.test((await this.issuesAt(mark)).join()), {
				timeoutMs: PATIENCE_MS,
			});
			// The refusal itself is one in the browser's eyes.
			this.errors = [];
		});
	}

	/** Execute the node of an operation, and see that items come out. */
	async runOne(operation: DescribedOperation): Promise<void> {
		await this.inNode(operation, async () => {
			await this.byId('node-execute-button').click();
			const output = this.byId('output-panel');
			const message = output.locator('[data-test-id="node-error-message"]');
			await output.getByText(ITEMS).or(message).first().waitFor();
			await this.picture(operation, '3-result');
			assert.deepEqual(await message.allInnerTexts(), []);
		});
	}

	private byId(id: string): Locator {
		return this.page.locator(`[data-test-id="${id}"]:visible`);
	}

	private get parameters(): Locator {
		return this.byId('node-parameters');
	}

	private onCanvas({ action }: DescribedOperation): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${action}"]`);
	}

	/** Open the node of an operation, wait for its lists, look, and close it. Nothing may have gone wrong on the way. */
	private async inNode(operation: DescribedOperation, look: () => Promise<void>): Promise<void> {
		this.errors = [];
		await this.onCanvas(operation).dblclick();
		await this.byId('ndv').waitFor();
		try {
			assert.equal(linesOf(await this.byId('ndv').innerText())[0], operation.action);
			await this.page.waitForTimeout(SETTLE_MS);
			await waitFor('the lists to load', () => this.loading === 0);
			await look();
		} catch (error) {
			await this.picture(operation, 'failed');
			return await Promise.reject(error);
		} finally {
			await this.byId('ndv-close-button').click();
			await this.byId('ndv').waitFor({ state: 'hidden' });
		}
		assert.deepEqual(this.errors, []);
	}

	/** n8n draws them one after the other. */
	private async fieldsAreNamed(fields: readonly INodeProperties[]): Promise<void> {
		// A notice is HTML.
		const names = fields.map(({ displayName }) => displayName.replace(/<[^>]*>/g, ''));
		const missing = async () => {
			const seen = new Set(linesOf(await this.parameters.innerText()));
			return names.filter((name) => !seen.has(name));
		};
		await waitFor('the fields', async () => (await missing()).length === 0, {
			timeoutMs: PATIENCE_MS,
		}).catch(async () => assert.deepEqual(await missing(), []));
	}

	/** What is wrong with a field stands in a tooltip beside it. */
	private async onlyRequiredIsMissing(): Promise<void> {
		for (const mark of await this.byId('parameter-issues').all()) {
			for (const issue of await this.issuesAt(mark)) assert.match(issue, /is required/);
		}
	}

	private async issuesAt(mark: Locator): Promise<string[]> {
		await mark.locator('svg').hover();
		const issues = this.byId('tooltip-content').locator('.titled-list-item');
		await issues.first().waitFor();
		const texts = await issues.allInnerTexts();
		await this.page.mouse.move(2, 2);
		await issues.first().waitFor({ state: 'hidden' });
		return texts;
	}

	private async hasSomethingToChoose(field: string): Promise<void> {
		await this.byId(`resource-locator-${field}`).locator('[data-test-id="rlc-input"]').click();
		const failure = this.byId('rlc-error-container');
		await this.byId('rlc-item').or(failure).first().waitFor();
		assert.deepEqual(await failure.allInnerTexts(), []);
		await this.page.keyboard.press('Escape');
		await this.byId('rlc-item').first().waitFor({ state: 'hidden' });
	}

	private async picture(
		{ key }: DescribedOperation,
		state: string,
		part: Locator = this.byId('ndv'),
	): Promise<void> {
		if (this.folder === undefined) return;
		await this.page.mouse.move(2, 2);
		await part.screenshot({
			path: path.join(this.folder, `${key.replace('/', '-')}-${state}.png`),
			animations: 'disabled',
			caret: 'hide',
			style: '.el-notification { display: none !important; }',
		});
	}
}

const PATIENCE_MS = 10_000;

/** Opening a node starts its lists a moment later. */
const SETTLE_MS = 300;

const ITEMS = /^\d+ items?$/;

const isList = (request: Request): boolean =>
	request.url().includes('/rest/dynamic-node-parameters/');

const linesOf = (text: string): string[] =>
	text
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '');
