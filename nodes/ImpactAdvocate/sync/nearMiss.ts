/**
 * IDs that differ in how they are written only. A spreadsheet, a shop and a CRM each write an ID in their own way, and
 * to the API every spelling is somebody else: the person would be taken out under one and added under the other. Pure.
 */

import { endsStep } from './compare';
import type { Steps } from './compare';

/** In what two IDs may differ and still be meant for the same person, as it goes on after "differ in". */
export const DIFFERENCES = {
	case: 'case',
	blanks: 'blanks',
	unicode: 'Unicode form',
	zeros: 'leading zeros',
	decimals: "a trailing '.0'",
	separators: 'separators',
	plus: "a leading '+'",
	tag: "a tag after '+'",
} as const;

export type Difference = keyof typeof DIFFERENCES;

/** Differences that people may declare to be none. */
export type Sameness = Extract<Difference, 'case' | 'blanks'>;

/** Brings all spellings of one kind together. In an order in which none hides what the next one looks for. */
const FOLDS: ReadonlyArray<readonly [Difference, (id: string) => string]> = [
	['unicode', (id) => id.normalize('NFKC').replace(/\p{Cf}/gu, '')],
	['blanks', (id) => id.replace(/\s+/gu, '')],
	// Upper case first: it knows that ß is SS.
	['case', (id) => id.toUpperCase().toLowerCase()],
	['tag', (id) => id.replace(/^([^@+]+)\+[^@]*@/u, '$1@')],
	['plus', (id) => id.replace(/^\++/, '')],
	['decimals', (id) => id.replace(/^(\d+)[.,]0+$/, '$1')],
	['separators', (id) => id.replace(/(?<=.)[-_./\\:()'’](?=.)/gu, '')],
	['zeros', (id) => id.replace(/^0+(?=.)/, '')],
];

/** A text that all spellings of an ID have in common. */
export function bareId(id: string): string {
	return FOLDS.reduce((text, [, fold]) => fold(text), id);
}

/** The same for some kinds of differences only. */
function foldedId(id: string, kinds: ReadonlySet<Difference>): string {
	return FOLDS.reduce((text, [kind, fold]) => (kinds.has(kind) ? fold(text) : text), id);
}

/**
 * In what two spellings of one ID differ.
 * @returns each kind without which they would still differ; empty when the IDs are the same
 */
export function differencesOf(first: string, second: string): Difference[] {
	if (first === second) return [];
	const kinds = new Set(FOLDS.map(([kind]) => kind));
	// Every kind that is not needed to bring them together is left out.
	for (const kind of [...kinds]) {
		const others = new Set([...kinds].filter((other) => other !== kind));
		if (foldedId(first, others) === foldedId(second, others)) kinds.delete(kind);
	}
	return [...kinds];
}

/** What identifies somebody: an ID, perhaps in an account. */
export interface Named {
	id: string;
	/** Nothing when it is not known, or the same as the ID. */
	accountId?: string;
}

/** A leaver and a joiner who may be one person. Both are places in the lists that were compared. */
export interface NearPair {
	leaver: number;
	joiner: number;
}

/**
 * Find leavers and joiners who may be the same person.
 * @param isDifferent pairs of IDs that people have said are two persons
 */
export function* nearPairs(
	leavers: readonly Named[],
	joiners: readonly Named[],
	isDifferent: (leaver: string, joiner: string) => boolean = () => false,
): Steps<NearPair[]> {
	if (leavers.length === 0 || joiners.length === 0) return [];
	const leaversByBareId = new Map<string, number[]>();
	for (const [index, { id }] of leavers.entries()) {
		if (endsStep(index)) yield;
		const bare = bareId(id);
		const others = leaversByBareId.get(bare);
		if (others === undefined) leaversByBareId.set(bare, [index]);
		else others.push(index);
	}
	const pairs: NearPair[] = [];
	for (const [index, joiner] of joiners.entries()) {
		if (endsStep(index)) yield;
		for (const leaver of leaversByBareId.get(bareId(joiner.id)) ?? []) {
			if (!mayShareAccount(leavers[leaver], joiner)) continue;
			if (isDifferent(leavers[leaver].id, joiner.id)) continue;
			pairs.push({ leaver, joiner: index });
		}
	}
	return pairs;
}

/** With different accounts beside them, equal IDs are two persons: the first employee of two customers, for example. */
function mayShareAccount(leaver: Named, joiner: Named): boolean {
	const { accountId: one = leaver.id } = leaver;
	const { accountId: other } = joiner;
	return other === undefined || bareId(one) === bareId(other);
}
