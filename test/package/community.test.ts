/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run in plain Node.js */
/** What people meet on GitHub: issue forms that GitHub accepts and that ask for what an answer needs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { readPackageJson, ROOT } from './helpers';

interface Field {
	type: string;
	id?: string;
	attributes: { label?: string; value?: string; options?: string[] };
	validations?: { required?: boolean };
}

interface Form {
	name: string;
	description: string;
	body: Field[];
}

const FOLDER = path.join(ROOT, '.github', 'ISSUE_TEMPLATE');
const read = (file: string): unknown => parse(readFileSync(path.join(FOLDER, file), 'utf8'));
const forms = readdirSync(FOLDER).filter((file) => file !== 'config.yml');

it('asks for a bug, a question or an idea', () => {
	expect(forms.sort()).toEqual(['bug.yml', 'feature.yml', 'question.yml']);
});

describe.each(forms)('%s', (file) => {
	const form = read(file) as Form;
	const inputs = form.body.filter(({ type }) => type !== 'markdown');

	it('has a name, a description and fields of the types that GitHub knows', () => {
		expect(form.name).toMatch(/\S/);
		expect(form.description).toMatch(/\.$/);
		for (const { type } of form.body) {
			expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).toContain(type);
		}
	});

	it('gives every field an ID and a label of its own, and requires at least one', () => {
		const ids = inputs.map(({ id }) => id);
		expect(ids.every((id) => /^[a-z0-9-]+$/.test(id ?? ''))).toBe(true);
		expect(new Set(ids).size).toBe(ids.length);
		expect(new Set(inputs.map(({ attributes }) => attributes.label)).size).toBe(inputs.length);
		expect(inputs.some(({ validations }) => validations?.required)).toBe(true);
	});
});

it('asks with a bug for both versions, the hosting, the summary and its diagnostics', () => {
	const { body } = read('bug.yml') as Form;
	expect(body.map(({ id }) => id)).toEqual(
		expect.arrayContaining(['package', 'n8n', 'hosting', 'summary', 'steps']),
	);
	expect(JSON.stringify(body)).toContain('details.diagnostics');
	expect(JSON.stringify(body)).toMatch(/take out names, e-mail addresses, IDs and keys/);
});

it('sends security problems to a private report in this repository', () => {
	const { contact_links: links } = read('config.yml') as { contact_links: Array<{ url: string }> };
	const { homepage } = readPackageJson(ROOT) as unknown as { homepage: string };
	expect(links.map(({ url }) => url)).toContain(`${homepage}/security/advisories/new`);
});

it('has a form for pull requests and a code of conduct', () => {
	for (const file of ['PULL_REQUEST_TEMPLATE.md', 'CODE_OF_CONDUCT.md']) {
		expect(existsSync(path.join(ROOT, '.github', file))).toBe(true);
	}
});
