/** The filters of operations that list. One that is set but holds nothing must not return everything. */
import type {
	IDataObject,
	IDisplayOptions,
	IExecuteFunctions,
	INodeProperties,
} from 'n8n-workflow';
import { ParameterError } from '../../shared/n8n/nodeErrors';
import { readCollection, readLocator } from '../../shared/n8n/parameters';
import { asDate, asText } from '../../shared/n8n/parameterValues';

/** The field with the filters of an operation. */
export const filtersField = (
	displayOptions: IDisplayOptions,
	options: INodeProperties[],
): INodeProperties => ({
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add filter',
	default: {},
	displayOptions,
	options,
});

/** @throws ParameterError */
export const readFilters = (context: IExecuteFunctions, itemIndex: number): IDataObject =>
	readCollection(context, 'filters', 'Filters', itemIndex, 'filters');

/**
 * A text among the filters.
 * @returns nothing when the filter was not added
 * @throws ParameterError when it was, and is empty
 */
export function textFilter(
	filters: IDataObject,
	name: string,
	displayName: string,
): string | undefined {
	if (!Object.hasOwn(filters, name)) return undefined;
	return filled(asText(filters[name], displayName) || undefined, displayName);
}

/** A date among the filters, in milliseconds since the epoch; see `textFilter`. */
export function dateFilter(
	filters: IDataObject,
	name: string,
	displayName: string,
	timezone: string,
): number | undefined {
	if (!Object.hasOwn(filters, name)) return undefined;
	return filled(asDate(filters[name], displayName, timezone), displayName);
}

/** The program among the filters; see `textFilter`. */
export function programFilter(filters: IDataObject): string | undefined {
	if (!Object.hasOwn(filters, 'program')) return undefined;
	const { value } = readLocator(filters.program);
	return filled(asText(value, 'Program') || undefined, 'Program');
}

function filled<T>(value: T | undefined, displayName: string): T {
	if (value !== undefined) return value;
	throw new ParameterError(`'${displayName}' is empty`, 'Fill it in, or remove the filter');
}
