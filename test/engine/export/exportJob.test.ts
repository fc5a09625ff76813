/** Export CSV by the API's own export job: the same file, or a good reason why not. */
import type { IDataObject } from 'n8n-workflow';
import { addSegments, shown, useSimulator } from '../../support/advocate';
import { useQuickTime } from '../../support/quickTime';
import { runExport } from './helpers';
import type { ExportRun } from './helpers';

const simulator = useSimulator(['vip', 'beta', 'gold']);
useQuickTime(50);

const AS_JOB = { options: { engine: 'job' } };

beforeEach(() => {
	const { state, referrals } = simulator();
	state.customFields.set('plan', 'Plan');
	referrals.addProgram({ id: '27048', name: 'Friends' });
	['a', 'b', 'c', 'd'].forEach((id, index) =>
		state.addParticipant({
			id,
			accountId: index === 0 ? 'acme' : id,
			firstName: index === 1 ? '=1+1, "Ann"' : null,
			locale: 'en_US',
			countryCode: index === 2 ? 'CA' : null,
			referable: index !== 3,
			referralCodes: index === 0 ? { 27048: 'CODE' } : {},
			customFields: index === 1 ? { plan: 'pro\nmax' } : index === 2 ? { plan: 7 } : {},
			segments: [['vip'], ['vip', 'beta'], ['beta'], []][index],
			dateCreated: 1_700_000_000_000 + index,
		}),
	);
});

