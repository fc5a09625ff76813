/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * The node under the profiles that the probe writes: whatever the API turns out to do, the node either does what was
 * asked or says legibly that it did not. `IMPACT_ADVOCATE_PROFILE=file.json` adds the profile of a real tenant.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { inlineBinary } from '../engine/harness';
import type { SimulatorOptions } from '../simulator/options';
import {
	byKey,
	expression,
	nodeRunner,
	onParticipant,
	onSegment,
	shown,
	useSimulator,
} from '../support/advocate';

const FOLDER = path.join(__dirname, 'profiles');

const files = [
	...readdirSync(FOLDER).map((name) => path.join(FOLDER, name)),
	...(process.env.IMPACT_ADVOCATE_PROFILE ? [process.env.IMPACT_ADVOCATE_PROFILE] : []),
];

const simulator = useSimulator();
const run = nodeRunner(simulator);

const segmentsOf = (id: string): string[] | undefined => simulator().state.segmentsOf(id);

/** Success must be true, failure must be legible. */
function expectHonest(item: INodeExecutionData, expected: string[]): void {
	const id = String(item.json.id);
	if (item.error === undefined) {
		expect([...(item.json.segments as string[])].sort()).toEqual(expected);
		expect(segmentsOf(id)).toEqual(expected);
		return;
	}
	const { message, description } = shown(item.error);
	expect(message).toMatch(/\S/);
	expect(description).toMatch(/\S/);
}

describe.each(files)('%s', (file) => {
	const profile = JSON.parse(readFileSync(file, 'utf8')) as Partial<SimulatorOptions>;

	beforeEach(() => {
		const { state } = simulator();
		for (const key of ['A', 'B', 'old']) state.addSegment({ key });
		state.addSegment({ key: 'gone', status: 'ARCHIVED' });
		for (let index = 0; index < 30; index++) {
			state.addParticipant({ id: `p${index}`, segments: ['old'] });
		}
		simulator().setOptions(profile as Record<string, unknown>);
	});

	const change = async (operation: string, parameters: INodeParameters, input?: IDataObject[]) =>
		await run(onParticipant(operation, parameters), {
			input: input ?? [{ id: 'p1' }, { id: 'p2' }],
			onError: 'continueRegularOutput',
		});

	it.each([
		['addSegments', { segments: expression(['A', 'B']) }, ['A', 'B', 'old']],
		['removeSegments', { segments: expression(['old', 'A']) }, []],
		['setSegments', { segments: expression(['A']) }, ['A']],
		['clearSegments', {}, []],
		[
			'updateSegments',
			{ addSegments: expression(['A']), removeSegments: expression(['old']) },
			['A'],
		],
	])('%s works', async (operation, parameters, expected) => {
		const { main } = await change(operation, parameters);
		expect(main).toHaveLength(2);
		for (const item of main) {
			expect(item.error).toBeUndefined();
			expectHonest(item, expected);
		}
	});

	it.each([
		['an unknown segment', 'unknown'],
		['an archived segment', 'gone'],
	])('adding to %s is done, or said not to be', async (_, key) => {
		const { main } = await change('addSegments', { segments: expression([key]) });
		for (const item of main) expectHonest(item, [key, 'old']);
	});

	it('a missing segment is created when asked', async () => {
		const { main } = await change('addSegments', {
			segments: expression(['fresh']),
			options: { createMissingSegments: true },
		});
		for (const item of main) {
			expect(item.error).toBeUndefined();
			expectHonest(item, ['fresh', 'old']);
		}
	});

	it('a participant that does not exist is created, skipped or reported, as asked', async () => {
		const add = { segments: expression(['A']) };
		const input = [{ id: 'new' }];
		const created = await change('addSegments', add, input);
		expectHonest(created.main[0], ['A']);
		const skipped = await change('removeSegments', add, [{ id: 'nobody' }]);
		expect(skipped.main[0].json).toMatchObject({ skipped: true });
		const failed = await change('addSegments', { ...add, ifParticipantMissing: 'error' }, [
			{ id: 'nobody' },
		]);
		expect(failed.main[0].error).toBeDefined();
		expect(segmentsOf('nobody')).toBeUndefined();
	});

	it('lists are complete, or say why they are not', async () => {
		const all = { resource: 'participant', operation: 'getAll', returnAll: true, segments: [] };
		const any = onSegment('getAll', { returnAll: true, segmentStatus: 'any' });
		for (const [parameters, count] of [
			[all, simulator().state.participants.size],
			[any, 4],
		] as const) {
			const { main, error } = await run(parameters);
			if (error === undefined) expect(main).toHaveLength(count);
			else expect(shown(error).message).toMatch(/limit/);
		}
	});

	it('segments can be created, read and archived', async () => {
		const created = await run(onSegment('create', { segmentName: 'New One' }));
		expect(created.main[0].json).toMatchObject({ key: 'newOne', created: true });
		const archived = await run(
			onSegment('update', { segment: byKey('newOne'), updateFields: { status: 'ARCHIVED' } }),
		);
		expect(archived.main[0].json).toMatchObject({ key: 'newOne', status: 'ARCHIVED' });
		const read = await run(onSegment('get', { segment: byKey('newOne') }));
		expect(read.main[0].json).toMatchObject({ name: 'New One', status: 'ARCHIVED' });
	});

	it.each(['rows', 'job'])('a file is imported (%s)', async (engine) => {
		const ids = ['p1', 'p2', 'p3', 'fresh'];
		const csv = `accountId,id\n${ids.map((id) => `${id},${id}`).join('\n')}\n`;
		const { main, error } = await run(
			{
				resource: 'bulk',
				operation: 'importCsv',
				segments: expression(['A']),
				simplify: false,
				options: { engine },
			},
			{ input: [{ json: {}, binary: { data: inlineBinary(csv) } }] },
		);
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ rows: 4, succeeded: 4, details: { engine } });
		for (const id of ids) expect(segmentsOf(id)).toContain('A');
	});
});
