/** For a value that is empty. */
export const CHECK_EXPRESSION = 'If it is an expression, check that the input item has this value';

/**
 * Input of a person that can't be used: a parameter, a segment, a file, a field of the credential. `message` says what
 * is wrong, `hint` how to get unstuck.
 */
export class InputError extends Error {
	constructor(
		message: string,
		readonly hint: string,
	) {
		super(message);
		this.name = new.target.name;
	}
}
