/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** The segment trigger in n8n's poll context, against the simulator: what it puts out, costs and refuses, and what a change of its settings does. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { PollContext } from 'n8n-core';
import { MAX_MEMBERS } from '../../../nodes/ImpactAdvocateSegmentTrigger/look';
import { loadOptions } from '../harness';
import { credentials, useSimulator } from '../../support/advocate';
import { ALWAYS, CHOSEN, nodeType, seen, segmentTrigger } from './segmentHost';

const simulator = useSimulator();

const { create, put, watching, crowd, requests } = segmentTrigger(simulator);

const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

beforeEach(() => {
	put('a', 'vip');
	put('b', 'vip');
	put('outside', 'other');
});

describe('what is put out', () => {
	it('nothing at first, then who entered', async () => {
		const host = await watching();
		put('c', 'vip');
		put('d', 'other');
		const items = await host.poll();
		expect(items).toEqual([
			{
				json: {
					eventId: expect.stringMatching(/^[\w-]{22}$/),
					event: 'entered',
					segment: { key: 'vip', name: 'vip' },
					participant: expect.objectContaining({
						id: 'c',
						accountId: 'c',
						segments: ['vip'],
						email: null,
						dateCreated: expect.stringMatching(ISO_DATE),
						exists: true,
					}),
					detectedAt: expect.stringMatching(ISO_DATE),
				},
			},
		]);
		expect(await host.poll()).toBeNull();
	});

	it('who left, also when deleted', async () => {
		const host = await watching({ event: 'left' });
		put('a', 'other');
		put('c', 'vip');
		simulator().state.removeParticipant('b', 'b');
		const items = await host.poll();
		expect(seen(items)).toEqual(['-vip a', '-vip b']);
		const participants = (items ?? []).map(({ json }) => json.participant);
		expect(participants).toEqual([
			expect.objectContaining({ id: 'a', segments: ['other'], exists: true }),
			{ id: 'b', accountId: 'b', exists: false },
		]);
		expect(await host.poll()).toBeNull();
	});

	it('one item for each participant whose segments changed', async () => {
		const host = await watching({ event: 'changed', watch: 'all' });
		put('a', 'other', 'new');
		put('b', 'vip', 'other');
		put('outside');
		put('c', 'vip', 'other');
		const items = await host.poll();
		expect(items).toHaveLength(4);
		expect(seen(items)).toEqual([
			'+new a',
			'+other a',
			'+other b',
			'+other c',
			'+vip c',
			'-other outside',
			'-vip a',
		]);
	});

	it('one item for each segment entered', async () => {
		const host = await watching({ segments: ['vip', 'other'] });
		put('c', 'vip', 'other');
		put('outside', 'other', 'vip');
		expect(seen(await host.poll())).toEqual(['+other c', '+vip c', '+vip outside']);
	});

	it('also of segments chosen by name, with one list', async () => {
		simulator().state.addSegment({ key: 'vip', name: 'VIP Customers' });
		const host = await watching({ segments: '={{ ["vip customers"] }}' });
		put('c', 'vip', 'other');
		expect(seen(await host.poll())).toEqual(['+vip c']);
		expect(requests().filter((name) => name === 'ListSegments')).toHaveLength(1);
	});

	it('nothing of other segments', async () => {
		const host = await watching({ event: 'changed' });
		put('outside', 'third');
		put('a', 'vip', 'third');
		expect(await host.poll()).toBeNull();
	});

	it('accounts and odd IDs as they are', async () => {
		const host = await watching({ event: 'changed' });
		const odd = { id: 'Zoë | "x"@y %20', accountId: 'acc@x 1' };
		simulator().state.addParticipant({ ...odd, segments: ['vip'] });
		const entered = await host.poll();
		expect(entered?.[0].json.participant).toMatchObject(odd);
		simulator().state.removeParticipant(odd.accountId, odd.id);
		const left = await host.poll();
		expect(left?.[0].json.participant).toEqual({ ...odd, exists: false });
	});

	it('no details when they are not wanted', async () => {
		const host = await watching({ options: { includeDetails: false } });
		put('c', 'vip');
		const items = await host.poll();
		expect(items?.[0].json.participant).toEqual({
			id: 'c',
			accountId: 'c',
			segments: ['vip'],
			exists: true,
		});
		expect(requests()).toEqual(['ListSegments', 'ListParticipants']);
	});
});

describe('what it costs', () => {
	it('one request when nothing changed', async () => {
		crowd(250);
		const host = await watching();
		for (let index = 0; index < 5; index++) expect(await host.poll()).toBeNull();
		expect(requests()).toEqual(Array(5).fill('ListSegments'));
		expect(host.credentialsHelper.decryptions).toBe(6);
	});

	it('nothing to save either', async () => {
		crowd(250);
		const host = await watching();
		const before = host.state;
		await host.poll();
		expect(host.state).toBe(before);
	});

	it('all pages and the details when something changed', async () => {
		crowd(250);
		const host = await watching();
		crowd(150, 'vip', 1000);
		expect(await host.poll()).toHaveLength(150);
		expect(requests()).toEqual([
			'ListSegments',
			...Array(5).fill('ListParticipants'),
			'LookUpParticipants',
			'LookUpParticipants',
		]);
	});
});

