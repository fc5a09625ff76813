/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * SECURITY.md promises nothing that no test holds. Every sentence and table row is listed here as it stands there, with
 * the tests that fail when it is no longer true; what is not ours to test says why.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), 'utf8');

/** Titles of tests in one file. */
interface Tests {
	file: string;
	titles: string[];
}

interface Evidence {
	tests: Tests[];
	/** Why there is none, or why they can't hold all of it. */
	outside?: string;
}

const tests = (file: string, ...titles: string[]): Tests => ({ file, titles });
const held = (...by: Tests[]): Evidence => ({ tests: by });
const outside = (reason: string, ...by: Tests[]): Evidence => ({ tests: by, outside: reason });

const contacts = (...titles: string[]) => tests('test/security/contacts.test.ts', ...titles);
const stored = (...titles: string[]) => tests('test/security/stored.test.ts', ...titles);
const upkeep = (...titles: string[]) => tests('test/security/upkeep.test.ts', ...titles);
const secrets = (...titles: string[]) => tests('test/engine/secrets.test.ts', ...titles);
const credentialPath = (...titles: string[]) =>
	tests('test/engine/credentialPath.test.ts', ...titles);
const otherRows = (...titles: string[]) => tests('test/engine/otherRows.test.ts', ...titles);
const workflows = (...titles: string[]) => tests('test/package/workflows.test.ts', ...titles);
const signature = (...titles: string[]) =>
	tests('test/unit/triggers/webhookSignature.test.ts', ...titles);
const agents = (...titles: string[]) => tests('test/engine/agentGuard.test.ts', ...titles);
const subscription = (...titles: string[]) =>
	tests('test/engine/triggers/webhookSubscription.test.ts', ...titles);
const events = (...titles: string[]) =>
	tests('test/engine/triggers/webhookEvents.test.ts', ...titles);

const N8N = 'this is what n8n does';
const PEOPLE = 'this is what people do';
const VENDOR = "this is what Advocate's documentation says";
const NPM = 'this is what npm does';

const CLAIMS: Record<string, Evidence> = {};

/** A part of SECURITY.md, by its heading. */
const section = (claims: Record<string, Evidence>): void => void Object.assign(CLAIMS, claims);

// The head
section({
	"Every sentence here has a test behind it, or a reason why it can't have one: `test/security/claims.test.ts`.":
		held(tests('test/security/claims.test.ts', 'every claim is listed, and nothing else is')),
});

// Report a vulnerability
section({
	'Please do not open a public issue.': outside(PEOPLE),
	'Use **Security > Report a vulnerability** on the GitHub page of this repository: the report is private until there is a fix.':
		outside('this is a setting of the repository'),
	'You get an answer within three working days.': outside(PEOPLE),
	'Fixes are published as a new version of the latest minor; older ones are not maintained.':
		outside(PEOPLE),
});

