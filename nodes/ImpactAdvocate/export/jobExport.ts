/**
 * An export by the API's own export job: its file, row by row, as the same file that paging makes. Memory holds a piece
 * of it, and a hash of each participant. What does not hold up against the API's own account is no file at all.
 */
import { Breather } from '../../shared/advocate/client/breather';
import { expectAdvocateError } from '../../shared/advocate/client/error';
import type { Transport } from '../../shared/advocate/client/transport';
import { exportFile } from '../../shared/advocate/exportJobs';
import {
	listParticipants,
	lookUpRecords,
	MAX_LOOKUPS,
	participantKey,
} from '../../shared/advocate/participants';
import type { MembershipFilter, ParticipantRecord } from '../../shared/advocate/participants';
import { listAllSegments } from '../../shared/advocate/segments';
import type { Segment } from '../../shared/advocate/segments';
import { withoutPeriod } from '../../shared/inputValue';
import { openCsv } from '../import/file/csvFile';
import type { CsvFile } from '../import/file/csvFile';
import { CsvFileError } from '../import/file/csvFileError';
import { BYTE_ORDER_MARK, CRLF } from '../import/file/csvFormat';
import { namesFor, noColumnFor, notesOf, people, SeenPeople } from './exportFile';
import type { ExportFile, ExportSettings } from './exportFile';
import { ExportRows, fieldsOf } from './exportRows';
import type { ExportColumns } from './exportRows';
import { completedExport } from './followExport';
import { JobFileReader, jobObjection, JobObjection, needsSegments } from './jobFile';
import { checkSample } from './sampleCheck';

/** Characters kept as text before they are encoded. */
const BLOCK_LENGTH = 64 * 1024;

export interface JobExportSettings extends ExportSettings {
	/** Milliseconds that the job may take. */
	waitMs: number;
	/** Whether another number of participants than the API counts is a note, and not an objection. */
	takesOtherCount: boolean;
}

/** How many participants a filter finds now. */
export async function countParticipants(
	transport: Transport,
	filter: MembershipFilter,
): Promise<number> {
	const page = { filter, limit: 1, offset: 0, fields: 'id accountId' };
	return (await listParticipants(transport, page)).totalCount;
}

export class JobExport implements ExportFile {
	participants = 0;

	columns: readonly string[] = [];

	hasEverybody = false;

	/** Why the job can't be used, once that is known. */
	objection?: JobObjection;

	private rows?: ExportRows;

	private countNote?: string;

	/** What the first participants have beyond the columns; of the others, the job's file does not tell. */
	private readonly unlisted = new Set<string>();

	private readonly seen = new SeenPeople();

	private readonly breather: Breather;

	constructor(
		private readonly transport: Transport,
		private readonly settings: JobExportSettings,
	) {
		this.breather = new Breather(transport);
	}

	/**
	 * The file.
	 * @throws JobObjection, AdvocateError
	 */
	async *pieces(): AsyncGenerator<Buffer> {
		try {
			yield* this.checkedPieces();
		} catch (caught) {
			throw this.noted(caught);
		}
	}

	private noted(caught: unknown): unknown {
		if (caught instanceof JobObjection) this.objection = caught;
		return caught;
	}

	notes(): string[] {
		const { countNote, rows } = this;
		const counted = new Set(rows?.leftOut.keys());
		const unlisted = [...this.unlisted].filter((name) => !counted.has(name));
		return [
			...(countNote === undefined ? [] : [countNote]),
			...(rows === undefined ? [] : notesOf(rows)),
			...noColumnFor(unlisted, 'some of the first participants have'),
		];
	}

	private async *checkedPieces(): AsyncGenerator<Buffer> {
		const { transport, settings } = this;
		const names = await namesFor(transport, settings.parts);
		const segments = needsSegments(settings) ? await allSegments(transport) : [];
		refuseSeveralPrograms(names.programs);
		const before = await countParticipants(transport, settings.filter);
		const id = await completedExport(transport, names.programs[0], settings.waitMs);
		const columns: ExportColumns = { ...settings, ...names };
		const rows = new ExportRows(columns);
		this.rows = rows;
		this.columns = rows.header;
		yield Buffer.from(BYTE_ORDER_MARK + rows.header.join(',') + CRLF);
		try {
			yield* this.fileOf(id, columns, segments);
		} catch (caught) {
			throw asObjection(caught);
		}
		await this.checkCount(before);
	}

