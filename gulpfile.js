/**
 * `gulp bundle`, run after `n8n-node build`: the published package has no dependencies, so the CSV parser it uses is put
 * into the one compiled file that imports it. Then the whole of `dist/` is checked for anything left to resolve.
 */
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

/** Another folder can be named by the tests. */
const DIST = path.resolve(__dirname, process.env.BUNDLE_DIST ?? 'dist');
const READER = path.join(DIST, 'nodes', 'ImpactAdvocate', 'import', 'file', 'records.js');
const BUNDLED = 'papaparse';

/** What compiled files may ask for at run time: n8n itself, each other, and Node's crypto. */
const ALLOWED = /^(n8n-workflow|\.{1,2}\/.*|\.{1,2}|node:crypto|crypto)$/;

/**
 * Stand-ins for what the library refers to but the reader never uses, and n8n does not allow in a package: Node streams
 * and timers. Only the low-level parser is called, which needs neither.
 */
const STAND_INS = {
	'stand-in:stream': 'exports.Duplex = undefined; exports.Readable = undefined;',
	'stand-in:timers':
		"import { sleep } from 'n8n-workflow';\n" +
		'function later(callback, milliseconds) { void sleep(milliseconds).then(callback); }\n' +
		'export { later as setTimeout };\n',
};

const resolver = {
	name: 'resolver',
	setup(build) {
		build.onResolve({ filter: /^stream$/ }, () => ({
			path: 'stand-in:stream',
			namespace: 'stand-in',
		}));
		build.onResolve({ filter: /stand-in:timers$/ }, () => ({
			path: 'stand-in:timers',
			namespace: 'stand-in',
		}));
		build.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path: name }) => ({
			contents: STAND_INS[name],
			loader: 'js',
		}));
		build.onResolve(
			{ filter: /^(n8n-workflow|node:crypto|\.{1,2}\/.*)$/ },
			({ path: name, kind }) =>
				kind === 'entry-point' ? undefined : { path: name, external: true },
		);
	},
};

const filesIn = (folder) =>
	fs.readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name));

const kilobytes = (size) => `${(size / 1024).toFixed(1)} kB`;

/** Names that a file requires or imports, string literals only. */
function requestsIn(code) {
	return [
		...code.matchAll(/\b(?:require|import)\s*\(\s*(['"`])([^'"`]+)\1\s*\)/g),
		...code.matchAll(/^\s*(?:import|export)\b[^'"`;]*?(['"])([^'"]+)\1/gm),
	].map((match) => match[2]);
}

/** Requires whose name is computed at run time: nobody can check those. */
const hasComputedRequest = (code) => /\brequire\s*\(\s*(?!['"`)])/.test(code);

function checkDist() {
	const problems = [];
	for (const file of filesIn(DIST).filter((name) => name.endsWith('.js'))) {
		const code = fs.readFileSync(file, 'utf8');
		const name = path.relative(DIST, file);
		for (const request of requestsIn(code)) {
			if (!ALLOWED.test(request)) problems.push(`${name} requires '${request}'`);
		}
		if (hasComputedRequest(code)) problems.push(`${name} requires a name computed at run time`);
	}
	if (problems.length > 0) {
		throw new Error(
			'The package would not load in n8n, which installs it without dependencies:\n  ' +
				problems.join('\n  ') +
				'\nAllowed are n8n-workflow, relative paths and node:crypto. Bundle the library here, or do without it.',
		);
	}
}

async function bundle() {
	if (!fs.existsSync(READER)) {
		throw new Error(
			`${path.relative(__dirname, READER)} is not there. Run 'npx n8n-node build' first.`,
		);
	}
	const before = fs.readFileSync(READER, 'utf8');
	if (!requestsIn(before).includes(BUNDLED)) {
		throw new Error(
			`${path.relative(__dirname, READER)} does not require ${BUNDLED}: it is bundled already, or no longer used.`,
		);
	}
	const result = await esbuild.build({
		entryPoints: [READER],
		outfile: READER,
		allowOverwrite: true,
		bundle: true,
		format: 'cjs',
		platform: 'neutral',
		mainFields: ['main'],
		nodePaths: [path.join(__dirname, 'node_modules')],
		target: 'node20',
		charset: 'utf8',
		legalComments: 'inline',
		minify: false,
		drop: ['console'],
		inject: ['stand-in:timers'],
		plugins: [resolver],
		logLevel: 'warning',
		write: false,
	});
	const code = result.outputFiles[0].text;
	const licence = /\/\* @license\s+Papa Parse\s+v(\S+)[^*]*License: MIT\s+\*\//.exec(code);
	if (!licence) {
		throw new Error(
			`The licence notice of ${BUNDLED} was lost: its licence asks that it stays in every copy.`,
		);
	}
	fs.writeFileSync(READER, code);
	checkDist();
	console.log(
		`Bundled ${BUNDLED} ${licence[1]} into ${path.relative(__dirname, READER)}: ` +
			`${kilobytes(Buffer.byteLength(before))} -> ${kilobytes(Buffer.byteLength(code))}`,
	);
}

exports.bundle = bundle;
exports.default = bundle;
