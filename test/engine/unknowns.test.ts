/**
 * The API's documentation leaves some answers open. The node works under each of them, or says honestly that it does
 * not: never a success that is none, never a silence.
 */
import { testCredential } from './harness';
import type { INodeParameters } from 'n8n-workflow';
import type { SimulatorOptions } from '../simulator/options';
import {
	apartFromSegments,
	hideSegments,
	SOME_SEGMENTS,
	byEmail,
	byKey,
	credentials,
	expression,
	keyCredentials,
	nodeRunner,
	onParticipant,
	onSegment,
	people,
	sent,
	shown,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const add = (keys: string[], more: INodeParameters = {}) =>
	onParticipant('addSegments', { segments: expression(keys), ...more });

const set = (options: Partial<SimulatorOptions>) => simulator().setOptions(options);

/** The values of a switch, with one and with several participants. */
const each = <Value>(values: readonly Value[]): Array<[Value, number]> =>
	values.flatMap((value) => [1, 3].map((count): [Value, number] => [value, count]));

/** Every outcome agrees with the state: a success has what it says, and a failure says why. */
async function honest(parameters: INodeParameters, count: number) {
	const input = people(count);
	const { main, status } = await run(parameters, { input, onError: 'continueRegularOutput' });
	expect([status, main.length]).toEqual(['success', count]);
	for (const [index, { json, error }] of main.entries()) {
		if (error === undefined && json.skipped !== true) {
			const actual = simulator().state.segmentsOf(`p${index}`);
			expect([...(json.segments as string[])].sort()).toEqual(actual);
		} else if (error !== undefined) {
			expect(shown(error).message).toMatch(new RegExp(`\\[item ${index}\\]$`));
			expect(shown(error).description).toBeTruthy();
		}
	}
	return main;
}

describe('Q1: a segment that nobody created', () => {
	test.each(each(['autoCreate', 'ignore', 'reject'] as const))('%s, %i', async (way, count) => {
		hideSegments(simulator());
		set({ unknownSegment: way });
		const main = await honest(add(['unknown']), count);
		const expected = {
			autoCreate: undefined,
			ignore: "without applying all of it: 'unknown' was not added",
			reject: "There is no segment 'unknown'.",
		}[way];
		for (const { error } of main) {
			if (expected === undefined) expect(error).toBeUndefined();
			else expect(shown(error).message).toContain(expected);
		}
	});

	test.each(each(['autoCreate', 'ignore', 'reject'] as const))(
		'%s, %i: Create Missing Segments always works',
		async (way, count) => {
			set({ unknownSegment: way });
			const parameters = add(['new'], { options: { createMissingSegments: true } });
			for (const { error } of await honest(parameters, count)) expect(error).toBeUndefined();
			expect(simulator().state.membersOf('new').size).toBe(count);
		},
	);
});

describe('Q2: keys the API does not take', () => {
	test.each(each([null, '^[A-Za-z0-9_-]{1,64}$']))('pattern %s, %i', async (pattern, count) => {
		set({ segmentKeyPattern: pattern });
		simulator().state.addSegment({ key: 'with blank' });
		const main = await honest(add(['with blank']), count);
		for (const { error } of main) expect(error).toBeUndefined();
		const made = await run(onSegment('create', { segmentName: 'With Space' }));
		expect(made.main[0].json).toMatchObject({ key: 'withSpace', created: true });
	});
});

describe('Q5, Q6: a credential that is refused', () => {
	const bad = () => [
		{ ...credentials(simulator()), authToken: 'wrong' },
		{ ...keyCredentials(simulator()), apiKey: 'wrong' },
	];

	test.each(each(['401', '200WithErrors'] as const))('%s, %i', async (way, count) => {
		set({ badCredentials: way, restBadCredentials: way });
		for (const data of bad()) {
			simulator().clearRequests();
			const { main } = await run(add(['a']), {
				input: people(count),
				credentials: data,
				onError: 'continueRegularOutput',
			});
			expect(main).toHaveLength(count);
			for (const { error } of main) expect(error).toBeDefined();
			expect(simulator().requests).toHaveLength(1);
			expect(simulator().state.participants.size).toBe(0);
		}
	});

	test.each(['401', '200WithErrors'] as const)(
		'%s: GraphQL says that it is the key',
		async (way) => {
			set({ badCredentials: way });
			for (const data of bad()) {
				for (const parameters of [add(['a']), onSegment('getAll')]) {
					const { error } = await run(parameters, { input: people(2), credentials: data });
					expect(shown(error)).toMatchObject({
						message: expect.stringMatching(/^The credentials of this request are not valid\./),
						description: expect.stringContaining('The API did not accept the key'),
						httpCode: '401',
					});
				}
			}
		},
	);

	test.each(['401', '200WithErrors'] as const)('%s: REST says that it is the key', async (way) => {
		set({ restBadCredentials: way });
		for (const data of bad()) {
			const { error } = await run(add(['a']), { input: people(1), credentials: data });
			expect(shown(error)).toMatchObject({
				message: 'The credentials of this request are not valid.',
				description: expect.stringContaining('The API did not accept the key'),
				httpCode: '401',
			});
			expect(await testCredential(data)).toMatchObject({ status: 'Error' });
		}
	});

	test('a token without the right', async () => {
		set({ scopedToken403: 'all' });
		const { error } = await run(add(['a']), { input: people(3) });
		expect(shown(error)).toMatchObject({
			message: 'This endpoint is disabled for this token. [item 0]',
			description: expect.stringContaining('The key is valid but may not do this'),
			httpCode: '403',
		});
		expect(apartFromSegments(simulator())).toHaveLength(2);
	});

	test('both kinds of credential open everything', async () => {
		for (const data of [credentials(simulator()), keyCredentials(simulator())]) {
			const { main } = await run(add(['a']), { input: people(3), credentials: data });
			expect(main).toHaveLength(3);
		}
	});
});

describe('Q7: somebody who does not exist', () => {
	const OPERATIONS = ['clearSegments', 'removeSegments'];
	const cases = (['null', 'error'] as const).flatMap((way) =>
		OPERATIONS.flatMap((operation) =>
			['skip', 'error', 'create'].map((mode) => [way, operation, mode] as const),
		),
	);

	test.each(cases)('%s: %s, %s', async (way, operation, ifParticipantMissing) => {
		set({ absentUser: way });
		simulator().state.addParticipant({ id: 'p1', segments: ['a'] });
		const segments = operation === 'clearSegments' ? {} : { segments: expression(['a']) };
		const main = await honest(onParticipant(operation, { ...segments, ifParticipantMissing }), 3);
		expect(simulator().state.segmentsOf('p1')).toEqual([]);
		for (const index of [0, 2]) {
			expect(main[index].json.skipped === true).toBe(ifParticipantMissing === 'skip');
			expect(main[index].error !== undefined).toBe(ifParticipantMissing === 'error');
			const exists = simulator().state.participant(`p${index}`, `p${index}`) !== undefined;
			expect(exists).toBe(ifParticipantMissing === 'create');
		}
	});

	test.each(['null', 'error'] as const)('%s: Get Many and Get By Email', async (way) => {
		set({ absentUser: way });
		const parameters = onParticipant('get', { participant: byEmail('a@x.com') });
		expect(shown((await run(parameters)).error).message).toContain(
			'No participant has this e-mail address',
		);
	});
});

describe('Q7: results of a batch', () => {
	const cases = (['same', 'shuffled'] as const).flatMap((order) =>
		(['perInput', 'wholeBatch'] as const).flatMap((bad) =>
			[0, 1, 3].map((refused) => [order, bad, refused] as const),
		),
	);

	test.each(cases)('%s order, %s, %i refused', async (order, bad, refused) => {
		set({ upsertUsersOrder: order, upsertUsersBadInput: bad });
		const names = ['p2', 'p5', 'p11'].slice(0, refused);
		set({
			participantRejects: Object.fromEntries(names.map((id) => [id, { message: `No ${id}` }])),
		});
		const main = await honest(add(['a']), 12);
		for (const [index, { error }] of main.entries()) {
			const id = `p${index}`;
			if (names.includes(id)) expect(shown(error).message).toBe(`No ${id} [item ${index}]`);
			else expect(error).toBeUndefined();
		}
		expect(simulator().state.membersOf('a').size).toBe(12 - refused);
	});

	test.each([true, false])('upsertUsers in the schema: %s', async (upsertUsersAvailable) => {
		set({ upsertUsersAvailable });
		for (const { error } of await honest(add(['a']), 12)) expect(error).toBeUndefined();
		expect(simulator().state.membersOf('a').size).toBe(12);
	});

	test('a smaller most of inputs than documented', async () => {
		set({ upsertUsersLimit: 10 });
		for (const { error } of await honest(add(['a']), 35)) expect(error).toBeUndefined();
		expect(simulator().state.membersOf('a').size).toBe(35);
	});
});

describe('Q8: a bare ~', () => {
	test.each(['reject', 'clear', 'ignore'] as const)('%s: it is never sent', async (bareTilde) => {
		set({ bareTilde });
		for (const count of [1, 3]) {
			for (const { id } of people(count)) {
				simulator().state.addParticipant({ id, segments: ['old', 'a'] });
			}
			await honest(onParticipant('setSegments', { segments: expression(['a']) }), count);
			await honest(onParticipant('clearSegments'), count);
		}
		expect(JSON.stringify(apartFromSegments(simulator()))).not.toContain('"~"');
		expect(simulator().state.segmentsOf('p0')).toEqual([]);
	});
});

describe('Q9: archived segments', () => {
	test.each(each(['accept', 'reject', 'ignore'] as const))(
		'%s new members, %i',
		async (way, count) => {
			set({ archivedSegmentAccepts: way });
			simulator().state.addSegment({ key: 'old', status: 'ARCHIVED' });
			const main = await honest(add(['old']), count);
			for (const { error } of main) {
				// Whatever the API would do: people in an archived segment are seen by nobody.
				expect(shown(error).message).toContain("The segment 'old' is archived");
				expect(simulator().state.participants.size).toBe(0);
			}
		},
	);

	test.each(['keep', 'remove'] as const)('%s their members', async (way) => {
		set({ archivedSegmentMembers: way });
		simulator().state.addParticipant({ id: 'p0', segments: ['vip'] });
		const { main } = await run(
			onSegment('update', { segment: byKey('vip'), updateFields: { status: 'ARCHIVED' } }),
		);
		expect(main[0].json).toMatchObject({
			status: 'ARCHIVED',
			participantsCount: way === 'keep' ? 1 : 0,
		});
	});
});

describe('Q10: limits', () => {
	const PAGED: INodeParameters[] = [
		onSegment('getAll', { returnAll: true }),
		onParticipant('getAll', { returnAll: true }),
	];

	test.each([null, 1000, 100, 7])('pages of %s at most, clamped', async (maxPageLimit) => {
		set({ maxPageLimit });
		simulator().state.segments.clear();
		for (const { id } of people(150)) {
			simulator().state.addParticipant({ id });
			simulator().state.addSegment({ key: id });
		}
		for (const parameters of PAGED) {
			expect((await run(parameters)).main).toHaveLength(150);
		}
	});

	test('pages that are refused when too large: the size falls back to the default of the API', async () => {
		set({ maxPageLimit: 50, overMaxPageLimit: 'reject' });
		simulator().state.segments.clear();
		for (const { id } of people(150)) {
			simulator().state.addParticipant({ id });
			simulator().state.addSegment({ key: id });
		}
		for (const parameters of PAGED) {
			expect((await run(parameters)).main).toHaveLength(150);
		}
		// Refused even so: the reason is shown, nothing is left out.
		set({ maxPageLimit: 10, overMaxPageLimit: 'reject' });
		for (const parameters of PAGED) {
			const { status, error } = await run(parameters);
			expect(status).toBe('error');
			expect(shown(error)).toMatchObject({
				message: 'limit must be at most 10. [item 0]',
				httpCode: '400',
			});
		}
		const few = await run(onParticipant('getAll', { limit: 10 }));
		expect(few.main).toHaveLength(10);
	});

	test.each(['seconds', 'date', 'none'] as const)(
		'a rate limit, Retry-After: %s',
		async (retryAfter) => {
			set({ rateLimit: { requestsPerSecond: 6, retryAfter } });
			const parameters = add(['a'], { options: { batchSize: 1, concurrency: 4 } });
			for (const { error } of await honest(parameters, 9)) expect(error).toBeUndefined();
			expect(simulator().state.membersOf('a').size).toBe(9);
			expect(apartFromSegments(simulator()).some(({ status }) => status === 429)).toBe(true);
		},
	);

	test('a rate limit that outlasts Max Wait Time', async () => {
		simulator().faults.add({
			match: { nth: 3 },
			times: 'always',
			then: { kind: 'status', status: 429, body: { message: 'Slow down.' }, retryAfter: 1 },
		});
		const parameters = add(['a'], { options: { batchSize: 1, concurrency: 1, maxWaitTime: 0 } });
		const main = await honest(parameters, 5);
		expect(main.map(({ error }) => error === undefined)).toEqual([true, true, false, false, false]);
		expect(shown(main[2].error)).toMatchObject({
			message: 'Slow down. [item 2]',
			description: expect.stringContaining('The API asks to wait 1 s'),
		});
		expect(shown(main[4].error).message).toContain('This item was not sent.');
	});

	test('an account that is full', async () => {
		set({ accountLimit: 2 });
		const { main } = await run(add(['a'], { accountId: 'acme' }), {
			input: people(4),
			onError: 'continueRegularOutput',
		});
		expect(main.map(({ error }) => error === undefined)).toEqual([true, true, false, false]);
		expect(shown(main[2].error).description).toContain('1,000 participants');
	});
});

describe('Q11: fields that are left out', () => {
	test.each(each([true, false]))('REST keeps them: %s, %i', async (restPutKeepsOmitted, count) => {
		set({ restPutKeepsOmitted });
		for (const { id } of people(count)) {
			simulator().state.addParticipant({ id, firstName: 'Ada', segments: ['old'] });
		}
		for (const { error } of await honest(add(['a']), count)) expect(error).toBeUndefined();
		expect(simulator().state.segmentsOf('p0')).toEqual(['a', 'old']);
		for (const { body } of apartFromSegments(simulator()))
			expect(JSON.stringify(body)).not.toContain('Ada');
	});

	test.each([true, false])('unknown fields are refused: %s', async (strictUnknownFields) => {
		set({ strictUnknownFields });
		for (const count of [1, 3]) {
			for (const { error } of await honest(add(['a']), count)) expect(error).toBeUndefined();
		}
	});
});

describe('Q12: lists that see writes late', () => {
	test('a write is checked by its own answer, not by a list', async () => {
		set({ filterDelayMs: 60_000 });
		for (const count of [1, 3]) {
			for (const { error } of await honest(add(['a']), count)) expect(error).toBeUndefined();
		}
		expect(sent(simulator()).filter((name) => name.startsWith('List'))).toEqual([]);
		const { main } = await run(onParticipant('getAll', { segments: expression(['a']) }));
		expect(main).toEqual([]);
	});
});

describe('Q13: null for a detail that is no custom field', () => {
	test.each(each(['clear', 'ignore', 'reject'] as const))(
		'%s, %i: it is never sent, whatever blank cells mean',
		async (nullDetails, count) => {
			set({ nullDetails });
			const before = { firstName: 'Ada', email: 'a@x.test', customFields: { plan: 'pro' } };
			for (const { id } of people(count)) simulator().state.addParticipant({ id, ...before });
			const rows = people(count).map(({ id }) => `${id},,,`);
			const { main, error } = await run({
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'text',
				csvText: ['id,firstName,email,customFields.plan', ...rows].join('\n'),
				segmentAction: 'add',
				segments: expression(['vip']),
				participantDetails: 'all',
				options: { blankCells: 'clear' },
			});
			expect(error).toBeUndefined();
			expect(main[0].json).toMatchObject({ succeeded: count, rejected: 0 });
			for (const { id } of people(count)) {
				expect(simulator().state.participant(id, id)).toMatchObject({
					firstName: 'Ada',
					email: 'a@x.test',
				});
				expect(simulator().state.participant(id, id)?.customFields).toEqual({});
			}
		},
	);
});
