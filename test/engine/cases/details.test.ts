/** Participant Details: who gets what the file knows about people, what is left as it is, and that both are said. */
import fc from 'fast-check';
import { apartFromSegments, SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import {
	AS_THE_FILE_SAYS,
	counts,
	inputsOf,
	runImport,
	statuses,
	writesOf,
} from '../import/helpers';

const simulator = useSimulator(SOME_SEGMENTS);

const notesOf = ({ summary }: { summary: { notes?: unknown } }): string =>
	(summary.notes as string[]).join('\n');

const person = (id: string) => simulator().state.participant(id, id);

const GRACE = { id: 'grace@x.test', firstName: 'Grace', email: 'old@x.test', segments: ['beta'] };

beforeEach(() => {
	for (const key of ['vip', 'beta']) simulator().state.addSegment({ key });
	simulator().state.addParticipant(GRACE);
});

const CSV =
	'id,First Name,E-Mail,customFields.plan\nada@x.test,Ada,ada@x.test,pro\ngrace@x.test,G.,new@x.test,pro\n';

describe('New Participants Only, the default', () => {
	test.each([100, 1])(
		'creates with details, and overwrites nobody (batches of %i)',
		async (batchSize) => {
			const run = await runImport(simulator(), CSV, { options: { batchSize } });
			expect(counts(run.summary)).toEqual({ succeeded: 2 });
			expect(run.summary.participantsCreated).toBe(1);
			expect(person('ada@x.test')).toMatchObject({
				firstName: 'Ada',
				email: 'ada@x.test',
				customFields: { plan: 'pro' },
				segments: ['vip'],
			});
			expect(person('grace@x.test')).toMatchObject({ ...GRACE, segments: ['beta', 'vip'] });
			expect(notesOf(run)).toContain(
				"1 row is about a participant who already exists, whose details were left as they are: 'First Name', 'E-Mail', 'customFields.plan'",
			);
			expect(run.rejects).toBeUndefined();
		},
	);

	test('without such columns, nobody is looked up', async () => {
		const run = await runImport(simulator(), 'id,note\nada@x.test,x\ngrace@x.test,y\n');
		expect(apartFromSegments(simulator()).map(({ operationName }) => operationName)).toEqual([
			'UpsertParticipants',
		]);
		expect(run.summary).not.toHaveProperty('participantsCreated');
		expect(notesOf(run)).toBe('');
	});

	test('a dry run counts who would be created, and sends nothing', async () => {
		const csv = `${CSV}ada@x.test,Ada,,\nnobody@x.test,,,\n`;
		const run = await runImport(simulator(), csv, { dryRun: true });
		expect(run.summary).toMatchObject({
			planned: 4,
			participantsCreated: 2,
			message:
				'Dry run. Nothing was sent. 4 of 4 rows can be sent (for 3 participants), 2 participants would be created',
		});
		expect(writesOf(simulator())).toEqual([]);
		const real = await runImport(simulator(), csv);
		expect(real.summary.participantsCreated).toBe(2);
	});

	test('a dry run of a short list looks everybody up: a misspelled ID would become a participant', async () => {
		simulator().state.addParticipant({ id: 'trial-50', accountId: 'trial-50' });
		const dry = await runImport(simulator(), 'id\ntrial-50\ntrial-5O\n', { dryRun: true });
		expect(dry.summary).toMatchObject({
			participantsCreated: 1,
			message: 'Dry run. Nothing was sent. 2 of 2 rows can be sent, 1 participant would be created',
			notes: [],
		});
		expect(writesOf(simulator())).toEqual([]);
	});

	test('a dry run that looks nobody up says what that leaves open', async () => {
		const csv = `id\n${Array.from({ length: 1001 }, (_, at) => `trial-${at}`).join('\n')}\n`;
		const NOTE =
			"Participants who do not exist yet would be created. How many is looked up for up to 1,000 rows; the option 'Preview Effects' looks at some of them";
		const open = await runImport(simulator(), csv, { dryRun: true });
		expect(open.summary.notes).toEqual([NOTE]);
		const shown = await runImport(simulator(), csv, {
			dryRun: true,
			options: { previewSize: 10 },
		});
		expect(shown.summary.notes).toEqual([]);
		const skipping = await runImport(simulator(), csv, { dryRun: true, ifMissing: 'skip' });
		expect(skipping.summary.notes).toEqual([]);
		expect(writesOf(simulator())).toEqual([]);
	});

	test('who is as asked already counts so, when their details are left as they are', async () => {
		const csv = 'id,firstName\nada@x.test,Ada\ngrace@x.test,Other\n';
		await runImport(simulator(), csv);
		const again = await runImport(simulator(), `${csv}new@x.test,New\n`);
		expect(counts(again.summary)).toEqual({ unchanged: 2, succeeded: 1 });
		const undoing = await runImport(simulator(), csv, { options: { undoFile: true } });
		expect(counts(undoing.summary)).toEqual({ unchanged: 2 });
		expect(notesOf(undoing)).toContain(
			"Nobody's segments were changed, so an undo file was not made",
		);
		const all = await runImport(simulator(), csv, { details: 'all' });
		expect(counts(all.summary)).toEqual({ succeeded: 2 });
	});

	test('rows that create nobody do not count in a dry run either', async () => {
		const csv = 'id,segments,action,firstName\nx,vip,remove,X\ny,vip,add,Y\nx,vip,remove,X\n';
		const dry = await runImport(simulator(), csv, { ...AS_THE_FILE_SAYS, dryRun: true });
		expect(dry.summary.participantsCreated).toBe(1);
		const run = await runImport(simulator(), csv, AS_THE_FILE_SAYS);
		expect(statuses(run)).toEqual({ 2: 'skipped', 3: 'succeeded', 4: 'skipped' });
		expect(run.summary.participantsCreated).toBe(1);
		expect(person('x')).toBeUndefined();
		expect(person('y')).toMatchObject({ firstName: 'Y' });
	});

	test('details alone: those who exist are skipped, the others created', async () => {
		const run = await runImport(simulator(), CSV, { segments: [] });
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'skipped' });
		expect(run.rows[1].message).toBe(
			'No segment is named, and the details of a participant who exists are left as they are',
		);
		expect(inputsOf(simulator()).map(({ id }) => id)).toEqual(['ada@x.test']);
		expect(person('grace@x.test')).toMatchObject(GRACE);
	});

	test.each([
		['together', 100],
		['one after the other', 1],
	])('all rows of a participant that the first one creates, sent %s', async (_, batchSize) => {
		const csv = [
			'id,segments,action,firstName,lastName,customFields.a',
			'ada,vip,add,Ada,,1',
			'ada,beta,add,,Lovelace,',
			'grace@x.test,vip,add,G.,,2',
			// Another action, which can't be sent as one with the others.
			'ada,vip,remove,Ada K.,,3',
			'grace@x.test,beta,remove,,Hopper,',
			'',
		].join('\n');
		const run = await runImport(simulator(), csv, {
			...AS_THE_FILE_SAYS,
			options: { batchSize, concurrency: 1 },
		});
		expect(counts(run.summary)).toEqual({ succeeded: 5 });
		expect(run.summary.participantsCreated).toBe(1);
		expect(person('ada')).toMatchObject({
			firstName: 'Ada K.',
			lastName: 'Lovelace',
			customFields: { a: '3' },
			segments: ['beta'],
		});
		expect(person('grace@x.test')).toMatchObject({
			firstName: 'Grace',
			lastName: null,
			segments: ['vip'],
		});
		expect(notesOf(run)).toContain('2 rows are about participants who already exist');
	});

	test('a creation whose answer was lost is not taken for somebody who was there', async () => {
		simulator().faults.add({
			match: { operationName: 'upsertUsers' },
			then: { kind: 'applyThenReset' },
		});
		const run = await runImport(simulator(), CSV);
		expect(counts(run.summary)).toEqual({ succeeded: 2 });
		expect(run.summary.participantsCreated).toBe(1);
		expect(person('ada@x.test')).toMatchObject({ firstName: 'Ada' });
		expect(inputsOf(simulator()).filter(({ id }) => id === 'ada@x.test')).toEqual(
			Array(2).fill(expect.objectContaining({ firstName: 'Ada' })),
		);
	});

	test('a bad row of a new participant takes no other one with it', async () => {
		const csv = 'id,email,locale,firstName\nada,ada@x.test,,Ada\nada,,eng,A.\nbob,,,Bob\n';
		const run = await runImport(simulator(), csv);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'rejected', 4: 'succeeded' });
		expect(run.summary.participantsCreated).toBe(2);
		expect(person('ada')).toMatchObject({ email: 'ada@x.test', firstName: 'Ada' });
		expect(run.rejects?.[1].slice(4, -1)).toEqual(['ada', '', 'eng', 'A.']);
	});

	test('what is no e-mail address is found before anything is sent', async () => {
		const csv = 'id,email\nada,anna@@x.test\nbob,bob at x.test\ncy,cy@x.test\n';
		const run = await runImport(simulator(), csv, { dryRun: true });
		expect(counts(run.summary)).toEqual({ planned: 1, invalid: 2 });
		expect(run.rows[0]).toMatchObject({
			message:
				"Column 'email' holds 'anna@@x.test', which is not an e-mail address. Correct the cell",
			hint: "To leave such columns out, set 'Participant Details' to 'Never'",
		});
	});

	test('any rows: whoever was there keeps all, whoever was not gets all that the file says', async () => {
		const row = fc.record({
			id: fc.integer({ min: 0, max: 7 }),
			name: fc.constantFrom('', 'A', 'B', 'C'),
			plan: fc.constantFrom('', 'x', 'y'),
		});
		await fc.assert(
			fc.asyncProperty(
				fc.array(row, { minLength: 1, maxLength: 25 }),
				fc.integer({ min: 1, max: 5 }),
				fc.integer({ min: 1, max: 4 }),
				async (rows, batchSize, concurrency) => {
					simulator().reset();
					const names = new Map<string, { name: string | null; plan?: string }>();
					for (let id = 0; id < 4; id++) {
						simulator().state.addParticipant({ id: `p${id}`, firstName: 'Old' });
						names.set(`p${id}`, { name: 'Old' });
					}
					for (const { id, name, plan } of rows) {
						if (id < 4) continue;
						const before = names.get(`p${id}`) ?? { name: null };
						names.set(`p${id}`, {
							name: name || before.name,
							...(plan || before.plan ? { plan: plan || before.plan } : {}),
						});
					}
					const csv = rows.map(({ id, name, plan }) => `p${id},${name},${plan}`).join('\n');
					const run = await runImport(simulator(), `id,firstName,customFields.plan\n${csv}\n`, {
						output: 'summary',
						options: { batchSize, concurrency },
					});
					expect(counts(run.summary)).toEqual({ succeeded: rows.length });
					expect(run.summary.participantsCreated).toBe(names.size - 4);
					for (const [id, { name, plan }] of names) {
						expect([id, person(id)?.firstName, person(id)?.customFields.plan]).toEqual([
							id,
							name,
							plan,
						]);
					}
				},
			),
			{ numRuns: 40 },
		);
	});

	test('thousands of rows, half of them about people who are there', async () => {
		const rows = Array.from({ length: 3000 }, (_, index) => `p${index},N${index}`);
		for (let index = 0; index < 3000; index += 2) {
			simulator().state.addParticipant({ id: `p${index}`, firstName: 'Old' });
		}
		const run = await runImport(simulator(), `id,firstName\n${rows.join('\n')}\n`, {
			output: 'summary',
		});
		expect(counts(run.summary)).toEqual({ succeeded: 3000 });
		expect(run.summary.participantsCreated).toBe(1500);
		const wrong = rows.filter((_, index) => {
			const expected = index % 2 === 0 ? 'Old' : `N${index}`;
			return person(`p${index}`)?.firstName !== expected;
		});
		expect(wrong).toEqual([]);
		expect(notesOf(run)).toContain('1,500 rows are about participants who already exist');
	});
});

