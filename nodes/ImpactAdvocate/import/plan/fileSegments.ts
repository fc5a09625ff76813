/** The different segment texts in the cells of a file, for one reading of what they mean. */
import { countText } from '../../../shared/inputValue';
import type { CellReading } from '../../../shared/segments/cell';
import { CsvFileError } from '../file/csvFileError';

/** Different texts that are looked up; a file that names more has the wrong column as its segments. */
const MAX_TEXTS = 10_000;

/** Takes note of all texts. While it does, each counts as a key. */
export class FileSegments implements CellReading {
	readonly texts = new Set<string>();

	/** Whether a cell may be the name of one segment, though it looks like several. */
	mayBeNames = false;

	/** @throws CsvFileError when there are too many: not the row is wrong then, but the file */
	readonly keyOf = (text: string): string => {
		if (!this.texts.has(text) && this.texts.size >= MAX_TEXTS) {
			throw new CsvFileError(
				`More than ${countText(MAX_TEXTS)} different segments are named in the file`,
				'Nothing was sent. Check which column holds the segments, or import the file in several parts',
			);
		}
		this.texts.add(text);
		return text;
	};

	readonly isSegment = (): boolean => {
		this.mayBeNames = true;
		return false;
	};
}
