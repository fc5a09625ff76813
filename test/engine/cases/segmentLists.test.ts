/** Lists of segments in one cell, as people and programs write them: each is a list, and never one segment's key. */
import { AS_THE_FILE_SAYS } from '../import/helpers';
import { TestApi } from '../import/testApi';
import { expectRead, prepare } from './helpers';

const sim = new TestApi();

beforeEach(() => prepare(sim));

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

test.each([
	['semicolons', 'vip;beta'],
	['commas', 'vip, beta'],
	['vertical bars', 'vip|beta'],
	['line breaks', 'vip\nbeta'],
	['JSON', '["vip","beta"]'],
	['Python', "['vip', 'beta']"],
	['PostgreSQL', '{vip,beta}'],
	['PostgreSQL, quoted', '{"vip","beta"}'],
])('%s', async (_, cell) => {
	await expectRead(sim, `id,segments\nc@x.test,${quoted(cell)}\n`, AS_THE_FILE_SAYS, {
		counts: { succeeded: 1 },
		state: { 'c@x.test': ['beta', 'vip'] },
	});
});

test.each(['[]', '{}'])('%s is an empty list, and its row names no segment', async (cell) => {
	await expectRead(sim, `id,segments\nc@x.test,${cell}\nd@x.test,vip\n`, AS_THE_FILE_SAYS, {
		counts: { succeeded: 1, invalid: 1 },
		failures: { 2: 'names no segment' },
		state: { 'd@x.test': ['vip'] },
	});
});

test('a list of objects is none of segments', async () => {
	await expectRead(
		sim,
		`id,segments\nc@x.test,${quoted('[{"key":"vip"}]')}\nd@x.test,vip\n`,
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1, invalid: 1 },
			failures: { 2: 'neither text nor number' },
			state: { 'd@x.test': ['vip'] },
		},
	);
});
