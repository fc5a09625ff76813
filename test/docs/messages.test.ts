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

it('do without words that only apologise', () => {
	const found = sentences.filter(({ text }) => /\b(please|sorry|oops|mistakes?)\b/i.test(text));
	expect(found).toEqual([]);
});

it('say what a native speaker would', () => {
	// "Most seconds to wait", "found by itself", "applied all the same", "is no list".
	const odd =
		/^Most |\bby itself\b|\ball the same\b|\b(is|are) no (?!longer\b|such\b|value\b|segment\b)/;
	expect(sentences.filter(({ text }) => odd.test(text))).toEqual([]);
});

it("say can't, and participant where the API says user", () => {
	const found = sentences.filter(({ text }) =>
		/\b(can ?not|won't be able)\b|\busers?\b/i.test(text.replace('user name', '')),
	);
	expect(found).toEqual([]);
});

describe('troubleshooting', () => {
	const page = readText('docs', 'how-to', 'troubleshooting.md');
	/** Messages in the first column of its tables. */
	const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message]) => message);

	/** The text of an expression, with what differs as `…`; several where it depends. */
	function textsOf(node: ts.Expression): string[] {
		if (ts.isStringLiteralLike(node)) return [node.text];
		if (ts.isTemplateExpression(node)) {
			const parts = node.templateSpans.map(({ literal }) => literal.text);
			return [[node.head.text, ...parts].join('…')];
		}
		if (ts.isConditionalExpression(node)) {
			return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
		}
		return [];
	}

	/** First arguments of `new SomethingError(...)`: what people see in red. */
	function messagesIn(file: string): string[] {
		const source = ts.createSourceFile(file, readText(file), ts.ScriptTarget.Latest, true);
		const found: string[] = [];
		const visit = (node: ts.Node): void => {
			if (ts.isNewExpression(node) && /Error$/.test(node.expression.getText())) {
				const [first] = node.arguments ?? [];
				if (first !== undefined) found.push(...textsOf(first));
			}
			ts.forEachChild(node, visit);
		};
		visit(source);
		return found;
	}

	/** Told in other words, or put together so that the parts are no message of their own. */
	const ELSEWHERE = new Set([
		// Below the API client: errors.ts words what people see.
		'The execution was cancelled',
		'No answer within … ms',
		'Connection lost',
		'More than … bytes',
		// The log of the trigger, and the reason behind "can't be read".
		'… did not return a key set (status …)',
		"The column '…' is missing",
		// A field with a value it does not take: described below the table.
		"'…' is …",
		"'…' is …, …",
		"'…': …",
		"'Segment Names or IDs': …",
		"'…' is empty",
		// What is wrong with an ID: the texts of participantId.ts, which the page has one by one.
		"'…' …",
		// Texts that nobody means: those of leftovers.ts, one by one as well.
		"'…' is '…', …",
		// The page has the texts that these become.
		'The API answered with status … and …',
		'The API sent … (status …)',
		'… … both added and removed',
		'Row …: …',
		// Inside a test of the n8n version.
		'cause',
	]);

	/** Pieces between what differs, without the name in brackets of a network code. */
	const isListed = (message: string): boolean =>
		listed.some((entry) => {
			const pieces = entry
				.replace(/\([A-Z_]+\)/, '(…)')
				.split('…')
				.map((piece) => piece.trim())
				.filter((piece) => piece.length > 4);
			return pieces.length > 0 && pieces.every((piece) => message.includes(piece));
		});

	it('has every message of the nodes and of the credential', () => {
		const messages = files.flatMap(messagesIn);
		expect(messages.length).toBeGreaterThan(80);
		const missing = messages.filter((message) => !ELSEWHERE.has(message) && !isListed(message));
		expect([...new Set(missing)]).toEqual([]);
		expect([...ELSEWHERE].filter((message) => !messages.includes(message))).toEqual([]);
	});
});
