/** What the nodes note in the workflow's static data, and how long it stays: what SECURITY.md says of it. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { bulk } from '../../nodes/ImpactAdvocate/actions/bulk';
import { participant } from '../../nodes/ImpactAdvocate/actions/participant';
import { segment } from '../../nodes/ImpactAdvocate/actions/segment';
import { memberKey } from '../../nodes/ImpactAdvocateSegmentTrigger/memberState';
import { importOrFail, listOf, runImport } from '../engine/jobs/helpers';
import type { ImportSettings } from '../engine/jobs/helpers';
import { CREDENTIAL_NAME, NODE_TYPE, runWorkflow } from '../engine/harness';
import {
	CHOSEN,
	nodeType as segmentTriggerType,
	segmentTrigger,
} from '../engine/triggers/segmentHost';
import { loadTrigger, WebhookHost } from '../engine/triggers/contexts';
import { SOME_SEGMENTS, credentials, forAnyOperation, useSimulator } from '../support/advocate';

const simulator = useSimulator(SOME_SEGMENTS);

describe('the segment trigger', () => {
	const { create, put, watching } = segmentTrigger(simulator);
	const PEOPLE = ['ada@example.com', 'grace@example.com', 'katherine@example.com'];
	const LEFT: INodeParameters = { ...CHOSEN, event: 'left' };

	beforeEach(() => PEOPLE.forEach((id) => put(id, 'vip')));

	interface Noted {
		form: string;
		hashKey?: string;
		members: Record<string, string>;
	}

	/** What n8n has saved. */
	const savedIn = ({ database }: { database: { staticData: string } }): Noted =>
		(JSON.parse(database.staticData) as { 'node:Trigger': { state: Noted } })['node:Trigger'].state;

	const namesIn = ({ database }: { database: { staticData: string } }): string[] =>
		PEOPLE.filter((id) => database.staticData.includes(id.split('@')[0]));

	it('keeps a hash of 8 characters for each member when only those who enter are wanted', async () => {
		const host = await watching();
		expect(namesIn(host)).toEqual([]);
		expect(host.database.staticData).not.toContain('example.com');
		const { form, members } = savedIn(host);
		expect(form).toBe('hashes');
		expect(members).toEqual({ '0': expect.stringMatching(/^[\w-]{24}$/) });
	});

	it('makes the hashes with a key of the workflow, which stays', async () => {
		const [one, other] = [await watching(), await watching()];
		expect(savedIn(one).hashKey).not.toBe(savedIn(other).hashKey);
		const hashesIn = (host: typeof one) =>
			savedIn(host).members['0'].match(/.{8}/g)?.map(String) ?? [];
		expect(hashesIn(one).filter((hash) => hashesIn(other).includes(hash))).toEqual([]);

		const before = savedIn(one);
		put('new@example.com', 'vip');
		expect(await one.restarted().poll()).toHaveLength(1);
		const after = savedIn(one);
		expect(after.hashKey).toBe(before.hashKey);
		expect(after.members['0']).toHaveLength(32);
	});

	it('stands the key beside the hashes, by which a known ID can be recognized', async () => {
		const { hashKey, members } = savedIn(await watching());
		const hashOf = (id: string) => memberKey({ id, accountId: id }, hashKey);
		for (const id of PEOPLE) expect(members['0']).toContain(hashOf(id));
		expect(members['0']).not.toContain(hashOf('stranger@example.com'));
	});

	it.each(['left', 'changed'])('keeps the IDs in plain text for the event %s', async (event) => {
		const host = await watching({ event });
		expect(namesIn(host)).toEqual(PEOPLE);
		expect(savedIn(host)).not.toHaveProperty('hashKey');
	});

	it.each(['left', 'changed'])('lets go of whoever has left: %s', async (event) => {
		const host = await watching({ event });
		put(PEOPLE[0]);
		expect(await host.poll()).toHaveLength(1);
		expect(namesIn(host)).toEqual(PEOPLE.slice(1));
	});

	it('lets go of the hash of whoever has left', async () => {
		const host = await watching();
		put(PEOPLE[0]);
		put('new@example.com', 'vip');
		expect(await host.poll()).toHaveLength(1);
		expect(savedIn(host).members['0']).toHaveLength(24);
	});

	it('replaces the IDs by hashes with the first look for those who enter', async () => {
		const host = await watching(LEFT);
		const next = host.restarted(CHOSEN);
		expect(namesIn(next)).toEqual(PEOPLE);
		expect(await next.poll()).toBeNull();
		expect(namesIn(next)).toEqual([]);
		expect(savedIn(next).form).toBe('hashes');
	});

	it('replaces the IDs of one tenant with the first look at another', async () => {
		const host = await watching(LEFT);
		PEOPLE.forEach((id) => put(id));
		put('new@example.com', 'vip');
		host.options.credentials.baseUrl = simulator().url.replace('127.0.0.1', 'localhost');
		const next = host.restarted();
		expect(namesIn(next)).toEqual(PEOPLE);
		expect(await next.poll()).toBeNull();
		expect(namesIn(next)).toEqual([]);
	});

	it('keeps what it noted while a look fails', async () => {
		const host = await watching(LEFT);
		const before = host.database.staticData;
		simulator().faults.add({ times: 'always', then: { kind: 'status', status: 401 } });
		await expect(host.poll()).rejects.toThrow();
		expect(host.database.staticData).toBe(before);
	});

	it('has nothing that n8n could call at deactivation', () => {
		expect(Object.keys(segmentTriggerType)).not.toContain('webhookMethods');
		expect(segmentTriggerType.trigger).toBeUndefined();
		expect(create().staticData).toEqual({});
	});
});