describe('a swap, which keeps the count', () => {
	const swap = () => {
		put('m0');
		put('new', 'vip');
	};

	it('is seen at once in segments that fit one page', async () => {
		const host = await watching();
		put('a');
		put('c', 'vip');
		expect(seen(await host.poll())).toEqual(['+vip c']);
	});

	it('is seen at once when the modification date follows the members', async () => {
		simulator().options.segmentDateModified = 'members';
		crowd(250);
		const host = await watching();
		await new Promise((resolve) => setTimeout(resolve, 5));
		swap();
		expect(seen(await host.poll())).toEqual(['+vip new']);
	});

	it('is seen with the next full comparison when it does not, and is not lost', async () => {
		crowd(250);
		const host = await watching({ event: 'changed', options: { fullComparisonEvery: 10 } });
		swap();
		expect(await host.poll()).toBeNull();
		const { now } = Date;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 11 * 60_000);
		try {
			expect(seen(await host.poll())).toEqual(['+vip new', '-vip m0']);
		} finally {
			jest.restoreAllMocks();
		}
	});

	it('is seen with the next full comparison also when the clock was wrong before', async () => {
		crowd(250);
		const { now } = Date;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 365 * 24 * 3_600_000);
		const host = await watching().finally(() => jest.restoreAllMocks());
		swap();
		expect(seen(await host.poll())).toEqual(['+vip new']);
	});

	it('is seen at every poll when that is wanted', async () => {
		crowd(250);
		const host = await watching({ options: ALWAYS });
		swap();
		expect(seen(await host.poll())).toEqual(['+vip new']);
	});
});

describe('a segment that is changed in Advocate', () => {
	it.each(['entered', 'left', 'changed'])(
		'renamed, archived or restored, makes nobody enter or leave: %s',
		async (event) => {
			crowd(250);
			const host = await watching({ event, watch: 'all' });
			const { state } = simulator();
			for (const change of [
				{ name: 'Very Important' },
				{ status: 'ARCHIVED' },
				{ status: 'ACTIVE' },
			]) {
				Object.assign(state.segments.get('vip') ?? {}, change, { dateModified: Date.now() + 1 });
				expect(await host.poll()).toBeNull();
			}
			put('c', 'vip');
			put('d', 'vip');
			put('a');
			const items = await host.poll();
			const named = JSON.stringify(items?.map(({ json }) => json));
			expect(named).toContain('"name":"Very Important"');
			expect(items).toHaveLength({ entered: 2, left: 1, changed: 3 }[event] ?? 0);
		},
	);
});

describe('a change of the settings', () => {
	it('takes a newly chosen segment as it is, and keeps watching the others', async () => {
		const host = await watching();
		put('c', 'vip');
		const next = host.restarted({ ...CHOSEN, segments: ['vip', 'other'] });
		expect(seen(await next.poll())).toEqual(['+vip c']);
		put('d', 'other');
		expect(seen(await next.poll())).toEqual(['+other d']);
	});

	it('lets go of a segment that is no longer chosen', async () => {
		const host = await watching({ event: 'left', segments: ['vip', 'other'] });
		put('a');
		put('outside');
		const next = host.restarted({ ...CHOSEN, event: 'left', segments: ['other'] });
		expect(seen(await next.poll())).toEqual(['-other outside']);
	});

	it('starts anew when names are needed that were not kept', async () => {
		const host = await watching();
		put('a');
		const next = host.restarted({ ...CHOSEN, event: 'left' });
		expect(await next.poll()).toBeNull();
		put('b');
		expect(seen(await next.poll())).toEqual(['-vip b']);
	});

	it('to all segments takes those that were not watched as they are', async () => {
		const host = await watching();
		const next = host.restarted({ ...CHOSEN, watch: 'all' });
		put('c', 'vip');
		expect(seen(await next.poll())).toEqual(['+vip c']);
		put('d', 'brand-new');
		expect(seen(await next.poll())).toEqual(['+brand-new d']);
	});

	it('of the tenant starts anew', async () => {
		const host = await watching();
		host.options.credentials.baseUrl = simulator().url.replace('127.0.0.1', 'localhost');
		put('c', 'vip');
		expect(await host.restarted().poll()).toBeNull();
	});
});

describe('the limit', () => {
	it('is told at activation, before anything is read, with what to do', async () => {
		simulator().faults.add({
			match: { operationName: 'ListSegments' },
			then: {
				kind: 'status',
				status: 200,
				body: {
					data: {
						segments: {
							totalCount: 1,
							data: [{ key: 'vip', name: 'VIP', participantsCount: MAX_MEMBERS + 1 }],
						},
					},
				},
			},
		});
		await expect(create().poll()).rejects.toMatchObject({
			message: expect.stringMatching(
				/^The watched segments have 100,001 participants, more than the 100,000 that can be watched\. Watch fewer or smaller segments/,
			),
			description: expect.stringContaining('Watch fewer or smaller segments'),
		});
		expect(requests()).toEqual(['ListSegments']);
	});

	it('of time is told too, and nothing is lost', async () => {
		crowd(250);
		const host = await watching();
		put('c', 'vip');
		const hurried = (context: PollContext) =>
			Object.defineProperty(context, 'getPollBudgetMs', { value: () => -1 });
		await expect(host.pollOnly('trigger', hurried)).rejects.toMatchObject({
			message: 'Reading the members took longer than n8n allows for a poll',
			description: expect.stringContaining("'Page Size'"),
		});
		expect(seen(await host.restarted().poll())).toEqual(['+vip c']);
	});
});

