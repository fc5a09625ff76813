/** Requests for the editor's lists: quick to give up, and legible when they fail. */
import type { ILoadOptionsFunctions } from 'n8n-workflow';
import { toNodeError } from './nodeErrors';
import { Transport } from '../advocate/client/transport';
import { createN8nPort, loadCredential } from './port';

/** Somebody waits in front of an open list. */
const TIMEOUT_MS = 15_000;
const WAIT_BUDGET_MS = 5_000;

/**
 * Run a list's requests with the node's credential.
 * @throws NodeApiError or NodeOperationError, whose message the editor shows in the list
 */
export async function withTransport<T>(
	context: ILoadOptionsFunctions,
	load: (transport: Transport) => Promise<T>,
): Promise<T> {
	try {
		const credential = await loadCredential(context);
		const transport = new Transport(createN8nPort(context, credential), {
			apiUrl: credential.apiUrl,
			timeoutMs: TIMEOUT_MS,
			waitBudgetMs: WAIT_BUDGET_MS,
		});
		return await load(transport);
	} catch (failure) {
		throw toNodeError(context.getNode(), failure);
	}
}
