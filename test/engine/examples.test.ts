/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The workflows of `examples/`, run in n8n's engine against the simulator. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INode, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { exampleNames, readExample, runExample } from '../demo/exampleFiles';
import { NO_ADDRESSES } from '../support/noAddresses';
import { useSimulator } from '../support/simulator';
import { CREDENTIAL_NAME, loadNodeType, NODE_TYPE, readBinary } from './harness';

const STICKY = 'n8n-nodes-base.stickyNote';

const simulator = useSimulator();
let fileServer: Server;
let fileContent = '';
let fileUrl = '';

beforeAll(async () => {
	fileServer = createServer((_request, response) => response.end(fileContent));
	await new Promise<void>((resolve) => {
		fileServer.listen(0, '127.0.0.1', resolve);
	});
	const { port } = fileServer.address() as AddressInfo;
	fileUrl = `http://127.0.0.1:${port}/exports/participants.csv`;
});
afterAll(() => {
	fileServer.closeAllConnections();
	fileServer.close();
});

const jsonOf = (items: INodeExecutionData[]) => items.map(({ json }) => json);
const segmentsOf = (id: string) => simulator().state.segmentsOf(id);

describe.each(exampleNames())('%s', (name) => {
	const workflow = readExample(name);
	const text = JSON.stringify(workflow);
	const advocateNodes = workflow.nodes.filter(({ type }) => type === NODE_TYPE);

	it('imports: unique names and IDs, connections between nodes that exist', () => {
		const names = workflow.nodes.map((node) => node.name);
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(workflow.nodes.map(({ id }) => id)).size).toBe(names.length);
		for (const [from, { main }] of Object.entries(workflow.connections)) {
			expect(names).toContain(from);
			for (const link of main.flat()) expect(names).toContain(link?.node);
		}
		expect(advocateNodes.length).toBeGreaterThan(0);
	});

	it('explains itself in a sticky note that names only nodes it has', () => {
		const notes = workflow.nodes.filter(({ type }) => type === STICKY);
		const content = notes.map(({ parameters }) => String(parameters.content)).join('\n');
		expect(content).toMatch(/^## /m);
		expect(content).toMatch(/credential/i);
		expect(workflow.settings?.executionOrder).toBe('v1');
	});

	it('uses only parameters that the node has', () => {
		for (const node of advocateNodes) expect(unknownParameters(node)).toEqual([]);
	});

	it('refers to a credential by name and holds no secret', () => {
		for (const { credentials } of advocateNodes) {
			expect(credentials).toEqual({
				[CREDENTIAL_NAME]: { id: null, name: 'impact.com Advocate account' },
			});
		}
		expect(text).not.toMatch(/authToken|apiKey|accountSid|Bearer|Basic (?!Auth\b)[A-Za-z0-9+/]/);
	});
});

/** Parameters of a node that its description does not offer for its resource and operation. */
function unknownParameters({ parameters }: INode): string[] {
	const { properties } = loadNodeType().description;
	const offered = properties.filter(({ displayOptions }) =>
		['resource', 'operation'].every((field) => {
			const wanted = displayOptions?.show?.[field];
			return wanted === undefined || (wanted as unknown[]).includes(parameters[field]);
		}),
	);
	const problems: string[] = [];
	for (const [name, value] of Object.entries(parameters)) {
		const property = offered.find((candidate) => candidate.name === name);
		if (property === undefined) problems.push(name);
		else if (property.type === 'collection') {
			const entries = property.options as INodeProperties[];
			for (const entry of Object.keys(value as object)) {
				if (!entries.some((option) => option.name === entry)) problems.push(`${name}.${entry}`);
			}
		}
	}
	return problems;
}

describe('compare-two-segments.json', () => {
	it('tells who is in one of them only, and changes nothing', async () => {
		const { state } = simulator();
		for (const [id, segments] of [
			['both', ['vip', 'newsletter']],
			['first', ['vip']],
			['second', ['newsletter']],
		] as Array<[string, string[]]>) {
			state.addParticipant({ id, segments, dateCreated: 1 });
		}
		const run = await runExample('compare-two-segments.json', simulator());
		const [item] = run.items('Compare with the Second');
		expect(item.json).toMatchObject({ kept: 1, plan: { add: 1, remove: 1 } });
		const [joiners, leavers] = await Promise.all(
			['joiners', 'leavers'].map(async (field) => String(await readBinary(item, field))),
		);
		expect(joiners).toContain('first');
		expect(leavers).toContain('second');
		expect(segmentsOf('first')).toEqual(['vip']);
	});
});