describe('the ID column that is the e-mail column', () => {
	test.each(['E-Mail', 'Email Address', 'email', 'e_mail'])('%s goes along', async (header) => {
		const csv = `${header},First Name\n\u200bada@x.test,Ada\ngrace@x.test,G.\n`;
		const run = await runImport(simulator(), csv, { options: { idColumn: header } });
		expect(counts(run.summary)).toEqual({ succeeded: 2 });
		expect(person('ada@x.test')).toMatchObject({ email: 'ada@x.test', firstName: 'Ada' });
		expect(person('grace@x.test')).toMatchObject({ email: 'old@x.test' });
	});
});

describe('Always and Never', () => {
	test('Always overwrites, and looks nobody up', async () => {
		const run = await runImport(simulator(), CSV, { details: 'all' });
		expect(person('grace@x.test')).toMatchObject({ firstName: 'G.', email: 'new@x.test' });
		expect(apartFromSegments(simulator())).toHaveLength(1);
		expect(run.summary).not.toHaveProperty('participantsCreated');
		expect(notesOf(run)).toBe('');
	});

	test('Always, with participants read first for another reason, counts who was created', async () => {
		const run = await runImport(simulator(), CSV, { details: 'all', options: { undoFile: true } });
		expect(run.summary.participantsCreated).toBe(1);
	});

	test('Never sends segments only, and names the columns', async () => {
		const run = await runImport(simulator(), CSV, { details: 'none' });
		expect(inputsOf(simulator())).toEqual(
			['ada@x.test', 'grace@x.test'].map((id) => ({ id, accountId: id, segments: ['vip'] })),
		);
		expect(notesOf(run)).toContain(
			"'Participant Details' is set to 'Never', so 'First Name', 'E-Mail', 'customFields.plan' were not sent",
		);
	});

	test('a value that a detail can’t have says how to leave it out', async () => {
		const run = await runImport(simulator(), 'id,Country Code\nada,Canada\nbob,ca\n');
		expect(statuses(run)).toEqual({ 2: 'invalid', 3: 'succeeded' });
		expect(run.rows[0].message).toBe(
			"Column 'Country Code' holds 'Canada', which is not a two-letter country code such as CA. Correct the cell",
		);
		expect(run.rows[0].hint).toContain("set 'Participant Details' to 'Never'");
	});

	test('another value is refused before anything is sent', async () => {
		const { error } = await runImport(simulator(), CSV, { details: 'some' as 'all' });
		expect(error?.message).toContain("'Participant Details'");
		expect(apartFromSegments(simulator())).toEqual([]);
	});
});