/** Requests to the export API, as method and what follows the tenant. */
const exportCalls = (): string[] =>
	simulator()
		.requests.filter(({ path }) => /\/export(\/|$)|\/downloads\//.test(path))
		.map(({ method, path }) => {
			const call = path.replace(/^\/api\/v1\/[^/]+/, '');
			return `${method} ${call.replace(/[0-9a-f]{24}/, 'ID')}`;
		});

const listPages = (): number =>
	simulator().requests.filter(({ body }) => {
		const { operationName, variables } = (body ?? {}) as IDataObject;
		return operationName === 'ListParticipants' && (variables as IDataObject).limit !== 1;
	}).length;

/** Both ways give the same bytes. */
async function sameAsPaging(parameters: object): Promise<ExportRun> {
	const paged = await runExport(simulator(), parameters as never);
	const run = await runExport(simulator(), { ...parameters, ...AS_JOB });
	expect(run.error).toBeUndefined();
	expect(run.file.toString()).toBe(paged.file.toString());
	expect(run.summary).toEqual({ ...paged.summary, engine: 'job' });
	expect(paged.summary.engine).toBe('pages');
	return run;
}

test('a custom field that the API does not list is named, as far as the first participants tell', async () => {
	const { state } = simulator();
	state.addParticipant({ id: 'odd', customFields: { unlisted: 'x' }, referralCodes: {} });
	const { summary } = await runExport(simulator(), AS_JOB);
	expect(summary).toMatchObject({ complete: true, engine: 'job' });
	expect(summary.notes).toContainEqual(
		expect.stringMatching(
			/^The file has no column for customFields\.unlisted, although some of the first participants have a value/,
		),
	);
});

describe('the file is that of paging, byte by byte', () => {
	test('of everybody, with all columns', async () => {
		const { rows, summary } = await sameAsPaging({});
		expect(rows).toHaveLength(4);
		expect(summary).toMatchObject({ complete: true, participants: 4 });
		expect(exportCalls()).toEqual([
			'POST /export',
			'GET /export/ID',
			'GET /export/ID',
			'GET /export/ID/download',
			'GET /downloads/ID/export',
			'GET /export/ID/download',
			'GET /downloads/ID/export',
		]);
		const created = simulator().requests.find(({ path }) => path.endsWith('/export'));
		expect(created?.body).toEqual({
			type: 'USER',
			format: 'CSV',
			name: expect.stringMatching(/^n8n Export CSV 20\S+ [a-z0-9]+$/),
			params: { programId: '27048' },
		});
	});

	test.each(['any', 'all', 'none'])('of members of segments: %s', async (membership) => {
		const segments = ['vip', 'beta'];
		const { summary } = await sameAsPaging({ exportScope: 'segments', membership, segments });
		expect(summary.participants).toBe({ any: 3, all: 1, none: 1 }[membership]);
	});

	test.each(['pipes', 'commas', 'json'] as const)('segments as %s', async (exportSegments) => {
		simulator().options.exportSegments = exportSegments;
		await sameAsPaging({ exportColumns: ['segments'] });
	});

	test('only IDs, which every file has', async () => {
		Object.assign(simulator().options, { exportColumns: 'tap' });
		await sameAsPaging({ exportColumns: [] });
	});

	test('larger than what is kept, in pieces', async () => {
		for (let index = 0; index < 3000; index++) {
			const id = `${'x'.repeat(400)}${index}`;
			const dateCreated = 1_700_000_001_000 + index;
			simulator().state.addParticipant({ id, dateCreated, segments: ['gold'] });
		}
		const { main } = await sameAsPaging({ exportColumns: ['segments'] });
		expect(main[0].binary?.data.id).toMatch(/^filesystem/);
	});
});

const HEADER =
	'id,accountId,firstName,lastName,email,locale,countryCode,referable,imageUrl,dateCreated,segments,referralCode,customFields.plan';

/** What stands in the way, and what is said about it. */
const OBSTACLES: Array<[string, () => void, RegExp]> = [
	[
		'columns that are missing',
		() => (simulator().options.exportColumns = 'tap'),
		/its file has no column for countryCode, referable, segments/,
	],
	[
		'no column for segments',
		() => (simulator().options.exportSegments = 'none'),
		/its file has no column for segments$/,
	],
	[
		'segments that are blank for everybody',
		() => (simulator().options.exportSegments = 'blank'),
		/says something else about segments, action than the API/,
	],
	[
		'segments by their names',
		() => {
			simulator().options.exportSegments = 'names';
			simulator().state.addSegment({ key: 'vip', name: 'Name of vip' });
		},
		/column 'segments' has 'Name of vip' instead of the key of a segment$/,
	],
	[
		'the key of a segment that looks like several',
		() => addSegments(simulator(), ['a,b']),
		/the key of the segment 'a,b' looks like several/,
	],
	[
		'several programs',
		() => void simulator().referrals.addProgram({ id: '2', name: 'Two' }),
		/codes of one program only, and there are 2 programs$/,
	],
	[
		'an aborted export',
		() => (simulator().options.exportEnds = 'ABORTED'),
		/the API aborted export/,
	],
	['an expired one', () => (simulator().options.exportEnds = 'EXPIRED'), /has expired$/],
	[
		'an export that takes too long',
		() => (simulator().options.exportPendingLooks = Infinity),
		/has not ended within 1 minute$/,
	],
	[
		'a key that may not export',
		() => (simulator().options.exportsAvailable = false),
		/this key or tenant may not use it \(status 403: /,
	],
	[
		'an API that refuses the request',
		() => fault('POST', '/export$', { kind: 'status', status: 400, body: { message: 'No name.' } }),
		/the API refused it \(.*No name\)$/,
	],
	[
		'a file that is gone',
		() => fault('GET', '/downloads/', { kind: 'status', status: 404 }, 'always'),
		/its file can't be had \(/,
	],
	[
		'a link to the inside of the network',
		() =>
			fault('GET', '/download$', { kind: 'redirect', location: 'https://10.0.0.1/x' }, 'always'),
		/its file can't be had \(.*leads to 10\.0\.0\.1/,
	],
	[
		'a file that is no CSV',
		() => fault('GET', '/downloads/', { kind: 'status', status: 200, body: '\n' }, 'always'),
		/its file can't be read \(/,
	],
	[
		'a date that is not clear',
		() => fileWith(`${HEADER}\na,acme,,,,,,true,,01/02/2023,,,\n`),
		/'01\/02\/2023' instead of a date with its time zone or in milliseconds$/,
	],
	[
		'a switch that is none',
		() => fileWith(`${HEADER}\na,acme,,,,,,yes,,,,,\n`),
		/column 'referable' has 'yes' instead of true or false$/,
	],
	['a row that lacks cells', () => fileWith(`${HEADER}\na,acme\n`), /row 2 of its file .*cells/],
	[
		'a row without IDs',
		() => fileWith(`${HEADER}\n,acme,,,,,,,,,,,\n`),
		/its file has a row without IDs$/,
	],
	[
		'other values than the API tells',
		() => fileWith(`${HEADER}\na,acme,Bob,,,en_US,,true,,1700000000000,vip,CODE,\n`),
		/says something else about firstName than the API does/,
	],
];

/** Without the item that n8n adds. */
const messageOf = (error: ExportRun['error']): string =>
	(shown(error).message ?? '').replace(/ \[item 0\]$/, '');

function fault(method: string, path: string, then: object, times: number | 'always' = 1): void {
	simulator().faults.add({ match: { method, path }, times, then: then as never });
}

/** The export has this file. */
const fileWith = (body: string): void =>
	fault('GET', '/downloads/', { kind: 'status', status: 200, body }, 'always');

describe('what stands in the way', () => {
	const options = (engine: string) => ({ options: { engine, maxJobTime: 1 } });

	test.each(OBSTACLES)('%s: refused where a job was asked for', async (_, prepare, reason) => {
		prepare();
		const { error, main } = await runExport(simulator(), options('job'));
		expect(main).toEqual([]);
		expect(messageOf(error)).toMatch(/^The export job can't be used: /);
		expect(messageOf(error)).toMatch(reason);
		expect(shown(error).description).toMatch(/Page by Page/);
		expect(listPages()).toBe(0);
	});

	test('with Automatic it is read page by page, and said', async () => {
		large();
		Object.assign(simulator().options, { exportSegments: 'none' });
		const { summary, hints } = await runExport(simulator(), options('auto'));
		expect(summary).toMatchObject({ engine: 'pages', complete: true, participants: 4 });
		expect(summary.notes).toContainEqual(
			"Read page by page, as the export job can't be used: its file has no column for segments",
		);
		expect(hints.filter(({ type }) => type === 'warning')[0].message).toMatch(/no column for/);
	});

	test('a key that is refused ends both ways', async () => {
		fault('POST', '/export$', { kind: 'status', status: 401, body: { message: 'No.' } });
		const { error } = await runExport(simulator(), options('job'));
		expect(shown(error).message).not.toMatch(/export job can't be used/);
		expect(listPages()).toBe(0);
	});
});

/** The API counts more than a job is begun for, once. */
function large(): void {
	simulator().faults.add({
		match: { operationName: 'ListParticipants' },
		then: {
			kind: 'status',
			status: 200,
			body: { data: { users: { totalCount: 100_001, data: [] } } },
		},
	});
}

describe('Automatic', () => {
	test('takes pages for a few', async () => {
		const { summary } = await runExport(simulator(), { options: { engine: 'auto' } });
		expect(summary).toMatchObject({ engine: 'pages', notes: [expect.stringMatching(/no type/)] });
		expect(exportCalls()).toEqual([]);
	});

	test('takes a job for more than 100,000', async () => {
		large();
		const { summary, rows } = await runExport(simulator(), { options: { engine: 'auto' } });
		expect(summary).toMatchObject({ engine: 'job', complete: true });
		expect(rows).toHaveLength(4);
	});
});

describe('the count', () => {
	beforeEach(() => void (simulator().options.exportMissingRows = 1));

	test('a file that lacks somebody is reported', async () => {
		const { summary, hints } = await runExport(simulator(), AS_JOB);
		expect(summary).toMatchObject({ engine: 'job', participants: 3, complete: false });
		expect(hints.map(({ message }) => message)).toContainEqual(
			expect.stringMatching(/its file has 3 participants, and the API counts 4/),
		);
	});

	test('with Automatic, everybody is read page by page instead', async () => {
		large();
		const { summary } = await runExport(simulator(), { options: { engine: 'auto' } });
		expect(summary).toMatchObject({ engine: 'pages', participants: 4, complete: true });
		expect(summary.notes).toContainEqual(expect.stringMatching(/the API counts 4$/));
	});

	test('somebody who entered meanwhile may be missing', async () => {
		simulator().options.exportMissingRows = 0;
		fault('GET', '/downloads/', {
			kind: 'meanwhile',
			work: () => simulator().state.addParticipant({ id: 'late' }),
		});
		const { summary } = await runExport(simulator(), AS_JOB);
		expect(summary).toMatchObject({ participants: 4, complete: true });
	});
});

describe('the creation', () => {
	test('is not repeated when its answer is lost: the export is found by its name', async () => {
		fault('POST', '/export$', { kind: 'applyThenReset' });
		const { summary } = await runExport(simulator(), AS_JOB);
		expect(summary).toMatchObject({ engine: 'job', participants: 4 });
		expect(simulator().exports.size).toBe(1);
		expect(exportCalls().filter((call) => call === 'POST /export')).toHaveLength(1);
		expect(exportCalls()).toContain('GET /export/history/list');
	});

	test('nor when it is not found: its name is told', async () => {
		fault('POST', '/export$', { kind: 'resetBeforeReply' });
		const { error } = await runExport(simulator(), AS_JOB);
		expect(shown(error).message).toMatch(/it is not known whether it was created/);
		expect(shown(error).description).toMatch(/Look for an export named 'n8n Export CSV /);
		expect(simulator().exports.size).toBe(0);
		expect(exportCalls()).toEqual([
			'POST /export',
			'GET /export/history/list',
			'GET /export/history/list',
		]);
	});
});

test('a stop while the job is pending ends it without a file', async () => {
	simulator().options.exportPendingLooks = Infinity;
	const run = await runExport(simulator(), AS_JOB, {
		cancelAfter: (cancel) =>
			fault('GET', '/export/[0-9a-f]+$', { kind: 'meanwhile', work: cancel }),
	});
	expect(run.status).toBe('canceled');
	expect(run.main).toEqual([]);
	expect(listPages()).toBe(0);
});

test('it waits for half of the time that the execution has left at most', async () => {
	simulator().options.exportPendingLooks = Infinity;
	const { error } = await runExport(simulator(), AS_JOB, {
		executionEndsAt: Date.now() + 100_000,
	});
	expect(messageOf(error)).toMatch(/has not ended within (1 minute|[45]\d seconds)$/);
});

describe('a file that breaks off', () => {
	/** The first half of what the file is, then nothing; then the whole, when it is asked for again. */
	test('is opened again, and goes on where it was', async () => {
		fault('GET', '/downloads/', { kind: 'truncatedJson', dropConnection: true });
		await sameAsPaging({});
		expect(exportCalls().filter((call) => call === 'GET /downloads/ID/export')).toHaveLength(3);
	});

	test('and is another one then: no file at all', async () => {
		const whole = `${HEADER}\na,acme,,,,en_US,,true,,1700000000000,vip,CODE,\n`;
		fault('GET', '/downloads/', { kind: 'status', status: 200, body: whole });
		fault('GET', '/downloads/', { kind: 'status', status: 200, body: `${whole}b,b` });
		const { error, main } = await runExport(simulator(), AS_JOB);
		expect(main).toEqual([]);
		expect(messageOf(error)).toMatch(/its file had \d+ bytes, and then \d+ bytes$/);
	});
});