describe('crm-webhook-add-segment.json', () => {
	beforeEach(() => {
		for (const key of ['customers', 'vip']) simulator().state.addSegment({ key });
	});

	const call = async (body: object) =>
		await runExample('crm-webhook-add-segment.json', simulator(), {
			given: { 'Deal Won': [{ json: { headers: {}, body } as never }] },
		});

	it('adds the participant to the segments and answers with the result', async () => {
		simulator().state.addParticipant({ id: 'ada@example.com', segments: ['beta'] });
		const run = await call({ email: 'ada@example.com', segments: ['customers', 'vip'] });
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Answer OK'))).toEqual([
			{
				responseCode: 200,
				body: { participant: 'ada@example.com', segments: ['beta', 'customers', 'vip'] },
			},
		]);
		expect(run.items('Answer Failed')).toEqual([]);
		expect(segmentsOf('ada@example.com')).toEqual(['beta', 'customers', 'vip']);
	});

	it('takes an address in capitals for the participant who has it in small letters', async () => {
		simulator().state.addParticipant({ id: 'rita@example.com', email: 'rita@example.com' });
		await call({ email: ' Rita@Example.com', segments: ['vip'] });
		expect(segmentsOf('rita@example.com')).toEqual(['vip']);
		expect(simulator().state.participants.size).toBe(1);
	});

	it('takes segments as comma-separated text too', async () => {
		await call({ email: 'new@example.com', segments: 'customers, vip' });
		expect(segmentsOf('new@example.com')).toEqual(['customers', 'vip']);
	});

	it.each([
		[
			'no',
			{},
			"'email' is missing in the body, or empty",
			'Send JSON with both fields, such as {"email": ',
		],
		['an empty', { email: ' ' }, "'email' in the body is not", 'Correct the e-mail address'],
		['no text for an', { email: ['a@example.com'] }, "'email' in the body is not", 'Correct'],
		['a text that is no', { email: 'ada' }, "'email' in the body is not", 'Correct'],
	])(
		'answers 422 with the reason when the call has %s e-mail address',
		async (_, body, message, hint) => {
			const run = await call({ ...body, segments: ['vip'] });
			expect(run.status).toBe('success');
			expect(jsonOf(run.items('Answer Failed'))).toEqual([
				{
					responseCode: 422,
					body: { message: expect.stringContaining(message), hint: expect.stringContaining(hint) },
				},
			]);
			expect(run.items('Answer OK')).toEqual([]);
			expect(simulator().state.participants.size).toBe(0);
		},
	);

	// Whoever calls has a request, and no node.
	it.each([
		['text', "'email' is missing in the body, or empty"],
		[
			{ email: 'a b@x.test', segments: ['vip'] },
			"'email' in the body has a blank in it, which e-mail addresses do not have",
		],
		[{ email: 'a@x.test' }, "'segments' is missing in the body, or empty"],
		[{ email: 'a@x.test', segments: [] }, "'segments' is missing in the body, or empty"],
		[
			{ email: 'a@x.test', segments: [{ key: 'vip' }] },
			"'segments' in the body: Segments must be text, but entry 1 is an object with 1 field",
		],
		[
			{ email: 'a@x.test', segments: ['vipp'] },
			"'segments' in the body: There is no segment with the name or key 'vipp'. The nearest is 'vip'",
		],
	])('says of %j what is wrong with the call itself', async (body, message) => {
		const run = await call(body as object);
		const [answer, ...more] = jsonOf(run.items('Answer Failed'));
		expect(more).toEqual([]);
		expect(answer).toMatchObject({ responseCode: 422, body: { message } });
		expect(JSON.stringify(answer)).not.toMatch(/Choose|expression|\$json|turn on/);
		expect(simulator().state.participants.size).toBe(0);
	});

	it.each(NO_ADDRESSES)(
		'creates nobody of %j, which is no address',
		async (email, reason, hint) => {
			const run = await call({ email, segments: ['vip'] });
			const body = { message: `'email' in the body ${reason}`, hint };
			expect(jsonOf(run.items('Answer Failed'))).toEqual([{ responseCode: 422, body }]);
			expect(simulator().state.participants.size).toBe(0);
		},
	);

	it('says so when the body is a list', async () => {
		const run = await call([{ email: 'a@x.test', segments: ['vip'] }]);
		const body = {
			message: 'The body is a list',
			hint: 'Send one call per participant, without [ ] around the JSON',
		};
		expect(jsonOf(run.items('Answer Failed'))).toEqual([{ responseCode: 422, body }]);
		expect(simulator().state.participants.size).toBe(0);
	});

	it('answers 422 with the reason of the API', async () => {
		simulator().options.unknownSegment = 'reject';
		const run = await call({ email: 'ada@example.com', segments: ['nope'] });
		const [{ responseCode, body }] = jsonOf(run.items('Answer Failed'));
		expect(responseCode).toBe(422);
		expect(JSON.stringify(body)).toContain('nope');
	});
});

