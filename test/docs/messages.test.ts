/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The words of messages and of the editor. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { readText, ROOT } from './markdown';

const files = ['nodes', 'credentials'].flatMap((folder) =>
	readdirSync(path.join(ROOT, folder), { recursive: true })
		.map((name) => path.posix.join(folder, String(name)))
		.filter((name) => name.endsWith('.ts')),
);

/** Texts of a source file that a person may read: sentences, not names or code. */
function sentencesIn(file: string): string[] {
	const source = ts.createSourceFile(file, readText(file), ts.ScriptTarget.Latest, true);
	const found: string[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isStringLiteralLike(node)) found.push(node.text);
		else if (ts.isTemplateExpression(node)) {
			const parts = node.templateSpans.map(({ literal }) => literal.text);
			found.push([node.head.text, ...parts].join('…'));
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	// GraphQL has blanks too, and braces.
	return found.filter((text) => /[a-z…'] [a-z…']/.test(text) && !/ \{ /.test(text));
}

const sentences = files.flatMap((file) => sentencesIn(file).map((text) => ({ file, text })));

it('are many', () => expect(sentences.length).toBeGreaterThan(300));

it("do without the words that n8n's guidelines avoid", () => {
	// Names of other things: a column of Advocate's file, n8n's setting, its error output and its error workflow.
	const allowed = /errors file|'On Error'|error output|error text|import's errors/gi;
	const found = sentences.filter(({ text }) =>
		/\b(errors?|problems?|failures?|mistakes?|please|sorry|oops)\b/i.test(
			text.replace(allowed, ''),
		),
	);
	expect(found).toEqual([]);
});

it("say can't, and participant where the API says user", () => {
	const found = sentences.filter(({ text }) =>
		/\b(can ?not|won't be able)\b|\busers?\b/i.test(text.replace('user name', '')),
	);
	expect(found).toEqual([]);
});
