/**
 * What headers mean: the one table of the spellings that are understood, and how a header is compared with them. Pure.
 *
 * Headers are compared by their letters and digits, without case, accents and characters that can't be seen, so
 * `User ID`, `user_id` and `userId` are one. The spellings are those of Advocate's own import file and of the exports
 * of HubSpot, Salesforce, Shopify, Mailchimp, Klaviyo and Stripe.
 */

export type Role = 'id' | 'accountId' | 'segments' | 'action';

interface RoleSpellings {
	/** Taken for the role by themselves. */
	own: readonly string[];
	/** What other programs call their own key of a person: taken only where no other column can be meant. */
	foreign: readonly string[];
	/** Never taken by themselves, but named in the notes: they may have been meant. */
	alike: readonly string[];
}

/** By role: headers as people and programs write them. */
export const ROLE_SPELLINGS: Readonly<Record<Role, RoleSpellings>> = {
	id: {
		own: ['id', 'userId', 'participantId'],
		foreign: [
			// Shopify; Stripe's exports of payments.
			'Customer ID',
			// Salesforce.
			'Contact ID',
			'Lead ID',
			// HubSpot, in its older and newer exports.
			'Record ID',
			'Record ID - Contact',
			'Klaviyo ID',
		],
		alike: [
			'externalId',
			'memberId',
			'personId',
			'clientId',
			'subscriberId',
			'uuid',
			'user',
			'participant',
		],
	},
	accountId: {
		own: ['accountId'],
		foreign: [],
		alike: ['account', 'accountNumber', 'accountName', 'companyId', 'Associated Company IDs'],
	},
	segments: {
		own: ['segments', 'segment'],
		foreign: [],
		alike: [
			'tags',
			'tag',
			'lists',
			'list',
			'groups',
			'group',
			'audiences',
			'audience',
			'labels',
			'label',
			'categories',
			'category',
			'interests',
			'Lifecycle Stage',
			'List Memberships',
			'memberships',
		],
	},
	action: {
		own: ['action'],
		foreign: [],
		alike: [
			'status',
			'operation',
			'segmentAction',
			'op',
			'change',
			'command',
			'todo',
			'Lead Status',
			'delete',
			'deleted',
			'remove',
			'removed',
		],
	},
};

/** By detail: further headers that mean the same. The name itself always does. */
export const DETAIL_SPELLINGS: Readonly<Record<string, readonly string[]>> = {
	// Mailchimp writes "Email Address", Stripe's payments "Customer Email".
	email: ['E-Mail', 'Email Address', 'E-Mail Address', 'Customer Email', 'Contact Email'],
	// FNAME and LNAME are Mailchimp's merge tags.
	firstName: ['First Name', 'FNAME', 'Customer First Name', 'Contact First Name'],
	lastName: ['Last Name', 'LNAME', 'Customer Last Name', 'Contact Last Name'],
	// Shopify and Salesforce.
	countryCode: ['Country Code', 'Default Address Country Code', 'Mailing Country Code'],
};

/** Headers that look like a detail which Advocate keeps, or may say more about a row, and are not taken for it. */
const OTHERS_ALIKE: readonly string[] = [
	'name',
	'fullName',
	'Customer Name',
	'givenName',
	'forename',
	'surname',
	'familyName',
	'mail',
	'Primary Email',
	'language',
	'Preferred Language',
	'country',
	'Country/Region',
	'Mailing Country',
	'referrer',
	'referredBy',
	// Who should perhaps not be there.
	'unsubscribed',
	'unsubscribe',
	'optOut',
	'optedOut',
	'blocked',
	'suppressed',
];

/** The letters and digits of a header, without case and accents. */
export const bareHeader = (name: string): string =>
	name
		.normalize('NFKD')
		.toLowerCase()
		// What Turkish makes of an I.
		.replaceAll('ı', 'i')
		.replace(/[^\p{L}\p{N}]/gu, '');

/** What can't be seen in a header. */
export const visibleHeader = (name: string): string =>
	name.replace(/[\p{Cf}\p{Cc}\u034f\u115f\u1160\u3164\uffa0]/gu, '').trim();

const bare = (names: readonly string[]): ReadonlySet<string> => new Set(names.map(bareHeader));

const ROLES = Object.keys(ROLE_SPELLINGS) as Role[];

const OWN = new Map(ROLES.map((role) => [role, bare(ROLE_SPELLINGS[role].own)]));

const FOREIGN = new Map(ROLES.map((role) => [role, bare(ROLE_SPELLINGS[role].foreign)]));

const ALIKE = bare([
	...ROLES.flatMap((role) => [...ROLE_SPELLINGS[role].alike, ...ROLE_SPELLINGS[role].foreign]),
	...OTHERS_ALIKE,
]);

/** Names of people, as German, French, Spanish, Italian, Portuguese, Dutch and Polish lists call them. */
const NAMES = bare([
	...['vorname', 'nachname', 'familienname', 'prénom', 'nom', 'nombre', 'apellido', 'apellidos'],
	...['nome', 'cognome', 'sobrenome', 'voornaam', 'achternaam', 'imię', 'nazwisko'],
]);

/** Whether a header is the word of another language for a first or last name. */
export const looksLikeName = (name: string): boolean => NAMES.has(bareHeader(name));

const ACTION_ALIKE = bare(ROLE_SPELLINGS.action.alike);

