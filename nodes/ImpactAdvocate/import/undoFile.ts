/** A file whose import takes an import back: the inverse of each change, latest change first. */
import type { ParticipantId } from '../advocate/users';
import { inverseChange, isNoChange, toOperations } from '../segments/change';
import { CELL_SEPARATOR } from '../segments/key';
import { CRLF, csvLine } from './csvLine';

const HEADER = csvLine(['accountId', 'id', 'segments']) + CRLF;

/** Lines kept as texts before they are encoded. */
const BLOCK_LINES = 1000;

export class UndoFile {
	/** Changes in the file. */
	count = 0;

	/** Changes that can't be written: a segment key with the character that separates keys in a cell. */
	unwritable = 0;

	private readonly blocks: Buffer[] = [];

	private lines: string[] = [];

	/** Note a change that was applied. */
	add(participant: ParticipantId, before: readonly string[], after: readonly string[]): void {
		const inverse = inverseChange(before, after);
		if (isNoChange(inverse)) return;
		const operations = toOperations(inverse);
		if (operations.some((operation) => operation.includes(CELL_SEPARATOR))) {
			this.unwritable++;
			return;
		}
		const cells = [participant.accountId, participant.id, operations.join(CELL_SEPARATOR)];
		this.lines.push(csvLine(cells) + CRLF);
		this.count++;
		if (this.lines.length >= BLOCK_LINES) this.encode();
	}

	/** The whole file. A participant's changes must be taken back from the last to the first. */
	toBuffer(): Buffer {
		this.encode();
		return Buffer.concat([Buffer.from(HEADER, 'utf8'), ...[...this.blocks].reverse()]);
	}

	private encode(): void {
		if (this.lines.length === 0) return;
		this.blocks.push(Buffer.from(this.lines.reverse().join(''), 'utf8'));
		this.lines = [];
	}
}
