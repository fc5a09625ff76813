import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

/**
 * What the node does in words, for the line under its name on the canvas: `Import CSV`, `Get Many: participant`. n8n
 * gives an expression only the values of parameters, so the names of the operations are in it.
 */
export function subtitleOf(fields: readonly INodeProperties[]): string {
	const operations = fields
		.filter(({ name }) => name === 'operation')
		.flatMap(({ options = [] }) => options as INodePropertyOptions[]);
	const names = Object.fromEntries(operations.map(({ value, name }) => [String(value), name]));
	const what = `(${JSON.stringify(names)})[$parameter["operation"]]`;
	return `={{ ${what} + ($parameter["resource"] === "bulk" ? "" : ": " + $parameter["resource"]) }}`;
}
