/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/**
 * `npm run demo`: the built node in n8n's execution engine, running workflows of `examples/` against a simulator of the
 * API on this machine. Ends with code 1 when the outcome is not the expected one.
 */
import './useBuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { loadNodeType, readBinary, storedBinary } from '../engine/harness';
import type { WorkflowRun } from '../engine/harness';
import { startSimulator } from '../simulator/server';
import type { Simulator } from '../simulator/server';
import { readExample, runExample } from './exampleFiles';
import { demoFile, ROWS, UNTRACKED } from './participantsCsv';
import type { DemoFile } from './participantsCsv';
import {
	bold,
	clearProgress,
	count,
	cyan,
	dim,
	green,
	print,
	printProgress,
	red,
	seconds,
	table,
	yellow,
} from './screen';
import { syncAndUpsert } from './syncAndUpsert';

const ROOT = path.resolve(__dirname, '..', '..');
const OUTPUT = path.join(ROOT, 'demo-output');
const TOUR = 'create-segment-and-import.json';

/** Time of every answer of the simulator, so that there is something to see. */
const LATENCY_MS = 40;

const NAME_WIDTH = 18;

const requestsText = (requests: number): string =>
	`${count(requests)} ${requests === 1 ? 'request' : 'requests'}`;

/** The node, saying what it does while it does it. */
function withProgress(nodeType: INodeType, simulator: Simulator): INodeType {
	return {
		description: nodeType.description,
		methods: nodeType.methods,
		async execute(this: IExecuteFunctions) {
			const { name } = this.getNode();
			const startedAt = Date.now();
			const before = simulator.recorder.total;
			const label = `  ${name.padEnd(NAME_WIDTH)}`;
			const ticker = setInterval(() => {
				printProgress(`${label}${dim(`${requestsText(simulator.recorder.total - before)} ...`)}`);
			}, 50);
			try {
				const output = (await nodeType.execute?.call(this)) as INodeExecutionData[][];
				clearProgress();
				const requests = requestsText(simulator.recorder.total - before);
				const cost = `${requests}, ${seconds(Date.now() - startedAt)}`;
				print(`${label}${whatCameOut(String(this.getNodeParameter('operation', 0)), output[0])}`);
				print(`  ${' '.repeat(NAME_WIDTH)}${dim(cost)}`);
				return output;
			} finally {
				clearInterval(ticker);
			}
		},
	};
}

/** One line about the items that a node put out. */
function whatCameOut(operation: string, items: INodeExecutionData[]): string {
	const first: IDataObject = items[0]?.json ?? {};
	const people = `${count(items.length)} ${items.length === 1 ? 'participant' : 'participants'}`;
	switch (operation) {
		case 'create':
			return `segment ${cyan(String(first.key))} ${first.created ? 'created' : 'was there already'}`;
		case 'importCsv':
			return `${count(Number(first.rows))} rows read, ${count(Number(first.succeeded))} imported, ${Number(first.invalid) + Number(first.rejected)} failed`;
		case 'getAll':
			return `${people} in the segment, as some have several rows`;
		case 'setSegments':
			return `${people}: now in ${cyan(String(first.segments))} and nothing else`;
		case 'removeSegments':
			return `${people}: out of the segment, other segments stay`;
		case 'clearSegments':
			return `${people}: out of all segments`;
		default:
			return `${items.length} items`;
	}
}

/** People and segments that are there before the demo begins. */
function seed({ state }: Simulator, { ids, withDomain }: DemoFile): void {
	state.addSegment({ key: 'newsletter', name: 'Newsletter' });
	state.addSegment({ key: 'beta', name: 'Beta Testers' });
	for (const id of ids.slice(0, 40)) state.addParticipant({ id, segments: ['newsletter'] });
	for (const id of withDomain('former.example').slice(0, 5)) {
		state.addParticipant({ id, segments: ['newsletter', 'beta'] });
	}
	state.doNotTrack.add(`${UNTRACKED}\u0000${UNTRACKED}`);
}

