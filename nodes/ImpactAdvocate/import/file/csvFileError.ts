/** Why a file as a whole can't be imported. */
import { countText } from '../../../shared/inputValue';
import { InputError } from '../../../shared/inputError';

/**
 * A file that can't be imported. `rowNumber` is the row as a spreadsheet counts (the first row is 1), where one row is
 * to blame.
 */
export class CsvFileError extends InputError {
	constructor(
		message: string,
		hint: string,
		readonly rowNumber?: number,
	) {
		super(message, hint);
	}
}

/** The refusal of a row that is longer than `limit` characters. */
export function tooLong(rowNumber: number, limit: number): CsvFileError {
	return new CsvFileError(
		`Row ${rowNumber} is longer than ${countText(limit)} characters`,
		'A quote that is opened and never closed is the usual cause: look at this row and the one before it',
		rowNumber,
	);
}
