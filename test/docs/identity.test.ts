/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/**
 * Author and repository are set in package.json. These tests name the other places that must follow when they change.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { loadCredentialType } from '../engine/harness';
import { readText, ROOT } from './markdown';

interface Manifest {
	name: string;
	author: { name: string };
	homepage: string;
	repository: { url: string };
	bugs: { url: string };
}

const manifest = JSON.parse(readText('package.json')) as Manifest;

describe(`homepage ${manifest.homepage}`, () => {
	it('is the repository (package.json)', () => {
		expect(manifest.repository.url).toBe(`git+${manifest.homepage}.git`);
		expect(manifest.bugs.url).toBe(`${manifest.homepage}/issues`);
	});

	it('is where the credential is documented (credentials/)', () => {
		expect(String(loadCredentialType().documentationUrl)).toBe(`${manifest.homepage}#credential`);
	});

	const codexFiles = readdirSync(path.join(ROOT, 'nodes'), { recursive: true })
		.map(String)
		.filter((file) => file.endsWith('.node.json'));

	it.each(codexFiles)('is where the node is documented (nodes/%s)', (file) => {
		const codex = JSON.parse(readText('nodes', file)) as {
			resources: Record<string, Array<{ url: string }>>;
		};
		for (const { url } of Object.values(codex.resources).flat()) {
			expect(url.split('#')[0]).toBe(manifest.homepage);
		}
	});
});

it('the licence names the author', () => {
	expect(readText('LICENSE')).toContain(manifest.author.name);
});
