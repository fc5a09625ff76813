/**
 * Which texts are taken for a participant or account ID. The API takes nearly any text and creates a participant of
 * it, so a damaged ID does not fail: it makes a second participant beside the real one. Items and rows are judged here
 * alike.
 */
import { damageOf } from './damagedIds';

/** Longest ID that is taken for one. The API's limit is not documented; this keeps a broken row from being sent. */
const MAX_ID_LENGTH = 512;

/** Name of the option that takes IDs as they stand. */
export const ACCEPT_UNUSUAL_IDS = 'Accept Unusual IDs';

/** Blanks and characters without a width, as they come along when an ID is copied. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;

/** Most IDs are e-mail addresses or plain words; for a million rows the look is worth its line. */
const PLAIN = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)*$/;

/** The ID without what can't be seen around it. */
export function cleanId(text: string, acceptUnusual: boolean): string {
	const trimmed = text.trim();
	return acceptUnusual || PLAIN.test(trimmed) ? trimmed : trimmed.replace(AROUND, '');
}

/** Why a text is not taken for an ID: the end of a sentence that begins with what the ID is called; and the way out. */
export interface IdProblem {
	problem: string;
	hint: string;
}

const CORRECT = 'Correct it where it comes from';

/**
 * Judge an ID.
 * @param id as `cleanId` gives it, not empty
 * @returns nothing when it can be taken
 */
export function checkId(id: string, acceptUnusual: boolean): IdProblem | undefined {
	if (id.length > MAX_ID_LENGTH) {
		return { problem: `has ${id.length} characters (at most ${MAX_ID_LENGTH})`, hint: CORRECT };
	}
	if (acceptUnusual || PLAIN.test(id)) return undefined;
	const problem = damageOf(id);
	if (problem === undefined) return undefined;
	const hint = `${CORRECT}. If the participant is really called that, turn on '${ACCEPT_UNUSUAL_IDS}'`;
	return { problem, hint };
}