	private async *fileOf(
		id: string,
		columns: ExportColumns,
		segments: readonly Segment[],
	): AsyncGenerator<Buffer> {
		const file = await openJobFile(this.transport, id);
		const reader = new JobFileReader(file.header, {
			...columns,
			filter: this.settings.filter,
			segmentKeys: new Set(segments.map(({ key }) => key)),
		});
		let first: ParticipantRecord[] | undefined = [];
		let text = '';
		for await (const record of this.records(file, reader)) {
			text += this.line(record);
			first?.push(record);
			if (first?.length === MAX_LOOKUPS) {
				await this.check(first, columns);
				first = undefined;
			}
			if (first !== undefined || text.length < BLOCK_LENGTH) continue;
			yield Buffer.from(text);
			text = '';
		}
		if (first !== undefined && first.length > 0) await this.check(first, columns);
		if (!reader.hasSegments && segments.some(({ participantsCount }) => participantsCount > 0)) {
			throw new JobObjection("its column 'segments' is blank for everybody");
		}
		if (text !== '') yield Buffer.from(text);
	}

	/** Who is to be exported, each once. */
	private async *records(file: CsvFile, reader: JobFileReader): AsyncGenerator<ParticipantRecord> {
		for await (const rows of file.rows()) {
			for (const { rowNumber, cells, problem, missingCells = 0 } of rows) {
				if (this.breather.isDue) await this.breather.rest();
				if (problem !== undefined || missingCells > 0) {
					throw new JobObjection(`row ${rowNumber} of its file ${problem ?? 'lacks cells'}`);
				}
				const record = reader.read(cells);
				const key = participantKey(record);
				if (!reader.isWanted(record) || this.seen.has(key)) continue;
				this.seen.set(key);
				yield record;
			}
		}
	}

	private line(record: ParticipantRecord): string {
		this.participants++;
		return (this.rows?.line(record) ?? '') + CRLF;
	}

	private async check(first: readonly ParticipantRecord[], columns: ExportColumns): Promise<void> {
		const fields = fieldsOf(columns.parts);
		const sample = new ExportRows(columns);
		checkSample(sample, first, await lookUpRecords(this.transport, first, fields));
		// A file has no types; the API tells them.
		for (const name of sample.typed) this.rows?.typed.add(name);
		for (const name of sample.leftOut.keys()) this.unlisted.add(name);
	}

	/** Who enters or leaves meanwhile may be in the file or not; both counts are the bounds. */
	private async checkCount(before: number): Promise<void> {
		const { filter, takesOtherCount } = this.settings;
		const after = await countParticipants(this.transport, filter);
		const [least, most] = [Math.min(before, after), Math.max(before, after)];
		this.hasEverybody = this.participants >= least && this.participants <= most;
		if (this.hasEverybody) return;
		const counted = `its file has ${people(this.participants)}, and the API counts ${after}`;
		if (!takesOtherCount) throw new JobObjection(counted);
		this.countNote = `The export job can't be trusted to be whole: ${counted}. Run it again with 'Engine' Page by Page to compare`;
	}
}

async function allSegments(transport: Transport): Promise<Segment[]> {
	try {
		return await listAllSegments(transport);
	} catch (caught) {
		const error = expectAdvocateError(caught);
		if (error.kind === 'cancelled') throw error;
		throw jobObjection(`the segments can't be listed (${withoutPeriod(error.message)})`);
	}
}

/** @throws JobObjection: a file has the codes of one program */
function refuseSeveralPrograms({ length }: readonly string[]): void {
	if (length < 2) return;
	throw new JobObjection(
		`its file has the referral codes of one program only, and there are ${length} programs`,
		"Take 'Referral Codes' out of 'Columns', or set 'Engine' to Page by Page",
	);
}

/** The reader goes through the file twice: for its encoding, and for its rows. Both times it has to be as long. */
async function openJobFile(transport: Transport, id: string): Promise<CsvFile> {
	let size: number | undefined;
	async function* bytes(): AsyncGenerator<Uint8Array> {
		let length = 0;
		for await (const piece of exportFile(transport, id)) {
			length += piece.length;
			yield piece;
		}
		if (size !== undefined && size !== length) {
			throw new JobObjection(`its file had ${size} bytes, and then ${length} bytes`);
		}
		size = length;
	}
	return await openCsv(async () => bytes(), {
		encoding: 'utf-8',
		delimiter: 'auto',
		isStrict: true,
	});
}

/** What keeps the file of a job from being read says nothing about other requests. */
function asObjection(caught: unknown): unknown {
	if (caught instanceof JobObjection) return caught;
	if (caught instanceof CsvFileError) {
		return new JobObjection(`its file can't be read (${caught.message})`);
	}
	const error = expectAdvocateError(caught);
	if (error.kind === 'cancelled') return error;
	return new JobObjection(`its file can't be had (${withoutPeriod(error.message)})`);
}
