/** What Export CSV writes imports as it is: into an empty tenant, everybody is there as they were. */
import fc from 'fast-check';
import type { Simulator } from '../../simulator/server';
import { addSegments, nodeRunner, useSimulator } from '../../support/advocate';
import { inlineBinary } from '../harness';
import { AS_THE_FILE_SAYS, counts, runImport } from '../import/helpers';
import { runExport, stateOf } from './helpers';

const SEGMENTS = ['vip', 'beta', 'gold', 'NULL', '=SUM', 'n-a'];
const FIELDS = ['plan', 'note', 'Note', 'id'];
const PROGRAMS = ['27048', 'refer-a-friend'];

const source = useSimulator(SEGMENTS);
const target = useSimulator(SEGMENTS);

beforeEach(() => prepare(source()));

function prepare({ state, referrals }: Simulator): void {
	for (const name of FIELDS) state.customFields.set(name, null);
	for (const id of PROGRAMS) referrals.addProgram({ id, name: id });
}

/** Import a file into the other tenant, in which every row must come to something. */
async function importInto(file: Buffer, rows: number): Promise<void> {
	const binary = { data: inlineBinary(file, 'participants.csv') };
	const run = await runImport(target(), [{ json: {}, binary }], {
		...AS_THE_FILE_SAYS,
		binaryField: 'data',
	});
	expect([run.error?.message, run.error?.description]).toEqual([undefined, undefined]);
	expect(run.summary.failures).toEqual([]);
	expect(counts(run.summary)).toEqual({ succeeded: rows });
}

async function travels(): Promise<void> {
	const { file, error, summary } = await runExport(source());
	expect(error).toBeUndefined();
	expect(summary).toMatchObject({ complete: true, participants: source().state.participants.size });
	await importInto(file, source().state.participants.size);
	expect(stateOf(target())).toEqual(stateOf(source()));
}

/** Whatever an ID or a value looks like to a spreadsheet, to a CSV reader or to a person. */
const HARD_TEXTS = [
	...['000123', '=1+1', "'=1+1", "''x", '+49 30', '-1', '@ada', '＝1', 'a,b', 'a;b', 'a|b', 'a\tb'],
	...['say "hi"', '"', '""', "O'Neil", "'quoted'", 'two\nlines', 'two\r\nlines', '\\"', 'C:\\x\\n'],
	...['# note', '#1', '-- x', '---', '// x', '(3 rows)', 'EOF', 'id', 'Page 1', 'total', 'TRUE'],
	...['1.16E+20', '1,5', '2024-05-31', 'NULL', '\\N', 'N/A', '#N/A', 'nan', 'None', '~*', '~vip'],
	...['Ada', 'ADA', 'ada', 'é', 'e\u0301', '李', '😀', 'a\u200bb', '\u00a0x', '="00123"', '{a,b}'],
	...[
		'sum',
		'email',
		'M?ller',
		'Ã¼',
		'&amp;',
		'sep=;',
		'...',
		'__proto__',
		'constructor',
		'x'.repeat(300),
	],
];

test.each(HARD_TEXTS)('an ID and values like %j', async (text) => {
	source().state.addParticipant({
		id: text,
		accountId: `of ${text}`,
		firstName: text,
		customFields: { plan: text, note: `${text} ` },
		segments: ['vip', '=SUM'],
		dateCreated: 1_700_000_000_000,
	});
	source().state.addParticipant({ id: 'other', dateCreated: 1_700_000_000_001 });
	await travels();
});

test('people with all they can have, with nothing, blocked, and in no segment', async () => {
	source().state.addParticipant({
		id: 'ada@example.com',
		accountId: 'acme',
		firstName: 'Ada',
		lastName: 'Lovelace',
		email: 'ada@example.com',
		locale: 'en_GB',
		countryCode: 'GB',
		referable: false,
		imageUrl: 'https://img.example/ada.png',
		referralCodes: { 27048: 'ADA1', 'refer-a-friend': 'ADA2' },
		customFields: { plan: 'pro', note: '007', Note: 'x', id: 'mine' },
		segments: ['vip', 'NULL', 'n-a'],
		dateCreated: 1_700_000_000_000,
	});
	source().state.addParticipant({ id: 'bare', dateCreated: 1_700_000_000_001 });
	source().state.addParticipant({ id: 'out', dateBlocked: 5, dateCreated: 1_700_000_000_002 });
	await travels();
});

test('who has joined or left segments since is put back', async () => {
	source().state.addParticipant({ id: 'a', segments: ['vip'] });
	source().state.addParticipant({ id: 'b' });
	const { file } = await runExport(source());
	target().state.addParticipant({ id: 'a', segments: ['beta'] });
	target().state.addParticipant({ id: 'b', segments: ['gold'] });
	await importInto(file, 2);
	expect(target().state.participant('a', 'a')?.segments).toEqual(['vip']);
	expect(target().state.participant('b', 'b')?.segments).toEqual([]);
});

