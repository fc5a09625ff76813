/**
 * Many thousand segment keys in one place: what they cost is counted in steps, not in seconds, and beyond 1,000 they
 * are refused before anything is sent.
 */
import type { INodeParameters } from 'n8n-workflow';
import { shareOf } from '../../nodes/ImpactAdvocate/writes/write';
import { FILE_WORDS } from '../../nodes/ImpactAdvocate/import/table';
import { RowPlanner } from '../../nodes/ImpactAdvocate/import/plan/planRow';
import { ParticipantSample } from '../../nodes/ImpactAdvocate/import/plan/effectPreview';
import { surveyFile } from '../../nodes/ImpactAdvocate/import/plan/survey';
import { WriteQueue } from '../../nodes/ImpactAdvocate/writes/queue';
import type { ParticipantWrite } from '../../nodes/ImpactAdvocate/writes/write';
import { changeOf, findMismatch, mixedChange } from '../../nodes/shared/segments/change';
import { readSegmentsCell } from '../../nodes/shared/segments/cell';
import { readSegmentTexts } from '../../nodes/shared/segments/key';
import { importOrFail, runImport } from '../engine/jobs/helpers';
import {
	batches,
	expression,
	nodeRunner,
	onParticipant,
	useSimulator,
	addSegments,
} from '../support/advocate';
import { addition } from '../unit/writes/fakeApi';

const keys = (count: number, prefix = 'k'): string[] =>
	Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Entries of lists and sets that are looked at or put in meanwhile. */
function steps(work: () => void): number {
	let count = 0;
	const { includes, indexOf } = Array.prototype;
	const { add, has } = Set.prototype;
	const spies = [
		jest.spyOn(Array.prototype, 'includes').mockImplementation(function (this: unknown[], ...args) {
			count += this.length;
			return includes.apply(this, args);
		}),
		jest.spyOn(Array.prototype, 'indexOf').mockImplementation(function (this: unknown[], ...args) {
			count += this.length;
			return indexOf.apply(this, args);
		}),
		jest.spyOn(Set.prototype, 'add').mockImplementation(function (this: Set<unknown>, value) {
			count++;
			return add.call(this, value);
		}),
		jest.spyOn(Set.prototype, 'has').mockImplementation(function (this: Set<unknown>, value) {
			count++;
			return has.call(this, value);
		}),
	];
	try {
		work();
	} finally {
		for (const spy of spies) spy.mockRestore();
	}
	return count;
}

const THOUSAND = keys(1000);

describe('the work grows with the keys, not with their square:', () => {
	it.each<[string, () => void]>([
		['a list', () => readSegmentTexts(THOUSAND)],
		['a text', () => readSegmentTexts(THOUSAND.join())],
		['a list of repetitions', () => readSegmentTexts(Array(1000).fill('k'))],
		['a cell', () => readSegmentsCell(THOUSAND.join('|'), 'add')],
		[
			'a cell that removes',
			() => readSegmentsCell(THOUSAND.map((key) => `~${key}`).join('|'), 'add'),
		],
		['a change of both kinds', () => mixedChange(keys(500), keys(500, 'r'))],
		['the check of an answer', () => findMismatch(changeOf('set', THOUSAND), keys(1000, 'r'))],
		[
			'a part of a merged change',
			() =>
				shareOf(changeOf('remove', THOUSAND), { missing: THOUSAND, unexpected: keys(1000, 'r') }),
		],
	])('%s', (_name, work) => {
		expect(steps(work)).toBeLessThan(10 * 1000);
	});

	const planner = (segmentsColumn: number) =>
		new RowPlanner({
			columns: {
				words: FILE_WORDS,
				header: ['id', 'segments'],
				id: 0,
				segments: segmentsColumn,
				moreSegments: [],
				report: [],
				detailsFor: 'none',
				details: [],
				unsentDetails: [],
				ignoredColumns: [],
				notes: [],
			},
			action: 'add',
			segments: [],
			blankCells: 'ignore',
			acceptUnusualIds: false,
		});

	it('the look through a file whose rows have the same keys in another order', async () => {
		const orders = Array.from({ length: 20 }, (_, row) => [
			...THOUSAND.slice(row),
			...THOUSAND.slice(0, row),
		]);
		const rows = orders.map((order, index) => ({
			rowNumber: index + 2,
			cells: [`p${index}`, order.join('|')],
		}));
		const file = {
			async *rows() {
				yield rows;
			},
		} as unknown as Parameters<typeof surveyFile>[0];
		const spy = jest.spyOn(Array.prototype, 'includes');
		const survey = await surveyFile(file, planner(1), { startAtRow: 2, maxRows: Infinity }, 'none');
		const searched = spy.mock.contexts.filter((list) => (list as unknown[]).length > 100);
		spy.mockRestore();
		expect(survey).toMatchObject({ plannedRows: 20, commonSegments: THOUSAND });
		expect(searched).toEqual([]);
	});

	const rowsOfOne = (count: number, keysOf: (row: number) => string[]) =>
		Array.from(
			{ length: count },
			(_, row): ParticipantWrite<number> =>
				addition('p', row, { change: changeOf('add', keysOf(row)) }),
		);

	it('many rows of one participant that wait together', () => {
		const writes = rowsOfOne(2000, (row) => [`k${row % 900}`]);
		const queue = new WriteQueue<number>(true);
		const count = steps(() => {
			for (const write of writes) queue.add(write);
			queue.take(1);
		});
		expect(count).toBeLessThan(10 * writes.length);
	});

	it('many rows of one participant in a sample', () => {
		const sample = new ParticipantSample(1, Buffer.from('some file'));
		const count = steps(() => {
			for (let row = 0; row < 2000; row++) {
				sample.offer({ accountId: 'p', id: 'p' }, changeOf('add', [`k${row}`]));
			}
		});
		expect(count).toBeLessThan(10 * 2000);
	});

	it('a merged change has as many keys as a single one may have, and none is lost', () => {
		const queue = new WriteQueue<number>(true);
		for (const write of rowsOfOne(25, (row) => keys(100, `r${row}-`))) queue.add(write);
		const changes = [];
		for (let taken = queue.take(1); taken.writes.length > 0; taken = queue.take(1)) {
			changes.push(...taken.writes.map(({ change }) => change.add));
			queue.release(taken);
		}
		expect(changes.map(({ length }) => length)).toEqual([1000, 1000, 500]);
		expect(new Set(changes.flat()).size).toBe(2500);
	});
});

