/** What becomes of one participant tells nothing of another one. */
import type { IDataObject } from 'n8n-workflow';
import { inlineBinary, readBinary } from './harness';
import { importOf, OPERATIONS, textsIn, useSecretSearch } from './secretSearch';

const { simulator, run, logged } = useSecretSearch();

describe('a row tells nothing of other rows', () => {
	const people = Array.from({ length: 12 }, (_, index) => `person${index}@example.com`);
	const csv = `id\n${people.join('\n')}\n`;
	const bad = [people[3], people[7]];

	const othersIn = (text: string, own: string): string[] =>
		people.filter((person) => person !== own && text.includes(person));

	const refusing = Object.fromEntries(
		bad.map((person) => [person, { message: `${person} was refused by a program` }]),
	);

	test.each([
		['each alone', { upsertUsersBadInput: 'perInput' }],
		['the whole batch', { upsertUsersBadInput: 'wholeBatch' }],
		['in another order', { upsertUsersOrder: 'shuffled' }],
		['one by one', { upsertUsersAvailable: false }],
	])('an import in which the API refuses %s', async (_, switches) => {
		simulator().setOptions({ ...switches, participantRejects: refusing });
		const result = await run(importOf({ engine: 'rows', maxWaitTime: 5 }), {
			input: [{ json: {}, binary: { data: inlineBinary(csv) } }],
		});
		const [summary, ...rows] = result.main;
		expect(rows).toHaveLength(people.length);
		for (const { json } of rows)
			expect(othersIn(JSON.stringify(json), String(json.id))).toEqual([]);
		for (const line of (await readBinary(summary, 'rejects')).toString('utf8').split('\n')) {
			expect(people.filter((person) => line.includes(person)).length).toBeLessThanOrEqual(1);
		}
		for (const failure of summary.json.failures as IDataObject[]) {
			const own = people[Number(failure.rowNumber) - 2];
			expect(othersIn(JSON.stringify(failure), own)).toEqual([]);
		}
		for (const hint of result.hints) expect(hint.message).not.toContain('@');
		expect(textsIn(logged()).filter((text) => text.includes('@example.com'))).toEqual([]);
	});

	test('items that fail in one batch', async () => {
		simulator().setOptions({ participantRejects: refusing });
		const { main } = await run(OPERATIONS['batched write'], {
			input: people.map((id) => ({ id })),
			onError: 'continueRegularOutput',
		});
		people.forEach((person, index) => {
			const { error } = main[index];
			expect(error === undefined).toBe(!bad.includes(person));
			expect(
				othersIn(textsIn([main[index].json, error?.message, error?.description]).join(), person),
			).toEqual([]);
		});
	});

	test('two participants with one address are not named', async () => {
		for (const id of ['secret-id-1', 'secret-id-2']) {
			simulator().state.addParticipant({ id, email: 'ann@example.com' });
		}
		const { error } = await run(OPERATIONS['look-up by e-mail']);
		expect(error?.message).toContain('Several participants');
		expect(textsIn([error?.message, error?.description]).join()).not.toMatch(/secret-id|@/);
	});
});
