/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run outside n8n */
/** The probe against the simulator: it finds every switch out, and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultOptions } from '../simulator/options';
import type { SimulatorOptions } from '../simulator/options';
import { useSimulator, withSimulator } from '../support/simulator';
import { QUESTIONS } from './questions';
import { runProbe } from './run';
import type { ProbeResult, Row } from './run';
import { PREFIX } from './sandbox';
import { readSettings } from './settings';
import type { ProbeSettings } from './settings';

const simulator = useSimulator();

function environment(): Record<string, string> {
	const { accountSid, authToken, tenantAlias } = simulator().credentials;
	return {
		ADVOCATE_ACCOUNT_SID: accountSid,
		ADVOCATE_AUTH_TOKEN: authToken,
		ADVOCATE_TENANT_ALIAS: tenantAlias,
		ADVOCATE_BASE_URL: simulator().url,
	};
}

function settings(only: string[] = [], changes: Partial<ProbeSettings> = {}): ProbeSettings {
	const read = readSettings(['--poll', '0.01', '--only', only.join(',')], environment());
	if (read === undefined) throw new Error('no settings');
	return { ...read, ...changes };
}

async function probe(...given: Parameters<typeof settings>): Promise<ProbeResult> {
	return await runProbe(settings(...given), new AbortController().signal);
}

/** Nothing of the probe is there any more, and nothing else was touched. */
function expectClean(): void {
	const { state } = simulator();
	expect([...state.participants.values()].filter(({ id }) => id.startsWith(PREFIX))).toEqual([]);
	expect(
		[...state.segments.values()].filter(
			({ key, status }) => key.startsWith(PREFIX) && status !== 'ARCHIVED',
		),
	).toEqual([]);
	expect(state.jobs.size).toBe(0);
}

type Switches = Partial<SimulatorOptions>;

/** Every switch that an answer sets, with all its values. */
const CASES: Array<[question: string, ...switches: Switches[]]> = [
	[
		'Q1',
		{ unknownSegment: 'autoCreate' },
		{ unknownSegment: 'ignore' },
		{ unknownSegment: 'reject' },
	],
	[
		'Q2',
		{ segmentKeyPattern: null },
		{ segmentKeyPattern: '^[A-Za-z0-9]{1,}$' },
		{ segmentKeyPattern: '^[A-Za-z0-9\\-_]{1,64}$' },
		{ segmentKeyPattern: '^[A-Za-z0-9\\-_\\. :\\/\\|é]{1,128}$' },
	],
	[
		'Q3',
		{ importJobRemoves: 'accept' },
		{ importJobRemoves: 'reject' },
		{ importJobRemoves: 'ignore' },
	],
	[
		'Q4',
		{ jobSegmentsColumn: 'reject' },
		{ jobSegmentsColumn: 'ignore' },
		{ jobSegmentsColumn: 'apply' },
		{ jobUnknownColumns: 'reject' },
		{ jobUnknownColumns: 'ignore' },
		{ jobRecordNumberBase: 0 },
		{ jobRecordNumberBase: 1 },
		{ jobRecordNumberBase: 2 },
		{ privateLinks: 'signed' },
		{ privateLinks: 'needCredential' },
		{ jobTtlMs: 7 * 24 * 60 * 60 * 1000 },
	],
	[
		'Q5',
		{ scopedToken403: false },
		{ scopedToken403: 'graphql' },
		{ scopedToken403: 'open' },
		{ scopedToken403: 'upload' },
		{ scopedToken403: 'all' },
	],
	[
		'Q6',
		{ badCredentials: '401' },
		{ badCredentials: '200WithErrors' },
		{ restBadCredentials: '401' },
		{ restBadCredentials: '200WithErrors' },
	],
	[
		'Q7',
		{ absentUser: 'null' },
		{ absentUser: 'error' },
		{ upsertUsersOrder: 'same' },
		{ upsertUsersOrder: 'shuffled' },
		{ upsertUsersBadInput: 'perInput' },
		{ upsertUsersBadInput: 'wholeBatch' },
		{ upsertUsersLimit: 100 },
		{ upsertUsersLimit: 37 },
		{ upsertUsersLimit: 250 },
		{ upsertUsersLimit: 20, upsertUsersBadInput: 'wholeBatch' },
		{ upsertUsersAvailable: false },
	],
	['Q8', { bareTilde: 'reject' }, { bareTilde: 'clear' }, { bareTilde: 'ignore' }],
	[
		'Q9',
		{ archivedSegmentMembers: 'keep', archivedSegmentAccepts: 'accept' },
		{ archivedSegmentMembers: 'remove' },
		{ archivedSegmentAccepts: 'reject' },
		{ archivedSegmentAccepts: 'ignore' },
		{ segmentDateModified: 'edits' },
		{ segmentDateModified: 'members' },
	],
	[
		'Q10',
		{ maxPageLimit: null },
		{ maxPageLimit: 40, overMaxPageLimit: 'clamp' },
		{ maxPageLimit: 250, overMaxPageLimit: 'reject' },
		{ rateLimit: null },
		{ rateLimit: { requestsPerSecond: 12, retryAfter: 'seconds' } },
		{ rateLimit: { requestsPerSecond: 12, retryAfter: 'date' } },
		{ rateLimit: { requestsPerSecond: 12, retryAfter: 'none' } },
	],
	[
		'Q11',
		{ restPutKeepsOmitted: true },
		{ restPutKeepsOmitted: false },
		{ strictUnknownFields: true },
		{ strictUnknownFields: false },
	],
	['Q12', { filterDelayMs: 0 }],
	['Q13', { nullDetails: 'clear' }, { nullDetails: 'ignore' }, { nullDetails: 'reject' }],
	['Q14', { lookUpCase: 'exact' }, { lookUpCase: 'ignored' }],
	['Q15', { sortByDateCreated: 'sorts' }, { sortByDateCreated: 'ignored' }],
	[
		'Q16',
		{ redeemAboveBalance: 'reject' },
		{ redeemAboveBalance: 'partly' },
		{ negativeCredit: 'reject' },
		{ negativeCredit: 'accept' },
	],
	// Shown as answers only: no switch stands for them.
	['Q17'],
	['Q18'],
	[
		'Q19',
		{ exportsAvailable: true, exportColumns: 'all', exportSegments: 'pipes' },
		{ exportsAvailable: false },
		{ exportColumns: 'tap' },
		{ exportSegments: 'commas' },
		{ exportSegments: 'json' },
		{ exportSegments: 'names' },
		{ exportSegments: 'blank' },
		{ exportSegments: 'none' },
	],
	['Q20', { segmentChangeUpdates: true }, { segmentChangeUpdates: false }],
];

