/** Export CSV: who is in the file, what it has, and what becomes of failures. */
import { addSegments, expression, pairs, sent, shown, useSimulator } from '../../support/advocate';
import { KNOWS_ERROR_DETAILS, readBinary } from '../harness';
import { rowsOf, runExport } from './helpers';

const simulator = useSimulator(['vip', 'beta', 'gold']);

const ids = (rows: Array<Record<string, string>>): string[] => rows.map(({ id }) => id);

/** People in an order that the list keeps. */
function put(id: string, ...segments: string[]): void {
	const { state } = simulator();
	const dateCreated = 1_700_000_000_000 + state.participants.size;
	state.addParticipant({ id, segments, dateCreated });
}

describe('who is exported', () => {
	beforeEach(() => {
		put('a', 'vip');
		put('b', 'vip', 'beta');
		put('c', 'beta');
		put('d');
	});

	test('everybody by default, with one item and one file', async () => {
		const { main, rows, summary, hints, file } = await runExport(simulator());
		expect(ids(rows)).toEqual(['a', 'b', 'c', 'd']);
		expect(summary).toEqual({
			message: '4 participants exported: all participants',
			participants: 4,
			complete: true,
			engine: 'pages',
			fileName: 'participants.csv',
			columns: Object.keys(rows[0]),
			notes: [],
		});
		expect(pairs(main)).toEqual([0]);
		expect(main[0].binary?.data).toMatchObject({
			fileName: 'participants.csv',
			mimeType: 'text/csv',
		});
		expect(hints.map(({ message, type }) => [type, message])).toEqual([
			['info', '4 participants exported: all participants'],
		]);
		expect(file.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
	});

	test.each<[string, string[], string, string]>([
		['any', ['a', 'b', 'c'], '3 participants exported: members of at least one of', ''],
		['all', ['b'], '1 participant exported: members of all of', 'all-'],
		['none', ['d'], '1 participant exported: those in none of', 'not-'],
	])('members of segments: %s', async (membership, expected, message, name) => {
		const { rows, summary } = await runExport(simulator(), {
			exportScope: 'segments',
			membership,
			segments: ['vip', 'beta'],
		});
		expect(ids(rows)).toEqual(expected);
		expect(summary).toMatchObject({
			message: `${message} 'vip', 'beta'`,
			fileName: `participants-${name}vip-beta.csv`,
		});
	});

	test('each input item has a file of its own, by its name too', async () => {
		const { main, hints } = await runExport(
			simulator(),
			{ exportScope: 'segments', segments: '={{ $json.segment }}' },
			{ input: [{ segment: 'vip' }, { segment: 'beta' }, { segment: 'vip' }] },
		);
		const files = ['participants-vip-0.csv', 'participants-beta-1.csv', 'participants-vip-2.csv'];
		expect(main.map(({ json }) => json.fileName)).toEqual(files);
		expect(main.map(({ binary }) => binary?.data.fileName)).toEqual(files);
		expect(hints.map(({ message }) => message)).toEqual([
			expect.stringContaining('2 participants exported: members of '),
			expect.stringContaining('[item 1]'),
			expect.stringContaining('[item 2]'),
			expect.stringContaining('The same participants were exported 2 times'),
		]);
	});

	test('characters that a file can not have are left out of its name', async () => {
		addSegments(simulator(), ['a/b c']);
		const { summary } = await runExport(simulator(), {
			exportScope: 'segments',
			segments: expression(['a/b c']),
		});
		expect(summary).toMatchObject({
			message: "0 participants exported: members of 'a/b c'",
			fileName: 'participants-a_b_c.csv',
		});
	});

	test('an expression per item gives a file for each', async () => {
		const { main } = await runExport(
			simulator(),
			{
				exportScope: 'segments',
				segments: '={{ $json.segment }}',
				options: { fileName: '={{ $json.segment }}.csv' },
			},
			{ input: [{ segment: 'vip' }, { segment: 'beta' }] },
		);
		expect(pairs(main)).toEqual([0, 1]);
		expect(main.map(({ json }) => json.fileName)).toEqual(['vip.csv', 'beta.csv']);
		const files = await Promise.all(main.map(async (item) => await readBinary(item)));
		expect(files.map((file) => ids(rowsOf(file)))).toEqual([
			['a', 'b'],
			['b', 'c'],
		]);
	});

	test('nobody: a file with nothing but its header', async () => {
		const { rows, summary, file } = await runExport(simulator(), {
			exportScope: 'segments',
			segments: ['gold'],
		});
		expect([rows, summary.participants, summary.complete]).toEqual([[], 0, true]);
		expect(file.toString()).toMatch(/^\ufeffid,accountId,.*,idCheck\r\n$/);
	});

	test('more than fit on a page, each once', async () => {
		for (let index = 0; index < 2500; index++) put(`p${index}`);
		const { rows, summary } = await runExport(simulator(), { exportColumns: ['segments'] });
		expect([summary.participants, new Set(ids(rows)).size]).toEqual([2504, 2504]);
	});

	test('a file that is larger than what is kept in memory', async () => {
		for (let index = 0; index < 1000; index++) put(`${'x'.repeat(1200)}${index}`);
		const { rows, summary, main } = await runExport(simulator(), { exportColumns: [] });
		expect([summary.participants, rows.length]).toEqual([1004, 1004]);
		expect(main[0].binary?.data.id).toMatch(/^filesystem/);
	});
});

describe('what the file has', () => {
	beforeEach(() => {
		const { state, referrals } = simulator();
		state.customFields.set('plan', 'Plan');
		referrals.addProgram({ id: '27048', name: 'Friends' });
		state.addParticipant({
			id: '007',
			accountId: 'acme',
			firstName: '=1+1',
			email: 'j@example.com',
			segments: ['vip', 'beta'],
			referralCodes: { 27048: 'JAMES' },
			customFields: { plan: 'pro' },
			dateCreated: 1_700_000_000_000,
		});
	});

	test('all of it by default', async () => {
		const { rows } = await runExport(simulator());
		expect(rows).toEqual([
			{
				id: '007',
				accountId: 'acme',
				firstName: "'=1+1",
				lastName: '',
				email: 'j@example.com',
				locale: '',
				countryCode: '',
				referable: 'true',
				imageUrl: '',
				dateCreated: '2023-11-14T22:13:20.000Z',
				segments: 'vip|beta',
				action: 'set',
				'referralCodes.27048': 'JAMES',
				'customFields.plan': 'pro',
				idCheck: expect.stringMatching(/^[b-v]{8}$/),
			},
		]);
	});

	test.each([
		[[], ['id', 'accountId', 'idCheck']],
		[['segments'], ['id', 'accountId', 'segments', 'action', 'idCheck']],
		['customFields', ['id', 'accountId', 'customFields.plan', 'idCheck']],
		[['referralCodes'], ['id', 'accountId', 'referralCodes.27048', 'idCheck']],
	])('only the columns %j', async (exportColumns, header) => {
		const { summary } = await runExport(simulator(), { exportColumns: expression(exportColumns) });
		expect(summary.columns).toEqual(header);
	});

	test('without the action column a plain list', async () => {
		put('none');
		const { rows } = await runExport(simulator(), {
			exportColumns: ['segments'],
			options: { includeAction: false },
		});
		expect(rows.map(({ segments, action }) => [segments, action])).toEqual([
			['vip|beta', undefined],
			['', undefined],
		]);
	});

	test('what has no column, no text or no cell is named', async () => {
		const { state } = simulator();
		state.customFields.set('age', null);
		state.addParticipant({
			id: 'odd',
			customFields: { age: 36, unlisted: 'x', 'with blank': 'y' },
			referralCodes: { archived: 'OLD', 'old program': 'OLDER' },
			segments: ['a,b'],
		});
		const { rows, summary, hints } = await runExport(simulator());
		expect(rows[1]).toMatchObject({ 'customFields.age': '36', segments: '', action: 'add' });
		expect(summary.notes).toEqual([
			expect.stringMatching(/^1 participant is in segments whose keys can't be written/),
			expect.stringMatching(
				/^The file has no column for referralCodes\.archived, although 1 participant has a value: the API does not list this program\. 'Get' of a participant returns it, with 'Referral Codes' under 'Include'$/,
			),
			expect.stringMatching(
				/^The file has no column for referralCodes\.old program, .*: a column can't be called that, as the ID of the program has a blank in it\. /,
			),
			expect.stringMatching(
				/^The file has no column for customFields\.unlisted, .*: the API does not list this custom field\. 'Get Many' of participants returns it, with 'Include Custom Fields'$/,
			),
			expect.stringMatching(
				/^The file has no column for customFields\.with blank, .*: a column can't be called that, only letters, digits, - and _ are possible\. /,
			),
			expect.stringMatching(/custom fields age come back as text/),
		]);
		expect(hints.filter(({ type }) => type === 'warning')).toHaveLength(6);
	});
});

describe('a list that moves while it is read', () => {
	const page = (ofIds: string[], totalCount: number) =>
		simulator().faults.add({
			match: { operationName: 'ListParticipants' },
			then: {
				kind: 'status',
				status: 200,
				body: {
					data: {
						users: {
							totalCount,
							data: ofIds.map((id) => ({ id, accountId: id, segments: ['vip'] })),
						},
					},
				},
			},
		});

	test('who was missed comes with the next reading, nobody twice', async () => {
		for (const id of ['a', 'b', 'c', 'd']) put(id, 'vip');
		// The first reading finds two of four, and nothing behind them.
		page(['a', 'b'], 4);
		page(['b'], 4);
		page([], 4);
		const { rows, summary } = await runExport(simulator(), { exportColumns: ['segments'] });
		expect(ids(rows)).toEqual(['a', 'b', 'c', 'd']);
		expect(summary).toMatchObject({ complete: true, notes: [] });
	});

	test('a list that never fits its count is said to be in doubt', async () => {
		for (const id of ['a', 'b']) put(id, 'vip');
		for (let reading = 0; reading < 3; reading++) {
			page(['a', 'b'], 5);
			page(['b'], 5);
			page([], 5);
		}
		const { rows, summary, hints } = await runExport(simulator(), { exportColumns: ['segments'] });
		expect(ids(rows)).toEqual(['a', 'b']);
		expect(summary.complete).toBe(false);
		expect(hints.map(({ message }) => message)).toContainEqual(
			expect.stringMatching(/^The list changed while it was read, so somebody may be missing/),
		);
	});

	test('an answer without segments is a failure: nobody is taken for a member of none', async () => {
		simulator().faults.add({
			match: { operationName: 'ListParticipants' },
			then: {
				kind: 'status',
				status: 200,
				body: { data: { users: { totalCount: 1, data: [{ id: 'a', accountId: 'a' }] } } },
			},
		});
		const { error, main } = await runExport(simulator());
		expect(shown(error).message).toMatch(/does not say which segments participant 'a' is in/);
		expect(main).toEqual([]);
	});
});

describe('failures', () => {
	test.each([
		['no segments', { segments: [] }, /^'Segment Names or IDs' is empty/],
		['an unknown segment', { segments: ['vpi'] }, /'vpi'/],
		['an unknown column', { exportColumns: expression(['shoe']) }, /Columns/],
		['no field', { outputField: '={{ $json.nothing }}' }, /Put Output File in Field/],
	])('%s: refused before a participant is read', async (_, parameters, message) => {
		const { error } = await runExport(simulator(), {
			exportScope: 'segments',
			segments: ['vip'],
			...parameters,
		});
		expect(shown(error).message).toMatch(message);
		expect(shown(error).description ?? '').not.toBe('');
		expect(sent(simulator())).toEqual([]);
	});

	test('in the middle of a large file: no file at all, and the other items go on', async () => {
		for (let index = 0; index < 3000; index++) put(`${'x'.repeat(600)}${index}`, 'vip');
		put('b', 'beta');
		const { faults } = simulator();
		faults.add({
			match: { operationName: 'ListParticipants', nth: 3 },
			then: { kind: 'status', status: 422, body: { message: 'no such page' } },
		});
		const { outputs } = await runExport(
			simulator(),
			{ exportScope: 'segments', segments: '={{ $json.segment }}', exportColumns: [] },
			{ input: [{ segment: 'vip' }, { segment: 'beta' }], onError: 'continueErrorOutput' },
		);
		const [good, failed] = outputs;
		expect(pairs(good)).toEqual([1]);
		expect(pairs(failed)).toEqual([0]);
		expect(failed[0].binary).toBeUndefined();
		expect(failed[0].json.segment).toBe('vip');
		expect(String(failed[0].json.error)).toContain('no such page');
		if (KNOWS_ERROR_DETAILS) expect(failed[0].json.details).toBeDefined();
	});

	test('a stop ends it without a file', async () => {
		for (let index = 0; index < 3000; index++) put(`p${index}`);
		const api = simulator();
		const run = await runExport(
			api,
			{ exportColumns: [] },
			{
				cancelAfter(cancel) {
					api.faults.add({
						match: { operationName: 'ListParticipants', nth: 2 },
						then: { kind: 'meanwhile', work: cancel },
					});
				},
			},
		);
		expect(run.status).toBe('canceled');
		expect(run.main).toEqual([]);
	});
});

test('the API is asked for what the columns need, and for no more', async () => {
	addSegments(simulator(), ['x']);
	put('a');
	await runExport(simulator(), { exportColumns: [] });
	expect(sent(simulator())).toEqual(['ListParticipants']);
	const [{ body }] = simulator().requests;
	expect(JSON.stringify(body)).toContain('data { id accountId }');
});
