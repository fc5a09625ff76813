/** An export by job, from the API's answers to the pieces of a file: how much of it is in memory, how often it is asked. */
import { JobExport } from '../../../nodes/ImpactAdvocate/export/jobExport';
import { exportFile } from '../../../nodes/shared/advocate/exportJobs';
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import type { PortRequest, PortResponse } from '../../../nodes/shared/advocate/client/port';
import { FakePort } from '../advocate/fakePort';

const ROWS = 60_000;
const PIECE_ROWS = 500;

const idAt = (index: number): string => `participant${String(index).padStart(8, '0')}`;

/** An API with one export of many, whose file is made while it is read. */
class ExportPort extends FakePort {
	bytesRead = 0;

	openings = 0;

	constructor() {
		super([{}]);
	}

	override async send(request: PortRequest): Promise<PortResponse> {
		this.sent.push(request);
		await Promise.resolve();
		return { statusCode: 200, headers: {}, body: this.bodyOf(request) };
	}

	private bodyOf({ url, body }: PortRequest): unknown {
		if (url.endsWith('/download')) return this.file();
		if (url.endsWith('/export')) return { id: 'e1', status: 'COMPLETED' };
		const { operationName, variables } = JSON.parse(String(body)) as {
			operationName: string;
			variables: Record<string, string>;
		};
		if (operationName === 'ListParticipants') {
			return { data: { users: { totalCount: ROWS, data: [] } } };
		}
		const count = Object.keys(variables).length / 2;
		const users = Array.from({ length: count }, (_, index) => [
			`u${index}`,
			{ id: variables[`i${index}`], accountId: variables[`a${index}`] },
		]);
		return { data: Object.fromEntries(users) };
	}

	private async *file(): AsyncGenerator<Uint8Array> {
		this.openings++;
		this.bytesRead = 0;
		const give = (text: string): Buffer => {
			const piece = Buffer.from(text);
			this.bytesRead += piece.length;
			return piece;
		};
		yield give('accountId,id\n');
		for (let row = 0; row < ROWS; row += PIECE_ROWS) {
			await Promise.resolve();
			const lines = Array.from(
				{ length: PIECE_ROWS },
				(_, index) => `${idAt(row + index)},${idAt(row + index)}\n`,
			);
			yield give(lines.join(''));
		}
	}
}

test('memory holds a piece of the file, however long it is', async () => {
	const port = new ExportPort();
	const job = new JobExport(port.transport(), {
		parts: new Set(),
		filter: { match: 'any', segments: [] },
		withAction: true,
		protectsFormulas: true,
		waitMs: 60_000,
		takesOtherCount: false,
	});
	let written = 0;
	let mostAhead = 0;
	let pieces = 0;
	for await (const piece of job.pieces()) {
		pieces++;
		written += piece.length;
		// What is written has a check for each row besides, so it is never behind by that.
		if (pieces > 1) mostAhead = Math.max(mostAhead, port.bytesRead - written);
		expect(piece.length).toBeLessThan(130 * 1024);
	}
	expect([job.participants, job.hasEverybody, job.notes()]).toEqual([ROWS, true, []]);
	expect(written).toBeGreaterThan(2_000_000);
	expect(pieces).toBeGreaterThan(20);
	expect(mostAhead).toBeLessThan(256 * 1024);
	// Once for its encoding, once for its rows.
	expect(port.openings).toBe(2);
});

describe('a file whose connection is lost', () => {
	/** Gives so many bytes of a text, then breaks off. */
	async function* broken(text: string, bytes: number): AsyncGenerator<Uint8Array> {
		yield Buffer.from(text.slice(0, bytes));
		await Promise.resolve();
		throw new NoAnswerError('reset', 'ECONNRESET');
	}

	const read = async (port: FakePort): Promise<string> => {
		let text = '';
		for await (const piece of exportFile(port.transport(), 'e1')) text += String(piece);
		return text;
	};

	test('is read on from where it was, each byte once', async () => {
		const text = 'id,accountId\na,a\nb,b\n';
		const port = new FakePort([
			{ body: broken(text, 8) },
			{ body: broken(text, 5) },
			{ body: broken(text, 15) },
			{ body: text },
		]);
		expect(await read(port)).toBe(text);
		expect(port.sent).toHaveLength(4);
	});

	test('is given up after some tries', async () => {
		const port = new FakePort([() => ({ body: broken('id\n', 2) })]);
		await expect(read(port)).rejects.toMatchObject({ kind: 'noAnswer' });
		expect(port.sent).toHaveLength(5);
	});

	test('and is shorter then: that is no end', async () => {
		const port = new FakePort([{ body: broken('id\na\nb\n', 6) }, { body: 'id\n' }]);
		await expect(read(port)).rejects.toMatchObject({ kind: 'badAnswer' });
	});
});