/** Switches that no open question is about, or that can't be seen from outside. */
const NOT_ASKED = [
	'port',
	'webhookShapes',
	'seed',
	'accountLimit',
	'latencyMs',
	'participantRejects',
	'jobPendingPolls',
	'jobPendingMs',
	'jobAbortAfter',
	'linkTtlMs',
	'uploadLimitBytes',
	'record',
	// An API that does otherwise than its documentation says.
	'clearOperator',
	'segmentsTold',
	'jobPassesOver',
	'jobCountsProcessed',
	'jobCountsErrors',
	'jobResultsFile',
	'exportPendingLooks',
	'exportEnds',
	'exportMissingRows',
	'upsertUsersIds',
	// About webhooks: to find out, the tenant's events would have to go to an address of ours.
	'subscriptionTypes',
	'webhookBase64',
	'webhookRetryMs',
	'webhookMaxTries',
];

describe('finds out each switch', () => {
	describe.each(CASES.filter(([, ...all]) => all.length > 0))('%s', (question, ...all) => {
		it.each(all)('%j', async (switches) => {
			for (let index = 0; index < 60; index++) {
				simulator().state.addParticipant({ id: `customer${index}`, email: 'c@example.com' });
			}
			simulator().setOptions(switches);
			const { profile, left, stopped } = await probe([question]);
			expect(profile).toMatchObject(switches);
			expect({ left, stopped }).toMatchObject({ left: [], stopped: false });
			if (simulator().options.scopedToken403 === false) expectClean();
		});
	});

	it('Q12, a delay, as closely as it can be measured', async () => {
		simulator().setOptions({ filterDelayMs: 700 });
		const { profile } = await probe(['Q12']);
		expect(profile.filterDelayMs).toBeGreaterThanOrEqual(650);
	});

	it('Q17 and Q18, which no switch stands for', async () => {
		const { rows } = await probe(['Q17', 'Q18']);
		expect(rows.map(({ answer }) => answer)).toEqual([
			'REST counts a key once',
			'GraphQL takes no key',
			'An ID alone finds participants of every account',
		]);
		expectClean();
	});

	it('leaves no switch out that an open question is about', () => {
		const asked = CASES.flatMap(([, ...all]) => all.flatMap((switches) => Object.keys(switches)));
		const known = new Set([...asked, ...NOT_ASKED]);
		expect(Object.keys(defaultOptions()).filter((name) => !known.has(name))).toEqual([]);
		expect(CASES.map(([question]) => question).sort()).toEqual(
			QUESTIONS.map(({ name }) => name).sort(),
		);
	});

	it('all together, whatever they are', async () => {
		const unusual: Switches = {
			unknownSegment: 'reject',
			bareTilde: 'clear',
			archivedSegmentAccepts: 'reject',
			archivedSegmentMembers: 'remove',
			segmentKeyPattern: '^[A-Za-z0-9\\-_]{1,64}$',
			upsertUsersOrder: 'shuffled',
			upsertUsersBadInput: 'wholeBatch',
			upsertUsersLimit: 50,
			absentUser: 'error',
			badCredentials: '200WithErrors',
			restBadCredentials: '200WithErrors',
			strictUnknownFields: false,
			restPutKeepsOmitted: false,
			maxPageLimit: 200,
			overMaxPageLimit: 'reject',
			importJobRemoves: 'ignore',
			jobUnknownColumns: 'ignore',
			jobSegmentsColumn: 'apply',
			jobRecordNumberBase: 2,
			privateLinks: 'needCredential',
		};
		simulator().setOptions(unusual);
		const { profile, rows } = await probe();
		expect(profile).toMatchObject(unusual);
		expect(rows.map(({ answer }) => answer)).not.toContain('Not answered');
		expectClean();
	});

	it('without upsertUsers the questions about it stay open, and no answer is made up', async () => {
		simulator().setOptions({ upsertUsersAvailable: false });
		const { profile, rows } = await probe(['Q7']);
		expect(profile).toEqual({ absentUser: 'null', upsertUsersAvailable: false });
		expect(rows.map(({ answer }) => answer)).toEqual([
			'null',
			'There is no upsertUsers',
			'Not answered',
			'Not answered',
		]);
	});
});

