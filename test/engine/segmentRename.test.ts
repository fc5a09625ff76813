/** Segment > Update, where it gives a name: what another segment is called is refused. In n8n's engine over HTTP. */
import {
	allSent,
	bodies,
	byKey,
	byName,
	nodeRunner,
	onSegment,
	shown,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator();
const run = nodeRunner(simulator);

interface Renaming {
	k: string;
	n?: string;
}

/** Each item names a segment by its key and gives it a name. */
const rename = (
	input: Renaming[],
	onError: 'stopWorkflow' | 'continueRegularOutput' = 'stopWorkflow',
) =>
	run(
		onSegment('update', {
			segment: byKey('={{ $json.k }}'),
			updateFields: { name: '={{ $json.n }}' },
		}),
		{ input: input as never, onError },
	);

const add = (key: string, name: string, status: 'ACTIVE' | 'ARCHIVED' = 'ACTIVE') =>
	simulator().state.addSegment({ key, name, status });

const nameOf = (key: string) => simulator().state.segments.get(key)?.name;

/** What was sent that changes anything. */
const writes = () => bodies(simulator(), 'UpsertSegment');

const FREE = "two of one name can't be told apart";

beforeEach(() => {
	add('vip', 'VIP');
	add('gold', 'Gold Club');
});

describe('a name that another segment has', () => {
	test.each(['Gold Club', 'gold  CLUB'])('is refused: %s', async (n) => {
		const { status, error } = await rename([{ k: 'vip', n }]);
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message: "Another segment is called 'Gold Club': it has the key 'gold' [item 0]",
			description: `Choose another name, or give that segment another one first: ${FREE}`,
			context: { itemIndex: 0 },
		});
		expect(allSent(simulator())).toEqual(['ListSegments']);
	});

	test('is refused of an archived one too', async () => {
		add('old', 'Old Club', 'ARCHIVED');
		const { error } = await rename([{ k: 'vip', n: 'Old Club' }]);
		expect(shown(error)).toMatchObject({
			message:
				"Another segment is called 'Old Club': it has the key 'old', and is archived [item 0]",
			description: `An archived segment keeps its name. Choose another name, or give that segment another one first: ${FREE}`,
		});
		expect(writes()).toEqual([]);
	});

	test('is refused before anything of other items is sent', async () => {
		add('beta', 'Beta');
		const { error } = await rename([
			{ k: 'beta', n: 'Gamma' },
			{ k: 'vip', n: 'Gold Club' },
		]);
		expect(shown(error).message).toBe(
			"Another segment is called 'Gold Club': it has the key 'gold'. Nothing was sent [item 1]",
		);
		expect(writes()).toEqual([]);
	});

	test('may be its own, in other capitals', async () => {
		const { main } = await rename([{ k: 'vip', n: 'Vip' }]);
		expect(main[0].json).toMatchObject({ key: 'vip', name: 'Vip' });
	});

	test('may be its own as it is, also where another has it already', async () => {
		add('vip2', 'VIP');
		const { main } = await rename([{ k: 'vip', n: 'VIP' }]);
		expect(main[0].json).toMatchObject({ key: 'vip', name: 'VIP' });
		const { error } = await rename([{ k: 'vip', n: 'Vip' }]);
		expect(shown(error).message).toContain("it has the key 'vip2'");
	});

	test('is not looked for where no name is given', async () => {
		await run(onSegment('update', { segment: byKey('vip'), updateFields: { status: 'ARCHIVED' } }));
		expect(allSent(simulator())).toEqual(['GetSegment', 'UpsertSegment']);
	});

	test('takes the list once in a run, and no look-up of what is listed', async () => {
		await rename([
			{ k: 'vip', n: 'A' },
			{ k: 'gold', n: 'B' },
		]);
		expect(allSent(simulator())).toEqual(['ListSegments', 'UpsertSegment', 'UpsertSegment']);
	});

	test('takes no list of its own where the segment is chosen by name', async () => {
		await run(onSegment('update', { segment: byName('vip'), updateFields: { name: 'A' } }));
		expect(allSent(simulator())).toEqual(['ListSegments', 'UpsertSegment']);
		expect(nameOf('vip')).toBe('A');
	});

	test('does not keep a segment from its new name that the list does not have yet', async () => {
		simulator().options.filterDelayMs = 60_000;
		add('new', 'New');
		const { main } = await rename([{ k: 'new', n: 'Newer' }]);
		expect(main[0].json.name).toBe('Newer');
	});
});

describe('a name that another segment has as its key', () => {
	const message = "Another segment has the key 'gold': it is called 'Gold Club'";

	test.each(['gold', 'GOLD', 'Gold'])('is refused: %s', async (n) => {
		const { status, error } = await rename([{ k: 'vip', n }]);
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message: `${message} [item 0]`,
			description:
				"Choose another name: wherever segments are given, 'gold' means that segment, since a key goes before a name",
		});
		expect(allSent(simulator())).toEqual(['ListSegments']);
	});

	test('is refused whatever other items make of that segment', async () => {
		const { main } = await rename(
			[
				{ k: 'gold', n: 'Golden' },
				{ k: 'vip', n: 'gold' },
				{ k: 'gold', n: 'Gold' },
			],
			'continueRegularOutput',
		);
		expect(main.map(({ json }) => json.name ?? json.error)).toEqual([
			'Golden',
			"Another segment has the key 'gold': it is called 'Golden' [item 1]",
			'Gold',
		]);
	});
});