describe('scheduled-csv-import.json', () => {
	const importFile = async (content: string) => {
		fileContent = content;
		return await runExample(
			'scheduled-csv-import.json',
			simulator(),
			{},
			{ 'Download CSV': { url: fileUrl } },
		);
	};

	it('downloads the file, imports it and ends well', async () => {
		const run = await importFile('id\nada@example.com\ngrace@example.com\n');
		expect(run.error).toBeUndefined();
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Done'))).toMatchObject([
			{ message: '2 of 2 rows imported. 1 segment was created', rows: 2, succeeded: 2 },
		]);
		expect(segmentsOf('ada@example.com')).toEqual(['newsletter']);
		expect(segmentsOf('grace@example.com')).toEqual(['newsletter']);
	});

	it.each(['id,segments\nada@example.com,vip\n', 'id,action\nada@example.com,clear\n'])(
		'does nothing with a file that says more than the workflow: %j',
		async (csv) => {
			simulator().state.addParticipant({ id: 'ada@example.com', segments: ['beta'] });
			const run = await importFile(csv);
			expect(run.status).toBe('error');
			expect(run.error?.message).toMatch(/^Row 2 has '(vip|clear)' in the column/);
			expect(segmentsOf('ada@example.com')).toEqual(['beta']);
		},
	);

	it('ends as failed, with the counts and the first reason, when a row failed', async () => {
		const run = await importFile('id,name\nada@example.com,Ada\n,Nobody\n');
		expect(run.status).toBe('error');
		expect(run.error?.message).toBe(
			'1 of 2 rows imported, 1 not (1 invalid). 1 segment was created. First: row 3: The participant ID is blank',
		);
		expect(segmentsOf('ada@example.com')).toEqual(['newsletter']);
		const rejects = await readBinary(run.items('Import CSV')[0], 'rejects');
		expect(rejects.toString()).toBe(
			'\ufeffrecordNumber,message,apiErrorCode,statusCode,id,name,idCheck\r\n3,The participant ID is blank,,,,Nobody,\r\n',
		);
	});

	it('says why it stopped when too many rows fail', async () => {
		const bad = Array.from({ length: 200 }, () => ',x').join('\n');
		const good = Array.from({ length: 300 }, (_, index) => `u${index}@example.com,y`).join('\n');
		const run = await importFile(`id,name\n${bad}\n${good}\n`);
		expect(run.status).toBe('error');
		expect(run.error?.message).toContain("More than 20% of the rows failed, as set in 'Stop On'");
	});
});

describe('segment-housekeeping.json', () => {
	it('archives segments that have been empty for long, and only those', async () => {
		const longAgo = Date.now() - 40 * 24 * 60 * 60 * 1000;
		simulator().state.addSegment({ key: 'oldEmpty', dateCreated: longAgo });
		simulator().state.addSegment({ key: 'newEmpty' });
		simulator().state.addSegment({ key: 'oldUsed', dateCreated: longAgo });
		simulator().state.addSegment({ key: 'oldArchived', dateCreated: longAgo, status: 'ARCHIVED' });
		simulator().state.addParticipant({ id: 'ada@example.com', segments: ['oldUsed'] });
		const run = await runExample('segment-housekeeping.json', simulator());
		expect(run.error).toBeUndefined();
		expect(jsonOf(run.items('Archive'))).toMatchObject([{ key: 'oldEmpty', status: 'ARCHIVED' }]);
		const statuses = [...simulator().state.segments.values()].map(({ key, status }) => [
			key,
			status,
		]);
		expect(Object.fromEntries(statuses)).toEqual({
			oldEmpty: 'ARCHIVED',
			newEmpty: 'ACTIVE',
			oldUsed: 'ACTIVE',
			oldArchived: 'ARCHIVED',
		});
	});
});