/** Number of participants, in all and by segment. */
function stateOf({ state }: Simulator): Map<string, number> {
	const numbers = new Map([['', state.participants.size]]);
	for (const { key } of state.segments.values()) numbers.set(key, state.membersOf(key).size);
	return numbers;
}

function printState(simulator: Simulator, before: Map<string, number>): void {
	const change = (key: string): string[] => {
		const was = before.get(key);
		const is = stateOf(simulator).get(key) ?? 0;
		if (was === undefined) return [dim('-'), count(is), green('new')];
		const difference = is - was;
		const sign = difference > 0 ? '+' : '';
		return [count(was), count(is), difference === 0 ? dim('same') : `${sign}${count(difference)}`];
	};
	const segments = [...simulator.state.segments.values()].map(({ key, name }) => [
		`in ${key}`,
		name ?? '',
		...change(key),
	]);
	print(
		table(
			['Participants', 'Segment', 'Before', 'After', 'Change'],
			[['all', '', ...change('')], ...segments],
			['left', 'left', 'right', 'right', 'right'],
		),
	);
}

/** Checks the outcome; each failed check is printed and makes the demo fail. */
class Checks {
	failed = 0;

	expect(what: string, actual: unknown, expected: unknown): void {
		if (JSON.stringify(actual) === JSON.stringify(expected)) return;
		this.failed++;
		print(
			red(
				`  Not as expected: ${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
			),
		);
	}
}

function check(simulator: Simulator, run: WorkflowRun, file: DemoFile): Checks {
	const checks = new Checks();
	const [summary] = run.items('Import CSV');
	for (const [field, expected] of Object.entries(file.expected)) {
		checks.expect(field, summary.json[field], expected);
	}
	checks.expect('notSent', summary.json.notSent, 0);
	const { state } = simulator;
	const everybody = (
		domain: string,
		what: string,
		fits: (segments: readonly string[]) => boolean,
	) => {
		const wrong = file
			.withDomain(domain)
			.filter((id) => !fits(state.participant(id, id)?.segments ?? ['?']));
		checks.expect(`${what} at ${domain}`, wrong, []);
	};
	everybody('partner.example', 'set', (segments) => segments.join() === 'partners');
	everybody('unsubscribed.example', 'remove', (segments) => !segments.includes('springLaunch'));
	everybody('former.example', 'clear', (segments) => segments.length === 0);
	everybody('example.com', 'import', (segments) => segments.includes('springLaunch'));
	checks.expect('writes that overlapped', simulator.orderViolations.length, 0);
	return checks;
}

function printSummary(summary: IDataObject): void {
	const rows: Array<[string, unknown, string]> = [
		['rows', summary.rows, 'rows below the header'],
		['succeeded', summary.succeeded, 'imported, and the API confirmed the segments'],
		['invalid', summary.invalid, 'refused before sending: the row itself is wrong'],
		['rejected', summary.rejected, 'refused by the API'],
		['skipped', summary.skipped, 'left out on purpose'],
		['notSent', summary.notSent, 'the import ended before them'],
	];
	print(
		table(
			['Summary', 'Count', 'Meaning'],
			rows.map(([name, value, meaning]) => [name, count(Number(value)), dim(meaning)]),
			['left', 'right', 'left'],
		),
	);
}

/** What the rejects file says, as a table, and where it is. */
async function printRejects(summary: INodeExecutionData): Promise<void> {
	const content = await readBinary(summary, 'rejects');
	mkdirSync(OUTPUT, { recursive: true });
	const file = path.join(OUTPUT, summary.binary?.rejects.fileName ?? 'rejects.csv');
	writeFileSync(file, content);
	// In the order in which they ended; the rows that the API refused come last.
	const failures = [...(summary.json.failures as IDataObject[])]
		.sort((a, b) => Number(a.rowNumber) - Number(b.rowNumber))
		.map(({ rowNumber, message }) => [String(rowNumber), String(message)]);
	print(table(['Row', 'Why it was not imported'], failures, ['right', 'left']));
	print();
	print(`  The rejects file has these rows with the reasons. Correct it and import it as it is:`);
	print(`  ${cyan(path.relative(process.cwd(), file))}`);
}

async function tour(simulator: Simulator): Promise<number> {
	const file = demoFile();
	seed(simulator, file);
	mkdirSync(OUTPUT, { recursive: true });
	const csvFile = path.join(OUTPUT, 'participants.csv');
	writeFileSync(csvFile, file.csv);
	simulator.options.latencyMs = LATENCY_MS;

	print(`${bold(readExample(TOUR).name)}  ${dim(`examples/${TOUR}`)}`);
	print(dim(`  with ${count(ROWS)} rows: ${path.relative(process.cwd(), csvFile)}`));
	print();
	const before = stateOf(simulator);
	const run = await runExample(TOUR, simulator, {
		nodeType: withProgress(loadNodeType(), simulator),
		given: {
			'CSV File': [
				{ json: {}, binary: { data: await storedBinary(file.csv, 'participants.csv') } },
			],
		},
	});
	if (run.error !== undefined) throw run.error;
	const [summary] = run.items('Import CSV');
	print();
	printSummary(summary.json);
	print();
	await printRejects(summary);
	print();
	printState(simulator, before);
	print();
	return check(simulator, run, file).failed;
}

/** Other operations, and two more examples in one line each. */
async function more(simulator: Simulator): Promise<number> {
	const checks = new Checks();
	simulator.options.latencyMs = 0;
	await syncAndUpsert(simulator, (what, actual, expected) => {
		checks.expect(what, actual, expected);
	});
	print(bold('Two more examples'));

	const body = { email: 'new.customer@example.com', segments: ['newsletter', 'vip'] };
	const webhook = await runExample('crm-webhook-add-segment.json', simulator, {
		given: { 'Deal Won': [{ json: { body } }] },
	});
	const answer = webhook.items('Answer OK')[0]?.json;
	checks.expect('answer of the webhook', answer?.responseCode, 200);
	print(`  crm-webhook-add-segment.json  answers ${JSON.stringify(answer?.body)}`);

	const longAgo = Date.now() - 90 * 24 * 60 * 60 * 1000;
	simulator.state.addSegment({ key: 'easter2019', name: 'Easter 2019', dateCreated: longAgo });
	const housekeeping = await runExample('segment-housekeeping.json', simulator);
	const archived = housekeeping.items('Archive').map(({ json }) => json.key);
	checks.expect('archived segments', archived, ['easter2019']);
	print(`  segment-housekeeping.json     archives ${archived.join(', ')}: empty for long`);
	print();
	return checks.failed;
}

async function main(): Promise<void> {
	const startedAt = Date.now();
	const manifest = readFileSync(path.join(ROOT, 'package.json'), 'utf8');
	const { name, version } = JSON.parse(manifest) as { name: string; version: string };
	const simulator = await startSimulator({ record: 'summary' });
	try {
		print();
		print(bold('impact.com Advocate for n8n: demo'));
		print(
			dim(
				`  ${name} ${version}, in n8n's execution engine, against a simulator of the API at ${simulator.url}`,
			),
		);
		print(dim('  Nothing leaves this machine.'));
		print();
		const failed = (await tour(simulator)) + (await more(simulator));
		if (failed === 0)
			print(green(`Everything as expected, in ${seconds(Date.now() - startedAt)}.`));
		else process.exitCode = 1;
		print(`Next: ${yellow('README.md')} says how to install the node in your n8n.`);
		print();
	} finally {
		await simulator.close();
	}
}

main().catch((error: unknown) => {
	clearProgress();
	process.stderr.write(
		`${red('The demo failed.')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
	);
	process.exitCode = 1;
});