/** Names that a header with one wrong letter may have meant. */
const MISSPELT = [
	...bare([...ROLES.flatMap((role) => ROLE_SPELLINGS[role].own), 'firstName', 'lastName', 'email']),
];

/**
 * A list that a program has spread over columns, as n8n and others do: `segments.0`, `segments[1]`.
 * @returns nothing for any other header
 */
export function spreadHeader(name: string): { stem: string; place: number } | undefined {
	const match = /^(.*?)\s*(?:\.(\d{1,4})|\[(\d{1,4})\])$/.exec(visibleHeader(name));
	if (match === null || match[1] === '') return undefined;
	return { stem: match[1], place: Number(match[2] ?? match[3]) };
}

/** Whether a header is one of the spellings that are taken for a role. */
export function isRoleHeader(name: string, role: Role, kind: 'own' | 'foreign' = 'own'): boolean {
	const spellings = (kind === 'own' ? OWN : FOREIGN).get(role);
	return spellings?.has(bareHeader(name)) ?? false;
}

/** Positions of the headers that match; a list that is spread over columns counts as one, by its first. */
export interface Found {
	positions: number[];
	/** Of a list that is spread over columns: all of them, in its order. */
	spread: number[];
}

/** @param matches asked for each header, or for the stem of one that a list is spread over */
export function search(header: readonly string[], matches: (name: string) => boolean): Found {
	const plain: number[] = [];
	const lists = new Map<string, Array<{ index: number; place: number }>>();
	header.forEach((name, index) => {
		if (matches(name)) {
			plain.push(index);
			return;
		}
		const spread = spreadHeader(name);
		if (spread === undefined || !matches(spread.stem)) return;
		const stem = bareHeader(spread.stem);
		lists.set(stem, [...(lists.get(stem) ?? []), { index, place: spread.place }]);
	});
	const found: Found = { positions: plain, spread: [] };
	for (const columns of lists.values()) {
		columns.sort((a, b) => a.place - b.place);
		const isList = columns.every(({ place }, at) => at === 0 || place > columns[at - 1].place);
		const indexes = columns.map(({ index }) => index);
		found.positions.push(...(isList ? indexes.slice(0, 1) : indexes));
		if (isList) found.spread = indexes;
	}
	return found;
}

/** Columns called `name`: by the exact name, else without regard to case, else by letters and digits. */
export function searchName(header: readonly string[], name: string): Found {
	const bare = bareHeader(name);
	const ways: Array<(column: string) => boolean> = [
		(column) => column === name,
		(column) => visibleHeader(column).toLowerCase() === visibleHeader(name).toLowerCase(),
		(column) => bare !== '' && bareHeader(column) === bare,
	];
	for (const matches of ways) {
		const found = search(header, matches);
		if (found.positions.length > 0) return found;
	}
	return { positions: [], spread: [] };
}

/**
 * Whether a header that nothing is done with may have been meant for something.
 * @param role for this role; for any role or detail unless given
 */
export function looksLikeRole(name: string, role?: 'action'): boolean {
	const text = bareHeader(spreadHeader(name)?.stem ?? name);
	if (text === '') return false;
	const isOwn = (own: Role): boolean => OWN.get(own)?.has(text.replace(/\d+$/, '')) ?? false;
	const isMisspelt = (words: readonly string[]): boolean =>
		words.some((word) => word.length > 4 && differsByOne(text, word));
	if (role === 'action') {
		const words = ROLE_SPELLINGS.action.own.map(bareHeader);
		return (
			ACTION_ALIKE.has(text) ||
			/^(segment|member(ship)?)?s?action$/.test(text) ||
			isOwn(role) ||
			isMisspelt(words)
		);
	}
	return ALIKE.has(text) || text.includes('segment') || ROLES.some(isOwn) || isMisspelt(MISSPELT);
}

/** Whether two words are the same but for one letter that is wrong, missing or too many, or two that are swapped. */
function differsByOne(first: string, second: string): boolean {
	if (Math.abs(first.length - second.length) > 1) return false;
	let start = 0;
	while (start < first.length && first[start] === second[start]) start++;
	const [a, b] = [first.slice(start), second.slice(start)];
	return (
		a.slice(1) === b.slice(1) ||
		a === b.slice(1) ||
		a.slice(1) === b ||
		(a.length > 1 && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2))
	);
}

/** A column for a message; a long name is cut. */
export const shownColumn = (name: string): string => {
	const text = visibleHeader(name).replace(/\s+/g, ' ');
	return text.length > 40 ? `'${text.slice(0, 40)}…'` : `'${text}'`;
};

/** Columns of a file for a message: at most ten, long names cut. */
export function listColumns(header: readonly string[]): string {
	const names = header.filter((name) => visibleHeader(name) !== '').map(shownColumn);
	const more = names.length - 10;
	return names.slice(0, 10).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** For the beginning of a sentence about columns. */
export const areOrIs = (names: readonly string[], one: string, many: string): string =>
	`${listColumns(names)} ${names.length === 1 ? one : many}`;

/** Where details are sent, a column such as "Vorname" looks like one of them. */
export const unusedNote = (names: readonly string[]): string =>
	`${areOrIs(names, 'was', 'were')} not used. That is fine if Advocate does not need it. To send such a column, call it what Advocate does: firstName, lastName, email, locale, countryCode, or 'customFields.' and the key of a custom field.`;