// What leaves your machine
section({
	'the Base URL of the credential, over https (http only to this machine) | the credential; IDs, segment keys and the fields the parameters name | when an operation runs, a list is opened, a trigger looks something up, or the credential is tested':
		held(
			contacts(
				'by %s, %s',
				'by the lists of the editor and the test of the credential',
				'by the segment trigger: %s',
			),
			credentialPath('%s is refused before anything is sent', 'plain http works on this machine'),
			tests(
				'test/engine/import/columns.test.ts',
				'with Participant Details on Never only segments are sent',
			),
		),
	"the Base URL | the IDs in the rows of an import job, their details when *Participant Details* is *Always*, and the job's name: `n8n import of`, the name of the file, and a mark | when *Import CSV* or *Import Items* uses an import job":
		held(
			contacts(
				'sends the IDs of the rows, and details only when they are to be updated',
				'is named after the file, with a mark',
			),
		),
	'the Base URL | the name of an export job: `n8n Export CSV`, the time, and letters by chance; the ID of a program | when *Export CSV* uses an export job':
		held(tests('test/engine/export/exportJob.test.ts', 'of everybody, with all columns')),
	'the Base URL | the address of the webhook that n8n made for the trigger, the event types, and the name of the workflow as the name of the subscription | when a workflow with the *impact.com Advocate Trigger* is published, or the editor listens for a test event; it is taken back when the workflow is unpublished':
		held(
			contacts('tells Advocate its address, the event types and the name of the workflow, no more'),
			subscription(
				'is removed at deactivation, by its URL',
				'has another URL while the editor listens for a test event',
			),
		),
	'`/.well-known/jwks.json` on the server of the Base URL | nothing but the request, without the credential | when a webhook call names a signature key that is not known: once a minute at most, and every ten seconds at most while the server gives no keys; known keys are asked for again after a day':
		held(
			contacts(
				'asks for the published keys without the credential, once for known keys',
				'asks for no keys where the tenant API key is the signature',
			),
			signature(
				'asks once, without the credential and at the base host only',
				'asks again once for an unknown key, and not at will',
				'does not turn a flood of forged calls into a flood of requests while the host is away',
				'no longer trusts a key that is not published any more, a day later at the latest',
			),
		),
	"links that the API gives for the files of import and export jobs | nothing but the link; the credential only when the link is on the Base URL's own server, and not where that redirects to | after an import job or export job":
		held(
			credentialPath('a file of an import job elsewhere is fetched without it'),
			tests('test/security/exportLinks.test.ts', 'the storage gets no credential'),
		),
	'Nothing else: no telemetry, no update check.': held(
		contacts(
			'by %s, %s',
			'sends in one place, by the helpers of n8n',
			'names no server but the default of the Base URL, and pages for people',
		),
	),
	'Redirects are not followed with the credential.': held(
		credentialPath(
			'a redirect with %i is not followed',
			'nor by the lists of the editor and the Test button',
		),
	),
	'Other nodes, such as *HTTP Request*, may use the credential for its own server only: it follows no redirect there either, ignores their *Ignore SSL Issues* (the credential has its own), takes of their TLS options only a client certificate, and refuses a proxy that they name.':
		held(
			credentialPath('nor does it follow a redirect out of another node: %s'),
			tests(
				'test/security/credential.test.ts',
				'refuses %s',
				'follows no redirect with %i',
				'is refused whatever a node says about it: %s',
				'takes from TLS options no %s',
				'accepts a client certificate of the node',
				'refuses a proxy that a node names: %s',
			),
		),
	"Requests go through n8n's own helper, so the proxy settings of the whole n8n and its protection against requests to internal addresses apply.":
		outside(N8N, contacts('sends in one place, by the helpers of n8n')),
});

// What strangers, files and links may do
const attacks = (name: string, ...titles: string[]) =>
	tests(`test/security/${name}.test.ts`, ...titles);
section({
	'Links to result files are opened over https only (http on this machine), and not when they name an address inside your network or `localhost`, unless the Base URL is one itself.':
		held(
			attacks(
				'links',
				'no spelling of an internal IPv4 address is opened',
				'https://%s is not opened',
				'%s is not opened',
				'with the Base URL %s, %s is opened: %s',
				'opens no link such as %s, and says so',
			),
		),
	"*Ignore SSL Issues* holds for the Base URL's server only.": held(
		attacks('links', "does not extend 'Ignore SSL Issues' to another host"),
	),
	'A secret of fewer than 8 characters is hidden where it stands as a word of its own, one of fewer than 4 only together with the other half of the credential.':
		held(attacks('hidden', '%s in %s', '%s is left in %s', 'are hidden as a pair, however short')),
	'n8n shows descriptions and hints as HTML.': outside(N8N),
	"What comes from outside, the API's words or the cells of a file, is shown as text there.": held(
		attacks(
			'html',
			'are escaped in the description, and only there',
			'escapes header cells in the description',
			"escapes the API's words in the hint, not in items and files",
			'there is one way to a description, and one to a hint',
		),
	),
	'An answer is read up to 16 MB, a result file up to 200 MB, after decompression.': held(
		attacks(
			'answers',
			'cuts a bomb off at the cap: %s',
			'has a cap for every request: a small one for JSON, a large one for files',
		),
	),
	'A CSV file does no more than the node says: its actions count only with the action *As the File Says*, its segments only where none are chosen in the node (or its column is named there), and *Create Missing Segments* creates at most *Max New Segments*.':
		held(
			tests('test/security/voices.test.ts', '%s', 'Clear is about all segments'),
			attacks(
				'newSegments',
				'may create ten, those there are already do not count, and a dry run lists them',
				'%s: ten are created',
			),
		),
	'Anything else is refused before the first change.': held(
		attacks(
			'voices',
			'in the last of many rows, in one before the start, and in a row that is invalid anyway',
		),
		attacks('newSegments', 'that names 11 of them in its last rows creates none'),
	),
	'What a spreadsheet would run as a formula has an apostrophe in front in the rejects file and the undo file, also for a spreadsheet that splits at another delimiter; importing takes it away again.':
		held(
			attacks(
				'formulas',
				'comes back as it was, whatever it is, protected or not',
				'hold nothing that runs, at whichever delimiter they are split, and lose nothing',
				'protects the undo file without being told, and takes everything back from it',
				'protects the rejects file without being told, and imports from it what was in the file',
			),
		),
});

