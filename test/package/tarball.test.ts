/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run in plain Node.js */
/** The tarball as it would be published: what is in it, and that it runs when installed the way n8n installs it. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pack, readPackageJson, ROOT, runScript, temporaryFolder, unpack } from './helpers';
import type { PackedPackage } from './helpers';

let temporary: ReturnType<typeof temporaryFolder>;
let packed: PackedPackage;
let installed: string;
let modules: string;

beforeAll(() => {
	temporary = temporaryFolder();
	packed = pack(temporary.folder);

	// As n8n does: unpack, drop these fields, install what is left of the dependencies (nothing).
	const packageJson = readPackageJson(ROOT);
	installed = path.join(temporary.folder, 'nodes', 'node_modules', packageJson.name);
	unpack(packed.tarball, installed);
	const published = readPackageJson(installed);
	for (const field of ['devDependencies', 'peerDependencies', 'optionalDependencies']) {
		delete published[field];
	}
	writeFileSync(path.join(installed, 'package.json'), JSON.stringify(published, null, 2));

	// n8n gives its own n8n-workflow through NODE_PATH; here that folder holds nothing else.
	modules = path.join(temporary.folder, 'modules');
	mkdirSync(modules);
	symlinkSync(
		path.dirname(require.resolve('n8n-workflow/package.json')),
		path.join(modules, 'n8n-workflow'),
	);
}, 300_000);

afterAll(() => temporary.remove());

const run = (script: string): unknown =>
	runScript(script, { cwd: installed, env: { NODE_PATH: modules } });

describe('contents', () => {
	test('only the compiled package and its papers', () => {
		const unexpected = packed.files.filter(
			(file) => !/^(dist\/.+|package\.json|README\.md|LICENSE(\.md)?|CHANGELOG\.md)$/.test(file),
		);
		expect(unexpected).toEqual([]);
		for (const file of ['package.json', 'README.md']) expect(packed.files).toContain(file);
		expect(packed.files.some((file) => file.startsWith('LICENSE'))).toBe(true);
	});

	test('no tests, sources, maps, build information or second package.json', () => {
		const leftovers = packed.files.filter(
			(file) =>
				/(^|\/)tests?\/|\.test\.|\.tsbuildinfo$|\.map$|gulpfile|node_modules/.test(file) ||
				(file.endsWith('.ts') && !file.endsWith('.d.ts')) ||
				(file.startsWith('dist/') && file.endsWith('/package.json')),
		);
		expect(leftovers).toEqual([]);
	});

	test('is small', () => {
		expect(packed.size).toBeLessThan(420_000);
	});

	test('depends on nothing', () => {
		expect(readPackageJson(installed).dependencies ?? {}).toEqual({});
	});

	test('the licence notice of the bundled CSV parser is in it', () => {
		const reader = readFileSync(
			path.join(installed, 'dist', 'nodes', 'ImpactAdvocate', 'import', 'file', 'records.js'),
			'utf8',
		);
		expect(reader).toMatch(/@license\s+Papa Parse/);
		expect(reader).not.toMatch(/require\("papaparse"\)/);
	});

	test('each node has a codex with resources', () => {
		for (const file of readPackageJson(installed).n8n.nodes) {
			const codex = path.join(installed, file.replace(/\.js$/, '.json'));
			expect(existsSync(codex)).toBe(true);
			const { node, resources } = JSON.parse(readFileSync(codex, 'utf8')) as {
				node: string;
				resources: { primaryDocumentation: unknown[]; credentialDocumentation: unknown[] };
			};
			const { name } = readPackageJson(installed);
			expect(node).toBe(
				`${name}.${path.basename(file, '.node.js').replace(/^./, (c) => c.toLowerCase())}`,
			);
			expect(resources.primaryDocumentation.length).toBeGreaterThan(0);
			expect(resources.credentialDocumentation.length).toBeGreaterThan(0);
		}
	});
});

describe('installed the way n8n does', () => {
	test('nothing but n8n-workflow can be required', () => {
		const found = run(`
			const names = ['n8n-workflow', 'papaparse', 'n8n-core', 'axios', 'lodash', 'csv-parse'];
			const { createRequire } = require('node:module');
			const from = createRequire(${JSON.stringify(path.join(installed, 'dist', 'x.js'))});
			console.log(JSON.stringify(names.filter((name) => {
				try { return Boolean(from.resolve(name)); } catch { return false; }
			})));
		`);
		expect(found).toEqual(['n8n-workflow']);
	});

	interface Loaded {
		file: string;
		name: string;
		displayName: string;
		icons: string[];
		version: unknown;
		credentials: string[];
	}

	/** Loads each file and makes an instance of the class that its name announces, as n8n does. */
	const load = (files: string[], suffix: string): Loaded[] =>
		run(`
			const path = require('node:path');
			const loaded = ${JSON.stringify(files)}.map((file) => {
				const exported = require(path.resolve(file));
				const instance = new exported[path.basename(file, ${JSON.stringify(suffix)})]();
				const described = instance.description ?? instance;
				const icon = described.icon ?? {};
				return {
					file,
					name: described.name,
					displayName: described.displayName,
					version: described.version,
					icons: typeof icon === 'string' ? [icon] : Object.values(icon),
					credentials: (described.credentials ?? []).map(({ name }) => name),
				};
			});
			console.log('\\n' + JSON.stringify(loaded));
		`) as Loaded[];

	const expectIcons = ({ file, icons }: Loaded): void => {
		expect(icons.length).toBeGreaterThan(0);
		for (const icon of icons) {
			const relative = icon.replace(/^file:/, '');
			expect(existsSync(path.join(installed, path.dirname(file), relative))).toBe(true);
		}
	};

	test('nodes and credentials load, with their icons', () => {
		const { n8n } = readPackageJson(installed);
		const credentials = load(n8n.credentials, '.credentials.js');
		const nodes = load(n8n.nodes, '.node.js');
		expect(credentials.map(({ name }) => name)).toEqual(['impactAdvocateApi']);
		expect(nodes.map(({ name }) => name)).toContain('impactAdvocate');
		for (const credential of credentials) expectIcons(credential);
		for (const node of nodes) {
			expectIcons(node);
			expect(node.version).toBeDefined();
			expect(node.credentials).toEqual(['impactAdvocateApi']);
		}
	});

	test('a CSV file can be read', () => {
		const rows = run(`
			const { openCsv } = require('./dist/nodes/ImpactAdvocate/import/file/csvFile.js');
			const { openBuffer } = require('./dist/nodes/ImpactAdvocate/import/file/encoding.js');
			(async () => {
				const bytes = Buffer.from('id;segments\\r\\n1;"vip|""beta"""\\r\\n');
				const file = await openCsv(openBuffer(bytes), { encoding: 'auto', delimiter: 'auto' });
				const all = [];
				for await (const rows of file.rows()) all.push(...rows);
				console.log(JSON.stringify(all));
			})();
		`);
		expect(rows).toEqual([{ rowNumber: 2, cells: ['1', 'vip|"beta"'] }]);
	});
});
