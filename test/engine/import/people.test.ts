/** Import CSV in the real engine: several rows of one participant, and participants and segments that do not exist. */
import { hideSegments, apartFromSegments } from '../../support/advocate';
import { expectInProportion } from '../../support/cost';
import { TestApi } from './testApi';
import {
	AS_THE_FILE_SAYS,
	counts,
	expectAccounted,
	memberships,
	OWN_SEGMENTS,
	runImport,
	statuses,
	writesOf,
} from './helpers';
import type { ImportInput } from './helpers';

const sim = new TestApi();

describe('several rows of one participant', () => {
	const CSV = 'id,segments,action\nu,a,add\nw,a,add\nu,b,add\nu,a,remove\nu,c,add\n';

	test.each<[string, string[] | undefined, Record<string, string>]>([
		['merge', ['b', 'c'], { 2: 'succeeded', 4: 'succeeded', 5: 'succeeded', 6: 'succeeded' }],
		['last', ['c'], { 2: 'skipped', 4: 'skipped', 5: 'skipped', 6: 'succeeded' }],
		['first', ['a'], { 2: 'succeeded', 4: 'skipped', 5: 'skipped', 6: 'skipped' }],
		['error', undefined, { 2: 'invalid', 4: 'invalid', 5: 'invalid', 6: 'invalid' }],
	])('%s', async (duplicates, segments, expected) => {
		const run = await runImport(sim.api, CSV, { action: 'file', options: { duplicates } });
		expectAccounted(run, CSV);
		expect(statuses(run)).toEqual({ ...expected, 3: 'succeeded' });
		expect(run.summary).toMatchObject({ duplicates: 3, participants: 2 });
		expect(sim.api.state.segmentsOf('u')).toEqual(segments);
		expect(sim.api.orderViolations).toEqual([]);
	});

	test.each(['merge', 'last', 'first', 'error'])('far apart, %s', async (duplicates) => {
		const rows = Array.from({ length: 6000 }, (_, index) => `participant-${index},seg`);
		for (const key of ['seg', 'first', 'last']) sim.api.state.addSegment({ key });
		const csv = `id,segments\nrepeated,first\n${rows.join('\n')}\nrepeated,last\n`;
		const run = await runImport(sim.api, csv, {
			output: 'failed',
			segments: [],
			options: { duplicates, concurrency: 8 },
		});
		expect(run.summary.duplicates).toBe(1);
		expect(sim.api.state.segmentsOf('repeated')).toEqual(
			{ merge: ['first', 'last'], last: ['last'], first: ['first'], error: undefined }[duplicates],
		);
		expect(counts(run.summary)).toEqual(
			{
				merge: { succeeded: 6002 },
				last: { succeeded: 6001, skipped: 1 },
				first: { succeeded: 6001, skipped: 1 },
				error: { succeeded: 6000, invalid: 2 },
			}[duplicates],
		);
	});

	test('rows that follow each other become one request, and every row succeeds', async () => {
		for (let index = 0; index < 500; index++) sim.api.state.addSegment({ key: `s${index}` });
		const csv = `id,segments\n${Array.from({ length: 500 }, (_, index) => `u,s${index}`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, OWN_SEGMENTS);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 500 });
		expect(sim.api.state.segmentsOf('u')).toHaveLength(500);
		expect(writesOf(sim.api).length).toBeLessThan(10);
	});

	test('many rows of few participants take work in proportion', async () => {
		await expectInProportion(12_500, async (rows) => {
			const csv = `id\n${'u\nw\n'.repeat(rows / 2)}`;
			const run = await runImport(sim.api, csv, { output: 'summary' });
			expect(counts(run.summary)).toEqual({ succeeded: rows });
		});
	});

	test('of merged rows, only the one that the API did not apply fails', async () => {
		hideSegments(sim.api);
		sim.api.options.unknownSegment = 'ignore';
		sim.api.state.addSegment({ key: 'known' });
		const csv = 'id,segments\nu,known\nu,unknown\nw,known\n';
		const run = await runImport(sim.api, csv, OWN_SEGMENTS);
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'rejected', 4: 'succeeded' });
	});

	test('of merged rows, only the one that the API refuses fails', async () => {
		hideSegments(sim.api);
		sim.api.options.unknownSegment = 'reject';
		sim.api.state.addSegment({ key: 'known' });
		const csv = 'id,segments\nu,known\nu,unknown\nw,known\nu,~known\n';
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({
			2: 'succeeded',
			3: 'rejected',
			4: 'succeeded',
			5: 'succeeded',
		});
		expect(memberships(sim.api)).toEqual({ u: [], w: ['known'] });
	});

	test('referrers of merged rows all arrive', async () => {
		const csv = 'id,referredBy.code\nu,ANNA\nu,BOB\n';
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(sim.api.state.participant('u', 'u')?.referredByCodes).toEqual(['ANNA', 'BOB']);
	});
});

describe('participants and segments that do not exist', () => {
	const CSV = 'id,action\nold,add\nnew1,add\nnew2,remove\nnew3,set\nnew4,clear\n';

	test('a segment that the API refuses is asked about once, and fails its rows only', async () => {
		sim.api.options.segmentKeyPattern = '^[a-z]+$';
		const csv = `id,segments\n${Array.from({ length: 40 }, (_, index) => `p${index},${index % 2 === 0 ? 'fine' : 'Not Fine'}`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, {
			segments: [],
			options: { createMissingSegments: true, batchSize: 10 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 20, rejected: 20 });
		const asked = apartFromSegments(sim.api).filter(
			({ operationName }) => operationName === 'UpsertSegment',
		);
		expect(asked).toHaveLength(2);
	});

	test.each<[NonNullable<ImportInput['ifMissing']>, Record<string, string>, string[]]>([
		[
			'byAction',
			{ 2: 'succeeded', 3: 'succeeded', 4: 'skipped', 5: 'succeeded', 6: 'skipped' },
			['new1', 'new3', 'old'],
		],
		[
			'create',
			{ 2: 'succeeded', 3: 'succeeded', 4: 'succeeded', 5: 'succeeded', 6: 'succeeded' },
			['new1', 'new2', 'new3', 'new4', 'old'],
		],
		['skip', { 2: 'succeeded', 3: 'skipped', 4: 'skipped', 5: 'skipped', 6: 'skipped' }, ['old']],
		[
			'error',
			{ 2: 'succeeded', 3: 'rejected', 4: 'rejected', 5: 'rejected', 6: 'rejected' },
			['old'],
		],
	])('%s', async (ifMissing, expected, participants) => {
		for (const batchSize of [1, 100]) {
			sim.reset();
			sim.api.state.addParticipant({ id: 'old' });
			const run = await runImport(sim.api, CSV, {
				action: 'file',
				segments: ['vip'],
				ifMissing,
				options: { batchSize },
			});
			expectAccounted(run, CSV);
			expect(statuses(run)).toEqual(expected);
			expect(Object.keys(memberships(sim.api))).toEqual(participants);
			if (ifMissing === 'error') {
				expect(run.rows.find(({ id }) => id === 'new1')).toMatchObject({
					message: "Participant 'new1' does not exist",
					statusCode: 404,
				});
			}
			if (ifMissing === 'skip') {
				expect(run.rows.find(({ id }) => id === 'new1')?.message).toBe(
					'The participant does not exist',
				);
			}
		}
	});

	test('Create Missing Segments asks about each key once, and lists what it made', async () => {
		sim.api.options.unknownSegment = 'reject';
		sim.api.state.addSegment({ key: 'there' });
		const csv = `id,segments\n${Array.from({ length: 60 }, (_, index) => `p${index},there|new${index % 3}`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, {
			segments: [],
			options: { createMissingSegments: true, batchSize: 10, concurrency: 4 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 60 });
		expect([...(run.summary.segmentsCreated as string[])].sort()).toEqual(['new0', 'new1', 'new2']);
		const fields = sim.api.requests.map(({ rootFields }) => rootFields[0]);
		// One list; what is not in it is asked for, once.
		expect(fields.filter((field) => field === 'segments')).toHaveLength(1);
		expect(fields.filter((field) => field === 'segment')).toHaveLength(1);
		expect(fields.filter((field) => field === 'upsertSegment')).toHaveLength(3);
		expect(sim.api.maxInFlight).toBeLessThanOrEqual(4);
	});

	test("a segment that can't be made fails only the rows that name it", async () => {
		sim.api.options.segmentKeyPattern = '^[a-z]+$';
		const csv = 'id,segments\na,good\nb,Bad Key\nc,good\nd,good|Bad Key\n';
		const run = await runImport(sim.api, csv, {
			segments: [],
			options: { createMissingSegments: true },
		});
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({
			2: 'succeeded',
			3: 'rejected',
			4: 'succeeded',
			5: 'rejected',
		});
		expect(memberships(sim.api)).toEqual({ a: ['good'], c: ['good'] });
	});

	test.each([1, 100])(
		'a change that is not applied is a failure (batch size %i)',
		async (batchSize) => {
			hideSegments(sim.api);
			sim.api.options.unknownSegment = 'ignore';
			sim.api.state.addSegment({ key: 'known' });
			const csv = 'id,segments\na,known\nb,known|unknown\n';
			const run = await runImport(sim.api, csv, { segments: [], options: { batchSize } });
			expectAccounted(run, csv);
			expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'rejected' });
			const failed = run.rows.find(({ status }) => status === 'rejected');
			expect(failed?.message).toBe(
				"The API accepted the change of participant 'b' without applying all of it: 'unknown' was not added. The participant now has 'known'",
			);
			expect(failed?.hint).toMatch(
				/^A segment may not exist, or be archived: the segments could not/,
			);
			// Where segments can't be looked up, none is created either.
			const creating = { segments: [], options: { batchSize, createMissingSegments: true } };
			const other = (await runImport(sim.api, csv, creating)).rows.find(
				({ status }) => status === 'rejected',
			);
			expect(other?.hint).toBe(failed?.hint);
			const unchecked = await runImport(sim.api, csv, {
				segments: [],
				options: { batchSize, verifyResult: false },
			});
			expect(counts(unchecked.summary)).toEqual({ succeeded: 2 });
		},
	);
});