// What is stored, and for how long
section({
	'n8n keeps what nodes note for themselves (*static data*) with the workflow, and copies it into the executions that it saves.':
		outside(N8N),
	'The nodes of this package note:': held(stored('note nothing unless they are asked to: %s, %s')),
	'**impact.com Advocate Segment Trigger**, who was in the watched segments at the last look.':
		held(
			stored('stands the key beside the hashes, by which a known ID can be recognized'),
			tests('test/unit/triggers/memberState.test.ts', 'holds no one who is in no watched segment'),
		),
	'For *Participant Entered Segment* that is a hash of 8 characters for each member, made with a key that no other workflow has.':
		held(
			stored(
				'keeps a hash of 8 characters for each member when only those who enter are wanted',
				'makes the hashes with a key of the workflow, which stays',
			),
			tests(
				'test/unit/triggers/memberState.test.ts',
				'is another hash under every key, so that no table of hashes tells who it is',
			),
		),
	"The key stands beside the hashes: whoever reads the data can't list the members, but can find out whether somebody they know is one.":
		held(stored('stands the key beside the hashes, by which a known ID can be recognized')),
	'For the other events it is the ID of each member in plain text, often an e-mail address, since the event has to name who left.':
		held(stored('keeps the IDs in plain text for the event %s')),
	'Whoever has left is gone from it with the look that finds so; n8n saves a look when it starts a run, and when the workflow is published.':
		outside(
			N8N,
			stored('lets go of whoever has left: %s', 'lets go of the hash of whoever has left'),
		),
	'After a change to *Participant Entered Segment*, or to another tenant, the IDs are there until the next look replaces them.':
		held(
			stored(
				'replaces the IDs by hashes with the first look for those who enter',
				'replaces the IDs of one tenant with the first look at another',
				'keeps what it noted while a look fails',
			),
		),
	'n8n does not tell a polling trigger that its workflow was unpublished, so what it noted stays until the workflow is deleted.':
		outside(N8N, stored('has nothing that n8n could call at deactivation')),
	'To be rid of the IDs earlier, choose *Participant Entered Segment* and activate the workflow once more.':
		held(stored('replaces the IDs by hashes with the first look for those who enter')),
	'**impact.com Advocate Trigger**, hashes of the IDs of the last 500 events, to know them again, and of the last 50 test events that came without a time, with the moment of the first; nothing of their content.':
		held(
			stored('keeps a hash of each event ID, and nothing of its content or of the keys'),
			events(
				'are remembered in bounded room',
				'that come twice start the workflow once, also after a restart',
			),
			tests('test/security/webhook.test.ts', 'is remembered in bounded room'),
		),
	'The addresses of its own that it has subscribed stand beside them until they are removed.': held(
		stored('keeps a hash of each event ID, and nothing of its content or of the keys'),
		tests(
			'test/engine/triggers/movedUrl.test.ts',
			'unpublishing removes the subscription of the old address',
		),
	),
	'Public keys are kept in memory only.': held(
		stored('keeps a hash of each event ID, and nothing of its content or of the keys'),
	),
	'**Import CSV** and **Import Items**, with *Resume Interrupted Import* only: for an import that ended early, a hash of the file or items and of the settings, the row to go on with, the time and the number of the execution.':
		held(
			stored(
				'that is to be resumed keeps a hash of file and settings, and the row',
				'keeps nothing without Resume Interrupted Import',
			),
			tests(
				'test/engine/import/items.test.ts',
				'Resume goes on by itself, for the same items only',
			),
		),
	'It counts for three days.': held(
		tests('test/unit/import/checkpoint.test.ts', 'what the host gives back counts or not: %s'),
	),
	'It is removed when the import is complete, and when the import of another execution ends early.':
		held(
			stored('keeps nothing when it is complete'),
			tests(
				'test/unit/import/checkpoint.test.ts',
				'is kept with others of the same run, and takes the place of those of other runs',
			),
		),
	'**Sync Members**, with *Runs Before Removal*, *Remove Own Additions Only* or *Deviation Guard* only: hashes of 8 characters of who is missing and of whom it has added, made with a salt that stands beside them, and how long the lists of the last 7 days were.':
		held(
			tests(
				'test/engine/sync/people.test.ts',
				'with Runs Before Removal, somebody goes after so many runs in a row',
				'29: with Remove Own Additions Only, all others stay',
			),
			tests('test/unit/sync/limits.test.ts', 'hashes with a salt of its own'),
		),
	'What an option has noted goes with the first run without it.': held(
		tests(
			'test/engine/sync/people.test.ts',
			'what an option has remembered is gone once it was off for a run',
		),
	),
	'All other operations note nothing.': held(
		stored('note nothing unless they are asked to: %s, %s'),
	),
	'The rejects file, the undo file and the files of joiners and leavers are files of the execution, and go with it.':
		outside(N8N, secrets('the files of an import with rejects, undo file included')),
	'Advocate keeps an import job, an export job and their files for 30 days.': outside(VENDOR),
});

