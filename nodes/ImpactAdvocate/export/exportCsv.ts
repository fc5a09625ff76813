/** An export: participants, page by page, as the pieces of a CSV file. Memory holds a page, and a hash of each participant. */
import { Breather } from '../../shared/advocate/client/breather';
import type { Transport } from '../../shared/advocate/client/transport';
import { streamParticipants } from '../../shared/advocate/members';
import type { ListCompleteness } from '../../shared/advocate/members';
import type { ParticipantRecord } from '../../shared/advocate/participants';
import { BYTE_ORDER_MARK, CRLF } from '../import/file/csvFormat';
import { namesFor, notesOf, SeenPeople } from './exportFile';
import type { ExportFile, ExportSettings } from './exportFile';
import { ExportRows, fieldsOf } from './exportRows';

/** More than the API is known to give; it says how many it does. */
const PARTICIPANTS_PER_PAGE = 1000;

/** An export page by page. Its account is whole once its pieces have been read to the end. */
export class CsvExport implements ExportFile {
	participants = 0;

	columns: readonly string[] = [];

	private completeness?: ListCompleteness;

	private rows?: ExportRows;

	constructor(
		private readonly transport: Transport,
		private readonly settings: ExportSettings,
	) {}

	get hasEverybody(): boolean {
		return this.completeness?.hasEverybody ?? false;
	}

	/**
	 * The file.
	 * @throws AdvocateError
	 */
	async *pieces(): AsyncGenerator<Buffer> {
		const { filter, parts } = this.settings;
		const rows = new ExportRows({ ...this.settings, ...(await namesFor(this.transport, parts)) });
		this.rows = rows;
		this.columns = rows.header;
		yield Buffer.from(BYTE_ORDER_MARK + rows.header.join(',') + CRLF);
		const pages = streamParticipants(this.transport, filter, {
			pageSize: PARTICIPANTS_PER_PAGE,
			fields: fieldsOf(parts),
			newSeen: () => new SeenPeople(),
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

	notes(): string[] {
		const { rows, completeness } = this;
		const notes: string[] = [];
		if (completeness !== undefined && !completeness.hasEverybody) {
			notes.push(
				'The list changed while it was read, so somebody may be missing from the file. Run it again when fewer participants change',
			);
		}
		return rows === undefined ? notes : [...notes, ...notesOf(rows)];
	}
}
