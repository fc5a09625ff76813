/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** Takes the pictures in `docs/images/`: the part of the editor that matters, sharp enough for a small screen. */
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { PROJECT } from './processes';

const IMAGES = path.join(PROJECT, 'docs', 'images');

const MAX_IMAGE_BYTES = 180_000;

/** Around what is shown. */
const MARGIN = 12;

/** Names of nodes are below them, and wider. */
const AROUND_NODES = 60;

/** What they give out is on their right. */
const RIGHT_OF_NODES = 110;

/** Messages that come and go in the corner, tabs of the neighbouring nodes on the edges, and the dots of the canvas. */
const HIDDEN = '.el-notification, [data-test-id="floating-nodes"], .vue-flow__background';

interface Box {
	x: number;
	y: number;
	width: number;
	height: number;
}

const bottomOf = ({ y, height }: Box): number => y + height;
const rightOf = ({ x, width }: Box): number => x + width;

export class Pictures {
	constructor(private readonly page: Page) {
		mkdirSync(IMAGES, { recursive: true });
	}

	/** A part of the editor, from its top down to the end of something in it. */
	async part(
		name: string,
		target: Locator,
		{ until, margin = MARGIN }: { until: Locator; margin?: number },
	): Promise<void> {
		await this.settle();
		const box = await boxOf(target);
		const bottom = bottomOf(await boxOf(until)) + margin;
		await this.take(name, { ...box, height: Math.min(bottom, bottomOf(box)) - box.y });
	}

	/** Two parts that lie side by side. */
	async parts(
		name: string,
		left: Locator,
		right: Locator,
		{ until, margin = MARGIN }: { until: Locator; margin?: number },
	): Promise<void> {
		await this.settle();
		const [first, second] = [await boxOf(left), await boxOf(right)];
		const top = Math.min(first.y, second.y);
		const bottom = bottomOf(await boxOf(until)) + margin;
		await this.take(name, {
			x: first.x,
			y: top,
			// Without the edge of the node's window.
			width: rightOf(second) - first.x - 2,
			height: Math.min(bottom, bottomOf(second)) - top,
		});
	}

	/** Nodes on the canvas, without what is around them. */
	async around(name: string, nodes: Locator): Promise<void> {
		await this.settle();
		const boxes = await Promise.all((await nodes.all()).map(boxOf));
		const x = Math.min(...boxes.map((box) => box.x)) - AROUND_NODES;
		const y = Math.min(...boxes.map((box) => box.y)) - 2 * MARGIN;
		await this.take(name, {
			x,
			y,
			width: Math.max(...boxes.map(rightOf)) + RIGHT_OF_NODES - x,
			height: Math.max(...boxes.map(bottomOf)) + AROUND_NODES - y,
		});
	}

	/** Lists take a moment to open, and fields show buttons under the mouse. */
	private async settle(): Promise<void> {
		await this.page.mouse.move(2, 2);
		await this.page.waitForTimeout(500);
	}

	private async take(name: string, clip: Box): Promise<void> {
		const file = path.join(IMAGES, `${name}.png`);
		await this.page.screenshot({
			path: file,
			clip,
			animations: 'disabled',
			caret: 'hide',
			style: `${HIDDEN} { display: none !important; }`,
		});
		const { size } = statSync(file);
		assert.ok(size < MAX_IMAGE_BYTES, `${name}.png has ${size} bytes`);
	}
}

async function boxOf(locator: Locator): Promise<Box> {
	const box = await locator.boundingBox();
	if (box === null) throw new Error(`Nothing to picture: ${String(locator)}`);
	return box;
}
