/** Failures in the words of the editor: the names of choices, and the field of an expression that n8n can't make out. */
import type { INode, INodeProperties } from 'n8n-workflow';
import { isRecord } from '../advocate/client/values';
import { withoutPeriod } from '../inputValue';
import { fieldsIn, withChoiceNames } from './choices';
import { ParameterError, toNodeError } from './nodeErrors';
import { isExpression } from './parameterValues';

/**
 * What n8n could not make of an expression, with the display name of the field in front; any other failure as it is.
 * @param fields of the operation or the trigger
 */
function withFieldName(failure: unknown, node: INode, fields: readonly INodeProperties[]): unknown {
	const value = valueOf(failure);
	if (value === undefined || !(failure instanceof Error)) return failure;
	const { parameter } = contextOf(failure);
	const name = typeof parameter === 'string' ? parameter : holderOf(value, node);
	const shown = name === undefined ? undefined : displayNameOf(name.split('.'), value, fields);
	if (shown === undefined) return failure;
	return new ParameterError(`'${shown}': ${failure.message}`, hintOf(failure));
}

/** A failure with the names of fields and choices that the editor shows. */
export const inEditorWords = (
	failure: unknown,
	node: INode,
	fields: readonly INodeProperties[],
): unknown => withFieldName(withChoiceNames(failure, fields), node, fields);

/** The error that a trigger throws. */
export const toTriggerError = (
	node: INode,
	failure: unknown,
	fields: readonly INodeProperties[],
): ReturnType<typeof toNodeError> => toNodeError(node, inEditorWords(failure, node, fields));

/**
 * What n8n was reading when the failure came: it leaves the parameter with its expressions as the cause.
 * @returns nothing for any other failure
 */
function valueOf(failure: unknown): unknown {
	if (!(failure instanceof Error) || failure.name === 'NodeOperationError') return undefined;
	const { cause } = failure;
	return expressionsIn(cause).length > 0 ? cause : undefined;
}

/** The parameter with this value: a syntax error says the value alone. n8n gives out copies of objects. */
function holderOf(value: unknown, { parameters }: INode): string | undefined {
	const text = JSON.stringify(value);
	return Object.keys(parameters).find((name) => JSON.stringify(parameters[name]) === text);
}

const contextOf = (failure: Error): Record<string, unknown> =>
	'context' in failure && isRecord(failure.context) ? failure.context : {};

/** Ways to the expressions in the value of a parameter. */
function expressionsIn(value: unknown): string[][] {
	if (isExpression(value)) return [[]];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, inside]) =>
		expressionsIn(inside).map((way) => [name, ...way]),
	);
}

/** The field in a collection, when it is the only one with an expression; else the collection. */
function displayNameOf(
	way: readonly string[],
	value: unknown,
	fields: readonly INodeProperties[],
): string | undefined {
	const expressions = expressionsIn(value);
	const whole = expressions.length === 1 ? [...way, ...expressions[0]] : way;
	let found: string | undefined;
	let level: readonly INodeProperties[] = fields;
	for (const name of whole) {
		const field = level.find((candidate) => candidate.name === name);
		if (field === undefined) continue;
		found = field.displayName;
		// The name of a group stands between, and is none of a field.
		level = fieldsIn(field.options ?? []);
	}
	return found;
}

const HINTS: ReadonlyArray<[RegExp, string]> = [
	[
		/^Referenced node doesn't exist/,
		'The expression names a node that this workflow does not have: it may have been renamed or deleted. Choose the value in this field again',
	],
	[
		/^invalid syntax/i,
		'Open this field in the expression editor, which shows what it gives. Check brackets and quotation marks',
	],
];

function hintOf(failure: Error): string {
	const known = HINTS.find(([pattern]) => pattern.test(failure.message));
	if (known !== undefined) return known[1];
	const given = 'description' in failure ? failure.description : undefined;
	const own = typeof given === 'string' ? withoutPeriod(given.replace(/<[^>]*>/g, '')) : '';
	return `${own === '' ? '' : `${own}. `}Open this field in the expression editor, which shows what it gives`;
}
