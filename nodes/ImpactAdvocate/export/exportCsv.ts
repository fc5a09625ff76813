/** An export: participants, page by page, as the pieces of a CSV file. Memory holds a page, and a hash of each participant. */
import { Breather } from '../../shared/advocate/client/breather';
import type { Transport } from '../../shared/advocate/client/transport';
import { listCustomFields } from '../../shared/advocate/customFields';
import { streamParticipants } from '../../shared/advocate/members';
import type { ListCompleteness, SeenStore } from '../../shared/advocate/members';
import type { MembershipFilter, ParticipantRecord } from '../../shared/advocate/participants';
import { listPrograms } from '../../shared/advocate/referrals';
import { counted } from '../../shared/inputValue';
import { BYTE_ORDER_MARK, CRLF } from '../import/file/csvWriter';
import { ParticipantIndex } from '../import/plan/participantIndex';
import { ExportRows, fieldsOf } from './exportRows';
import type { ExportColumns } from './exportRows';

/** More than the API is known to give; it says how many it does. */
const PARTICIPANTS_PER_PAGE = 1000;

/** Names in a note at most. */
const MAX_NAMED = 5;

/** A number of participants, for messages. */
export const people = (count: number): string => counted(count, 'participant', 'participants');

export interface ExportSettings
	extends Pick<ExportColumns, 'parts' | 'withAction' | 'protectsFormulas'> {
	/** No segments for all participants. */
	filter: MembershipFilter;
}

/** Whom an export has read, as hashes. */
class Seen implements SeenStore {
	private readonly index = new ParticipantIndex(false);

	get size(): number {
		return this.index.size;
	}

	has(key: string): boolean {
		return this.index.has(key);
	}

	set(key: string): void {
		this.index.add(key);
	}
}

/** One export. Its account is whole once its pieces have been read to the end. */
export class CsvExport {
	participants = 0;

	columns: readonly string[] = [];

	/** Nothing before the end. */
	completeness?: ListCompleteness;

	private rows?: ExportRows;

	constructor(
		private readonly transport: Transport,
		private readonly settings: ExportSettings,
	) {}

	/**
	 * The file.
	 * @throws AdvocateError
	 */
	async *pieces(): AsyncGenerator<Buffer> {
		const { filter, parts } = this.settings;
		const rows = new ExportRows({ ...this.settings, ...(await this.names()) });
		this.rows = rows;
		this.columns = rows.header;
		yield Buffer.from(BYTE_ORDER_MARK + rows.header.join(',') + CRLF);
		const pages = streamParticipants(this.transport, filter, {
			pageSize: PARTICIPANTS_PER_PAGE,
			fields: fieldsOf(parts),
			newSeen: () => new Seen(),
		});
		const breather = new Breather(this.transport);
		let page = await pages.next();
		while (!page.done) {
			yield await this.pieceOf(page.value, rows, breather);
			page = await pages.next();
		}
		this.completeness = page.value;
	}

	private async pieceOf(
		records: readonly ParticipantRecord[],
		rows: ExportRows,
		breather: Breather,
	): Promise<Buffer> {
		let text = '';
		for (const record of records) {
			if (breather.isDue) await breather.rest();
			text += rows.line(record) + CRLF;
			this.participants++;
		}
		return Buffer.from(text);
	}

	/** The columns that depend on the tenant. They are asked for first, since the header comes before the rows. */
	private async names(): Promise<Pick<ExportColumns, 'customFields' | 'programs'>> {
		const { parts } = this.settings;
		const customFields = parts.has('customFields') ? await listCustomFields(this.transport) : [];
		const programs = parts.has('referralCodes') ? await listPrograms(this.transport) : [];
		return {
			customFields: customFields.map(({ key }) => key),
			programs: programs.map(({ id }) => id),
		};
	}

	/** What else somebody who uses the file should know, as sentences without a period. */
	notes(): string[] {
		const { rows, completeness } = this;
		const notes: string[] = [];
		if (completeness !== undefined && !completeness.hasEverybody) {
			notes.push(
				'The list changed while it was read, so somebody may be missing from the file. Run it again when fewer participants change',
			);
		}
		if (rows === undefined) return notes;
		if (rows.unwritable > 0) {
			notes.push(
				`${people(rows.unwritable)} ${rows.unwritable === 1 ? 'is' : 'are'} in segments whose keys can't be written into a cell: these segments are not in the file`,
			);
		}
		for (const [name, count] of [...rows.leftOut].slice(0, MAX_NAMED)) {
			notes.push(
				`The file has no column for ${name}, although ${people(count)} ${count === 1 ? 'has' : 'have'} a value: the API does not list it, or its name can't be a column's`,
			);
		}
		if (rows.leftOut.size > MAX_NAMED) {
			notes.push(`${rows.leftOut.size - MAX_NAMED} more fields without a column`);
		}
		if (rows.typed.size > 0) {
			const names = [...rows.typed].slice(0, MAX_NAMED).join(', ');
			const more = rows.typed.size > MAX_NAMED ? ' and others' : '';
			notes.push(
				`A CSV cell has no type: the numbers and switches in the custom fields ${names}${more} come back as text when the file is imported`,
			);
		}
		return notes;
	}
}
