/** Links to the files of import jobs come from outside, and lead nowhere but to files on the internet. */
import * as fc from 'fast-check';
import { reasonNotToOpen } from '../../nodes/shared/advocate/client/reach';
import { asJob, counts, importOrFail, listOf, requestCount } from '../engine/jobs/helpers';
import type { SimulatorAddress } from '../engine/jobs/helpers';
import { credentials, SOME_SEGMENTS, useSimulator } from '../support/advocate';
import { runWorkflow } from '../engine/harness';
import { selfSignedCertificate } from '../support/tls';
import { FakePort } from '../unit/advocate/fakePort';
import { startServer } from './server';
import type { HostileServer } from './server';

const API = 'https://api.example.com/api/v1/alias';

const opens = (link: string, apiUrl = API): boolean =>
	reasonNotToOpen(new URL(link), apiUrl) === undefined;

/** Every way in which a URL may spell an IPv4 address. */
function spellings(address: number): string[] {
	const parts = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255);
	const [a, b, c, d] = parts;
	const octal = (value: number) => `0${value.toString(8)}`;
	const hex = (value: number) => `0x${value.toString(16)}`;
	const high = ((a << 8) | b).toString(16);
	const low = ((c << 8) | d).toString(16);
	return [
		parts.join('.'),
		`${parts.join('.')}.`,
		String(address),
		hex(address),
		octal(address),
		parts.map(octal).join('.'),
		parts.map(hex).join('.'),
		`${a}.${address & 0xffffff}`,
		`${a}.${b}.${address & 0xffff}`,
		`${hex(a)}.${octal(b)}.${c}.${d}`,
		// Digits of another width, and a full stop of another script.
		parts.join('.').replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
		parts.join('。'),
		parts.join('%2E'),
		`[::ffff:${parts.join('.')}]`,
		`[::ffff:${high}:${low}]`,
		`[0:0:0:0:0:FFFF:${high}:${low}]`,
		`[::${high}:${low}]`,
		`[::ffff:0:${high}:${low}]`,
		`[64:ff9b::${high}:${low}]`,
		`[2002:${high}:${low}::1]`,
	];
}

const within = (start: string, length: number): fc.Arbitrary<number> => {
	const first = start.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
	return fc.integer({ min: first, max: first + 2 ** (32 - length) - 1 });
};

/** Not `::` and its neighbours: without the upper half, the old form of an IPv4 address is something else. */
const INTERNAL = fc.oneof(
	within('10.0.0.0', 8),
	within('100.64.0.0', 10),
	within('127.0.0.0', 8),
	within('169.254.0.0', 16),
	within('172.16.0.0', 12),
	within('192.168.0.0', 16),
	within('0.1.0.0', 16),
	fc.constantFrom(0, 0xffffffff, 0xe0000001),
);

test('no spelling of an internal IPv4 address is opened', () => {
	fc.assert(
		fc.property(INTERNAL, fc.nat(100), (address, which) => {
			const all = spellings(address);
			const host = all[which % all.length];
			expect([host, opens(`https://${host}/file`)]).toEqual([host, false]);
		}),
		{ numRuns: 2000 },
	);
});

