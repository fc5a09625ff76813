/** A file in one line, and all that it leads to. */
import { AS_THE_FILE_SAYS } from '../import/helpers';
import type { ImportInput } from '../import/helpers';

/** The node says Add and vip. */
export const ADD_VIP: ImportInput = {};

export const AS_FILE: ImportInput = AS_THE_FILE_SAYS;

/**
 * The outcome: how many rows ended how (`succeeded 2`), why rows failed (`row 3: …`) and what is noted (`note: …`), each
 * by the beginning of its text, and who is in which segments afterwards, where that is not as before (`c@x.test = vip`).
 * Or `refused: …` and `way out: …`.
 */
export type Variation = [
	name: string,
	input: ImportInput,
	file: string | Buffer,
	outcome: readonly string[],
];

/** A file whose characters are its bytes. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