describe('the event trigger', () => {
	const nodeType = loadTrigger('ImpactAdvocateTrigger');
	let host: WebhookHost;

	beforeEach(async () => {
		host = new WebhookHost(nodeType, {
			parameters: { events: ['user.created'], options: {} },
			credentials: credentials(simulator()),
		});
		await host.listen();
		await host.activate();
	});

	afterEach(() => host.close());

	it('keeps a hash of each event ID, and nothing of its content or of the keys', async () => {
		const { webhooks } = simulator();
		const data = { id: 'ada@example.com', accountId: 'ada@example.com', firstName: 'Ada' };
		const events = [];
		for (let count = 0; count < 2; count++) {
			events.push(webhooks.emit('user.created', data));
			await webhooks.settled();
		}
		expect(host.runs).toHaveLength(2);
		const noted = JSON.parse(host.database.staticData) as { 'node:Trigger': IDataObject };
		expect(noted).toEqual({ 'node:Trigger': { recentEvents: expect.any(String) } });
		expect(noted['node:Trigger'].recentEvents).toMatch(/^[\w-]{24}$/);
		for (const { id } of events) expect(host.database.staticData).not.toContain(id);
	});
});

describe('an import', () => {
	const CSV = listOf(60);
	const settings: ImportSettings = {
		onError: 'continueRegularOutput',
		options: { batchSize: 5, resume: true },
	};

	const failFrom = (nth: number) =>
		simulator().faults.add({
			match: { operationName: 'UpsertParticipants', nth },
			times: 'always',
			then: { kind: 'status', status: 401 },
		});

	beforeEach(() => simulator().state.addSegment({ key: 'vip' }));

	it('that is to be resumed keeps a hash of file and settings, and the row', async () => {
		failFrom(3);
		const { staticData } = await runImport(simulator(), CSV, settings);
		const { imports } = staticData['node:Import'] as { imports: IDataObject };
		const [[name, row], ...more] = Object.entries(imports);
		expect(more).toEqual([]);
		expect(name).toMatch(/^[\w-]{12}:[\da-f]{32}-[\da-f]{16}$/);
		expect(row).toEqual(expect.any(Number));
		expect(Object.keys(staticData['node:Import'] as IDataObject)).toEqual(['imports']);
	});

	it('keeps nothing when it is complete', async () => {
		failFrom(3);
		const { staticData } = await runImport(simulator(), CSV, settings);
		simulator().faults.clear();
		const done = await importOrFail(simulator(), CSV, { ...settings, staticData });
		expect(done.staticData['node:Import']).toEqual({ imports: {} });
	});

	it('keeps nothing without Resume Interrupted Import', async () => {
		failFrom(3);
		const options = { batchSize: 5 };
		const { staticData } = await runImport(simulator(), CSV, { ...settings, options });
		expect(JSON.stringify(staticData)).not.toMatch(/imports|node:/);
	});
});

describe('all operations', () => {
	const OPERATIONS = Object.entries({
		bulk: bulk.operations,
		participant: participant.operations,
		segment: segment.operations,
	}).flatMap(([resource, operations]) =>
		Object.keys(operations).map((operation) => [resource, operation] as const),
	);

	it.each(OPERATIONS)(
		'note nothing unless they are asked to: %s, %s',
		async (resource, operation) => {
			const { state } = simulator();
			state.addParticipant({ id: 'a', segments: ['vip'] });
			const { staticData, run } = await runWorkflow(
				{
					nodes: [
						{
							id: 'start',
							name: 'Start',
							type: 'n8n-nodes-base.manualTrigger',
							typeVersion: 1,
							position: [0, 0],
							parameters: {},
						},
						{
							id: 'node',
							name: 'Node',
							type: NODE_TYPE,
							typeVersion: 1,
							position: [200, 0],
							credentials: { [CREDENTIAL_NAME]: { id: 'tenant', name: 'Advocate' } },
							parameters: forAnyOperation(resource, operation),
						},
					],
					connections: { Start: { main: [[{ node: 'Node', type: 'main', index: 0 }]] } },
				},
				{ credentials: credentials(simulator()), given: { Start: [{ json: {} }] } },
			);
			const [{ error }] = run.data.resultData.runData.Node;
			expect(error?.message).toEqual(
				operation === 'getImportJob' ? expect.stringContaining('does not exist') : undefined,
			);
			expect(JSON.stringify(staticData)).not.toContain('node:');
		},
	);
});
