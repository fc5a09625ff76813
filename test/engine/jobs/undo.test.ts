/** The undo file takes an import back. */
import fc from 'fast-check';
import type { FaultAction } from '../../simulator/faults';
import {
	addSegments,
	hideSegments,
	sent,
	SOME_SEGMENTS,
	useSimulator,
} from '../../support/advocate';
import {
	counts,
	expectAccounted,
	importOrFail,
	memberships,
	readTable,
	runImport,
	statuses,
} from './helpers';
import type { ImportRun, ImportSettings } from './helpers';

const simulator = useSimulator(SOME_SEGMENTS);

const withUndo: ImportSettings = { action: 'file', options: { undoFile: true } };

const seed = (participants: Record<string, string[]>) => {
	for (const [id, segments] of Object.entries(participants)) {
		simulator().state.addParticipant({ id, segments });
	}
};

const takeBack = async ({ undoFile }: ImportRun, options = {}): Promise<ImportRun> =>
	await importOrFail(simulator(), undoFile ?? '', { action: 'file', options });

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
	expect(counts(run.summary)).toEqual({ succeeded: 9, unchanged: 1 });
	expect(run.summary.notes).toContainEqual(
		expect.stringMatching(/the participant whom this import created stays in Advocate/),
	);
	expect(memberships(simulator())).toMatchObject({ a: ['new', 'x', 'y', 'z'], b: [], c: [] });
	const [header, ...rows] = readTable(run.undoFile ?? '');
	expect(header).toEqual(['accountId', 'id', 'segments', 'action', 'undoesRows', 'idCheck']);
	// Who was not changed is not in it.
	expect(rows.map(([, id]) => id)).not.toContain('f');
	const undone = await takeBack(run);
	expect(counts(undone.summary)).toEqual({ succeeded: rows.length });
	expect(memberships(simulator())).toEqual({ ...before, new: [] });
	expect(undone.summary.notes).toContainEqual(
		expect.stringMatching(
			/^An undo file takes back segments only: participants .* stay in Advocate/,
		),
	);
});

it('creates nobody who is gone by then, and is refused under any other action of the node', async () => {
	seed({ a: ['x'] });
	const run = await importOrFail(simulator(), 'id,action,segments\nnew,add,y\na,set,y\n', withUndo);
	simulator().state.removeParticipant('new', 'new');
	for (const action of ['set', 'remove', 'clear', 'add'] as const) {
		simulator().clearRequests();
		const refused = await runImport(simulator(), run.undoFile ?? '', { action, segments: [] });
		expect(refused.error?.message).toMatch(
			/^Row 2 has '\w+' in the column 'action', but the action for every row is set to /,
		);
		expect(simulator().requests).toHaveLength(0);
	}
	const undone = await takeBack(run);
	expect(counts(undone.summary)).toEqual({ succeeded: 1, skipped: 1 });
	expect(memberships(simulator())).toEqual({ a: ['x'] });
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
		"The undo file leaves out 2 changes of segments whose key can't be written in a cell (it contains | or ;, for example)",
	]);
	const undone = await takeBack(run);
	expect(counts(undone.summary)).toEqual({ succeeded: 2 });
	expect(memberships(simulator())).toEqual({ a: ['x'], b: [], c: ['x'] });
});

it('leaves out rows that failed', async () => {
	seed({ a: ['x'], b: ['x'] });
	simulator().options.participantRejects = { b: { message: 'No.', statusCode: 400 } };
	const run = await importOrFail(simulator(), 'id,segments\na,y\nb,y\n', withUndo);
	expect(readTable(run.undoFile ?? '').slice(1)).toEqual([
		['a', 'a', 'y', 'remove', '2', expect.any(String)],
	]);
});

it('takes back what was applied of rows that failed because the rest was not', async () => {
	const { state, options } = simulator();
	state.addSegment({ key: 'known' });
	seed({ a: [], b: ['known'] });
	options.unknownSegment = 'ignore';
	hideSegments(simulator());
	const csv = 'id,segments\na,known|unknown\na,unknown\nb,unknown\n';
	const run = await importOrFail(simulator(), csv, withUndo);
	expect(counts(run.summary)).toEqual({ rejected: 3 });
	expect(memberships(simulator())).toEqual({ a: ['known'], b: ['known'] });
	await takeBack(run);
	expect(memberships(simulator())).toEqual({ a: [], b: ['known'] });
});

