/**
 * The output item of a failure, where the workflow goes on.
 *
 * On the error output, n8n takes an item for failed by its `error`, or by JSON of exactly `error` and `details`. Of the
 * first kind it keeps the message only; to the second it adds the fields of the input item, as people know it from the
 * HTTP Request node.
 */
import * as workflow from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IPairedItemData,
	NodeApiError,
	NodeOperationError,
} from 'n8n-workflow';
import { AdvocateError, mayPass } from '../../shared/advocate/client/error';
import { isRecord } from '../../shared/advocate/client/values';
import { hintOf } from '../../shared/n8n/nodeErrors';
import type { FailedOutcome } from './operation';

/**
 * Whether n8n knows `details`: it came a little earlier than this export (with 2.35.5). Before, a third key beside
 * `error` and `message` sends an item to the success output; `message` works everywhere.
 */
const KNOWS_DETAILS = 'ACTIONABLE_CAUSES' in workflow;

/** @param isFirst whether the output has no item yet */
export function failedItem(
	context: IExecuteFunctions,
	error: NodeApiError | NodeOperationError,
	outcome: FailedOutcome,
	isFirst: boolean,
): INodeExecutionData {
	const { itemIndex, of, binary } = outcome;
	const { onError, retryOnFail } = context.getNode();
	// An `error` text in the first item makes 'Retry On Fail' repeat the whole run, and with it every write that went
	// well. n8n fills the text in itself afterwards, from the error object.
	const startsRetry = isFirst && retryOnFail === true;
	if (onError !== 'continueErrorOutput' || startsRetry) {
		return {
			json: isFirst ? {} : { error: error.message },
			error,
			pairedItem: of === 'list' ? pairedWithAll(context) : { item: itemIndex },
		};
	}
	return {
		json: KNOWS_DETAILS
			? { error: error.message, details: detailsOf(error, outcome) }
			: { error: error.message, message: hintOf(error) || error.message },
		// In the combined mode n8n would move the files to a third key.
		...(binary !== undefined && !hasCombinedFiles(context) ? { binary } : {}),
		// By this n8n finds the fields to add. Those of a file say nothing about one of its rows, and those of the first
		// item nothing about all of them. Of a mere number it makes a link, and adds nothing.
		...(of === 'part' || of === 'list'
			? {}
			: { pairedItem: isResult(context, itemIndex) ? itemIndex : { item: itemIndex } }),
	};
}

/**
 * Whether an input item is what an earlier import, export or sync of this node put out. Its figures and its message,
 * beside an error, would be read as those of the run that failed.
 */
function isResult(context: IExecuteFunctions, itemIndex: number): boolean {
	const { message, notes, rows, participants } = context.getInputData()[itemIndex]?.json ?? {};
	const isCounted = typeof rows === 'number' || typeof participants === 'number';
	return typeof message === 'string' && Array.isArray(notes) && isCounted;
}

/** For what comes of all input items together. */
export const pairedWithAll = (context: IExecuteFunctions): IPairedItemData[] =>
	context.getInputData().map((_, item) => ({ item }));

function detailsOf(
	error: NodeApiError | NodeOperationError,
	{ itemIndex, of, failure, details, binary }: FailedOutcome,
): IDataObject {
	const { data } = error.context;
	const { apiErrorCode, rsCode } = isRecord(data) ? data : {};
	const httpCode = 'httpCode' in error ? error.httpCode : null;
	const hint = hintOf(error);
	// What may have been done already is not to be sent again by whoever reads this.
	const isTemporary =
		failure instanceof AdvocateError && mayPass(failure) && details?.outcome !== 'unknown';
	return {
		...(of === 'run' || of === 'list' ? {} : { itemIndex }),
		...(hint === '' ? {} : { hint }),
		...(httpCode === null ? {} : { statusCode: Number(httpCode) }),
		...(typeof apiErrorCode === 'string' ? { apiErrorCode } : {}),
		...(typeof rsCode === 'string' ? { rsCode } : {}),
		...(isTemporary ? { temporary: true } : {}),
		...details,
		...(binary === undefined ? {} : { files: binary as unknown as IDataObject }),
	};
}

/** Older versions have no such mode, and not the question either. */
function hasCombinedFiles(context: IExecuteFunctions): boolean {
	const settings: unknown = context.getWorkflowSettings?.();
	return isRecord(settings) && settings.binaryMode === 'combined';
}
