/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a tool for developers, run in plain Node.js */
/** `npm run probe`: asks a test tenant what the documentation leaves open. See `--help`. */
import { writeFileSync } from 'node:fs';
import { runProbe } from './run';
import type { ProbeResult, Row } from './run';
import { readSettings, redact, USAGE } from './settings';
import type { ProbeSettings } from './settings';

const WIDTH = 100;
const MARGIN = '          ';

/** Ctrl-C, an order to end, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C may arrive twice: from the terminal, and from a program between it and this one. */
const SAME_KEY_MS = 1000;

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Text in lines of at most `WIDTH` characters. */
function wrapped(label: string, text: string): string {
	const lines: string[] = [];
	let line = label;
	for (const word of text.split(' ')) {
		if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
			lines.push(line);
			line = MARGIN;
		}
		line += line.endsWith(' ') ? word : ` ${word}`;
	}
	return [...lines, line].join('\n');
}

function printRow({ question, text, answer, evidence }: Row): void {
	print(wrapped(question.padEnd(MARGIN.length), text));
	print(wrapped('  answer  ', answer));
	print(wrapped('  seen    ', evidence));
	print('');
}

function finish(result: ProbeResult, settings: ProbeSettings): number {
	const { left, stopped, profile, requests, prefix } = result;
	print(`${requests} requests. Everything made was named ${prefix}...`);
	if (left.length === 0) {
		print('Participants and jobs are deleted, segments archived.');
	} else {
		print('Could not be taken away:');
		for (const text of left) print(`  ${text}`);
	}
	if (stopped) {
		print('Stopped before the end.');
		return 130;
	}
	if (settings.profile !== undefined) {
		writeFileSync(settings.profile, `${JSON.stringify(profile, null, '\t')}\n`);
		print(`The answers are in ${settings.profile}.`);
	}
	const unanswered = result.rows.filter(({ answer }) => answer === 'Not answered').length;
	if (unanswered > 0) print(`${unanswered} of ${result.rows.length} could not be answered.`);
	return left.length > 0 ? 1 : 0;
}

async function main(): Promise<number> {
	const settings = readSettings(process.argv.slice(2), process.env);
	if (settings === undefined) {
		print(USAGE);
		return 0;
	}
	const stop = new AbortController();
	let stoppedAt = 0;
	const onSignal = () => {
		if (!stop.signal.aborted) {
			print('\nStopping: cleaning up first (once more to leave at once).');
			stoppedAt = Date.now();
			stop.abort();
		} else if (Date.now() - stoppedAt > SAME_KEY_MS) {
			process.exit(130);
		}
	};
	for (const signal of SIGNALS) process.on(signal, onSignal);
	try {
		print(`Probing ${settings.apiUrl}\n`);
		return finish(await runProbe(settings, stop.signal, printRow), settings);
	} catch (caught) {
		const message = caught instanceof Error ? caught.message : String(caught);
		process.stderr.write(`${redact(message, settings.secrets)}\n`);
		return 1;
	} finally {
		for (const signal of SIGNALS) process.off(signal, onSignal);
	}
}

main()
	.then((code) => {
		process.exitCode = code;
	})
	.catch((caught: unknown) => {
		const message = caught instanceof Error ? caught.message : String(caught);
		process.stderr.write(`${message}\n\n${USAGE}`);
		process.exitCode = 1;
	});