describe('keeps to its own', () => {
	it("reads and changes nobody else's participants and segments", async () => {
		simulator().state.addSegment({ key: 'vip', name: 'VIP' });
		simulator().state.addParticipant({ id: 'customer', email: 'c@example.com', segments: ['vip'] });
		const before = JSON.stringify([simulator().state.participant('customer', 'customer')]);
		await probe();
		expect(JSON.stringify([simulator().state.participant('customer', 'customer')])).toBe(before);
		expect(simulator().state.segments.get('vip')?.status).toBe('ACTIVE');
		for (const { method, path: address, body } of simulator().requests) {
			if (method === 'PUT' || method === 'DELETE') expect(address).toContain(PREFIX);
			// Lists are asked for counts only, and of the probe's own segment where they look at members.
			const { query = '', variables } = (body ?? {}) as {
				query?: string;
				variables?: { f?: { segments_eq?: string } };
			};
			if (!/\busers\(/.test(query)) continue;
			expect(query).not.toMatch(/email/);
			if (/\bdata\b/.test(query)) expect(variables?.f?.segments_eq).toContain(PREFIX);
		}
		expect(simulator().requests.filter(({ method }) => method === 'POST').length).toBeGreaterThan(
			50,
		);
		expectClean();
	});

	it('asks for exports of what changes while it runs only', async () => {
		const dateCreated = Date.now() - 60_000;
		simulator().state.addParticipant({ id: 'customer', dateCreated });
		await probe(['Q19', 'Q20']);
		const asked = simulator().requests.filter(
			({ method, path: address }) => method === 'POST' && address.endsWith('/export'),
		);
		expect(asked.map(({ body }) => (body as { params: object }).params)).toEqual([
			{ createdSince: expect.any(Number) },
			{ updatedSince: expect.any(Number) },
		]);
		for (const record of simulator().exports.list(10, 0).data) {
			const file = [...simulator().exports.file(record.id)].join('');
			expect(file).toContain(PREFIX);
			expect(file).not.toContain('customer');
		}
		expectClean();
	});

	it('sets nothing off with its import jobs', async () => {
		await probe(['Q3', 'Q4']);
		const inputs = simulator()
			.requests.filter(({ rootFields }) => rootFields.includes('createJob'))
			.map(({ body }) => (body as { variables: { j: unknown } }).variables.j);
		expect(inputs.length).toBeGreaterThan(2);
		for (const input of inputs) {
			expect(input).toMatchObject({
				params: {
					importEvaluationOptions: { webhooks: false, programs: false, analytics: false },
				},
			});
			expect(input).not.toHaveProperty('mailtoEmail');
		}
	});

	it('waits when the API limits the rate', async () => {
		simulator().setOptions({ rateLimit: { requestsPerSecond: 8, retryAfter: 'seconds' } });
		const { rows } = await probe(['Q1', 'Q8', 'Q9']);
		expect(rows.map(({ answer }) => answer)).not.toContain('Not answered');
		expectClean();
	});

	it('tries again to take away what the API did not want to give up at once', async () => {
		simulator().faults.add({ match: { method: 'DELETE' }, then: { kind: 'status', status: 500 } });
		simulator().faults.add({ match: { method: 'DELETE' }, then: { kind: 'resetBeforeReply' } });
		expect((await probe(['Q1'])).left).toEqual([]);
		expectClean();
	});

	it('says what it could not take away', async () => {
		simulator().faults.add({
			match: { method: 'DELETE' },
			times: 'always',
			then: { kind: 'status', status: 500 },
		});
		const { left, prefix } = await probe(['Q1']);
		expect(left).toEqual([expect.stringContaining(`participant ${prefix}p1: 500`)]);
	});

	it('goes on with the next question when one fails', async () => {
		simulator().faults.add({
			match: { method: 'PUT' },
			then: { kind: 'resetBeforeReply' },
		});
		const { rows } = await probe(['Q1', 'Q8']);
		expect(rows[0]).toMatchObject({
			answer: 'Not answered',
			evidence: expect.stringContaining('no answer'),
		});
		expect(rows[1].answer).toBe('Refused');
		expectClean();
	});
});

describe('refuses a live tenant', () => {
	const liveMode = (isLiveMode: boolean | undefined) =>
		simulator().faults.add({
			match: { operationName: 'tenant' },
			times: 'always',
			then:
				isLiveMode === undefined
					? { kind: 'graphqlErrors', errors: [{ message: 'Cannot query field "tenant"' }] }
					: {
							kind: 'status',
							status: 200,
							body: { data: { tenant: { tenantAlias: 'x', isLiveMode } } },
						},
		});

	const wrote = () => simulator().requests.some(({ writes }) => writes.length > 0);

	it('that says so itself', async () => {
		liveMode(true);
		await expect(probe(['Q1'])).rejects.toThrow('This is a live tenant');
		expect(wrote()).toBe(false);
	});

	it('whose key says so', async () => {
		await expect(probe(['Q1'], { secrets: ['LIVE_abc'], tenantAlias: 'x1y2z3' })).rejects.toThrow(
			'live one',
		);
		expect(simulator().requests).toEqual([]);
	});

	it("that can't be told from a test tenant", async () => {
		liveMode(undefined);
		await expect(probe(['Q1'], { tenantAlias: 'x1y2z3' })).rejects.toThrow('--allow-live');
		expect(wrote()).toBe(false);
		expect((await probe(['Q1'])).rows).toHaveLength(1);
	});

	it('unless told to go on', async () => {
		liveMode(true);
		expect((await probe(['Q1'], { allowLive: true })).rows).toHaveLength(1);
		expectClean();
	});

	it('and one that does not take the key', async () => {
		await expect(
			probe(['Q1'], { credentials: [{ name: 'x', authorization: 'Basic eDp5' }] }),
		).rejects.toThrow('The API refused: 401');
		expect(simulator().requests).toHaveLength(1);
	});
});

describe('settings', () => {
	const read = (argv: string[], env: Record<string, string> = environment()) =>
		readSettings(argv, env);

	it('come from flags before the environment', () => {
		expect(read(['--tenant-alias', 'test_other'])?.apiUrl).toBe(
			`${simulator().url}/api/v1/test_other`,
		);
	});

	it.each([
		[{ ADVOCATE_ACCOUNT_SID: '', ADVOCATE_AUTH_TOKEN: '' }, 'No credential'],
		[{ ADVOCATE_AUTH_TOKEN: '' }, 'Auth Token is empty'],
		[{ ADVOCATE_TENANT_ALIAS: '' }, 'Tenant Alias is empty'],
		[{ ADVOCATE_BASE_URL: 'http://example.com' }, 'https'],
	])('%j is refused', (changes, message) => {
		expect(() => read([], { ...environment(), ...changes })).toThrow(message);
	});

	it.each([
		['--burst', 'many'],
		['--poll', '-1'],
		['--unknown', 'x'],
	])('%s %s is refused', (...argv) => {
		expect(() => read(argv)).toThrow();
	});

	it('an unknown question is refused', async () => {
		await expect(probe(['Q99'])).rejects.toThrow('There is no question Q99');
	});
});

describe('the command', () => {
	let folder: string;

	beforeAll(() => {
		folder = mkdtempSync(path.join(tmpdir(), 'probe-test-'));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	function start(...argv: string[]) {
		const child = spawn(
			process.execPath,
			['--import', 'tsx', path.join(__dirname, 'probe.ts'), '--poll', '0.01', ...argv],
			{
				cwd: path.resolve(__dirname, '..', '..'),
				env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment() },
			},
		);
		let output = '';
		const collect = (chunk: Buffer) => {
			output += chunk.toString('utf8');
		};
		child.stdout.on('data', collect);
		child.stderr.on('data', collect);
		const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
			child.on('close', (code) => resolve({ code, output }));
		});
		return { child, ended };
	}

	/** The credential, in each form it could be printed in. */
	function secrets(): string[] {
		const { accountSid, authToken } = simulator().credentials;
		return [accountSid, authToken, Buffer.from(`${accountSid}:${authToken}`).toString('base64')];
	}

	it('prints every question, and writes a profile that a simulator takes', async () => {
		simulator().setOptions({ unknownSegment: 'ignore', absentUser: 'error' });
		const profile = path.join(folder, 'profile.json');
		const { code, output } = await start('--profile', profile).ended;
		expect(output).toContain('Participants and jobs are deleted, segments archived.');
		expect(code).toBe(0);
		for (const { name } of QUESTIONS) expect(output).toMatch(new RegExp(`^${name} +`, 'm'));
		for (const secret of secrets()) expect(output).not.toContain(secret);
		expectClean();
		const written = JSON.parse(readFileSync(profile, 'utf8')) as Switches;
		expect(written).toMatchObject({ unknownSegment: 'ignore', absentUser: 'error' });
		await withSimulator(async ({ options }) => expect(options).toMatchObject(written), written);
	});

	it('echoes no secret, even when the API does', async () => {
		const [, authToken] = secrets();
		simulator().faults.add({
			match: { operationName: 'tenant' },
			then: { kind: 'status', status: 401, body: { message: `Bad token ${authToken}` } },
		});
		const { code, output } = await start().ended;
		expect(code).toBe(1);
		expect(output).toContain('Bad token ***');
		for (const secret of secrets()) expect(output).not.toContain(secret);
	});

	const underWay = async () => {
		const puts = () => simulator().requests.filter(({ method }) => method === 'PUT').length;
		while (puts() <= 3) await new Promise((resolve) => setTimeout(resolve, 20));
	};

	it.each<[NodeJS.Signals[]]>([[['SIGINT']], [['SIGTERM']], [['SIGHUP']], [['SIGINT', 'SIGINT']]])(
		'cleans up after %j',
		async (signals) => {
			simulator().setOptions({ latencyMs: 40 });
			const { child, ended } = start();
			await underWay();
			for (const signal of signals) {
				child.kill(signal);
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			const { code, output } = await ended;
			expect(output).toContain('Stopped before the end.');
			expect(output).not.toContain('Could not be taken away');
			expect(code).toBe(130);
			expectClean();
		},
	);

	it('cleans up when Ctrl-C is pressed while npm runs it: the terminal tells every process', async () => {
		simulator().setOptions({ latencyMs: 40 });
		const child = spawn('npm', ['run', '--silent', 'probe', '--', '--poll', '0.01'], {
			cwd: path.resolve(__dirname, '..', '..'),
			env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment() },
			// A process group of its own, as a terminal gives to what is started in it.
			detached: true,
		});
		const ended = new Promise((resolve) => child.on('close', resolve));
		await underWay();
		process.kill(-(child.pid ?? NaN), 'SIGINT');
		await ended;
		expectClean();
	});

	it('explains itself', async () => {
		const { code, output } = await start('--help').ended;
		expect(code).toBe(0);
		expect(output).toContain('Usage: npm run probe');
	});
});

test('stops between two requests, and cleans up', async () => {
	const stop = new AbortController();
	const rows: Row[] = [];
	const result = await runProbe(settings(), stop.signal, (row) => {
		rows.push(row);
		if (row.question === 'Q1') stop.abort();
	});
	expect(result.stopped).toBe(true);
	expect(rows.at(-1)?.question).toBe('Q1');
	expectClean();
});