describe('Fetch Test Event', () => {
	it.each(['entered', 'left', 'changed'])('shows members as samples of %s', async (event) => {
		const host = create({ event });
		const items = await host.poll('manual');
		expect(seen(items)).toEqual(['a', 'b'].map((id) => `${event === 'left' ? '-' : '+'}vip ${id}`));
		const participant = items?.[0].json.participant as IDataObject;
		expect(participant.segments).toEqual(['vip']);
		expect(participant.dateCreated).toMatch(ISO_DATE);
		expect(host.state).toBe('{}');
	});

	it('leaves the state alone', async () => {
		const host = await watching();
		put('c', 'vip');
		const before = host.state;
		await host.poll('manual');
		expect(host.state).toBe(before);
		expect(seen(await host.poll())).toEqual(['+vip c']);
	});

	it('shows nobody who is still listed, but has left', async () => {
		const data = [
			{ id: 'a', accountId: 'a', segments: [] },
			{ id: 'b', accountId: 'b', segments: ['vip'] },
		];
		simulator().faults.add({
			match: { operationName: 'ListParticipants' },
			then: { kind: 'status', status: 200, body: { data: { users: { totalCount: 2, data } } } },
		});
		expect(seen(await create().poll('manual'))).toEqual(['+vip b']);
	});

	it.each([
		['the segment', 'ListSegments'],
		['the members together', 'ListParticipants'],
	])('says that there are too many to watch: by the count of %s', async (_, operationName) => {
		const segment = { key: 'vip', name: 'vip', status: 'ACTIVE', participantsCount: 100_001 };
		const page = { totalCount: 100_001, data: [{ id: 'a', accountId: 'a', segments: ['vip'] }] };
		const data =
			operationName === 'ListSegments'
				? { segments: { totalCount: 1, data: [segment] } }
				: { users: page };
		simulator().faults.add({
			match: { operationName },
			then: { kind: 'status', status: 200, body: { data } },
		});
		await expect(create().poll('manual')).rejects.toMatchObject({
			message:
				'The watched segments have 100,001 participants, more than the 100,000 that can be watched',
		});
	});

	it('says that there is nobody', async () => {
		simulator().state.addSegment({ key: 'empty' });
		await expect(create({ segments: ['empty'] }).poll('manual')).rejects.toMatchObject({
			message: 'Nobody is in the watched segments yet',
		});
	});
});

describe('what can be wrong', () => {
	it.each<[string, INodeParameters, string]>([
		['no segment', { segments: [] }, "'Segment Names or IDs' is empty"],
		[
			'an unknown segment',
			{ segments: ['nobody'] },
			"There is no segment with the name or key 'nobody'",
		],
		['a removal', { segments: '={{ ["~vip"] }}' }, "Segment key '~vip' starts with '~'"],
		['a page of nothing', { options: { pageSize: 0 } }, "'Page Size' is 0"],
		[
			'a node that was renamed',
			{ segments: "={{ $('Gone').item.json.key }}" },
			"'Segment Names or IDs': Referenced node doesn't exist",
		],
	])('%s is told at activation', async (_, parameters, message) => {
		await expect(create(parameters).poll()).rejects.toMatchObject({
			message: expect.stringContaining(message),
		});
	});

	it('a page size that the API refuses is no trouble: it reads smaller pages', async () => {
		crowd(70);
		simulator().options.maxPageLimit = 50;
		simulator().options.overMaxPageLimit = 'reject';
		const host = await watching({ options: ALWAYS });
		put('new', 'vip');
		expect(seen(await host.poll())).toEqual(['+vip new']);
	});

	it('smaller pages than asked for are fine', async () => {
		crowd(120);
		for (const maxPageLimit of [50, 2, 1]) {
			simulator().options.maxPageLimit = maxPageLimit === 50 ? 50 : null;
			const host = await watching({ options: { ...ALWAYS, pageSize: maxPageLimit } });
			put(`new${maxPageLimit}`, 'vip');
			expect(seen(await host.poll())).toEqual([`+vip new${maxPageLimit}`]);
		}
	});

	it('a tenant without segments is quiet', async () => {
		simulator().reset();
		const host = await watching({ event: 'changed', watch: 'all' });
		put('a', 'first');
		expect(seen(await host.poll())).toEqual(['+first a']);
	});
});

describe('the description', () => {
	it('offers the tenant’s segments', async () => {
		const options = await loadOptions('getSegments', {
			credentials: credentials(simulator()),
			nodeType,
		});
		expect(options.map(({ value }) => value)).toEqual(['other', 'vip']);
	});
});
