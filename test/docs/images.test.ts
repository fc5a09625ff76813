/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The pictures of the editor: each is shown somewhere, with words for those who can't see it. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readText, ROOT } from './markdown';

const FOLDER = 'docs/images';
const pictures = readdirSync(path.join(ROOT, FOLDER)).sort();

const documents = ['README.md', 'CONTRIBUTING.md']
	.concat(
		readdirSync(path.join(ROOT, 'docs'), { recursive: true })
			.map((name) => path.posix.join('docs', String(name)))
			.filter((name) => name.endsWith('.md')),
	)
	.map((file) => ({ folder: path.posix.dirname(file), text: readText(file) }));

/** Address and alternative text, as Markdown and as HTML have them. */
const shown = documents.flatMap(({ folder, text }) =>
	[
		...[...text.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)].map(([, alt, source]) => ({ alt, source })),
		...[...text.matchAll(/<img src="([^"]+)" alt="([^"]*)"/g)].map(([, source, alt]) => ({
			alt,
			source,
		})),
	].map(({ alt, source }) => ({ alt, file: path.posix.join(folder, source) })),
);

it('each picture is shown', () => {
	const files = shown.map(({ file }) => file);
	expect(pictures.filter((name) => !files.includes(`${FOLDER}/${name}`))).toEqual([]);
});

it('each picture that is shown exists', () => {
	const known = pictures.map((name) => `${FOLDER}/${name}`);
	expect(shown.map(({ file }) => file).filter((file) => !known.includes(file))).toEqual([]);
	expect(shown.length).toBeGreaterThan(10);
});

it.each(shown)('$file is described', ({ alt }) => {
	expect(alt.length).toBeGreaterThan(30);
});
