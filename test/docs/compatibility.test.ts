/** What is said about releases of n8n and Node.js is what `npm run compat` saw. */
import { readText, tablesOf } from './markdown';
import { N8N_VERSION } from '../e2e/n8nInstall';

const page = readText('docs', 'compatibility.md');
const readme = readText('README.md');
const { engines } = JSON.parse(readText('package.json')) as { engines: { node: string } };

const [{ head, rows }] = tablesOf(page);
const column = (name: string): string[] => rows.map((row) => row[head.indexOf(name)]);

/** Compares `20.19.0` and the like by their numbers. */
const byNumbers = (a: string, b: string): number =>
	a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' });

const [oldestN8n] = column('n8n').sort(byNumbers);
const [oldestNode] = column('Node.js').sort(byNumbers);

it('all releases passed', () => {
	expect(rows.length).toBeGreaterThanOrEqual(4);
	for (const verdict of column('Engine tests')) {
		expect(verdict).toMatch(/^[1-9]\d+ passed(, \d+ not possible there \(below\))?$/);
	}
});

it('the README asks for the oldest releases that passed', () => {
	expect(readme).toContain(`n8n ${oldestN8n} or later, on Node.js ${oldestNode} or later`);
});

it('package.json asks for the oldest Node.js that passed', () => {
	const [major, minor] = oldestNode.split('.');
	expect(engines.node).toBe(`>=${major}.${minor}`);
});

it('the release of the end-to-end tests passed, and the README names it', () => {
	expect(column('n8n')).toContain(N8N_VERSION);
	expect(readme).toContain(`On ${N8N_VERSION} it is also tested in n8n itself`);
});

describe.each(['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs/verification.md'])(
	'releases named in %s',
	(file) => {
		it('are among those that passed', () => {
			const named = [...readText(file).matchAll(/\bn8n (\d+\.\d+(?:\.\d+)?)/g)];
			const passed = column('n8n');
			for (const [text, release] of named) {
				const isKnown = passed.some(
					(known) => known === release || known.startsWith(`${release}.`),
				);
				expect(isKnown ? 'known' : text).toBe('known');
			}
		});

		it('and so are versions of Node.js', () => {
			const named = [...readText(file).matchAll(/Node(?:\.js)? (\d+(?:\.\d+)*)/g)];
			const passed = column('Node.js');
			for (const [text, version] of named) {
				const isKnown = passed.some((known) => `${known}.`.startsWith(`${version}.`));
				expect(isKnown ? 'known' : text).toBe('known');
			}
		});
	},
);
