/**
 * The file of the demo: 1,000 rows, the same every time, with the mistakes that real lists have. What becomes of each
 * row is known beforehand, so that the demo can tell whether the import got it right.
 */

/** Rows below the header. */
export const ROWS = 1000;

/** Rows that can't be sent, by their place below the header (counted from 1). */
const BAD_ROWS: Readonly<Record<number, string>> = {
	97: ',Nora,Missing,CA,',
	240: 'wanda@example.com,Wanda,Extra,US,,one cell too many',
	418: 'carl@example.com,Carl,Country,Canada,',
	655: 'vera@example.com,Vera,Verso,GB,vip|*',
	871: ',Otto,Blank,DE,',
};

/** Who asked Advocate not to be tracked: the API refuses the row. */
export const UNTRACKED = 'quiet@example.com';

const UNTRACKED_ROW = 512;

/** Every so many rows somebody is named a second time. */
const DUPLICATE_EVERY = 80;

const FIRST_NAMES = ['Ada', 'Grace', 'Alan', 'Mary', 'Linus', 'Edith', 'Niklaus', 'Radia'];
const LAST_NAMES = [
	'Berg',
	'Costa',
	'Dubois',
	'Evans',
	'Fischer',
	'García',
	'Horák',
	'Ito',
	'Jäger',
];
const COUNTRIES = ['CA', 'US', 'GB', 'DE', 'FR', 'JP'];

/** The domain of a participant; the workflow treats three of them differently. */
function domainOf(place: number): string {
	if (place % 50 === 7) return 'partner.example';
	if (place % 50 === 23) return 'unsubscribed.example';
	if (place % 50 === 41) return 'former.example';
	return 'example.com';
}

/** The ID of the participant in a good row. */
function idOf(place: number): string {
	return `${FIRST_NAMES[place % 8].toLowerCase()}.${String(place).padStart(4, '0')}@${domainOf(place)}`;
}

interface Row {
	text: string;
	/** Nothing for a row that can't be sent. */
	id?: string;
	/** The row says so itself; otherwise the segment chosen in the node. */
	segments?: string;
}

function rowAt(place: number): Row {
	if (place in BAD_ROWS) return { text: BAD_ROWS[place] };
	if (place === UNTRACKED_ROW) return { text: `${UNTRACKED},Quinn,Quiet,FR,`, id: UNTRACKED };
	// The same participant as a while ago, now named as a VIP too.
	const isDuplicate = place % DUPLICATE_EVERY === 0;
	const person = isDuplicate ? place - 30 : place;
	const segments = isDuplicate ? 'vip' : '';
	const id = idOf(person);
	const names = `${FIRST_NAMES[person % 8]},${LAST_NAMES[person % 9]}`;
	return { text: `${id},${names},${COUNTRIES[person % 6]},${segments}`, id, segments };
}

export interface DemoFile {
	csv: string;
	expected: {
		rows: number;
		succeeded: number;
		invalid: number;
		rejected: number;
	};
	/** Participants who are in the file, except those whom the API refuses. */
	ids: string[];
	/** Of those, by domain. */
	withDomain(domain: string): string[];
}

export function demoFile(): DemoFile {
	const rows = Array.from({ length: ROWS }, (_, index) => rowAt(index + 1));
	const good = rows.flatMap(({ id }) => (id === undefined || id === UNTRACKED ? [] : [id]));
	const ids = [...new Set(good)];
	return {
		csv: ['id,firstName,lastName,countryCode,segments', ...rows.map(({ text }) => text), ''].join(
			'\n',
		),
		expected: {
			rows: ROWS,
			succeeded: good.length,
			invalid: Object.keys(BAD_ROWS).length,
			rejected: 1,
		},
		ids,
		withDomain: (domain) => ids.filter((id) => id.endsWith(`@${domain}`)),
	};
}
