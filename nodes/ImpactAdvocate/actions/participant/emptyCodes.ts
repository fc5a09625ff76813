/**
 * Why a share link or referral code that was asked for is `null`: n8n says it above the output, once for each reason.
 * Create or Update says it of a share link in its items too.
 */
import type { IDataObject } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import { warn } from '../../../shared/n8n/html';
import type { Run } from '../operation';

/** What an item asked for. */
export interface AskedCodes {
	/** `shareLink` comes with the codes where both are asked for, and then stands for them. */
	what: 'shareLink' | 'referralCode';
	/** ID of the chosen program; empty for the only one. */
	program: string;
}

type Reason = 'closed' | 'none' | 'notInProgram' | 'several';

/** Items whose link or code is empty for the same reason. */
interface Empty extends AskedCodes {
	reason: Reason;
	items: number;
	/** Whether they are about more programs than that of the first one. */
	isMixed: boolean;
}

const WORDS: Readonly<Record<AskedCodes['what'], { one: string; many: string }>> = {
	referralCode: { one: 'referral code', many: 'referral codes' },
	shareLink: { one: 'share link', many: 'share links' },
};

/** Why one participant has none. */
function ofOne(reason: Reason, { what, program }: AskedCodes): string {
	const { one, many } = WORDS[what];
	switch (reason) {
		case 'closed':
			return `The API refused GraphQL (403), and gives ${many} by it only`;
		case 'none':
			return `No active program has given the participant a ${one}`;
		case 'notInProgram':
			return `The participant has no ${one} in the program '${program}'`;
		case 'several':
			return `The participant has ${many} in several programs: choose one in 'Program', or take it from '${what}s'`;
	}
}

/** Counts the items of a run without a link or code, and says why. */
export class EmptyCodes {
	private readonly counts = new Map<string, Empty>();

	constructor(private readonly run: Run) {}

	/**
	 * Look at the output of one item.
	 * @param asked nothing when the item asked for neither
	 * @returns why it has none, for that item; nothing where it has one
	 */
	note(json: IDataObject, asked: AskedCodes | undefined): string | undefined {
		if (asked === undefined || json[asked.what] !== null) return undefined;
		const { what, program } = asked;
		const reason = this.reasonOf(json, asked);
		const key = `${reason} ${what}`;
		const count = this.counts.get(key);
		if (count === undefined) {
			this.counts.set(key, { reason, what, program, items: 1, isMixed: false });
		} else {
			count.items++;
			count.isMixed ||= count.program !== program;
		}
		return ofOne(reason, asked);
	}

	/** Show what was found, above the output. */
	tell(): void {
		for (const { items, reason, what, program, isMixed } of this.counts.values()) {
			const who = `${items} ${items === 1 ? 'participant has' : 'participants have'}`;
			const { one, many } = WORDS[what];
			const inProgram = isMixed ? 'in the chosen program' : `in the program '${program}'`;
			const texts: Readonly<Record<Reason, string>> = {
				closed: `${who} no ${one} in the output: the API refused GraphQL (403), and gives ${many} by it only`,
				none: `${who} no ${one}: Advocate gives one for each active program, and has given none here. Publish a program in Advocate, or check who may take part in it, then run this node again`,
				notInProgram: `${who} no ${one} ${inProgram}. Check 'Program', and in Advocate that the program is active and who may take part in it`,
				several: `${who} ${many} in several programs, so '${what}' is empty. Choose one in 'Program', or take it from '${what}s'`,
			};
			warn(this.run.n8n, texts[reason]);
		}
	}

	private reasonOf(json: IDataObject, { what, program }: AskedCodes): Reason {
		if (what === 'shareLink' && this.run.transport.closedWays.has('GraphQL')) return 'closed';
		if (program !== '') return 'notInProgram';
		const all = json[`${what}s`];
		return isRecord(all) && Object.keys(all).length > 1 ? 'several' : 'none';
	}
}