describe('an import job', () => {
	test('can’t look first: it is refused with what to set, and Automatic goes row by row', async () => {
		const { error } = await runImport(simulator(), CSV, { options: { engine: 'job' } });
		expect(error?.message).toContain(
			"a job would overwrite the details of participants that exist (set 'Participant Details' to 'Always' or 'Never')",
		);
		expect(apartFromSegments(simulator())).toEqual([]);
		const run = await runImport(simulator(), CSV);
		expect(run.summary.engine).toBe('rows');
	});
});

describe('Blank Cells on Clear Custom Fields', () => {
	const csv = 'id,firstName,email,customFields.plan\ngrace@x.test,,,\n';

	beforeEach(() => {
		simulator().state.addParticipant({ ...GRACE, customFields: { plan: 'pro', size: 'L' } });
	});

	test('erases custom fields, and sends nothing that nobody documents', async () => {
		await runImport(simulator(), csv, { details: 'all', options: { blankCells: 'clear' } });
		expect(inputsOf(simulator())).toEqual([
			{ accountId: GRACE.id, id: GRACE.id, segments: ['vip'], customFields: { plan: null } },
		]);
		expect(person(GRACE.id)).toMatchObject({ firstName: 'Grace', customFields: { size: 'L' } });
		expect(person(GRACE.id)?.customFields).not.toHaveProperty('plan');
	});

	test('erases nothing where only new participants get details', async () => {
		await runImport(simulator(), csv, { options: { blankCells: 'clear' } });
		expect(person(GRACE.id)?.customFields).toEqual({ plan: 'pro', size: 'L' });
	});
});
