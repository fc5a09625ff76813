/** How much a run may change on its own, in numbers. Pure; what is done about them is decided in `judge.ts`. */

/** Removals that are always allowed, unless they are more than half. */
const ALWAYS_ALLOWED = 10;

/** Removals that no percentage allows: a fifth of a million is nothing that goes without asking. */
const MOST_ALLOWED = 10_000;

/** Cases that are always allowed, where the rest is a share of the rows. */
const FEW = 10;

/** Largest share that may go without a plan code, in percent. */
export const MAX_REMOVE_PERCENT = 50;

/**
 * How many members may be removed without a plan code.
 * @param removable members before the first write, without those that are protected
 * @param percent at most 50; 0 allows none
 */
export function allowedRemovals(removable: number, percent: number): number {
	if (percent === 0) return 0;
	const share = Math.floor((removable * Math.min(percent, MAX_REMOVE_PERCENT)) / 100);
	const few = Math.min(ALWAYS_ALLOWED, Math.floor(removable / 2));
	return Math.min(Math.max(share, few), MOST_ALLOWED);
}

/** Which rule the limit on removals comes from, for a message: it is not always the percentage. */
export function limitText(removable: number, percent: number): string {
	const allowed = allowedRemovals(removable, percent);
	const plain = Math.floor((removable * percent) / 100);
	if (allowed < plain) return 'more never go without a plan code';
	if (allowed === plain && allowed > 0) return `${percent} % ('Remove at Most')`;
	if (percent === 0) return "'Remove at Most' is 0 %";
	if (allowed === 0) return 'never more than half';
	return allowed * 2 < removable - 1
		? `up to ${ALWAYS_ALLOWED} may go from a small segment`
		: 'half of a small segment';
}

/** A share of the rows of a list, and never less than a few. */
export const fewOrPercent = (rows: number, percent: number): number =>
	Math.max(FEW, Math.floor((rows * percent) / 100));

/**
 * Whether a number of rows looks like the limit of a node, page or export before: 10, 20, 25, 50, 100, 200, 250, ...
 * The list may go on after it.
 */
export function looksCutOff(rows: number): boolean {
	if (rows < 10) return false;
	const scale = 10 ** (String(rows).length - 1);
	return [1, 2, 2.5, 5].includes(rows / scale);
}
