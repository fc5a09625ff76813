/** A refusal that is not the API's: a proxy, a firewall or a gateway answers in its place. It says nothing about rows. */
import type { IDataObject } from 'n8n-workflow';
import type { FaultAction } from '../../simulator/faults';
import { onParticipant, nodeRunner, shown, useSimulator } from '../../support/advocate';
import { asJob, counts, expectAccounted, listOf, runImport } from '../jobs/helpers';
import type { ImportSettings } from '../jobs/helpers';

const simulator = useSimulator();

beforeEach(() => simulator().state.addSegment({ key: 'vip' }));

const PAGE = '<html><body><h1>Access denied</h1></body></html>';
const ROWS = 500;

const settings = (options: IDataObject = {}): ImportSettings => ({
	options: { batchSize: 10, concurrency: 2, ...options },
});

const answer = (status: number, body: unknown = PAGE): FaultAction => ({
	kind: 'status',
	status,
	body,
});

const from = (nth: number, then: FaultAction) =>
	simulator().faults.add({ match: { nth }, times: 'always', then });

const KEY = /key|credential and save it|token/i;

describe('an import that meets one', () => {
	it.each<[string, FaultAction]>([
		['a page with 400', answer(400)],
		['a page with 401', answer(401)],
		['a page with 403', answer(403)],
		['a page with 404', answer(404)],
		['a page with 407', answer(407)],
		['a page with 451', answer(451)],
		['a text with 403', answer(403, 'Blocked by policy')],
		['nothing with 407', answer(407, '')],
		['JSON of somebody else with 403', answer(403, { detail: 'Blocked' })],
	])('%s at once: fails, and sends nothing more', async (_, then) => {
		from(1, then);
		const { error, status } = await runImport(simulator(), listOf(ROWS), settings());
		expect(status).toBe('error');
		expect(error?.message).toMatch(/^Something in front of the API answered with status 4\d\d/);
		expect(error?.description).not.toMatch(KEY);
		expect(error?.description).toMatch(/HTTP_PROXY/);
		// The look-up of the segment, and at most two batches.
		expect(simulator().requests.length).toBeLessThanOrEqual(3);
	});

	it.each([400, 401, 407, 451])(
		'in its midst (%s): ends it, and its rows are not sent, not bad',
		async (status) => {
			from(6, answer(status));
			const run = await runImport(simulator(), listOf(ROWS), settings());
			const { rejected, invalid, notSent, succeeded = 0 } = counts(run.summary);
			expect([rejected, invalid]).toEqual([undefined, undefined]);
			expect(succeeded + notSent).toBe(ROWS);
			expect(notSent).toBeGreaterThan(400);
			expect(run.summary).toMatchObject({
				complete: false,
				firstRowNotSent: succeeded + 2,
				batchesSplit: 0,
				stopReason: expect.stringContaining(`in front of the API answered with status ${status}`),
			});
			expect(simulator().requests.length).toBeLessThan(10);
			expectAccounted(run, listOf(ROWS));
			// The way out is for whoever runs n8n, and not for whoever gets the file.
			expect(run.rejects?.[1][1]).toMatch(
				/^Not sent\. Something in front of the API .*web page\. Nothing is wrong with this row: import it again$/,
			);
			expect(run.rows.at(-1)).toMatchObject({
				status: 'notSent',
				hint: expect.stringContaining('HTTP_PROXY'),
			});
		},
	);

	it('as a job: hands nothing over', async () => {
		from(2, answer(403));
		const run = await runImport(simulator(), listOf(ROWS), asJob());
		expect(run.status).toBe('error');
		expect(run.error?.message).toContain('in front of the API');
		expect(simulator().state.jobs.size).toBe(0);
	});
});

describe('of these, the request itself may be the reason:', () => {
	it.each<[number, string]>([
		[413, 'too large: sent in parts'],
		[429, 'too soon: sent again'],
		[408, 'too slow: sent again'],
	])('%s, %s', async (status) => {
		simulator().faults.add({ match: { minInputs: 10 }, then: answer(status) });
		const run = await runImport(simulator(), listOf(40), settings());
		expect(counts(run.summary)).toEqual({ succeeded: 40 });
	});
});

describe('what it says', () => {
	const run = nodeRunner(simulator);

	it.each<[string, FaultAction, RegExp]>([
		['a login is wanted', answer(407), /HTTP_PROXY and HTTPS_PROXY \(http:\/\/name:password@/],
		[
			'a client certificate is wanted (nginx)',
			answer(400, '<html><center>No required SSL certificate was sent</center></html>'),
			/wants a client certificate/,
		],
		[
			'a client certificate is wanted (IIS)',
			answer(403, '<html>403.7 Client Certificate Required</html>'),
			/wants a client certificate/,
		],
		['anything else', answer(403), /Ask whoever runs it to let n8n through/],
	])('%s', async (_, then, hint) => {
		from(1, then);
		const { error } = await run(onParticipant('get'), { input: [{ id: 'a' }] });
		expect(shown(error).description).toMatch(hint);
		expect(shown(error).description).not.toMatch(KEY);
	});
});
