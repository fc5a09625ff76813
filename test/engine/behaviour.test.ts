/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * No operation without a test of its behaviour. Each one is listed here with the titles of tests that run it: one that
 * looks at what it does to the tenant and at its items, and one in which it fails. That an operation is walked over
 * with all others (`schemas.test.ts`, `agentGuard.test.ts` and the like) does not count.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bulk } from '../../nodes/ImpactAdvocate/actions/bulk';
import { participant } from '../../nodes/ImpactAdvocate/actions/participant';
import { segment } from '../../nodes/ImpactAdvocate/actions/segment';

const RESOURCES = { bulk, participant, segment };

const OPERATIONS = Object.entries(RESOURCES).flatMap(([resource, { operations }]) =>
	Object.keys(operations).map((operation) => `${resource}.${operation}`),
);

interface Behaviour {
	/** What it does when all goes well. */
	works: string;
	/** How it fails. */
	fails: string;
}

/** A table of tests that names each of them. */
const CHANGE: Behaviour = { works: '%s of one participant', fails: '%s, %s, %i absent' };

const BLOCK: Behaviour = {
	works: 'does it, item by item, and says what was so already',
	fails: 'a 403 for want of rights is a failure',
};

const BEHAVIOUR: Record<string, Behaviour> = {
	'bulk.getImportJob': {
		works: 'returns the job that an import started',
		fails: 'says that a job does not exist',
	},
	'bulk.exportCsv': {
		works: 'everybody by default, with one item and one file',
		fails: 'in the middle of a large file: no file at all, and the other items go on',
	},
	'bulk.getImportJobs': {
		works: 'returns as many as asked for, newest first, in pages of 50',
		fails: 'returns nothing when there are none, for each item',
	},
	'bulk.importCsv': {
		works: "the vendor's documented header imports unchanged",
		fails: 'text that is empty is an error that names the field',
	},
	'bulk.importItems': {
		works: 'in batches, with one summary that is paired with all of them',
		fails: 'without an ID',
	},
	'participant.addSegments': CHANGE,
	'participant.block': BLOCK,
	'participant.clearSegments': CHANGE,
	'participant.delete': {
		works: 'deletes who was asked for, item by item, and nobody else',
		fails: 'an address that several have is refused, the other items go on',
	},
	'participant.get': {
		works: 'Simplify gives the fields most flows use',
		fails: 'of nobody (account %j)',
	},
	'participant.getAll': {
		works: 'Return All reads every page, oldest first',
		fails: 'refuses a key that is an operator',
	},
	'participant.removeSegments': CHANGE,
	'participant.setSegments': CHANGE,
	'participant.unblock': BLOCK,
	'participant.updateSegments': CHANGE,
	'participant.upsert': {
		works: 'creates and updates many in one request, each with its own details',
		fails: 'the refusal of the API reaches the person, the others are done',
	},
	'segment.create': {
		works: 'makes a segment with a key from its name',
		fails: 'the refusal of the API reaches the person',
	},
	'segment.get': {
		works: 'several items, the absent one to the error output',
		fails: 'of an absent segment',
	},
	'segment.getAll': {
		works: 'gives active ones, 50 at most, unless told otherwise',
		fails: 'refuses the limit %s',
	},
	'segment.syncMembers': {
		works: 'becomes the segment: only the differences are sent, adds first',
		fails: 'nothing is sent when it %s',
	},
	'segment.update': {
		works: 'renames; the key and the status stay',
		fails: 'does not create a segment that is absent',
	},
};

/** Where each operation has its turn, whatever it does. */
const WALKS = /^(behaviour|agentGuard|schemas|secrets|unknowns|errors|description)\.test\.ts$/;

interface TestFile {
	name: string;
	code: string;
	/** What it imports from its folder, which may run the operation for it. */
	helpers: string;
}

const testFiles = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
	.filter((name) => name.endsWith('.test.ts') && !WALKS.test(path.basename(name)))
	.map((name): TestFile => {
		const file = path.join(__dirname, name);
		const code = readFileSync(file, 'utf8');
		const helpers = [...code.matchAll(/ from '(\.\/\w+)';/g)]
			.map(([, from]) => path.join(path.dirname(file), `${from}.ts`))
			.filter((helper) => existsSync(helper))
			.map((helper) => readFileSync(helper, 'utf8'));
		return { name, code, helpers: helpers.join('') };
	});

/** Whether a test of this title is in the file, and runs: the first argument of `it` or `test`, or of their tables. */
function hasTest({ code }: TestFile, title: string): boolean {
	const quoted = [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`];
	return quoted.some((text) => {
		const at = code.indexOf(text);
		return at > 0 && /(?:\b(?:it|test)|[\])`>])\(\s*$/.test(code.slice(0, at));
	});
}

/** Files in which a test of this title is, and which name this operation as a parameter of the node. */
function filesWith(title: string, operation: string): string[] {
	return testFiles
		.filter((file) => hasTest(file, title))
		.filter(({ code, helpers }) => (code + helpers).includes(`'${operation}'`))
		.map(({ name }) => name);
}

test('every operation is listed, and nothing else is', () => {
	expect(Object.keys(BEHAVIOUR).sort()).toEqual([...OPERATIONS].sort());
});

test.each(Object.entries(BEHAVIOUR))('%s has tests that run it', (name, { works, fails }) => {
	const [, operation] = name.split('.');
	expect(works).not.toBe(fails);
	for (const title of [works, fails]) {
		expect([title, filesWith(title, operation)]).toEqual([
			title,
			expect.arrayContaining([expect.any(String)]),
		]);
	}
});

test('what has no test is found out', () => {
	expect(filesWith('makes a segment with a key from its name', 'merge')).toEqual([]);
	expect(filesWith('merges two segments', 'create')).toEqual([]);
	expect(filesWith('makes a segment with a key from its name', 'create')).toEqual([
		'segmentCreate.test.ts',
	]);
});
