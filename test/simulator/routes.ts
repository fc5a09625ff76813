/** The addresses of the API, and how requests get to the rules behind them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isAuthorized } from './auth';
import type { SimulatorCredentials } from './auth';
import { ApiFailure, failures } from './failures';
import { failureAnswer } from './graphqlApi';
import type { GraphqlApi } from './graphqlApi';
import type { ImportJob, JobQueue } from './jobs';
import type { FileKind, LinkSigner } from './links';
import { parseMultipart } from './multipart';
import type { SimulatorOptions } from './options';
import type { GraphqlContext } from './resolvers';
import type { RestApi, UserAddress } from './rest';
import type { SimulatorState } from './state';
import type { EventLog } from './events';
import type { ReferralBook } from './referrals';
import type { RewardBook } from './rewards';
import type { ExportBook } from './exports';
import { installExports } from './exportRoutes';
import { installPrograms } from './programRoutes';
import type { Webhooks } from './webhooks';

/** What the routes lead to. */
export interface RouteParts {
	options: SimulatorOptions;
	state: SimulatorState;
	jobs: JobQueue;
	rest: RestApi;
	graphqlApi: GraphqlApi;
	links: LinkSigner;
	exports: ExportBook;
	credentials: SimulatorCredentials;
	random: () => number;
	webhooks: Webhooks;
	rewards: RewardBook;
	events: EventLog;
	referrals: ReferralBook;
	/** The address of the simulator, known once it listens. */
	baseUrl(): string;
}

type Query = Readonly<Record<string, unknown>>;

const KINDS: readonly FileKind[] = ['results', 'errors', 'input'];

const addressOf = (request: FastifyRequest) => request.params as UserAddress;
const queryOf = (request: FastifyRequest) => request.query as Query;

/** Give an error its JSON answer. */
async function answerError(error: unknown, reply: FastifyReply): Promise<void> {
	let failure: ApiFailure;
	if (error instanceof ApiFailure) failure = error;
	else {
		const { statusCode = 500, code = '' } = error as { statusCode?: number; code?: string };
		const message = error instanceof Error ? error.message : String(error);
		if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') failure = failures.wrongContentType();
		else if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') failure = failures.tooLarge();
		else failure = new ApiFailure(statusCode, 'INTERNAL_ERROR', message);
	}
	await reply.code(failure.statusCode).send(failure.toBody());
}

/** The routes under `/api/v1/{tenantAlias}` and the download links. */
export class Routes {
	constructor(private readonly parts: RouteParts) {}

	/** Add all routes. */
	install(server: FastifyInstance): void {
		const { rest } = this.parts;
		const alias = '/api/v1/:tenantAlias';
		const open = `${alias}/open/account/:accountId/user/:userId`;
		const authorized = { preHandler: async (request: FastifyRequest) => this.authorize(request) };

		server.get(`${alias}/users`, authorized, async (request) => rest.list(queryOf(request)));
		server.get(open, authorized, async (request) =>
			rest.getOpen(addressOf(request), queryOf(request)),
		);
		server.put(open, authorized, async (request) =>
			rest.write(addressOf(request), request.body, queryOf(request), false),
		);
		server.post(open, authorized, async (request, reply) => {
			reply.code(201);
			return rest.write(addressOf(request), request.body, queryOf(request), true);
		});
		server.delete(open, authorized, async (request, reply) => {
			rest.delete(addressOf(request), queryOf(request));
			await reply.code(204).send();
		});
		server.get(`${alias}/account/:accountId/user/:userId`, authorized, async (request) =>
			rest.getClassic(addressOf(request)),
		);
		server.post(`${alias}/export/upload`, authorized, async (request) => this.upload(request));
		server.get(
			`${alias}/jobs/:jobId/download/:kind`,
			authorized,
			async (request, reply) => await this.redirectToFile(request, reply),
		);
		server.post(`${alias}/graphql`, async (request, reply) => await this.graphql(request, reply));
		this.installWebhooks(server, alias);
		installPrograms(server, alias, authorized, this.parts);
		installExports(server, alias, authorized, this.parts);
		server.get(
			'/downloads/:jobId/:kind',
			async (request, reply) => await this.download(request, reply),
		);
	}

	private installWebhooks(server: FastifyInstance, alias: string): void {
		const { webhooks } = this.parts;
		const authorized = { preHandler: async (request: FastifyRequest) => this.authorize(request) };
		const urlOf = (request: FastifyRequest) => (request.params as { url: string }).url;

		server.get(`${alias}/subscription`, authorized, async () => [
			...webhooks.subscriptions.values(),
		]);
		// What a creation answers beside its status is not documented: nothing.
		server.post(`${alias}/subscription`, authorized, async (request, reply) => {
			webhooks.subscribe(request.body);
			await reply.code(201).send();
		});
		server.delete(`${alias}/subscription/:url`, authorized, async (request, reply) => {
			webhooks.unsubscribe(urlOf(request));
			await reply.code(204).send();
		});
		server.post(`${alias}/subscription/:url/test`, authorized, async (request, reply) => {
			webhooks.sendTest(urlOf(request));
			await reply.code(204).send();
		});
		server.get('/.well-known/jwks.json', async () => webhooks.keys.toKeySet());
	}

	private checkTenant(request: FastifyRequest): void {
		const { tenantAlias } = request.params as { tenantAlias: string };
		if (tenantAlias !== this.parts.credentials.tenantAlias) throw failures.unknownTenant();
	}

	private credentialProblem(request: FastifyRequest): ApiFailure | undefined {
		const { authorization } = request.headers;
		if (authorization === undefined) return failures.missingCredentials();
		const isValid = isAuthorized(authorization, this.parts.credentials);
		return isValid ? undefined : failures.badCredentials();
	}