describe('names that items of one run give', () => {
	test('are refused when two segments would get the same', async () => {
		const { status, error } = await rename([
			{ k: 'vip', n: 'Top' },
			{ k: 'gold', n: 'TOP' },
		]);
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message:
				"Item 0 gives the name 'Top' to another segment: it has the key 'vip'. Nothing was sent [item 1]",
			description: `Give each segment a name of its own: ${FREE}`,
		});
		expect(writes()).toEqual([]);
	});

	test('are refused when two segments would get the same, and the first one goes on', async () => {
		const { main } = await rename(
			[
				{ k: 'vip', n: 'Top' },
				{ k: 'gold', n: 'TOP' },
			],
			'continueRegularOutput',
		);
		expect(main.map(({ json }) => json.name ?? json.error)).toEqual([
			'Top',
			"Item 0 gives the name 'Top' to another segment: it has the key 'vip' [item 1]",
		]);
	});

	test('may be the same for the same segment', async () => {
		const { main } = await rename([
			{ k: 'vip', n: 'Top' },
			{ k: 'vip', n: 'Top' },
			{ k: 'vip', n: 'TOP' },
		]);
		expect(main.map(({ json }) => json.name)).toEqual(['Top', 'Top', 'TOP']);
	});

	test('may be what an item before has made free', async () => {
		const { main } = await rename([
			{ k: 'gold', n: 'Golden' },
			{ k: 'vip', n: 'Gold Club' },
		]);
		expect(main.map(({ json }) => json.name)).toEqual(['Golden', 'Gold Club']);
	});

	test('may be swapped over a third one', async () => {
		add('silver', 'Silver Club');
		const { main } = await rename([
			{ k: 'gold', n: 'For now' },
			{ k: 'silver', n: 'Gold Club' },
			{ k: 'gold', n: 'Silver Club' },
		]);
		expect(main).toHaveLength(3);
		expect([nameOf('silver'), nameOf('gold')]).toEqual(['Gold Club', 'Silver Club']);
	});

	test.each([
		['in the wrong order', 'Golden'],
		['swapped', 'VIP'],
	])('are refused %s, with the way out', async (_, n) => {
		const { error } = await rename([
			{ k: 'vip', n: 'Gold Club' },
			{ k: 'gold', n },
		]);
		expect(shown(error)).toMatchObject({
			message: expect.stringMatching(
				/^Another segment is called 'Gold Club': it has the key 'gold'\. Nothing was sent/,
			),
			description:
				'Item 1 gives that segment another name, and comes later: put it before this item. Where two segments swap their names, give one of them a third name first',
		});
		expect(writes()).toEqual([]);
	});

	test('count as they are at that moment: what was to become free may have stayed', async () => {
		simulator().faults.add({
			match: { operationName: 'UpsertSegment' },
			times: 1,
			then: { kind: 'status', status: 400, body: { message: 'Not that name.' } },
		});
		const { main } = await rename(
			[
				{ k: 'gold', n: 'Golden' },
				{ k: 'vip', n: 'Gold Club' },
			],
			'continueRegularOutput',
		);
		expect(main.map(({ json }) => json.error)).toEqual([
			'Not that name. [item 0]',
			"Another segment is called 'Gold Club': it has the key 'gold' [item 1]",
		]);
		expect(nameOf('vip')).toBe('VIP');
	});
});

describe('where the segments can not be listed', () => {
	const failList = (status: number, times: number | 'always') =>
		simulator().faults.add({
			match: { operationName: 'ListSegments' },
			times,
			then: { kind: 'status', status, body: { message: 'No list.' } },
		});

	test.each([400, 403])(
		'a refusal (%i) leaves names unchecked, which a hint says',
		async (status) => {
			failList(status, 'always');
			const { main, hints } = await rename([
				{ k: 'vip', n: 'Top' },
				{ k: 'gold', n: 'Golden' },
			]);
			expect(main.map(({ json }) => json.name)).toEqual(['Top', 'Golden']);
			expect(hints.map(({ message }) => message)).toEqual([
				'The segments could not be listed, so it is not known whether others have the same names',
			]);
		},
	);

	test('does not create what is missing', async () => {
		failList(403, 'always');
		const { status, error } = await rename([{ k: 'none', n: 'Top' }]);
		expect(status).toBe('error');
		expect(shown(error).message).toContain("Segment 'none' does not exist");
		expect(writes()).toEqual([]);
	});

	test('at the moment, nothing is renamed', async () => {
		failList(401, 'always');
		const items = [
			{ k: 'vip', n: 'Top' },
			{ k: 'gold', n: 'Golden' },
		];
		const { main } = await rename(items, 'continueRegularOutput');
		const failed = expect.stringContaining('No list.');
		expect(main.map(({ json }) => json.error)).toEqual([failed, failed]);
		expect(allSent(simulator())).toEqual(['ListSegments']);
	});
});
