/** The simulator: an HTTP server that behaves like the API, with everything a test wants to see or change. */
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { CREDENTIALS } from './auth';
import type { SimulatorCredentials } from './auth';
import { failures } from './failures';
import { ExportBook } from './exports';
import { FaultScript } from './faults';
import { GraphqlApi } from './graphqlApi';
import { installInspection } from './inspection';
import { JobQueue } from './jobs';
import { LinkSigner } from './links';
import { defaultOptions } from './options';
import type { SimulatorOptions } from './options';
import { Pipeline, RateWindow } from './pipeline';
import { seededRandom } from './random';
import { Recorder } from './recorder';
import type { OrderViolation, RecordedRequest } from './recorder';
import { RestApi } from './rest';
import { installErrors, Routes } from './routes';
import { SimulatorState } from './state';
import { EventLog } from './events';
import { ReferralBook } from './referrals';
import { RewardBook } from './rewards';
import { Webhooks } from './webhooks';

const LOOPBACK = '127.0.0.1';

/** Longer than any id a test could want. */
const MAX_PARAMETER = 10_000;

/** Room for the form around the largest file. */
const FORM_OVERHEAD = 1024 * 1024;

/** A running simulator. */
export class Simulator {
	readonly credentials: Readonly<SimulatorCredentials> = CREDENTIALS;

	readonly state = new SimulatorState();

	readonly faults = new FaultScript();

	readonly options: SimulatorOptions;

	readonly jobs: JobQueue;

	readonly recorder: Recorder;

	readonly exports: ExportBook;

	readonly webhooks: Webhooks;

	readonly rewards: RewardBook;

	readonly events: EventLog;

	readonly referrals: ReferralBook;

	private readonly server: FastifyInstance;

	private address = '';

	private readonly window = new RateWindow();

	constructor(options: Partial<SimulatorOptions>) {
		this.options = { ...defaultOptions(), ...options };
		this.jobs = new JobQueue(this.state, this.options, this.credentials.tenantAlias);
		this.exports = new ExportBook(this.state, this.options);
		this.rewards = new RewardBook(this.state, this.options);
		this.events = new EventLog(this.state);
		this.referrals = new ReferralBook(this.state);
		this.recorder = new Recorder(this.options);
		this.webhooks = new Webhooks(this.options, this.credentials);
		this.state.onUserCreated = (participant) => this.webhooks.userCreated(participant);
		this.server = this.build();
	}

	/** `http://127.0.0.1:PORT` */
	get url(): string {
		return this.address;
	}

	/** The API's base address for the simulated tenant. */
	get apiUrl(): string {
		return `${this.address}/api/v1/${this.credentials.tenantAlias}`;
	}

	/** Every request since the start or the last `clearRequests`, in order of arrival. */
	get requests(): readonly RecordedRequest[] {
		return this.recorder.requests;
	}

	/** Requests being served now. */
	get inFlight(): number {
		return this.recorder.inFlight;
	}

	/** Most requests served at once. */
	get maxInFlight(): number {
		return this.recorder.maxInFlight;
	}

	/** Writes of one participant that overlapped in time. */
	get orderViolations(): readonly OrderViolation[] {
		return this.recorder.orderViolations;
	}

	/** Forget the requests, the maximum in flight and the violations. */
	clearRequests(): void {
		this.recorder.clear();
	}

	/**
	 * Change switches by name.
	 * @throws ApiFailure for a name that is no switch, or one that can't change any more
	 */
	setOptions(changes: Record<string, unknown>): void {
		for (const name of Object.keys(changes)) {
			if (!Object.hasOwn(this.options, name)) throw failures.badRequest(`No option '${name}'.`);
		}
		Object.assign(this.options, changes);
	}

	/** Back to an empty tenant with the default switches, no faults and no recorded requests. */
	reset(): void {
		const { port, seed } = this.options;
		this.state.reset();
		this.rewards.reset();
		this.exports.reset();
		this.events.reset();
		this.referrals.reset();
		this.faults.clear();
		this.recorder.clear();
		this.webhooks.reset();
		this.window.clear();
		Object.assign(this.options, defaultOptions(), { port, seed });
	}

	/** Start to listen, on loopback only. */
	async listen(): Promise<void> {
		this.address = await this.server.listen({ host: LOOPBACK, port: this.options.port });
	}

	/** Stop, and break off what is still open. */
	async close(): Promise<void> {
		this.webhooks.reset();
		await this.server.close();
	}

	private build(): FastifyInstance {
		const { options, state, jobs, credentials, recorder, faults, webhooks, window } = this;
		const { rewards, events, referrals, exports } = this;
		const random = seededRandom(options.seed);
		const graphqlApi = new GraphqlApi();
		const rest = new RestApi(state, options);
		const links = new LinkSigner();
		const baseUrl = () => this.address;
		const pipeline = new Pipeline({
			options,
			recorder,
			faults,
			graphqlApi,
			credentials,
			random,
			window,
		});
		const parts = {
			options,
			state,
			jobs,
			exports,
			rest,
			graphqlApi,
			links,
			credentials,
			random,
			baseUrl,
			webhooks,
			rewards,
			events,
			referrals,
		};

		const server = fastify({
			forceCloseConnections: true,
			routerOptions: { maxParamLength: MAX_PARAMETER },
			bodyLimit: options.uploadLimitBytes + FORM_OVERHEAD,
		});
		installParsers(server);
		installErrors(server);
		installInspection(server, this);
		void server.register(async (api) => {
			pipeline.install(api);
			new Routes(parts).install(api);
			api.all('/api/*', async () => {
				throw failures.noSuchEndpoint();
			});
		});
		return server;
	}
}

/** JSON and forms only; all else is a wrong content type. */
function installParsers(server: FastifyInstance): void {
	server.removeAllContentTypeParsers();
	server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
		const { method } = request;
		try {
			// A DELETE may announce JSON and send none.
			done(null, method === 'DELETE' && body === '' ? undefined : JSON.parse(String(body)));
		} catch {
			done(failures.invalidJson('The body is not valid JSON.'));
		}
	});
	server.addContentTypeParser(
		'multipart/form-data',
		{ parseAs: 'buffer' },
		(_request, body, done) => {
			done(null, body);
		},
	);
}

/** Start a simulator. Close it when done. */
export async function startSimulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
	const simulator = new Simulator(options);
	await simulator.listen();
	return simulator;
}
