/** Where the nodes and notes of an example lie on n8n's canvas, and the text under which it is submitted to n8n.io. */
import type { INode } from 'n8n-workflow';
import type { WorkflowInput } from '../engine/harness';

export const STICKY = 'n8n-nodes-base.stickyNote';

interface Box {
	name: string;
	x: number;
	y: number;
	width: number;
	height: number;
}

/** As n8n 2.41 draws them (measured in its editor): a node, and below it its name and what it does, centred. */
const NODE = 96;
const LABEL_WIDTH = 192;
const LABEL_HEIGHT = 67;

const isNote = ({ type }: INode): boolean => type === STICKY;

export const notesOf = ({ nodes }: WorkflowInput): INode[] => nodes.filter(isNote);

export const workersOf = ({ nodes }: WorkflowInput): INode[] =>
	nodes.filter((node) => !isNote(node));

/** What a node or note takes up, its label included. */
function boxOf(node: INode): Box {
	const [x, y] = node.position;
	const { name, parameters } = node;
	if (isNote(node)) {
		return { name, x, y, width: Number(parameters.width), height: Number(parameters.height) };
	}
	const margin = (LABEL_WIDTH - NODE) / 2;
	return { name, x: x - margin, y, width: LABEL_WIDTH, height: NODE + LABEL_HEIGHT };
}

/** Pairs of nodes and notes that lie on each other. */
export function overlaps({ nodes }: WorkflowInput): string[] {
	const boxes = nodes.map(boxOf);
	return boxes.flatMap((one, index) =>
		boxes
			.slice(index + 1)
			.filter(
				(other) =>
					one.x < other.x + other.width &&
					other.x < one.x + one.width &&
					one.y < other.y + other.height &&
					other.y < one.y + one.height,
			)
			.map((other) => `${one.name} / ${other.name}`),
	);
}

/** Lines that a text takes in a note of this width: 6.6 pixels per character, as n8n shows it. */
function linesOf(text: string, width: number): number {
	const perLine = (width - 40) / 6.6;
	return text.split('\n').reduce((sum, line) => {
		if (line === '') return sum + 0.4;
		const plain = line.replace(/[*`#]/g, '').trim();
		return sum + Math.ceil(plain.length / perLine) * (line.startsWith('#') ? 1.5 : 1);
	}, 0);
}

/** Whether a note is high enough for what it says. */
export function fits({ parameters }: INode): boolean {
	const { content, width, height } = parameters;
	return linesOf(String(content), Number(width)) * 19 + 20 <= Number(height);
}

export const wordsOf = (text: string): number => text.split(/\s+/).filter(Boolean).length;

/** The note that explains the whole. */
export const aboutOf = (workflow: WorkflowInput): string => {
	const about = workflow.nodes.find(({ name }) => name === 'About');
	return String(about?.parameters.content ?? '');
};

const HEADINGS: ReadonlyArray<[inNote: string, inText: string]> = [
	['### How it works', '## How it works'],
	['### Setup', '## How to set up'],
	['### Requirements', '## Requirements'],
	['### Customize', '## How to customize the workflow'],
];

/** The description of the template: what the note says, under the headings that n8n asks for. */
export function descriptionOf(workflow: WorkflowInput): string {
	let text = aboutOf(workflow)
		.replace(/^## .*\n+/, '')
		.replace(/^\*\*Who it's for:\*\* /, "## Who's it for\n\n");
	for (const [inNote, inText] of HEADINGS) text = text.replace(`${inNote}\n`, `${inText}\n\n`);
	const disclaimer =
		'**Self-hosted n8n only:** the template uses the community node `n8n-nodes-impact-advocate`.';
	return `${disclaimer}\n\n${text}`;
}