	/** Tenant first: the API names a wrong alias whatever the credential. */
	private authorize(request: FastifyRequest): void {
		const { restBadCredentials, scopedToken403 } = this.parts.options;
		this.checkTenant(request);
		const problem = this.credentialProblem(request);
		if (problem !== undefined) {
			if (restBadCredentials === '200WithErrors') throw new OkWithErrors(problem);
			throw problem;
		}
		const isUpload = request.routeOptions.url?.endsWith('/export/upload') ?? false;
		const isOpen = request.routeOptions.url?.includes('/open/') ?? false;
		const isClosed =
			scopedToken403 === 'all' ||
			(scopedToken403 === 'upload' && isUpload) ||
			(scopedToken403 === 'open' && isOpen);
		if (isClosed) {
			throw failures.forbidden();
		}
	}

	private upload(request: FastifyRequest) {
		const { body } = request;
		const contentType = request.headers['content-type'] ?? '';
		const parts = Buffer.isBuffer(body) ? parseMultipart(body, contentType) : undefined;
		const file = parts?.find((part) => part.name === 'file' && part.fileName !== undefined);
		if (request.passage !== undefined && parts !== undefined) {
			request.passage.record.body = {
				parts: parts.map(({ name, fileName, contentType: type, content }) => ({
					name,
					fileName,
					contentType: type,
					size: content.length,
				})),
			};
		}
		if (file?.fileName === undefined) {
			throw failures.badRequest("A multipart form with a file named 'file' is required.");
		}
		// A copy, so that the buffer of the request can be freed.
		const { fileRef } = this.parts.jobs.upload(file.fileName, Buffer.from(file.content));
		return { fileRef };
	}

	private async graphql(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
		const { options, graphqlApi } = this.parts;
		this.checkTenant(request);
		const problem = this.credentialProblem(request);
		if (problem !== undefined) {
			if (options.badCredentials === '200WithErrors') return failureAnswer(problem);
			throw problem;
		}
		if (options.scopedToken403 === 'all' || options.scopedToken403 === 'graphql') {
			throw failures.forbidden();
		}
		const answer = await graphqlApi.answer(request.passage?.graphql, this.context(request));
		// Text, so that fastify need not find out how to write it.
		reply.type('application/json; charset=utf-8');
		return JSON.stringify(answer);
	}

	private context(request: FastifyRequest): GraphqlContext {
		const { state, options, jobs, random, credentials, rewards, events, referrals } = this.parts;
		return {
			state,
			rewards,
			events,
			referrals,
			options,
			jobs,
			random,
			tenantAlias: credentials.tenantAlias,
			fault: request.passage?.fault,
			link: (job, kind, isPublic) => this.linkTo(job, kind, isPublic),
		};
	}

	private linkTo(job: ImportJob, kind: FileKind, isPublic: boolean): string {
		const { options, credentials } = this.parts;
		if (!isPublic && options.privateLinks === 'needCredential') {
			const path = `/api/v1/${credentials.tenantAlias}/jobs/${job.id}/download/${kind}`;
			return this.parts.baseUrl() + path;
		}
		return this.signedLink(job, kind);
	}

	private signedLink(job: ImportJob, kind: FileKind): string {
		const expires = Math.min(Date.now() + this.parts.options.linkTtlMs, job.dateExpires);
		return this.parts.baseUrl() + this.parts.links.sign(job.id, kind, expires);
	}

	private findFile(request: FastifyRequest): { job: ImportJob; kind: FileKind } {
		const { jobId, kind } = request.params as { jobId: string; kind: string };
		const known = KINDS.find((entry) => entry === kind);
		const job = this.parts.state.jobs.get(jobId);
		if (job === undefined || known === undefined || Date.now() >= job.dateExpires) {
			throw failures.fileGone();
		}
		return { job, kind: known };
	}

	private async redirectToFile(request: FastifyRequest, reply: FastifyReply): Promise<void> {
		const { job, kind } = this.findFile(request);
		await reply.redirect(this.signedLink(job, kind), 303);
	}

	private async download(request: FastifyRequest, reply: FastifyReply): Promise<void> {
		const { jobId, kind } = request.params as { jobId: string; kind: string };
		const { expires, signature } = queryOf(request);
		const { links, jobs, state } = this.parts;
		if (!links.isValid(jobId, kind, Number(expires), String(signature))) {
			throw failures.linkExpired();
		}
		const found = this.findFile(request);
		let content: string | undefined;
		if (found.kind === 'input') {
			content = state.uploads.get(found.job.fileRef)?.content.toString('utf8');
		} else if (jobs.hasFiles(found.job)) {
			content = found.kind === 'errors' ? found.job.errorsFile : found.job.resultsFile;
		}
		if (content === undefined) throw failures.fileGone();
		await reply.type('text/csv; charset=utf-8').send(content);
	}
}

/** A refusal that comes as 200 with GraphQL-style errors, also from REST. */
class OkWithErrors extends Error {
	constructor(readonly failure: ApiFailure) {
		super(failure.message);
	}
}

/** The errors of all routes under this instance get their answers here. */
export function installErrors(server: FastifyInstance): void {
	server.setErrorHandler(async (error, _request, reply) => {
		if (error instanceof OkWithErrors) await reply.code(200).send(failureAnswer(error.failure));
		else await answerError(error, reply);
	});
	server.setNotFoundHandler(async (_request, reply) => {
		await answerError(failures.noSuchEndpoint(), reply);
	});
}