// What stays secret
section({
	'The credential is never part of an item, error, hint, log line or file.': held(
		secrets(
			'refused credential: %s',
			'wrong alias: %s',
			'%s, whatever the operation',
			'no answer in time',
			'secrets put into the Base URL',
			'the files of an import with rejects, undo file included',
			'the lists of the editor',
			'the Test button of the credential',
			'that n8n activates: %s',
			'that polls: %s',
			'that gets a forged event',
		),
	),
	'`test/engine/secrets.test.ts` lets every kind of operation fail in every way we know and searches all of these, hidden properties and causes included, for each secret in plain text, URL-encoded, hexadecimal and Base64.':
		held(secrets('the search finds a secret wherever it hides')),
	"An error holds the API's own text.": held(
		tests('test/engine/errors.test.ts', '%j stays as it is'),
	),
	'Should the API, or a proxy before it, repeat a secret of the credential in its answer, `[hidden]` is shown in its place, however it is written: escaped, URL-encoded, in Base64, with invisible characters.':
		held(secrets('an answer that repeats the credential as %s')),
	"Messages about one row or item name nobody else's e-mail address.": held(
		otherRows(
			'an import in which the API refuses %s',
			'items that fail in one batch',
			'two participants with one address are not named',
		),
	),
	'The rejects file holds the rows of your own file.': held(
		tests(
			'test/unit/import/report.test.ts',
			'counts every row once; the rejects file has those that failed or were not sent',
		),
	),
	'Keep it as safe as the file itself.': outside(PEOPLE),
});

// What AI agents may do
section({
	'What can do much harm at once is closed to an agent until the owner of the workflow allows it in the tool, by a switch that takes no expression.':
		held(
			agents(
				'every operation decides what an agent may do, and says so here',
				'%s has the switch when there is something to allow',
				'changes nothing when the switch %s',
				'does as asked when the switch is on',
			),
		),
	'An agent that names somebody who does not exist creates nobody, unless the owner chose so.':
		held(agents('is a failure of %s by default', 'is what the owner chose in %s')),
});

// What the package is made of
section({
	'**No runtime dependencies**, so there is no list of them (SBOM) to publish: what runs is the code of this repository and one bundled library, Papa Parse (MIT), whose version stands in `package-lock.json` and whose notice is in the built file.':
		held(
			tests(
				'test/package/tarball.test.ts',
				'depends on nothing',
				'nothing but n8n-workflow can be required',
				'the licence notice of the bundled CSV parser is in it',
			),
			upkeep('the lock file has the version of the bundled library'),
		),
	'No install scripts.': held(upkeep('nothing runs at install, of this package or of a tool')),
	'`.npmrc` keeps those of development tools from running, too.': held(
		upkeep('nothing runs at install, of this package or of a tool'),
	),
	'Every version on npm has a provenance statement: it names the commit and the workflow run that built it.':
		outside(
			NPM,
			workflows("runs nobody else's code in that job: no checkout, no package, no test"),
		),
	'`npm audit signatures` checks it.': outside(NPM),
	'Only commits of `main` are published.': held(
		workflows(
			'may be the last one of main, or an earlier one',
			'may not be of another branch, nor ahead of main',
			'knows the history of main before it asks whether the commit is on it',
		),
	),
	'The job that may publish runs no code of others: it checks the tarball that another job built and tested, and hands it to npm.':
		held(
			workflows(
				"runs nobody else's code in that job: no checkout, no package, no test",
				'publishes what the tests of the same job have looked at',
				'passes when it is the one that was built, in the version of the tag',
				'does not pass when it %s',
			),
		),
	'Actions of the workflows are pinned by commit.': held(
		workflows('pins every action by commit, with its version beside it'),
	),
});

