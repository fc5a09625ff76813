/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run compat`: the engine tests and those of attacks against several releases of n8n's engine, each installed once into the cache. The
 * result becomes `docs/compatibility.md` and the table in the README.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './instance';
import { installOnce, nodeEnvironment, npmInstall } from './n8nInstall';
import { duration, exitWhenTold, print, PROJECT, run, runOrThrow } from './processes';

/** A release of n8n, and what it is made of. */
interface Release {
	n8n: string;
	core: string;
	workflow: string;
	/** Node.js for the run. */
	node: string;
}

/**
 * The oldest supported one, two in between, and the one the other tests run with. Jest needs Node.js 24 to load the ES
 * modules of the oldest two. The last line shows that the package needs no more than the oldest Node.js of the oldest
 * release.
 */
const RELEASES: Release[] = [
	{ n8n: '1.123.0', core: '1.122.0', workflow: '1.120.0', node: '24' },
	{ n8n: '2.0.0', core: '2.0.0', workflow: '2.0.0', node: '24' },
	{ n8n: '2.20.0', core: '2.20.0', workflow: '2.20.0', node: '22.16.0' },
	{ n8n: '2.41.1', core: '2.41.1', workflow: '2.41.0', node: '24' },
	{ n8n: '2.41.1', core: '2.41.1', workflow: '2.41.0', node: '20.19.0' },
];

/** What older releases lack, by the name of the test that shows it. Nothing else may fail. */
const LACKING: Array<{ releases: string[]; test: string; what: string }> = [
	{
		releases: ['1.123.0', '2.0.0'],
		test: 'source inline file, combined binary mode',
		what: 'files can only be named, not given by a path such as `_files.data`: the workflow setting that needs it came later',
	},
];

interface Result {
	release: Release;
	node: string;
	passed: number;
	failures: string[];
	/** From `LACKING`. */
	lacking: string[];
}

/** What jest writes, as far as needed. */
interface JestReport {
	numPassedTests: number;
	testResults: Array<{
		name: string;
		message: string;
		assertionResults: Array<{ status: string; fullName: string }>;
	}>;
}

async function test(release: Release): Promise<Result> {
	const root = await installOnce(`n8n-core-${release.core}`, async (folder) => {
		await npmInstall(folder, [
			`n8n-core@${release.core}`,
			`n8n-workflow@${release.workflow}`,
			'--legacy-peer-deps',
		]);
	});
	const { node, environment } = await nodeEnvironment(release.node);
	const version = (await runOrThrow(node, ['--version'])).trim().slice(1);
	print(`n8n ${release.n8n} (n8n-workflow ${release.workflow}) on Node.js ${version} ...`);

	const startedAt = Date.now();
	const report = path.join(temporaryFolder('compat'), 'report.json');
	const { stdout, stderr } = await run(
		node,
		[
			// Without it jest can't load the libraries of older releases that are ES modules.
			'--experimental-vm-modules',
			path.join(PROJECT, 'node_modules', 'jest', 'bin', 'jest.js'),
			path.join('test', 'engine'),
			path.join('test', 'security'),
			'--forceExit',
			'--json',
			`--outputFile=${report}`,
		],
		{ env: { ...environment, IMPACT_ADVOCATE_N8N_ROOT: root }, timeoutMs: 2_400_000 },
	);
	const { passed, failures } = readReport(report, stdout + stderr);
	const known = LACKING.filter(({ releases }) => releases.includes(release.n8n));
	const result: Result = {
		release,
		node: version,
		passed,
		failures: failures.filter((failure) => !known.some(({ test }) => test === failure)),
		lacking: known.filter(({ test }) => failures.includes(test)).map(({ what }) => what),
	};
	print(
		`  ${result.passed} passed, ${result.failures.length} failed in ${duration(Date.now() - startedAt)}`,
	);
	for (const failure of result.failures) print(`  failed: ${failure}`);
	for (const what of result.lacking) print(`  lacking: ${what}`);
	return result;
}

function readReport(file: string, output: string): Pick<Result, 'passed' | 'failures'> {
	let report: JestReport;
	try {
		report = JSON.parse(readFileSync(file, 'utf8')) as JestReport;
	} catch {
		return { passed: 0, failures: [`jest did not run: ${output.slice(-2000)}`] };
	}
	const failures = report.testResults.flatMap(({ name, message, assertionResults }) => {
		const failed = assertionResults.filter(({ status }) => status === 'failed');
		if (failed.length > 0) return failed.map(({ fullName }) => fullName);
		// A file that can't be loaded has no tests, only a message.
		if (assertionResults.length > 0 || message === '') return [];
		return [`${path.relative(PROJECT, name)}: ${message.trim().split('\n').slice(0, 4).join(' ')}`];
	});
	return { passed: report.numPassedTests, failures };
}

/** The table, and what the verdicts in it leave out. */
function tableOf(results: Result[]): string {
	const rows = results.map(({ release, node, passed, failures, lacking }) => {
		const verdicts = [
			`${passed} passed`,
			...(failures.length > 0 ? [`**${failures.length} failed**`] : []),
			...(lacking.length > 0 ? [`${lacking.length} not possible there (below)`] : []),
		];
		return `| ${release.n8n} | ${release.core} | ${release.workflow} | ${node} | ${verdicts.join(', ')} |`;
	});
	const notes = LACKING.flatMap(({ what }) => {
		const releases = results.filter(({ lacking }) => lacking.includes(what));
		if (releases.length === 0) return [];
		return [`- n8n ${releases.map(({ release }) => release.n8n).join(' and ')}: ${what}.`];
	});
	return [
		'| n8n | n8n-core | n8n-workflow | Node.js | Engine tests |',
		'| --- | --- | --- | --- | --- |',
		...rows,
		...(notes.length > 0 ? ['', ...notes] : []),
	].join('\n');
}

const INTRODUCTION = `# Compatibility

Written by \`npm run compat\`. It runs the engine tests (the node in n8n’s own execution engine, against a simulated
API) with the engine of each of these releases of n8n:`;

function writeTable(results: Result[]): void {
	const table = tableOf(results);
	writeFileSync(path.join(PROJECT, 'docs', 'compatibility.md'), `${INTRODUCTION}\n\n${table}\n`);
	print(`\n${table}\n`);
}

async function main(): Promise<void> {
	exitWhenTold();
	const results: Result[] = [];
	for (const release of RELEASES) results.push(await test(release));
	writeTable(results);
	const passed = results.reduce((sum, result) => sum + result.passed, 0);
	const failed = results.reduce((sum, result) => sum + result.failures.length, 0);
	print(`${passed} passed, ${failed} failed`);
	if (failed > 0 || passed === 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
	print(error instanceof Error ? error.message : String(error));
	print('0 passed, 1 failed');
	process.exitCode = 1;
});
