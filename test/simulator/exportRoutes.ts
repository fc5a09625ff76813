/* eslint-disable @n8n/community-nodes/no-restricted-imports -- the simulator runs outside n8n */
/** The addresses of the export API, and the signed links to its files. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ExportBook } from './exports';
import { failures } from './failures';
import type { LinkSigner } from './links';
import type { SimulatorOptions } from './options';

/** Participants from which on a file is sent as it is made. */
const LARGE = 2000;

interface ExportRouteParts {
	exports: ExportBook;
	links: LinkSigner;
	options: SimulatorOptions;
	baseUrl(): string;
}

const idOf = (request: FastifyRequest) => (request.params as { exportId: string }).exportId;

const numberIn = (request: FastifyRequest, name: string, otherwise: number): number =>
	Number((request.query as Record<string, unknown>)[name] ?? otherwise);

/** @param alias the tenant's part of the address */
export function installExports(
	server: FastifyInstance,
	alias: string,
	authorized: { preHandler: (request: FastifyRequest) => Promise<void> },
	{ exports, links, options, baseUrl }: ExportRouteParts,
): void {
	server.post(`${alias}/export`, authorized, async (request, reply) => {
		reply.code(201);
		return exports.create(request.body);
	});
	server.get(`${alias}/export/history/list`, authorized, async (request) =>
		exports.list(numberIn(request, 'limit', 10), numberIn(request, 'offset', 0)),
	);
	server.get(`${alias}/export/:exportId`, authorized, async (request) =>
		exports.get(idOf(request)),
	);
	server.get(`${alias}/export/:exportId/download`, authorized, async (request, reply) => {
		const link = links.sign(idOf(request), 'export', Date.now() + options.linkTtlMs);
		await reply.redirect(baseUrl() + link, 303);
	});
	server.get('/downloads/:exportId/export', async (request, reply) => {
		const id = idOf(request);
		const expires = numberIn(request, 'expires', 0);
		const { signature } = request.query as { signature?: string };
		if (!links.isValid(id, 'export', expires, String(signature))) throw failures.linkExpired();
		// A small one as a text, which faults can cut.
		const pieces = exports.file(id);
		const isLarge = exports.usersIn(id) > LARGE;
		const file = isLarge ? Readable.from(pieces) : [...pieces].join('');
		await reply.type('text/csv; charset=utf-8').send(file);
	});
}
