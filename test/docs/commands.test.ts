/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run in plain Node.js */
/** The commands in the documents: each is run here as it stands there, or by a workflow of GitHub. */
import { execFile, spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { pack, temporaryFolder } from '../package/helpers';
import { startSimulator } from '../simulator/server';
import { readText, ROOT, tablesOf } from './markdown';

/** A fenced block: what stands behind the ticks, and its text without indentation. */
interface Block {
	file: string;
	kind: string;
	text: string;
}

const files = [
	...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
	...readdirSync(path.join(ROOT, 'docs'), { recursive: true })
		.map((name) => path.posix.join('docs', String(name)))
		.filter((name) => name.endsWith('.md')),
];

const blocks: Block[] = files.flatMap((file) =>
	[...readText(file).matchAll(/^( *)```([^\n]*)\n([\s\S]*?)^ *```$/gm)].map(
		([, indentation, kind, text]) => ({
			file,
			kind,
			text: text.replaceAll(new RegExp(`^${indentation}`, 'gm'), '').trim(),
		}),
	),
);

let folder: string;
let remove: () => void;
beforeEach(() => {
	({ folder, remove } = temporaryFolder());
});
afterEach(() => remove());

/** Run a script as a person would, in a shell; it must end well. */
async function shell(
	script: string,
	options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
	const { stdout, stderr } = await promisify(execFile)('bash', ['-e', '-c', script], {
		cwd: options.cwd ?? ROOT,
		encoding: 'utf8',
		maxBuffer: 64 * 1024 * 1024,
		env: { PATH: process.env.PATH, HOME: folder, ...options.env },
	});
	return `${stdout}\n${stderr}`;
}

const inFolder = (...names: string[]): string => path.join(folder, ...names);

const ciSteps = readText('.github', 'workflows', 'ci.yml');
const { scripts, version } = JSON.parse(readText('package.json')) as {
	scripts: Record<string, string>;
	version: string;
};

/** Demo and tests start with a build, which has been made for these tests and must not be replaced during them. */
const runsInCi = async (...commands: string[]) => {
	for (const command of ['npm ci', ...commands]) expect(ciSteps).toContain(`- run: ${command}\n`);
};

const OWN_BUILD = `npm run build
package="$PWD/$(npm pack)"
mkdir -p ~/.n8n/nodes && cd ~/.n8n/nodes
npm install --legacy-peer-deps "$package"`;

const PROBE = `export ADVOCATE_TENANT_ALIAS="test_..."
export ADVOCATE_ACCOUNT_SID="..." ADVOCATE_AUTH_TOKEN="..."
npm run probe -- --profile profile.json`;

const PROFILE = 'IMPACT_ADVOCATE_PROFILE=profile.json npx jest test/probe/profile.test.ts';

/** Each block of commands in the documents, and how it is run. */
const COMMANDS: Record<string, (text: string) => Promise<void>> = {
	'mkdir -p ~/.n8n/nodes\ncd ~/.n8n/nodes\nnpm install --legacy-peer-deps n8n-nodes-impact-advocate':
		async (text) => {
			const { tarball } = pack(folder);
			// From the tarball, since it need not be published yet.
			await shell(text.replace(/n8n-nodes-impact-advocate$/, tarball), {
				env: { npm_config_offline: 'true' },
			});
			const installed = inFolder('.n8n/nodes/node_modules/n8n-nodes-impact-advocate/package.json');
			expect(JSON.parse(readFileSync(installed, 'utf8'))).toHaveProperty('n8n.nodes');
		},

	[OWN_BUILD]: async (text) => {
		// The build has been made, and the checkout stays as it is.
		const script = text
			.replace('npm run build\n', '')
			.replace('$PWD/$(npm pack)', `${folder}/$(npm pack --pack-destination ${folder})`);
		await shell(script, { env: { npm_config_offline: 'true' } });
		const installed = inFolder('.n8n/nodes/node_modules/n8n-nodes-impact-advocate');
		expect(readdirSync(path.join(installed, 'dist'))).toContain('nodes');
	},

	'npm ci && npm run demo': async () => {
		await runsInCi('npm run demo');
		expect(scripts.demo).toBe('npm run build && tsx test/demo/demo.ts');
		expect(await shell('npx tsx test/demo/demo.ts')).toContain('Everything as expected');
	},

	// The end-to-end tests start it and take the tour.
	'npm ci && npm run n8n': async () => {
		await runsInCi('npm run e2e');
		expect(readText('test', 'e2e', 'tour.ts')).toContain("startProcess('npm', ['run', 'n8n']");
	},

	'npm ci && npm run demo\nnpm test': async () => {
		await runsInCi('npm run demo');
		expect(readText('.ci', 'run')).toContain('npm ci && npm test');
	},

	'npm ci\nnpm test': async () => {
		expect(readText('.github', 'workflows', 'release.yml')).toMatch(
			/- run: npm ci\n(?: +#.*\n)* +- run: npm test\n/,
		);
		expect(scripts.test.split(' && ')).toEqual([
			'npm run lint',
			'npm run typecheck',
			'npm run build',
			'jest',
		]);
	},

	[PROBE]: async (text) => await probe(text),

	[PROFILE]: async () => await probe(`${PROBE}\n${PROFILE}`),

	'npm version minor': async (text) => {
		await cloneWithRemote();
		await shell(text, { cwd: inFolder('clone') });
		const [major, minor] = version.split('.').map(Number);
		const tags = await shell('git tag', { cwd: inFolder('clone') });
		expect(tags.trim()).toBe(`v${major}.${minor + 1}.0`);
	},

	'git push --follow-tags': async (text) => {
		await cloneWithRemote();
		await shell(`npm version minor\n${text}`, { cwd: inFolder('clone') });
		expect(await shell('git tag', { cwd: inFolder('remote.git') })).toMatch(/^v\d+\.\d+\.0$/m);
	},
};

/** Run the probe's commands with the simulator as the tenant, its keys in place of the dots. */
async function probe(text: string): Promise<void> {
	const simulator = await startSimulator({ unknownSegment: 'ignore', jobPendingPolls: 0 });
	try {
		const { tenantAlias, accountSid, authToken } = simulator.credentials;
		const filled = text
			.replace('"test_..."', JSON.stringify(tenantAlias))
			.replace('ACCOUNT_SID="..."', `ACCOUNT_SID=${JSON.stringify(accountSid)}`)
			.replace('AUTH_TOKEN="..."', `AUTH_TOKEN=${JSON.stringify(authToken)}`)
			// The simulator's jobs end at once.
			.replace('npm run probe --', 'npm run probe -- --poll 0.01')
			.replaceAll('profile.json', inFolder('profile.json'));
		const output = await shell(filled, { env: { ADVOCATE_BASE_URL: simulator.url } });
		expect(output).toContain('Participants and jobs are deleted, segments archived.');
		if (text.includes('jest')) expect(output).toMatch(/Tests: +\d+ passed, \d+ total/);
		const profile: unknown = JSON.parse(readFileSync(inFolder('profile.json'), 'utf8'));
		expect(profile).toMatchObject({ unknownSegment: 'ignore' });
	} finally {
		await simulator.close();
	}
}

/** A clone of a repository that holds what `npm version` looks at. */
async function cloneWithRemote(): Promise<void> {
	await shell(`git init -q --bare -b main remote.git && git clone -q remote.git clone`, {
		cwd: folder,
	});
	for (const file of ['package.json', '.npmrc']) {
		cpSync(path.join(ROOT, file), inFolder('clone', file));
	}
	writeFileSync(
		inFolder('.gitconfig'),
		'[user]\n\tname = A Maintainer\n\temail = maintainer@example.com\n',
	);
	await shell('git add . && git commit -qm "Begin" && git push -q -u origin HEAD:main', {
		cwd: inFolder('clone'),
	});
}

describe('blocks of commands', () => {
	const shellBlocks = blocks.filter(({ kind }) => /^(sh|bash|shell|console)\b/.test(kind));
	const texts = [...new Set(shellBlocks.map(({ text }) => text))];

	it('have a run here, all of them', () => {
		expect(texts.sort()).toEqual(Object.keys(COMMANDS).sort());
	});

	it.each(texts)('%s', async (text) => await COMMANDS[text](text), 120_000);
});

test('there is no block that nobody checks', () => {
	const known =
		/^(sh|csv|mermaid|json|json workflow|json watch|json output \w+\/\w+|json failed item)$/;
	expect(blocks.filter(({ kind }) => !known.test(kind))).toEqual([]);
	// Workflows, outputs and CSV: the other tests of this folder. The pictures: test/package/layers.test.ts.
	expect(blocks.filter(({ kind }) => kind === 'mermaid').map(({ file }) => file)).toEqual([
		'CONTRIBUTING.md',
		'CONTRIBUTING.md',
		'CONTRIBUTING.md',
	]);
	expect(
		blocks.filter(({ kind }) => kind === 'json').every(({ file }) => file === 'docs/reference.md'),
	).toBe(true);
});

describe('the table of commands in CONTRIBUTING', () => {
	const rows =
		tablesOf(readText('CONTRIBUTING.md')).find(({ head }) => head[0] === 'Command')?.rows ?? [];
	const listed = rows.map(([command]) => command.replaceAll('`', ''));

	it('has every script of package.json but parts of others', () => {
		const all = Object.keys(scripts)
			.filter((name) => !['lint:fix', 'typecheck', 'prepublishOnly'].includes(name))
			.map((name) => (name === 'test' ? 'npm test' : `npm run ${name}`));
		expect(listed.sort()).toEqual(all.sort());
	});

	it.each(['simulator', 'bench', 'probe'])('npm run %s -- --help', async (name) => {
		// Without the build.
		const script = scripts[name].replace('npm run build && ', 'npx ').replace(/^tsx/, 'npx tsx');
		expect(await shell(`${script} --help`)).toContain(`Usage: npm run ${name}`);
	});

	it('the simulator runs until it is told to end', async () => {
		const child = spawn(process.execPath, ['--import', 'tsx', 'test/simulator/main.ts'], {
			cwd: ROOT,
		});
		const url = await new Promise<string>((resolve, reject) => {
			let output = '';
			child.stdout.on('data', (chunk: Buffer) => {
				output += chunk.toString('utf8');
				const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output);
				if (found) resolve(found[0]);
			});
			child.on('close', () => reject(new Error(output)));
		});
		expect((await fetch(`${url}/__simulator/state`)).status).toBe(200);
		const ended = new Promise((resolve) => child.on('close', resolve));
		child.kill('SIGINT');
		await ended;
	});
});
