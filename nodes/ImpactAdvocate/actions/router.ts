/** The way from n8n's call to one operation and back: picks the operation, pairs items, shapes errors. */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import { Breather } from '../../shared/advocate/client/breather';
import { cancelledError } from '../../shared/advocate/client/error';
import { openTransport } from '../../shared/n8n/port';
import { assertAgentAllowed } from './agentGuard';
import { bulk } from './bulk';
import { failedItem, pairedWithAll } from './failedItem';
import type { HelpfulOption } from '../../shared/advocate/client/errorTexts';
import { inEditorWords } from '../../shared/n8n/editorWords';
import { ParameterError, toNodeError } from '../../shared/n8n/nodeErrors';
import { hasOption } from './operation';
import type { FailedOutcome, Operation, Run } from './operation';
import { readTransportSettings } from '../../shared/n8n/parameters';
import { event } from './event';
import { participant } from './participant';
import { referral } from './referral';
import { reward } from './reward';
import { segment } from './segment';

/** Every operation of the node. */
export const RESOURCES: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
	bulk: bulk.operations,
	event: event.operations,
	participant: participant.operations,
	referral: referral.operations,
	reward: reward.operations,
	segment: segment.operations,
};

/**
 * Run the operation chosen in the node.
 * @returns one output with an item per outcome, each paired with its input item
 */
export async function router(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const isStopped = () => context.getExecutionCancelSignal()?.aborted ?? false;
	try {
		const output = await runOperation(context, isStopped);
		// What was done when the user stopped it is no result.
		if (isStopped()) throw cancelledError();
		return output;
	} catch (caught) {
		throw isStopped() ? stopError(context, caught) : caught;
	}
}

function stopError(context: IExecuteFunctions, caught: unknown): Error {
	const error = toNodeError(context.getNode(), caught);
	// By this word n8n takes the execution for stopped, not for failed, which would start an error workflow.
	error.message = 'The execution was canceled';
	return error;
}

async function runOperation(
	context: IExecuteFunctions,
	isStopped: () => boolean,
): Promise<INodeExecutionData[][]> {
	const node = context.getNode();
	const operation = chosenOperation(context);
	const output: INodeExecutionData[] = [];
	const addFailure = (outcome: FailedOutcome) => {
		const { failure, itemIndex, of = 'item', note } = outcome;
		const subject = of === 'item' ? itemIndex : undefined;
		const helps = (name: HelpfulOption) => operation !== undefined && hasOption(operation, name);
		const named = inEditorWords(failure, node, operation?.fields ?? []);
		const error = toNodeError(node, named, subject, helps, note);
		if (isStopped() || !context.continueOnFail()) throw error;
		output.push(failedItem(context, error, outcome, output.length === 0));
	};

	const failAll = (failure: unknown) => {
		context.getInputData().forEach((_, itemIndex) => addFailure({ itemIndex, failure, of: 'run' }));
		return [output];
	};

	if (operation === undefined) {
		return failAll(
			new ParameterError(
				"'Resource' and 'Operation' name no operation of this node",
				'Choose both from their lists: they take no expressions. To do different things with different items, use a Switch and a node for each',
			),
		);
	}
	let run: Run;
	try {
		const { agents } = operation;
		if (agents.access === 'closed') {
			assertAgentAllowed(context, 'use this operation', `It can ${agents.risk}`);
		}
		run = await startRun(context);
	} catch (failure) {
		return failAll(failure);
	}

	for await (const outcome of operation.execute(run)) {
		if ('failure' in outcome) {
			addFailure(outcome);
		} else {
			const { itemIndex, ofAll = false, json, binary } = outcome;
			const pairedItem = ofAll ? pairedWithAll(context) : { item: itemIndex };
			output.push({ json, ...(binary && { binary }), pairedItem });
		}
		if (run.breather.isDue) await run.breather.rest();
	}
	return [output];
}

/**
 * The operation that is set for all items. A workflow that was not made in the editor may have an expression there.
 * @returns nothing when there is no such operation
 */
function chosenOperation(context: IExecuteFunctions): Operation | undefined {
	try {
		const resource = context.getNodeParameter('resource', 0);
		return RESOURCES[resource]?.[context.getNodeParameter('operation', 0)];
	} catch {
		// n8n's own error: with such a resource there is no parameter for the operation.
		return undefined;
	}
}

async function startRun(context: IExecuteFunctions): Promise<Run> {
	const { transport, port, credential } = await openTransport(
		context,
		readTransportSettings(context),
	);
	return {
		n8n: context,
		transport,
		segments: new SegmentDirectory(transport),
		tenantMark: credential.tenantMark,
		breather: new Breather(port),
		itemCount: context.getInputData().length,
		stopsOnFailure: !context.continueOnFail(),
	};
}