test('any people', async () => {
	const text = fc.oneof(
		fc.constantFrom(...HARD_TEXTS),
		fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
	);
	const filled = text.filter((value) => value.trim() !== '' && !value.includes('\0'));
	const person = fc.record({
		id: filled,
		accountId: filled,
		firstName: fc.option(filled),
		customFields: fc.dictionary(fc.constantFrom(...FIELDS), filled),
		segments: fc.uniqueArray(fc.constantFrom(...SEGMENTS)),
		referable: fc.boolean(),
	});
	await fc.assert(
		fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 12 }), async (people) => {
			for (const simulator of [source(), target()]) {
				simulator.reset();
				addSegments(simulator, SEGMENTS);
			}
			prepare(source());
			people.forEach((one, index) =>
				source().state.addParticipant({ ...one, dateCreated: 1_700_000_000_000 + index }),
			);
			await travels();
		}),
		{ numRuns: 60 },
	);
}, 120_000);

test('an export without formulas protected comes back as well', async () => {
	source().state.addParticipant({ id: "'=a", firstName: '=1+1' });
	const { file } = await runExport(source(), { options: { protectFormulas: false } });
	expect(file.toString()).toContain(',=1+1,');
	await importInto(file, 1);
	expect(stateOf(target())).toEqual(stateOf(source()));
});

test('a spreadsheet that changed an ID is found out', async () => {
	source().state.addParticipant({ id: '000123', segments: ['vip'] });
	const { file } = await runExport(source());
	const saved = Buffer.from(file.toString().replaceAll('000123', '123'));
	const binary = { data: inlineBinary(saved, 'participants.csv') };
	const run = await runImport(target(), [{ json: {}, binary }], {
		...AS_THE_FILE_SAYS,
		binaryField: 'data',
	});
	expect(counts(run.summary)).toEqual({ invalid: 1 });
	expect(target().state.participants.size).toBe(0);
});

test('Get Many and Import Items with Set bring everybody back too', async () => {
	source().state.addParticipant({ id: '007', firstName: 'James, "J"', segments: ['vip', 'beta'] });
	source().state.addParticipant({ id: 'b', email: 'b@example.com', segments: ['gold'] });
	source().state.addParticipant({ id: 'c', firstName: 'Carla', customFields: { plan: 'pro' } });
	const { main } = await nodeRunner(source)({
		resource: 'participant',
		operation: 'getAll',
		returnAll: true,
		segments: [],
		simplify: false,
	});
	const run = await nodeRunner(target)(
		{
			resource: 'bulk',
			operation: 'importItems',
			action: 'set',
			segments: [],
			participantDetails: 'new',
		},
		{ input: main.map(({ json }) => json) },
	);
	expect([run.error?.message, run.main[0].json.failures]).toEqual([undefined, []]);
	expect(stateOf(target())).toEqual(stateOf(source()));
});

test('hard texts come out of an export job as they come out of pages', async () => {
	source().options.accountLimit = Infinity;
	HARD_TEXTS.forEach((text, index) =>
		source().state.addParticipant({
			id: text,
			accountId: `acme ${index}`,
			firstName: text,
			customFields: { plan: text, note: `${text}\n${text}` },
			segments: [SEGMENTS[index % SEGMENTS.length]],
			dateCreated: 1_700_000_000_000 + index,
		}),
	);
	const exportColumns = ['customFields', 'details', 'segments'];
	const paged = await runExport(source(), { exportColumns });
	const run = await runExport(source(), { exportColumns, options: { engine: 'job' } });
	expect(run.error).toBeUndefined();
	expect(run.file.toString()).toBe(paged.file.toString());
	await importInto(run.file, HARD_TEXTS.length);
	expect(stateOf(target())).toEqual(stateOf(source()));
});

test('100,000 people, by an export job, come back as they were', async () => {
	for (const simulator of [source(), target()]) {
		simulator.options.record = 'summary';
		simulator.options.accountLimit = Infinity;
	}
	source().referrals.reset();
	for (let index = 0; index < 100_000; index++) {
		const id = String(index).padStart(6, '0');
		source().state.addParticipant({
			id,
			accountId: index % 3 === 0 ? 'acme' : id,
			firstName: index % 5 === 0 ? '=1+1, "x"' : null,
			customFields: index % 7 === 0 ? { plan: `pro ${index}` } : {},
			segments: [['vip'], ['vip', 'beta'], []][index % 3],
			dateCreated: 1_700_000_000_000 + index,
		});
	}
	const { file, summary, error } = await runExport(source(), {
		exportColumns: ['customFields', 'details', 'segments'],
		options: { engine: 'job' },
	});
	expect(error).toBeUndefined();
	expect(summary).toMatchObject({ engine: 'job', complete: true, participants: 100_000 });
	await importInto(file, 100_000);
	const [before, after] = [stateOf(source()), stateOf(target())];
	expect(Object.keys(after)).toHaveLength(100_000);
	const different = Object.keys(before).filter(
		(key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]),
	);
	expect(different).toEqual([]);
}, 180_000);
