/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** The README's five-minute tour: `npm run n8n`, step by step as it stands there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openPage } from './chromium';
import type { Checks } from './checks';
import { exampleWorkflows } from './fixtures';
import { temporaryFolder } from './instance';
import { duration, startProcess, waitFor } from './processes';
import type { Background } from './processes';

/** The tour and how it ends. */
export async function runTour(checks: Checks): Promise<void> {
	checks.section('npm run n8n');
	const logFile = path.join(temporaryFolder('tour'), 'n8n.log');
	const started = startProcess('npm', ['run', 'n8n'], { logFile });
	let browser: Browser | undefined;
	try {
		const startedAt = Date.now();
		const printed = await checks.check('it starts, and prints where and who', async () => {
			await waitFor('the last line', () => isReady(started), { timeoutMs: 240_000 });
			return valuesIn(started.log());
		});
		if (printed === undefined) return;
		checks.note(`${duration(Date.now() - startedAt)} from the command to the address`);
		browser = await openBrowser();
		const page = await openPage(browser, printed.Editor);
		await checks.check('the steps of the README', async () => await steps(page, printed));
		await checks.check('Ctrl-C ends everything', async () => await endsAll(started, printed));
	} finally {
		await browser?.close();
		await started.stop();
	}
}

function isReady(started: Background): boolean {
	if (!started.isRunning) throw new Error(`It ended\n${started.logTail()}`);
	return started.log().includes('Press Ctrl-C to stop');
}

type Printed = Record<'Editor' | 'E-mail' | 'Password' | 'State', string>;

function valuesIn(output: string): Printed {
	const value = (name: string): string => {
		const found = new RegExp(`^  ${name} +(\\S+)$`, 'm').exec(output)?.[1];
		if (found === undefined) throw new Error(`'${name}' was not printed:\n${output}`);
		return found;
	};
	return {
		Editor: value('Editor'),
		'E-mail': value('E-mail'),
		Password: value('Password'),
		State: value('State'),
	};
}

async function steps(page: Page, printed: Printed): Promise<void> {
	await page.goto('/');
	await page.fill('input[name="emailOrLdapLoginId"]', printed['E-mail']);
	await page.fill('input[name="password"]', printed.Password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	const cards = page.getByTestId('workflow-card-name');
	await cards.first().waitFor();
	const names = (await cards.allInnerTexts()).map((text) => text.trim());
	assert.deepEqual(
		names,
		exampleWorkflows().map(({ workflow }) => workflow.name),
	);

	await cards.filter({ hasText: 'Create a segment and import participants' }).click();
	await page.getByTestId('execute-workflow-button').first().click();
	await page.getByText('Workflow executed successfully').waitFor();

	const node = (name: string) => page.getByTestId('canvas-node').filter({ hasText: name });
	const output = page.getByTestId('output-panel');
	await node('Import CSV').dblclick();
	await output.getByText(/5 of 6 rows imported, 1 not/).waitFor();
	await output.getByText('Binary', { exact: true }).click();
	await output.getByText('participants-rejects.csv').waitFor();
	await output.getByText('Schema', { exact: true }).click();
	await output.getByText('succeeded').waitFor();
	await page.getByTestId('ndv-close-button').click();

	await node('Set Segments').dblclick();
	await output.getByText('partners').first().waitFor();
	await page.getByTestId('ndv-close-button').click();

	const state = await (await fetch(printed.State)).text();
	assert.match(state, /springLaunch/);
	assert.match(state, /linus@partner.example/);

	await page.goto('/home/credentials');
	await page.getByText('Advocate (simulator)').first().click();
	await page.getByText('Connection tested successfully').waitFor();
}

/** As the terminal does it: the signal goes to npm and what it has started, but to nothing that was put apart. */
async function endsAll(started: Background, printed: Printed): Promise<void> {
	const processes = descendantsOf(started.pid);
	assert.ok(processes.length >= 3, `only ${processes.length} processes`);
	process.kill(-started.pid, 'SIGINT');
	await started.ended;
	try {
		await waitFor('all processes to end', () => !processes.some(isAlive), { timeoutMs: 30_000 });
	} finally {
		for (const pid of processes.filter(isAlive)) process.kill(pid, 'SIGKILL');
	}
	await assert.rejects(fetch(printed.Editor), 'the address still answers');
	await assert.rejects(fetch(printed.State), 'the simulator still answers');
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

function descendantsOf(root: number): number[] {
	const parents = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map((name) => [Number(name), parentOf(name)]);
	const found = [root];
	for (const pid of found) {
		found.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child));
	}
	return found;
}

function parentOf(pid: string): number {
	try {
		return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
	} catch {
		return 0;
	}
}