describe('knows the memberships from before the first attempt when', () => {
	const BEFORE = { a: ['x'], b: ['x', 'y'], c: [], d: ['y', 'z'], e: ['z'], f: ['x', 'y', 'z'] };
	const CSV =
		'id,action,segments\na,set,y|z\nb,clear,\nc,add,x|new\nd,remove,y|z\ne,add,y\nf,set,new\nabsent,add,x\n';
	const AFTER = { a: ['y', 'z'], b: [], c: ['new', 'x'], d: [], e: ['y', 'z'], f: ['new'] };

	beforeEach(() => seed(BEFORE));

	it.each<[string, FaultAction, number]>([
		[
			'the API answers GraphQL errors in the middle of a batch',
			{ kind: 'graphqlErrors', applyFirst: 4 },
			1,
		],
		['it does so again for the halves', { kind: 'graphqlErrors', applyFirst: 2 }, 3],
		['it does so although all was applied', { kind: 'graphqlErrors', apply: true }, 3],
		['the connection is lost after all was applied', { kind: 'applyThenReset' }, 2],
		['it answers 500 although all was applied', { kind: 'status', status: 500, apply: true }, 2],
		['it answers 400 although all was applied', { kind: 'status', status: 400, apply: true }, 1],
		['the answer is cut off', { kind: 'truncatedJson' }, 2],
	])('%s', async (_, then, times) => {
		simulator().faults.add({ match: { operationName: 'UpsertParticipants' }, times, then });
		const run = await importOrFail(simulator(), CSV, withUndo);
		expect(counts(run.summary)).toEqual({ succeeded: 7 });
		expect(simulator().faults.fired).toBe(times);
		expect(memberships(simulator())).toEqual({ ...AFTER, absent: ['x'] });
		expectAccounted(run, CSV);
		// Read once, before the first attempt: what a later look would find is partly the import's own doing.
		expect(sent(simulator()).filter((name) => name === 'LookUpParticipants')).toHaveLength(1);
		await takeBack(run);
		expect(memberships(simulator())).toEqual({ ...BEFORE, absent: [] });
	});

	it('rows of one participant were merged, applied, answered with an error, and then sent one by one', async () => {
		const csv = 'id,segments\na,y\na,~x\na,z\n';
		simulator().faults.add({
			match: { method: 'PUT' },
			then: { kind: 'graphqlErrors', apply: true },
		});
		simulator().faults.add({
			match: { method: 'PUT', nth: 3 },
			then: { kind: 'status', status: 400 },
		});
		const run = await importOrFail(simulator(), csv, withUndo);
		// A last look shows that it had been applied with the others.
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'succeeded', 4: 'succeeded' });
		expect(memberships(simulator()).a).toEqual(['y', 'z']);
		await takeBack(run);
		expect(memberships(simulator())).toEqual(BEFORE);
	});

	it.each<[string, FaultAction]>([
		['connections are lost after the work', { kind: 'applyThenReset' }],
		['the API answers 500 after the work', { kind: 'status', status: 500, apply: true }],
		['answers are cut off', { kind: 'truncatedJson' }],
	])('%s until the import gives up', async (_, then) => {
		simulator().faults.add({
			match: { operationName: 'UpsertParticipants' },
			times: 'always',
			then,
		});
		const run = await importOrFail(simulator(), CSV, {
			action: 'file',
			options: { undoFile: true, maxWaitTime: 1 },
		});
		// A last look shows what was applied.
		expect(counts(run.summary)).toEqual({ succeeded: 7 });
		expect(memberships(simulator())).toMatchObject(AFTER);
		simulator().faults.clear();
		await takeBack(run);
		expect(memberships(simulator())).toEqual({ ...BEFORE, absent: [] });
	});
});

it('needs a field of its own', async () => {
	const run = await runImport(simulator(), 'id,segments\na,x\n', {
		segments: [],
		options: { undoFile: true, rejectsField: ' undo ' },
	});
	expect(run.error?.message).toContain("'Rejects File Field' is 'undo'");
	expect(simulator().requests).toHaveLength(0);
});

it('restores random memberships', async () => {
	const keys = ['x', 'y', 'z', '=sum', '"q"', "it's", '-m', 'ü', '__proto__', 'UPPER lower'];
	const segments = fc.uniqueArray(fc.constantFrom(...keys), { maxLength: 5 });
	const ids = ['a', 'b', '"c"', 'd e', "''=f", 'constructor'];
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
				addSegments(simulator(), keys);
				const before = Object.fromEntries(ids.map((id, index) => [id, [...present[index]].sort()]));
				seed(before);
				const lines = rows
					.filter((entry) => entry.action === 'clear' || entry.segments.length > 0)
					.map(({ id, action, segments: keysOfRow }) =>
						[id, action, action === 'clear' ? '' : keysOfRow.join('|')].map(quoted).join(','),
					);
				const csv = ['id,action,segments', ...lines, ''].join('\n');
				// One of the IDs looks like a guarded formula in the first file; in the undo file it stands as it is.
				const options = { undoFile: true, acceptUnusualIds: true, batchSize, concurrency: 3 };
				const run = await importOrFail(simulator(), csv, { action: 'file', options });
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