const REFUSAL = 'More than 1,000 segments were given, which is the maximum at a time';

const simulator = useSimulator();

describe('more than 1,000 keys are refused', () => {
	it('in a cell, however many: that row only', async () => {
		addSegments(simulator(), [...keys(1000), 'vip']);
		const cells = [1000, 1001, 100_000].map((count) => keys(count).join('|'));
		const removals = keys(600).map((key) => `~${key}`);
		const mixed = [...removals, ...keys(600, 'a')].join('|');
		const lines = [...cells, mixed].map((cell, index) => `p${index},${cell}\n`);
		const run = await importOrFail(simulator(), `id,segments\n${lines.join('')}last,vip\n`, {
			action: 'file',
		});
		expect(run.summary).toMatchObject({ succeeded: 2, invalid: 3 });
		expect(
			run.rows.filter(({ status }) => status === 'invalid').map(({ message }) => message),
		).toEqual([REFUSAL, REFUSAL, REFUSAL]);
		expect([...simulator().state.participants.values()].map(({ id }) => id).sort()).toEqual([
			'last',
			'p0',
		]);
		expect(simulator().state.segmentsOf('p0')).toHaveLength(1000);
	});

	const run = nodeRunner(simulator);
	const many = (count: number, prefix?: string) => expression(keys(count, prefix));

	it.each<[string, string, INodeParameters]>([
		['a list', 'addSegments', { segments: many(1001) }],
		['a text', 'addSegments', { segments: expression(keys(100_000).join(', ')) }],
		['a list in a text', 'removeSegments', { segments: expression(JSON.stringify(keys(1001))) }],
		['a list to set', 'setSegments', { segments: many(1001) }],
		['two lists', 'updateSegments', { addSegments: many(501), removeSegments: many(500, 'r') }],
	])('in %s of an item: nothing is sent', async (_name, operation, parameters) => {
		const { error, status } = await run(
			onParticipant(operation, { ifParticipantMissing: 'create', options: {}, ...parameters }),
			{ input: [{ id: 'p' }] },
		);
		expect(status).toBe('error');
		expect(error?.message).toContain(REFUSAL);
		expect(simulator().requests).toEqual([]);
	});

	it('an item with 1,000 goes through, and one with too many fails beside it', async () => {
		for (const key of keys(1000)) simulator().state.addSegment({ key });
		const { main } = await run(
			onParticipant('addSegments', {
				ifParticipantMissing: 'create',
				segments: '={{ $json.segments }}',
				options: {},
			}),
			{
				input: [
					{ id: 'p0', segments: keys(1000) },
					{ id: 'p1', segments: keys(1001) },
				],
				onError: 'continueRegularOutput',
			},
		);
		expect(main[0].json.segments).toHaveLength(1000);
		expect(main[1].json.error).toContain(REFUSAL);
		expect(batches(simulator())).toEqual([]);
		expect(simulator().state.segmentsOf('p1')).toBeUndefined();
	});

	it('for all rows of a file, before anything is read or sent', async () => {
		for (const dryRun of [true, false]) {
			const settings = { segments: keys(1001), dryRun };
			const { error } = await runImport(simulator(), 'id\np\n', settings);
			expect(error?.message).toContain(`'Segment Names or IDs': ${REFUSAL}`);
		}
		expect(simulator().requests).toEqual([]);
	});
});

test('messages show a few keys, and none at its full length', () => {
	const both = keys(500, 'x'.repeat(500));
	const refusal = () => mixedChange(both, both);
	expect(refusal).toThrow(/^'x{80}…'(, 'x{80}…'){19} and 480 more are both added and removed$/);
	expect(() => readSegmentTexts(['~'.repeat(100_000)])).toThrow(
		/^Segment key '~{80}…' starts with/,
	);
	expect(() => readSegmentsCell(`~~${'a'.repeat(100_000)}`, 'add')).toThrow(
		/^Segment key '~a{79}…' starts with/,
	);
});
