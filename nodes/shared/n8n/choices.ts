/** Choices as people know them: the editor shows the name of a choice, and an expression has to give its value. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { CHECK_EXPRESSION } from '../inputError';
import { describeValue } from '../inputValue';
import { ParameterError } from './nodeErrors';

/** Choices that are shown with their names: of many, such as the encodings, the values alone are long enough. */
const MAX_NAMED = 12;

/** A value that is none of its field's choices. */
export class ChoiceError extends ParameterError {
	constructor(
		value: unknown,
		readonly displayName: string,
		readonly allowed: readonly string[],
		names: ReadonlyMap<string, string> = new Map(),
	) {
		const wanted = `Use one of: ${allowed.map((choice) => shown(choice, names.get(choice))).join(', ')}`;
		super(
			`'${displayName}' is ${describeValue(value)}`,
			describeValue(value) === 'empty' ? `${wanted}. ${CHECK_EXPRESSION}` : wanted,
		);
		this.value = value;
	}

	private readonly value: unknown;

	/** The same with the names that the editor shows, if one of the fields has these choices. */
	named(fields: readonly INodeProperties[]): ChoiceError {
		const isLong = this.allowed.length > MAX_NAMED;
		const names = isLong ? undefined : this.namesIn(fields);
		return names === undefined
			? this
			: new ChoiceError(this.value, this.displayName, this.allowed, names);
	}

	private namesIn(fields: readonly INodeProperties[]): Map<string, string> | undefined {
		for (const { displayName, type, options = [] } of fields) {
			if (displayName === this.displayName && (type === 'options' || type === 'multiOptions')) {
				const choices = options as INodePropertyOptions[];
				const names = new Map(choices.map(({ value, name }) => [String(value), name]));
				if (this.allowed.every((choice) => names.has(choice))) return names;
			}
			const found = this.namesIn(fieldsIn(options));
			if (found !== undefined) return found;
		}
		return undefined;
	}
}

/** The fields of a collection, and of its groups; none of a list of choices. */
export const fieldsIn = (options: NonNullable<INodeProperties['options']>): INodeProperties[] =>
	options.flatMap((option): INodeProperties[] =>
		'values' in option ? option.values : 'displayName' in option ? [option as INodeProperties] : [],
	);

function shown(choice: string, name: string | undefined): string {
	const value = choice === '\t' ? 'tab' : choice;
	return name === undefined || name === value ? value : `${value} (${name})`;
}

/** A failure as it is; that of a choice with the names that the editor shows. */
export const withChoiceNames = (failure: unknown, fields: readonly INodeProperties[]): unknown =>
	failure instanceof ChoiceError ? failure.named(fields) : failure;