// Known vulnerabilities
section({
	'In what users install: `npm audit --omit=dev --omit=peer` has nothing to look at, and CI fails should that change.':
		held(
			tests('test/package/tarball.test.ts', 'depends on nothing'),
			upkeep('fails on a vulnerability in what users install'),
		),
	'In development tools: CI runs `npm audit` on every change and every week, and puts the result on the page of its run (`.github/workflows/ci.yml`, job *Known vulnerabilities*).':
		held(
			upkeep('runs on every change and every week, and so does CodeQL, on code and workflows'),
			workflows('the audit of tools shows what npm says, with its status %i'),
		),
	'A finding there stops no change: those tools run on the machines of developers and of CI only.':
		held(
			upkeep('goes on after one in a tool'),
			tests('test/package/tarball.test.ts', 'only the compiled package and its papers'),
		),
	'Dependabot proposes updates each week, of releases that are at least a week old.': held(
		upkeep('Dependabot proposes every week what is at least a week old'),
	),
	'CodeQL looks at the code and at the workflows on every change and every week.': held(
		upkeep('runs on every change and every week, and so does CodeQL, on code and workflows'),
	),
});

/** Sentences and table rows of a document, in order. */
function claimsOf(markdown: string): string[] {
	return markdown.split('\n').flatMap((line, index, lines) => {
		if (line.trim() === '' || line.startsWith('#')) return [];
		if (line.startsWith('|')) {
			// The head of a table and the line below it say nothing.
			const isHead = /^\|[ |:-]+\|$/.test(lines[index + 1] ?? '');
			if (isHead || /^\|[ |:-]+\|$/.test(line)) return [];
			return [line.replace(/^\| *| *\|$/g, '').replace(/ *\| */g, ' | ')];
		}
		return line.replace(/^- /, '').split(/(?<=[.:!?])\s+(?=[A-Z*`]|n8n\b)(?<=[.!?]\s+)/);
	});
}

test('sentences and rows are found', () => {
	const text = '# Title\n\nOne. n8n two: Three (2.20 and so on). `Four`.\n\n- **Five** six.\n';
	const table = '\n| A | B |\n| --- | --- |\n| a | b. C |\n';
	expect(claimsOf(text + table)).toEqual([
		...['One.', 'n8n two: Three (2.20 and so on).', '`Four`.', '**Five** six.'],
		'a | b. C',
	]);
});

test('every claim is listed, and nothing else is', () => {
	expect(claimsOf(read('SECURITY.md')).sort()).toEqual(Object.keys(CLAIMS).sort());
});

/** The titles of the tests in a file that run. */
function titlesIn(file: string): Set<string> {
	const code = read(file);
	expect(code).not.toMatch(
		/^\s*(?:(?:it|test|describe)\.(?:skip|todo|failing|only)|x(?:it|test|describe)\()/m,
	);
	// As the first argument of a test, which may follow the rows of a table or stand on a line of its own.
	const first = /(?:\b(?:it|test)|[\])`>])\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*,/g;
	return new Set(
		[...code.matchAll(first)].map(([, single, double]) =>
			(single ?? double).replace(/\\(.)/g, '$1'),
		),
	);
}

test.each(Object.entries(CLAIMS))('%s', (_, evidence) => {
	expect(evidence.tests.length > 0 || evidence.outside !== undefined).toBe(true);
	for (const { file, titles } of evidence.tests) {
		expect(existsSync(path.join(root, file))).toBe(true);
		expect(titles.length).toBeGreaterThan(0);
		expect([...titlesIn(file)]).toEqual(expect.arrayContaining(titles));
	}
});
