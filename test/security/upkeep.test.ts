/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** What SECURITY.md says of the package and its upkeep, where no other test looks. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const root = path.join(__dirname, '..', '..');
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), 'utf8');

interface Manifest {
	version: string;
	scripts: Record<string, string>;
	devDependencies: Record<string, string>;
}

interface Workflow {
	on: Record<string, unknown> & { schedule?: Array<{ cron: string }> };
	jobs: Record<
		string,
		{
			strategy?: { matrix: Record<string, string[]> };
			steps: Array<{ run?: string; 'continue-on-error'?: boolean }>;
		}
	>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const workflow = (name: string) => parse(read('.github', 'workflows', name)) as Workflow;

/** Minute and hour are given, day and month are not, the day of the week is. */
const WEEKLY = /^\d+ \d+ \* \* \d$/;

test('nothing runs at install, of this package or of a tool', () => {
	const lifecycle = Object.keys(manifest.scripts).filter((name) =>
		/^(pre|post)?(install|prepare|pack)$|^prepublish$/.test(name),
	);
	expect(lifecycle).toEqual([]);
	expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
});

test('the lock file has the version of the bundled library', () => {
	const { packages } = JSON.parse(read('package-lock.json')) as {
		packages: Record<string, { version?: string; license?: string }>;
	};
	expect(packages['node_modules/papaparse']).toMatchObject({
		version: manifest.devDependencies.papaparse,
		license: 'MIT',
	});
});

describe('CI', () => {
	const { on, jobs } = workflow('ci.yml');
	const changes = ['push', 'pull_request', 'schedule'];

	test('fails on a vulnerability in what users install', () => {
		const step = jobs.audit.steps.find(({ run }) => run === 'npm audit --omit=dev --omit=peer');
		expect(step).toBeDefined();
		expect(step).not.toHaveProperty('continue-on-error');
	});

	test('goes on after one in a tool', () => {
		const step = jobs.audit.steps.find(({ run }) => run?.includes('npm audit >'));
		expect(step).toMatchObject({ 'continue-on-error': true });
	});

	test('runs on every change and every week, and so does CodeQL, on code and workflows', () => {
		const codeql = workflow('codeql.yml');
		for (const events of [on, codeql.on]) {
			expect(Object.keys(events)).toEqual(expect.arrayContaining(changes));
			expect(events.schedule?.map(({ cron }) => cron)).toEqual([expect.stringMatching(WEEKLY)]);
		}
		expect(codeql.jobs.analyze.strategy?.matrix.language).toEqual([
			'javascript-typescript',
			'actions',
		]);
	});
});

test('Dependabot proposes every week what is at least a week old', () => {
	const { updates } = parse(read('.github', 'dependabot.yml')) as {
		updates: Array<{ schedule: { interval: string }; cooldown: { 'default-days': number } }>;
	};
	for (const { schedule, cooldown } of updates) {
		expect(schedule.interval).toBe('weekly');
		expect(cooldown['default-days']).toBeGreaterThanOrEqual(7);
	}
});
