/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run in plain Node.js */
/** Parameters are read by the readers in nodes/shared/n8n, never by hand: an expression may give anything. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './helpers';

/** These floors are given plain values, and know no parameters. */
const WITHOUT_PARAMETERS = /\/(import|writes|advocate|segments)\//;

const files = ['nodes', 'credentials']
	.flatMap((folder) =>
		readdirSync(path.join(ROOT, folder), { recursive: true }).map((file) =>
			path.posix.join(folder, String(file)),
		),
	)
	.filter((file) => file.endsWith('.ts') && !WITHOUT_PARAMETERS.test(file));

/** The lines of a file that fit, without blanks around them, comments left out. */
const linesLike = (pattern: RegExp): string[] =>
	files.flatMap((file) =>
		readFileSync(path.join(ROOT, file), 'utf8')
			.split('\n')
			.map((line) => line.trim())
			.filter((line) => !/^(\*|\/\/|\/\*)/.test(line) && pattern.test(line))
			.map((line) => `${path.posix.basename(file)}: ${line}`),
	);

/** Comparisons with true or false of what is no parameter, or is read as it stands for a reason. */
const NO_PARAMETERS = [
	// The owner's consent takes no expression.
	/^agentGuard\.ts: .*parameters\[PARAMETER\] === true/,
	/^agentGuard\.ts: .*isToolExecution\?\.\(\) === true/,
	// A setting of every node, which n8n keeps.
	/^failedItem\.ts: .*retryOnFail === true/,
	/^port\.ts: .*request\.authenticate === false/,
	/^signature\.ts: .*b64 [!=]==/,
	/^comparison\.ts: .*state\?\.all === true/,
	/^guardRequest\.ts: .*proxy !== false/,
];

test('no switch is compared with true or false', () => {
	const found = linesLike(/[!=]== (true|false)\b/);
	expect(found.filter((line) => !NO_PARAMETERS.some((known) => known.test(line)))).toEqual([]);
	expect(found.length).toBeGreaterThan(3);
});

test('no option is taken by its name', () => {
	// `options.delimiter`, `options['delimiter']`: to be read with switchOption, choiceOption, textOption and the like.
	const found = linesLike(/\boptions(\.[a-z]\w*(?!\w*\()|\[')/i).filter((line) =>
		/^(settings|.*\.operations?|changeSegments|parameters|participantParameter|source)\.ts:/.test(
			line,
		),
	);
	expect(found).toEqual([
		// A list; what an expression gives for it goes through the reader as it is.
		expect.stringMatching(/^settings\.ts: \? asSegmentFilter\(options\.segments, /),
	]);
});

test('every value of a parameter goes to a reader as it came', () => {
	// `as unknown`, or at once into a reader: any other type would be believed.
	const typed = linesLike(/getNodeParameter\(.*\)(?! as unknown)/).filter(
		(line) => !/ as unknown|unknown = /.test(line),
	);
	expect(typed.length).toBeGreaterThan(3);
	for (const line of typed) {
		expect(line).toMatch(
			/textSource\(|'resource'|'operation'|'options', \{\}|'updateFields'|readEvents\(/,
		);
	}
});

test('no value is made text by force', () => {
	const found = linesLike(/String\([^)]*(getNodeParameter|options[.[])/);
	// Options of a request, not of a node.
	expect(found.filter((line) => !line.startsWith('guardRequest.ts: '))).toEqual([]);
});
