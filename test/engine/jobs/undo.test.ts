/** The undo file takes an import back. */
import fc from 'fast-check';
import { useSimulator } from '../../support/advocate';
import { counts, importOrFail, memberships, readTable, runImport } from './helpers';
import type { ImportRun, ImportSettings } from './helpers';

const simulator = useSimulator();

const withUndo: ImportSettings = { segments: [], options: { undoFile: true } };

const seed = (participants: Record<string, string[]>) => {
	for (const [id, segments] of Object.entries(participants)) {
		simulator().state.addParticipant({ id, segments });
	}
};

const takeBack = async ({ undoFile }: ImportRun, options = {}): Promise<ImportRun> =>
	await importOrFail(simulator(), undoFile ?? '', { segments: [], options });

it('restores what add, set, clear, remove and repeated rows changed', async () => {
	const before = { a: ['x', 'y'], b: ['x'], c: ['x', 'y', 'z'], d: [], e: ['x'], f: ['y'] };
	seed(before);
	const csv = [
		'id,action,segments',
		'a,add,z',
		'b,set,y|z',
		'c,clear,',
		'd,add,x|y',
		'e,remove,x',
		'f,add,y',
		'new,add,x',
		'a,remove,x',
		'a,add,x|new',
		'b,clear,',
		'',
	].join('\n');
	const run = await importOrFail(simulator(), csv, withUndo);
	expect(counts(run.summary)).toEqual({ succeeded: 10 });
	expect(memberships(simulator())).toMatchObject({ a: ['new', 'x', 'y', 'z'], b: [], c: [] });
	const [header, ...rows] = readTable(run.undoFile ?? '');
	expect(header).toEqual(['accountId', 'id', 'segments']);
	// Who was not changed is not in it.
	expect(rows.map(([, id]) => id)).not.toContain('f');
	const undone = await takeBack(run);
	expect(counts(undone.summary)).toEqual({ succeeded: rows.length });
	expect(memberships(simulator())).toEqual({ ...before, new: [] });
});

it('is not there when nothing changed, nor without the option', async () => {
	seed({ a: ['x'] });
	const same = await importOrFail(simulator(), 'id,segments\na,x\n', withUndo);
	expect(same.undoFile).toBeUndefined();
	const without = await importOrFail(simulator(), 'id,segments\na,y\n', { segments: [] });
	expect(without.undoFile).toBeUndefined();
});

it("leaves out segments that a cell can't name, says so, and takes back the others", async () => {
	seed({ a: ['odd|key', 'x'], b: ['with, comma'], c: ['x'] });
	const run = await importOrFail(simulator(), 'id,action\na,clear\nb,clear\nc,clear\n', withUndo);
	expect(run.summary.notes).toEqual([
		"The undo file leaves out 2 changes of segments whose key can't stand in a cell (it contains | or a comma, for example)",
	]);
	const undone = await takeBack(run);
	expect(counts(undone.summary)).toEqual({ succeeded: 2 });
	expect(memberships(simulator())).toEqual({ a: ['x'], b: [], c: ['x'] });
});

it('leaves out rows that failed', async () => {
	seed({ a: ['x'], b: ['x'] });
	simulator().options.participantRejects = { b: { message: 'No.', statusCode: 400 } };
	const run = await importOrFail(simulator(), 'id,segments\na,y\nb,y\n', withUndo);
	expect(readTable(run.undoFile ?? '').slice(1)).toEqual([['a', 'a', '~y']]);
});

it('takes back what was applied of rows that failed because the rest was not', async () => {
	const { state, options } = simulator();
	state.addSegment({ key: 'known' });
	seed({ a: [], b: ['known'] });
	options.unknownSegment = 'ignore';
	const csv = 'id,segments\na,known|unknown\na,unknown\nb,unknown\n';
	const run = await importOrFail(simulator(), csv, withUndo);
	expect(counts(run.summary)).toEqual({ rejected: 3 });
	expect(memberships(simulator())).toEqual({ a: ['known'], b: ['known'] });
	await takeBack(run);
	expect(memberships(simulator())).toEqual({ a: [], b: ['known'] });
});

it('needs a field of its own', async () => {
	const run = await runImport(simulator(), 'id,segments\na,x\n', {
		segments: [],
		options: { undoFile: true, rejectsField: ' undo ' },
	});
	expect(run.error?.message).toContain("'Put Rejects File in Field' is 'undo'");
	expect(simulator().requests).toHaveLength(0);
});

it('restores random memberships', async () => {
	const keys = ['x', 'y', 'z', '=sum', '"q"', "it's", '-m', 'ü', '__proto__', 'UPPER lower'];
	const segments = fc.uniqueArray(fc.constantFrom(...keys), { maxLength: 5 });
	const ids = ['a', 'b', '"c"', 'd e', "'=f", 'constructor'];
	const row = fc.record({
		id: fc.constantFrom(...ids, 'created'),
		action: fc.constantFrom('add', 'remove', 'set', 'clear'),
		segments,
	});
	const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
	await fc.assert(
		fc.asyncProperty(
			fc.array(segments, { minLength: ids.length, maxLength: ids.length }),
			fc.array(row, { minLength: 1, maxLength: 25 }),
			fc.integer({ min: 1, max: 5 }),
			async (present, rows, batchSize) => {
				simulator().reset();
				const before = Object.fromEntries(ids.map((id, index) => [id, [...present[index]].sort()]));
				seed(before);
				const lines = rows
					.filter((entry) => entry.action === 'clear' || entry.segments.length > 0)
					.map(({ id, action, segments: keysOfRow }) =>
						[id, action, action === 'clear' ? '' : keysOfRow.join('|')].map(quoted).join(','),
					);
				const csv = ['id,action,segments', ...lines, ''].join('\n');
				const options = { undoFile: true, batchSize, concurrency: 3 };
				const run = await importOrFail(simulator(), csv, { segments: [], options });
				expect(run.summary.complete).toBe(true);
				if (run.undoFile !== undefined) await takeBack(run, { batchSize });
				const { created = [], ...rest } = memberships(simulator());
				expect(rest).toEqual(before);
				expect(created).toEqual([]);
			},
		),
		{ numRuns: 40 },
	);
});
