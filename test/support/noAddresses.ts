import type { IDataObject } from 'n8n-workflow';

const NONE = 'is not an e-mail address';
const CORRECT = 'Correct the e-mail address';
const ONE = 'Send one call for each e-mail address';

/** What a CRM may send as an e-mail address, and what the examples say to it: the reason and the hint. */
export const NO_ADDRESSES: ReadonlyArray<
	readonly [email: IDataObject[string], reason: string, hint: string]
> = [
	['@', NONE, CORRECT],
	['a@', NONE, CORRECT],
	['@b', NONE, CORRECT],
	['a@b@c', NONE, CORRECT],
	['a@@b', NONE, CORRECT],
	['=bob@c.com', NONE, CORRECT],
	['ada@example,com', NONE, CORRECT],
	['ada', NONE, CORRECT],
	[5, NONE, CORRECT],
	[{ value: 'ada@example.com' }, NONE, CORRECT],
	[['ada@example.com'], NONE, CORRECT],
	['a d@example.com', 'has a blank in it, which e-mail addresses do not have', CORRECT],
	['a@b.com, c@d.com', 'holds several e-mail addresses', ONE],
	['a@b.com;c@d.com', 'holds several e-mail addresses', ONE],
];
