/** Who is created by Sync Members: a participant with an ID, of whom the other columns of the list say nothing. */
import { bodies, nodeRunner } from '../../support/advocate';
import { items, names, useSegment } from './helpers';

const { simulator, put, sync } = useSegment();
const run = nodeRunner(simulator);

const CREATE = { ifParticipantMissing: 'create' };
const WITH_DETAILS = [
	{ id: 'new1', firstName: 'Ann', 'E-Mail': 'ann@x.test', 'customFields.plan': 'a', note: 'x' },
	...items(names(40)),
];
const NOTE =
	"Participants are created here with their ID only: 'firstName', 'E-Mail', 'customFields.plan' are not sent. To create them with their details, import the list first, with 'Import Items' of the resource 'Bulk'";

const firstName = () => simulator().state.participant('new1', 'new1')?.firstName;

beforeEach(() => put(names(40), ['vip']));

test('a run that creates says which columns are not sent', async () => {
	const dry = await sync(WITH_DETAILS, { ...CREATE, dryRun: true });
	expect(dry.main[0].json.notes).toEqual([NOTE]);
	const { main, hints } = await sync(WITH_DETAILS, CREATE);
	expect(main[0].json).toMatchObject({ created: 1, notes: [NOTE] });
	expect(hints.map(({ message }) => message)).toContainEqual(
		expect.stringContaining('Participants are created here with their ID only'),
	);
	expect(simulator().state.segmentsOf('new1')).toEqual(['vip']);
	expect(firstName()).toBeNull();
	expect(JSON.stringify(bodies(simulator(), 'UpsertParticipants'))).not.toContain('Ann');
	// She is a participant now: nobody is created, and no column is missed.
	expect((await sync(WITH_DETAILS, CREATE)).main[0].json.notes).toEqual([]);
});

test('the way that it names leads there: imported first, she has her name', async () => {
	const imported = await run(
		{ resource: 'bulk', operation: 'importItems', segmentAction: 'add', segments: ['vip'] },
		{ mode: 'trigger', input: WITH_DETAILS },
	);
	expect(imported.error).toBeUndefined();
	expect(firstName()).toBe('Ann');
	const { main } = await sync(WITH_DETAILS, CREATE);
	expect(main[0].json).toMatchObject({ created: 0, kept: 41, notes: [] });
	expect(firstName()).toBe('Ann');
});

test('of a text or file, that is Import CSV', async () => {
	const csv = ['id,firstName', 'new1,Ann', ...names(40).map((id) => `${id},`)].join('\n');
	const text = { listSource: 'text', csvText: '={{ $json.csv }}' };
	const { main } = await sync([{ csv }], { ...CREATE, ...text });
	expect(main[0].json.notes).toEqual([
		expect.stringMatching(
			/: 'firstName' is not sent\. .* with 'Import CSV' of the resource 'Bulk'$/,
		),
	]);
});

test('nothing is said where nobody is created, no detail is lost, or the columns are ignored on purpose', async () => {
	const skipped = await sync(WITH_DETAILS);
	expect(skipped.main[0].json).toMatchObject({ notFound: 1, notes: [] });
	const ignored = {
		columns: { settings: { ignoredColumns: 'firstName, e-mail, customFields.plan' } },
	};
	const known = await sync(WITH_DETAILS, { ...CREATE, options: ignored });
	expect(known.main[0].json).toMatchObject({ created: 1, notes: [] });
	const plain = await sync(items([...names(40), 'new1', 'new2']), CREATE);
	expect(plain.main[0].json).toMatchObject({ created: 1, notes: [] });
});
