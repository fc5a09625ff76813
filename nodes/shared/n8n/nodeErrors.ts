/** Failures as n8n shows them: what happened with `[item X]`, then how to get unstuck. */
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INode, JsonObject } from 'n8n-workflow';
import { AdvocateError } from '../advocate/client/error';
import { hintWithOptions, inSentences } from '../advocate/client/errorTexts';
import type { HelpfulOption } from '../advocate/client/errorTexts';
import { InputError } from '../inputError';
import { asHtml } from './html';

/** A parameter that can't be used. The message names it as the editor shows it. */
export class ParameterError extends InputError {}

/** Hints as they are written; the description has them as HTML. */
const plainHints = new WeakMap<Error, string>();

/** How to get unstuck, as plain text, for items. */
export const hintOf = (error: NodeApiError | NodeOperationError): string =>
	plainHints.get(error) ?? error.description ?? '';

/**
 * Turn any failure into an error for n8n.
 * @param itemIndex the input item it belongs to; none for the editor's lists, and for what is no single item's fault
 * @param hasOption whether the node, as it is set, has an option that would help; lists and triggers have none
 * @param note a sentence that goes on after the message, without a full stop
 */
export function toNodeError(
	node: INode,
	failure: unknown,
	itemIndex?: number,
	hasOption: (option: HelpfulOption) => boolean = () => false,
	note?: string,
): NodeApiError | NodeOperationError {
	if (failure instanceof NodeApiError || failure instanceof NodeOperationError) {
		// Wrapping it again would return the same error and drop what is added, so it is completed in place.
		failure.context.itemIndex ??= itemIndex;
		if (note !== undefined) failure.message = inSentences(failure.message, note);
		return failure;
	}
	if (failure instanceof AdvocateError) {
		return apiError(node, failure, hintWithOptions(failure, hasOption), { itemIndex, note });
	}
	const message = failure instanceof Error ? failure.message : String(failure);
	const hint = failure instanceof InputError ? failure.hint : '';
	const error = new NodeOperationError(node, message, { itemIndex });
	return describe(error, message, hint, { itemIndex, note });
}

/**
 * Why a field with a list of choices has none. Of a NodeApiError the editor shows "[object Object]" there; of any other
 * error it shows the message alone, as HTML.
 */
export function toChoicesError(node: INode, failure: unknown): NodeOperationError {
	const error = toNodeError(node, failure);
	const hint = hintOf(error);
	const text = asHtml(hint === '' ? error.message : inSentences(error.message, hint));
	return describe(new NodeOperationError(node, text), text, hint, {});
}

/** What a message says besides what happened. */
interface Addition {
	itemIndex?: number;
	note?: string;
}

function apiError(
	node: INode,
	failure: AdvocateError,
	hint: string,
	addition: Addition,
): NodeApiError {
	const details: JsonObject = {
		message: failure.message,
		...(failure.apiErrorCode === undefined ? {} : { apiErrorCode: failure.apiErrorCode }),
		...(failure.rsCode === undefined ? {} : { rsCode: failure.rsCode }),
	};
	const httpCode = failure.statusCode === undefined ? undefined : String(failure.statusCode);
	// From a plain object: given an Error, n8n would hunt through its causes for another text.
	const error = new NodeApiError(node, details, {
		message: failure.message,
		httpCode,
		itemIndex: addition.itemIndex,
	});
	error.context.data = details;
	error.httpCode = httpCode ?? null;
	const codes = [failure.rsCode, failure.apiErrorCode].filter((code) => code !== undefined);
	const codeNote = codes.length > 0 ? ` (code ${codes.join(', ')})` : '';
	return describe(error, failure.message, `${hint}${codeNote}`, addition);
}

/**
 * n8n's constructors replace a message that contains words such as EEXIST, even inside "preexisting", so message and
 * description are set afterwards.
 */
function describe<E extends NodeApiError | NodeOperationError>(
	error: E,
	message: string,
	hint: string,
	{ itemIndex, note }: Addition,
): E {
	const text = note === undefined ? message : inSentences(message, note);
	error.message = itemIndex === undefined ? text : `${text} [item ${itemIndex}]`;
	error.description = asHtml(hint);
	plainHints.set(error, hint);
	if (itemIndex !== undefined) error.context.itemIndex = itemIndex;
	return error;
}
