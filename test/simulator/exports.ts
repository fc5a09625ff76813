/** The tenant's own exports: asked for, made after a while, and given as a file of everybody. */
import { randomBytes } from 'node:crypto';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { failures } from './failures';
import type { SimulatorOptions } from './options';
import type { Participant, SimulatorState } from './state';

const TYPES = [
	'USER',
	'USER_REFERRAL',
	'REFERRAL',
	'USER_REWARD_BALANCE',
	'REWARD_BALANCE',
	'REWARD',
];
const FIELDS = ['type', 'format', 'name', 'requester', 'params'];

/** An export as the API tells it. */
export interface ExportRecord {
	id: string;
	type: string;
	format: string;
	name: string | null;
	requester: string;
	params: Record<string, unknown> | null;
	status: 'PENDING' | 'COMPLETED' | 'ABORTED' | 'EXPIRED';
	dateCreated: number;
	dateCompleted: number | null;
	dateExpires: number | null;
	mailtoEmail: null;
}

interface KeptExport {
	record: ExportRecord;
	looks: number;
	/** Those who were there when it was made. */
	users: Participant[];
	customFields: string[];
}

/** What a column holds of a participant. */
type Column = [name: string, cell: (user: Participant) => unknown];

const text = (name: keyof Participant): Column => [name, (user) => user[name]];

/** The columns that the vendor's Singer tap knows, as far as the simulator has them. */
const KNOWN_COLUMNS: Column[] = [
	...(['id', 'accountId', 'email', 'firstName', 'lastName', 'imageUrl'] as const).map(text),
	text('dateCreated'),
	text('locale'),
];

const MORE_DETAILS: Column[] = [text('countryCode'), text('referable')];

/** The exports of a tenant. */
export class ExportBook {
	private readonly exports = new Map<string, KeptExport>();

	constructor(
		private readonly state: SimulatorState,
		private readonly options: SimulatorOptions,
	) {}

	/** How many were created. */
	get size(): number {
		return this.exports.size;
	}

	/** How many participants are in the file of one. */
	usersIn(id: string): number {
		return this.exports.get(id)?.users.length ?? 0;
	}

	reset(): void {
		this.exports.clear();
	}

	/** @throws ApiFailure when the request is refused */
	create(body: unknown): ExportRecord {
		if (!this.options.exportsAvailable) throw failures.forbidden();
		if (!isRecord(body)) throw failures.invalidJson('The body must be an object.');
		const strange = Object.keys(body).find((name) => !FIELDS.includes(name));
		if (strange !== undefined) throw failures.badRequest(`'${strange}' is not supported.`);
		const type = String(body.type);
		if (!TYPES.includes(type)) throw failures.badRequest(`There is no export '${type}'.`);
		const record: ExportRecord = {
			id: randomBytes(12).toString('hex'),
			type,
			format: typeof body.format === 'string' ? body.format : 'CSV',
			name: typeof body.name === 'string' ? body.name : null,
			requester: typeof body.requester === 'string' ? body.requester : 'API',
			params: isRecord(body.params) ? body.params : null,
			status: 'PENDING',
			dateCreated: Date.now(),
			dateCompleted: null,
			dateExpires: null,
			mailtoEmail: null,
		};
		const users = type === 'USER' ? this.usersOf(record.params ?? {}) : [];
		const customFields = [...this.state.customFields.keys()];
		this.exports.set(record.id, { record, looks: 0, users, customFields });
		return record;
	}

	/**
	 * An export, after one more look at it.
	 * @throws ApiFailure when there is none
	 */
	get(id: string): ExportRecord {
		const kept = this.exports.get(id);
		if (kept === undefined) throw failures.fileGone();
		const { record } = kept;
		const { exportPendingLooks, exportEnds } = this.options;
		if (record.status === 'PENDING' && ++kept.looks > exportPendingLooks) {
			record.status = exportEnds;
			record.dateCompleted = Date.now();
			record.dateExpires = record.dateCompleted + this.options.jobTtlMs;
		}
		return record;
	}

	/** The newest first. */
	list(limit: number, offset: number) {
		const all = [...this.exports.values()].map(({ record }) => record).reverse();
		const data = all.slice(offset, offset + limit);
		return { data, count: data.length, totalCount: all.length };
	}

	/** The file, in pieces, as a large one is. */
	*file(id: string): Generator<string> {
		const kept = this.exports.get(id);
		if (kept?.record.status !== 'COMPLETED') throw failures.fileGone();
		const columns = this.columnsOf(kept);
		yield csvLine(columns.map(([name]) => name));
		let block = '';
		for (const user of kept.users.slice(0, kept.users.length - this.options.exportMissingRows)) {
			block += csvLine(columns.map(([, cell]) => cell(user)));
			if (block.length < 64 * 1024) continue;
			yield block;
			block = '';
		}
		yield block;
	}

	private columnsOf({ record, customFields }: KeptExport): Column[] {
		const { exportColumns, exportSegments } = this.options;
		const { segments } = this.state;
		if (exportColumns === 'tap') return KNOWN_COLUMNS;
		const programId = record.params?.programId;
		const separators = { pipes: '|', commas: ',', json: '' };
		return [
			...KNOWN_COLUMNS,
			...MORE_DETAILS,
			...(exportSegments === 'none'
				? []
				: [['segments', (user) => segmentsText(user.segments)] as Column]),
			['referralCode', (user) => user.referralCodes[String(programId)]],
			...customFields.map(
				(name): Column => [`customFields.${name}`, (user) => user.customFields[name]],
			),
		];
		function segmentsText(keys: readonly string[]): string {
			if (exportSegments === 'blank' || keys.length === 0) return '';
			if (exportSegments === 'json') return JSON.stringify(keys);
			if (exportSegments === 'names')
				return keys.map((key) => segments.get(key)?.name ?? key).join('|');
			return keys.join(separators[exportSegments as 'pipes' | 'commas']);
		}
	}

	private usersOf(params: Record<string, unknown>): Participant[] {
		const from = (name: string) => Number(params[name] ?? -Infinity);
		return [...this.state.participants.values()]
			.filter((user) => {
				const updated = this.state.updatedAt(user, this.options.segmentChangeUpdates);
				return (
					user.dateCreated >= from('createdSince') &&
					updated >= from('updatedSince') &&
					Math.max(updated, user.dateCreated) >= from('createdOrUpdatedSince')
				);
			})
			.map((user) => ({ ...user, customFields: { ...user.customFields } }));
	}
}

function csvLine(cells: readonly unknown[]): string {
	const written = cells.map((cell) => {
		const value =
			cell === null || cell === undefined
				? ''
				: typeof cell === 'object'
					? JSON.stringify(cell)
					: String(cell as string | number | boolean);
		return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
	});
	return `${written.join(',')}\n`;
}
