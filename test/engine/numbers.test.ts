/** Numbers among the options: what the editor's field allows is what the node takes, also by expression. */
import type { INodeParameters, INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import {
	SOME_SEGMENTS,
	expression,
	forAnyOperation,
	nodeRunner,
	sent,
	shown,
	useSimulator,
} from '../support/advocate';
import { loadNodeType } from './harness';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

/** Settings under which a number is looked at. */
const TOGETHER_WITH: Record<string, INodeParameters> = {
	maxFailures: { stopOn: 'failures' },
	maxFailedPercent: { stopOn: 'percent' },
};

interface NumberOption {
	resource: string;
	operation: string;
	option: INodeProperties;
}

/** An option, or what is in a group of them. */
function withGroup(option: INodeProperties): INodeProperties[] {
	return option.type === 'fixedCollection'
		? (option.options as INodePropertyCollection[]).flatMap(({ values }) => values)
		: [option];
}

const numbers: NumberOption[] = loadNodeType()
	.description.properties.filter(({ name }) => name === 'options')
	.flatMap(({ displayOptions, options = [] }) =>
		(options as INodeProperties[])
			.flatMap(withGroup)
			.filter(({ type }) => type === 'number')
			.map((option) => ({
				resource: String(displayOptions?.show?.resource?.[0]),
				operation: String(displayOptions?.show?.operation?.[0]),
				option,
			})),
	);

const runWith = async ({ resource, operation, option }: NumberOption, value: unknown) =>
	await run(
		forAnyOperation(resource, operation, {
			options: { ...TOGETHER_WITH[option.name], [option.name]: expression(value) },
		}),
	);

test('there are some, in every operation', () => {
	const { properties } = loadNodeType().description;
	const operations = properties
		.filter(({ name }) => name === 'operation')
		.flatMap(({ options = [] }) => options);
	expect(new Set(numbers.map(({ resource, operation }) => `${resource}.${operation}`)).size).toBe(
		operations.length,
	);
});

test.each(
	numbers.map((number): [string, NumberOption] => [
		`${number.resource}.${number.operation}: ${number.option.displayName}`,
		number,
	]),
)('%s', async (_, number) => {
	const { displayName, typeOptions } = number.option;
	const { minValue = NaN, maxValue = NaN } = typeOptions ?? {};
	const tooLarge = Number.isNaN(maxValue) ? [] : [maxValue + 1];
	for (const value of [minValue - 1, ...tooLarge, minValue + 0.5, 'many']) {
		const { error } = await runWith(number, value);
		expect(shown(error)).toMatchObject({
			// What holds for the run as a whole belongs to no item.
			message: expect.stringMatching(
				new RegExp(`^'${displayName}' is ${value === 'many' ? "'many'" : value}( \\[item 0\\])?$`),
			),
			description: Number.isNaN(maxValue)
				? expect.stringMatching(/^Give a whole number above 0, without separators\./)
				: `Give a whole number from ${minValue} to ${maxValue}`,
		});
	}
	expect(sent(simulator())).toEqual([]);
});
