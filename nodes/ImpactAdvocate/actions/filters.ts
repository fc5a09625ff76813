/** Reads the filters of operations that list. One that is set but holds nothing must not return everything. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { isRecord } from '../../shared/advocate/client/values';
import { describeValue } from '../../shared/inputValue';
import { ParameterError } from '../../shared/n8n/nodeErrors';
import { readLocator } from '../../shared/n8n/parameters';
import { asDate, asText } from '../../shared/n8n/parameterValues';

/** @throws ParameterError */
export function readFilters(context: IExecuteFunctions, itemIndex: number): IDataObject {
	const filters = context.getNodeParameter('filters', itemIndex, {}) as unknown;
	if (isRecord(filters)) return filters as IDataObject;
	throw new ParameterError(`'Filters' is ${describeValue(filters)}`, 'Set the filters one by one');
}

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
