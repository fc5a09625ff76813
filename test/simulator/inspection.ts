/** The inspection API under `/__simulator/`, for tests and demos in another process. */
import type { FastifyInstance } from 'fastify';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { failures } from './failures';
import type { FaultRule } from './faults';
import type { Simulator } from './server';

function isFaultRule(value: unknown): value is FaultRule {
	return isRecord(value) && isRecord(value.then) && typeof value.then.kind === 'string';
}

/** Add the inspection routes. */
export function installInspection(server: FastifyInstance, simulator: Simulator): void {
	const { state, options, faults, recorder, webhooks } = simulator;

	server.get('/__simulator/state', async () => ({
		participants: [...state.participants.values()],
		segments: [...state.segments.values()].map((segment) => ({
			...segment,
			participantsCount: state.membersOf(segment.key).size,
		})),
		jobs: simulator.jobs.list().map(({ rows, errorsFile, resultsFile, ...job }) => ({
			...job,
			rowsLeft: rows.length - job.stats.recordsProcessed,
			errorsFile,
			resultsBytes: resultsFile.length,
		})),
	}));

	server.get('/__simulator/programs', async () => ({
		rewards: [...simulator.rewards.rewards.values()],
		events: simulator.events.events,
		referrals: [...simulator.referrals.referrals.values()],
	}));

	server.get('/__simulator/requests', async () => ({
		total: recorder.total,
		inFlight: recorder.inFlight,
		maxInFlight: recorder.maxInFlight,
		orderViolations: recorder.orderViolations,
		faultsFired: faults.fired,
		requests: recorder.requests,
	}));

	server.get('/__simulator/options', async () => options);

	server.post('/__simulator/options', async (request) => {
		if (!isRecord(request.body)) throw failures.invalidJson('The body must be an object.');
		simulator.setOptions(request.body);
		return options;
	});

	server.post('/__simulator/faults', async (request) => {
		const rules: unknown[] = Array.isArray(request.body) ? request.body : [request.body];
		if (!rules.every(isFaultRule)) throw failures.invalidJson("A fault needs 'then.kind'.");
		for (const rule of rules) faults.add(rule);
		return { pending: faults.pending, fired: faults.fired };
	});

	server.get('/__simulator/webhooks', async () => ({
		subscriptions: [...webhooks.subscriptions.values()],
		events: webhooks.events,
		attempts: webhooks.attempts,
	}));

	server.post('/__simulator/webhooks/emit', async (request) => {
		const { body } = request;
		if (!isRecord(body) || typeof body.type !== 'string') {
			throw failures.invalidJson("An event needs a 'type'.");
		}
		return webhooks.emit(body.type, isRecord(body.data) ? body.data : {});
	});

	server.post('/__simulator/webhooks/rotateKey', async () => {
		const { kid } = webhooks.keys.rotate();
		return { kid };
	});

	server.post('/__simulator/reset', async () => {
		simulator.reset();
		return {};
	});
}
