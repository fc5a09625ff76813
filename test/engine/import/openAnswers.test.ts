/** Import CSV in the real engine: every answer that the API's documentation leaves open. */
import { apartFromSegments } from '../../support/advocate';
import { credentials } from '../../support/simulator';
import { TestApi } from './testApi';
import { counts, expectAccounted, listOf, OWN_SEGMENTS, runImport, statuses } from './helpers';

const sim = new TestApi();

describe('every answer the documentation leaves open', () => {
	const CSV = `id,segments,action\n${Array.from({ length: 250 }, (_, index) => `p${index},known|~other,`).join('\n')}\np0,known,remove\nnobody,known,remove\n,x,\n`;

	test.each<[string, Record<string, unknown>]>([
		['defaults', {}],
		['unknownSegment ignore', { unknownSegment: 'ignore' }],
		['unknownSegment reject', { unknownSegment: 'reject' }],
		['no upsertUsers', { upsertUsersAvailable: false }],
		['answers shuffled', { upsertUsersOrder: 'shuffled' }],
		['whole batch refused', { upsertUsersBadInput: 'wholeBatch' }],
		['a smaller batch limit', { upsertUsersLimit: 30 }],
		['lenient about unknown fields', { strictUnknownFields: false }],
		['absent user is an error', { absentUser: 'error' }],
		['archived segments refuse', { archivedSegmentAccepts: 'reject' }],
		['archiving removes members', { archivedSegmentMembers: 'remove' }],
		['pages of 5', { maxPageLimit: 5 }],
		['pages of 5, larger refused', { maxPageLimit: 5, overMaxPageLimit: 'reject' }],
		['lists see writes late', { filterDelayMs: 200 }],
		['PUT forgets omitted fields', { restPutKeepsOmitted: false }],
		['bare tilde clears', { bareTilde: 'clear' }],
		['REST 200 for bad credentials', { restBadCredentials: '200WithErrors' }],
		['GraphQL 200 for bad credentials', { badCredentials: '200WithErrors' }],
	])('%s', async (_name, options) => {
		sim.api.setOptions(options);
		sim.api.state.addSegment({ key: 'known' });
		sim.api.options.participantRejects = { p7: { message: 'No.', statusCode: 400 } };
		const run = await runImport(sim.api, CSV, { action: 'file', options: { concurrency: 4 } });
		expect(run.error).toBeUndefined();
		expectAccounted(run, CSV);
		expect(counts(run.summary)).toEqual({ succeeded: 250, rejected: 1, skipped: 1, invalid: 1 });
		expect(sim.api.orderViolations).toEqual([]);
		expect(sim.api.state.membersOf('known').size).toBe(248);
		expect(run.summary.diagnostics).toMatchObject({
			batchUpsertAvailable: options.upsertUsersAvailable !== false,
		});
		if (options.upsertUsersAvailable === false) {
			// Each of the first batches finds out for itself; no row is lost or sent twice over it.
			const batches = apartFromSegments(sim.api).filter(({ method }) => method === 'POST');
			expect(batches.length).toBeLessThanOrEqual(4);
			expect(apartFromSegments(sim.api).filter(({ method }) => method === 'PUT')).toHaveLength(251);
		}
	});

	test.each([
		['200WithErrors', 100],
		['401', 100],
		['401', 1],
	] as const)('bad credentials as %s, batch size %i', async (how, batchSize) => {
		sim.api.setOptions({ badCredentials: how, restBadCredentials: how });
		const run = await runImport(sim.api, listOf(300), {
			credentials: { ...credentials(sim.api), authToken: 'wrong' },
			options: { batchSize },
		});
		expect(run.status).toBe('error');
		expect(run.error).toMatchObject({ httpCode: '401' });
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(2);
	});

	test('a token without rights', async () => {
		sim.api.options.scopedToken403 = 'all';
		const run = await runImport(sim.api, listOf(300));
		expect(run.status).toBe('error');
		expect(run.error).toMatchObject({ httpCode: '403' });
		// Each of two batches, and one participant of it on the other ways.
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(6);
	});

	test('archived segments that refuse, and a full account', async () => {
		sim.api.setOptions({ archivedSegmentAccepts: 'reject', accountLimit: 2 });
		sim.api.state.addSegment({ key: 'gone', status: 'ARCHIVED' });
		const csv = 'id,accountId,segments\na,acc,vip\nb,acc,vip\nc,acc,vip\nd,,gone\n';
		const run = await runImport(sim.api, csv, OWN_SEGMENTS);
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'succeeded', 4: 'rejected', 5: 'invalid' });
		expect(run.rows.find(({ rowNumber }) => rowNumber === 4)).toMatchObject({
			apiErrorCode: 'RS013',
			hint: expect.stringContaining('1,000 participants'),
		});
	});
});
