/** The list of custom fields in the editor. */
import type { INodeListSearchResult } from 'n8n-workflow';
import { credentials, useSimulator } from '../../support/advocate';
import { pickFromList } from '../harness';

const simulator = useSimulator();

const pick = async (filter?: string): Promise<INodeListSearchResult> =>
	await pickFromList('searchCustomFields', { credentials: credentials(simulator()), filter });

test('shows names with their keys, by name, and finds either', async () => {
	const { customFields } = simulator().state;
	customFields.set('plan', 'Plan');
	customFields.set('company', null);
	customFields.set('seats', 'Seats');
	const { results } = await pick();
	expect(results).toEqual([
		{ name: 'company', value: 'company' },
		{ name: 'Plan (plan)', value: 'plan' },
		{ name: 'Seats (seats)', value: 'seats' },
	]);
	expect((await pick(' PLAN ')).results.map(({ value }) => value)).toEqual(['plan']);
});

test('without the right to see them, says so in a sentence', async () => {
	simulator().options.scopedToken403 = 'graphql';
	await expect(pick()).rejects.toMatchObject({
		message: expect.stringMatching(/endpoint is disabled/),
		description: expect.stringMatching(/key is valid but may not do this/i),
	});
});
