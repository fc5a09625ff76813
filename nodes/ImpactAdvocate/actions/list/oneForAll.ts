/**
 * Where all items are one list, the parameters hold for all of them. An expression that gives something else for another
 * item must not be taken for everybody's.
 */
import type { IDataObject } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import { describeValue } from '../../../shared/inputValue';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { isExpression, withoutGroups } from '../../../shared/n8n/parameterValues';
import type { Run } from '../operation';

/**
 * Refuse parameters that differ from item to item. Those without an expression that could are not looked at.
 * @param nameOf what a parameter, or an option, is called in the editor; nothing for what is not shown
 * @throws ParameterError
 * @throws AdvocateError when the execution was stopped
 */
export async function assertOneForAll(
	run: Run,
	nameOf: (parameter: string) => string | undefined,
): Promise<void> {
	const { parameters } = run.n8n.getNode();
	const varying = Object.keys(parameters).filter(
		(name) => nameOf(name) !== undefined && mayVary(parameters[name]),
	);
	const firsts = varying.map((name) => valueOf(run, name, 0));
	for (let itemIndex = 1; itemIndex < run.itemCount && varying.length > 0; itemIndex++) {
		if (run.breather.isDue) await run.breather.rest();
		for (const [at, name] of varying.entries()) {
			const value = valueOf(run, name, itemIndex);
			if (JSON.stringify(value) === JSON.stringify(firsts[at])) continue;
			throw differing(nameOf, name, itemIndex, [firsts[at], value]);
		}
	}
}

const valueOf = (run: Run, name: string, itemIndex: number): unknown =>
	run.n8n.getNodeParameter(name, itemIndex, undefined, { extractValue: false }) as unknown;

/** Whether there is an expression that asks for anything: an item, another node, the time. */
function mayVary(value: unknown): boolean {
	if (isExpression(value)) return value.includes('$');
	return typeof value === 'object' && value !== null && Object.values(value).some(mayVary);
}

function differing(
	nameOf: (parameter: string) => string | undefined,
	parameter: string,
	itemIndex: number,
	[first, other]: [unknown, unknown],
): ParameterError {
	let name = nameOf(parameter) ?? parameter;
	let values: [unknown, unknown] = [first, other];
	if (parameter === 'options') {
		const [one, two] = [first, other].map((value) =>
			isRecord(value) ? withoutGroups(value as IDataObject) : {},
		);
		const option =
			Object.keys({ ...one, ...two }).find(
				(key) => JSON.stringify(one[key]) !== JSON.stringify(two[key]),
			) ?? '';
		name = nameOf(option) ?? name;
		values = [one[option], two[option]];
	}
	const [was, is] = values.map(describeValue);
	return new ParameterError(
		`'${name}' is ${was} for item 0, but ${was === is ? 'another one' : is} for item ${itemIndex}`,
		`All items are one list here, so '${name}' has to be the same for all of them. What differs from item to item belongs into fields of the items, such as 'segments' and 'action'`,
	);
}
