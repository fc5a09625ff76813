/** What was aimed at, and whether it was reached. */
export interface Target {
	what: string;
	aim: string;
	reached: string;
	isMet: boolean;
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