describe('create-segment-and-import.json', () => {
	it('creates, imports, and then sets, removes and clears', async () => {
		simulator().state.addParticipant({ id: 'alan@former.example', segments: ['vip'] });
		const run = await runExample('create-segment-and-import.json', simulator());
		expect(run.error).toBeUndefined();
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Create Segment'))).toMatchObject([
			{ key: 'springLaunch', name: 'Spring Launch', created: true },
		]);
		expect(jsonOf(run.items('Import CSV'))).toMatchObject([
			{ rows: 6, succeeded: 5, invalid: 1, rejected: 0, unconfirmed: 0, notSent: 0 },
		]);
		const rejects = await readBinary(run.items('Import CSV')[0], 'rejects');
		expect(rejects.toString().trimEnd().split('\r\n')).toHaveLength(2);
		expect(run.items('Members')).toHaveLength(5);
		expect(jsonOf(run.items('Clear Segments'))).toMatchObject([{ segments: [], added: [] }]);

		expect(segmentsOf('ada@example.com')).toEqual(['springLaunch']);
		expect(segmentsOf('grace@example.com')).toEqual(['springLaunch', 'vip']);
		expect(segmentsOf('linus@partner.example')).toEqual(['partners']);
		expect(segmentsOf('mary@unsubscribed.example')).toEqual([]);
		expect(segmentsOf('alan@former.example')).toEqual([]);
		expect(simulator().state.participant('ada@example.com', 'ada@example.com')).toMatchObject({
			firstName: 'Ada',
			countryCode: 'GB',
		});
	});

	it('can be run again with the same result', async () => {
		await runExample('create-segment-and-import.json', simulator());
		const run = await runExample('create-segment-and-import.json', simulator());
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Create Segment'))).toMatchObject([{ created: false }]);
		expect(segmentsOf('linus@partner.example')).toEqual(['partners']);
		expect(simulator().state.participants.size).toBe(5);
	});
});

describe('review-failed-items.json', () => {
	it('changes whom it can and names the others with the reason', async () => {
		simulator().state.addParticipant({ id: 'ada@example.com', segments: ['trial'] });
		simulator().state.addParticipant({ id: 'grace@example.com', segments: ['vip'] });
		const run = await runExample('review-failed-items.json', simulator());
		expect(run.error).toBeUndefined();
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Changed'))).toMatchObject([
			{ id: 'ada@example.com', segments: ['vip'] },
			{ id: 'grace@example.com', segments: ['trial'] },
		]);
		expect(jsonOf(run.items('For Review'))).toEqual([
			{
				contact: 'nobody@example.com',
				plan: 'vip',
				reason: "Participant 'nobody@example.com' does not exist [item 1]",
			},
			{
				contact: '(no e-mail address)',
				plan: 'trial',
				reason: "'Participant' is empty [item 2]",
			},
		]);
		expect(segmentsOf('ada@example.com')).toEqual(['vip']);
		expect(segmentsOf('nobody@example.com')).toBeUndefined();
	});
});

describe('move-lapsed-customers.json', () => {
	it('moves those whose last order is long ago, and leaves the others', async () => {
		const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
		const add = (id: string, customFields: Record<string, unknown>, ...segments: string[]) =>
			simulator().state.addParticipant({ id, customFields, segments });
		add('lapsed@example.com', { lastOrder: daysAgo(200) }, 'activeCustomers', 'vip');
		add('loyal@example.com', { lastOrder: daysAgo(10) }, 'activeCustomers');
		add('unknown@example.com', {}, 'activeCustomers');
		add('other@example.com', { lastOrder: daysAgo(400) }, 'vip');
		const run = await runExample('move-lapsed-customers.json', simulator());
		expect(run.error).toBeUndefined();
		expect(jsonOf(run.items('Move'))).toMatchObject([{ id: 'lapsed@example.com' }]);
		expect(segmentsOf('lapsed@example.com')).toEqual(['lapsedCustomers', 'vip']);
		expect(segmentsOf('loyal@example.com')).toEqual(['activeCustomers']);
		expect(segmentsOf('unknown@example.com')).toEqual(['activeCustomers']);
		expect(segmentsOf('other@example.com')).toEqual(['vip']);
	});
});
