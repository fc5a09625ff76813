/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** `npm run e2e`: the packed package in a real n8n. */
import { parseArgs } from 'node:util';
import { runActions } from './actions';
import { runBrowser } from './browser';
import { Checks } from './checks';
import { runEndings } from './endings';
import { runHeadless } from './headless';
import { runNetwork } from './networkChecks';
import { exitWhenTold, print } from './processes';
import { runTour } from './tour';

const PARTS: Record<string, (checks: Checks) => Promise<void>> = {
	headless: runHeadless,
	endings: runEndings,
	network: runNetwork,
	browser: runBrowser,
	actions: runActions,
	tour: runTour,
};

async function main(): Promise<void> {
	const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
	const chosen = values.only ?? Object.keys(PARTS);
	exitWhenTold();
	const checks = new Checks();
	for (const name of chosen) {
		const part = PARTS[name];
		if (part === undefined) {
			throw new Error(`--only ${name}: use one of ${Object.keys(PARTS).join(', ')}`);
		}
		// A part that can't even start is one failure, and the others still run.
		await part(checks).catch((error: unknown) => checks.fail(`${name} checks`, error));
	}
	checks.finish();
}

main()
	.catch((error: unknown) => {
		print(error instanceof Error ? error.message : String(error));
		print('0 passed, 1 failed');
		process.exitCode = 1;
	})
	// Timers of stopped servers would keep the process for another half minute.
	.finally(() => process.exit());