test.each(['8.8.8.8', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0', '11.0.0.0'])(
	'the public address %s is opened in every spelling',
	(text) => {
		const address = text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
		for (const host of spellings(address)) {
			expect([host, opens(`https://${host}/file`)]).toEqual([host, true]);
		}
	},
);

test.each([
	'[::]',
	'[::1]',
	'[0:0:0:0:0:0:0:1]',
	'[fc00::1]',
	'[fdff:ffff::1]',
	'[fe80::1]',
	'[febf::1]',
	'[fec0::1]',
	'[ff02::1]',
	'[64:ff9b:1::1]',
	'[2001:0:4136:e378::1]',
	'localhost',
	'LOCALHOST',
	'localhost.',
	'store.localhost',
	'store.localhost.',
	'ｌｏｃａｌｈｏｓｔ',
	'localhost.localdomain',
	'ip6-localhost',
])('https://%s is not opened', (host) => {
	for (const port of ['', ':443', ':8443'])
		expect(opens(`https://${host}${port}/file`)).toBe(false);
});

test.each([
	'[2606:4700::1111]',
	'[2001:4860::8888]',
	'localhost.example.com',
	'notlocalhost',
	'127.0.0.1.example.com',
])('https://%s is opened', (host) => {
	expect(opens(`https://${host}/file`)).toBe(true);
});

test.each([
	'http://store.example.com/file',
	'http://127.0.0.1/file',
	'data:text/csv,rowNumber%2Cmessage',
	'file:///etc/passwd',
	'ftp://store.example.com/file',
	'javascript:alert(1)',
	'blob:https://store.example.com/1',
])('%s is not opened', (link) => {
	expect(opens(link)).toBe(false);
});

test.each([
	// Where the Base URL is, links may lead; to its neighbours they may not.
	['http://127.0.0.1:3000', 'http://127.0.0.1:4000', true],
	['http://127.0.0.1:3000', 'http://localhost:4000', true],
	['http://localhost:3000', 'https://[::1]', true],
	['http://localhost:3000', 'https://10.0.0.1', false],
	['http://localhost:3000', 'https://169.254.169.254', false],
	['http://localhost:3000', 'https://0.0.0.0', false],
	['http://localhost:3000', 'http://store.example.com', false],
	['http://localhost:3000', 'https://store.example.com', true],
	['https://10.0.0.5', 'https://192.168.1.1', true],
	['https://10.0.0.5', 'https://[fd00::1]', true],
	['https://10.0.0.5', 'http://10.0.0.5', false],
	['https://10.0.0.5', 'https://127.0.0.1', false],
	['https://10.0.0.5', 'https://169.254.169.254', false],
])('with the Base URL %s, %s is opened: %s', (base, link, expected) => {
	expect(opens(link, `${base}/api/v1/alias`)).toBe(expected);
});

describe('the client', () => {
	test('sends nothing for a link that is not opened, and asks once', async () => {
		const port = new FakePort([{ body: 'a\n' }]);
		const download = port.transport().download('https://169.254.169.254/latest/meta-data');
		await expect(download).rejects.toMatchObject({
			message:
				'The API gave a link that is not opened: it leads to 169.254.169.254, an address inside the network of this n8n',
			kind: 'badAnswer',
		});
		expect(port.sent).toEqual([]);
		expect(port.sleeps).toEqual([]);
	});

	test.each([
		'https://10.0.0.1/file',
		'http://store.example.com/file',
		'data:text/csv,a',
		'//[::1]/file',
	])('nor when a file on the internet redirects to it: %s', async (location) => {
		const port = new FakePort([{ statusCode: 302, headers: { location } }, { body: 'a\n' }]);
		const download = port.transport().download('https://store.example.com/file');
		await expect(download).rejects.toMatchObject({ kind: 'badAnswer', permanent: true });
		expect(port.sent).toHaveLength(1);
	});

	test('shows no signature of a link', async () => {
		const port = new FakePort([{}]);
		const link = 'http://store.example.com/file?signature=s3cr3t#x';
		const failure: unknown = await port
			.transport()
			.download(link)
			.catch((error: unknown) => error);
		expect(String(failure)).not.toContain('s3cr3t');
	});

	test.each([
		['a file elsewhere', 'https://api.example.com/other'],
		['the API itself', `${API}/export/file`],
	])('takes the credential to the first address only, not on to %s', async (_, location) => {
		const answers = [{ statusCode: 302, headers: { location } }, { body: 'a\n' }];
		const fromApi = new FakePort([...answers]);
		await fromApi.transport().download(`${API}/export/1`);
		expect(fromApi.sent.map(({ authenticate }) => authenticate)).toEqual([true, false]);
		const fromStore = new FakePort([...answers]);
		await fromStore.transport().download('https://store.example.com/1');
		expect(fromStore.sent.map(({ authenticate }) => authenticate)).toEqual([false, false]);
	});
});

describe('an import', () => {
	const simulator = useSimulator(SOME_SEGMENTS);
	let server: HostileServer | undefined;

	beforeEach(() => {
		simulator().state.addSegment({ key: 'vip' });
		simulator().options.jobPendingPolls = 0;
		simulator().options.participantRejects = { p1: { message: 'No.', statusCode: 400 } };
	});

	afterEach(async () => {
		await server?.close();
		server = undefined;
	});

	const ERRORS = 'recordNumber,message,apiErrorCode,statusCode\n1,Forged.,BAD_REQUEST,400\n';

	/** Let the job's answer hold this link. */
	const linkTo = (downloadErrorUrl: string): void => {
		const job = {
			id: 'j1',
			name: 'x',
			type: 'MUTATION/USER',
			status: 'COMPLETED',
			stats: { recordsProcessed: 2, errors: 1 },
			downloadUrl: null,
			downloadErrorUrl,
		};
		simulator().faults.add({
			match: { operationName: 'GetImportJob' },
			times: 'always',
			then: { kind: 'status', status: 200, body: { data: { job } } },
		});
	};

	const run = async () => await importOrFail(simulator() as SimulatorAddress, listOf(2), asJob());

	test.each([
		[`data:text/csv,${encodeURIComponent(ERRORS)}`, 'it starts with data: instead of https:'],
		['https://169.254.169.254/errors', 'it leads to 169.254.169.254'],
		['http://store.example.com/errors', 'it starts with http: instead of https:'],
		['https://0xA.1/errors', 'it leads to 10.0.0.1'],
	])('opens no link such as %s, and says so', async (link, words) => {
		linkTo(link);
		const { summary, jobs } = await run();
		expect(counts(summary)).toEqual({ unconfirmed: 2 });
		expect(jobs[0].message).toContain(`1 rows were refused, but it is not known which ones`);
		expect(jobs[0].message).toContain(words);
		expect(jobs[0].hint).toContain("'Get Import Job'");
	});

	test('gives the credential to nobody who redirects back to the API', async () => {
		const { tenantAlias } = simulator().credentials;
		const path = `/api/v1/${tenantAlias}/users`;
		server = await startServer((response) => {
			response.writeHead(302, { location: `${simulator().url}${path}` }).end();
		});
		linkTo(`${server.url}/errors`);
		const { summary } = await run();
		expect(counts(summary)).toEqual({ unconfirmed: 2 });
		const back = simulator().requests.filter((request) => request.path === path);
		expect(back.length).toBeGreaterThan(0);
		for (const { headers } of back) expect(headers.authorization).toBeUndefined();
		expect(server.visits[0].headers).not.toHaveProperty('authorization');
	});

	const certificate = selfSignedCertificate();

	(certificate === undefined ? test.skip : test)(
		"does not extend 'Ignore SSL Issues' to another host",
		async () => {
			server = await startServer((response) => response.end(ERRORS), certificate);
			linkTo(`${server.url}/errors`);
			const node = {
				id: 'import',
				name: 'Import',
				type: 'n8n-nodes-impact-advocate.impactAdvocate',
				typeVersion: 1,
				position: [0, 0] as [number, number],
				credentials: { impactAdvocateApi: { id: 'tenant', name: 'Advocate' } },
				parameters: {
					resource: 'bulk',
					operation: 'importCsv',
					csvSource: 'text',
					csvText: listOf(2),
					segmentAction: 'add',
					segments: ['vip'],
					ifParticipantMissing: 'byAction',
					simplify: false,
					options: { importJob: { settings: { engine: 'job' } } },
				},
			};
			const trigger = {
				...node,
				id: 'start',
				name: 'Start',
				type: 'n8n-nodes-base.manualTrigger',
				credentials: undefined,
				parameters: {},
			};
			const result = await runWorkflow(
				{
					nodes: [trigger, node],
					connections: { Start: { main: [[{ node: 'Import', type: 'main', index: 0 }]] } },
				},
				{ credentials: { ...credentials(simulator()), ignoreSslIssues: true } },
			);
			const [{ json }] = result.items('Import');
			expect(counts(json)).toEqual({ unconfirmed: 2 });
			expect(JSON.stringify(json.details)).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
			expect(server.visits).toEqual([]);
			expect(requestCount(simulator(), 'GetImportJob')).toBeGreaterThan(0);
		},
	);
});
