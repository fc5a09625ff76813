/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The how-tos and the demo's script: every CSV in them is imported, and what they show of an output is what comes out. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { inlineBinary, readBinary } from '../engine/harness';
import type { NodeRun } from '../engine/harness';
import {
	SOME_SEGMENTS,
	byId,
	expression,
	failedJson,
	nodeRunner,
	useSimulator,
} from '../support/advocate';
import { ofKind, read, snippetsOf } from './howtoPages';
import { ROOT } from './markdown';

const simulator = useSimulator(SOME_SEGMENTS);

const run = nodeRunner(simulator);

describe('CSV', () => {
	it.each(ofKind(/^csv$/))('%s, file %i is imported without a bad row', async (_, __, { text }) => {
		const { main, error } = await run(
			{
				resource: 'bulk',
				operation: 'importCsv',
				...(/^id,segments,action$/m.test(text)
					? { segmentAction: 'file' }
					: { segments: expression(['newsletter']) }),
				options: { createMissingSegments: true },
			},
			{ input: [{ json: {}, binary: { data: inlineBinary(text) } }] },
		);
		expect(error).toBeUndefined();
		const lines = text.trim().split('\n').length - 1;
		const { rows, succeeded, skipped } = main[0].json;
		expect({ rows, done: Number(succeeded) + Number(skipped) }).toEqual({
			rows: lines,
			done: lines,
		});
	});
});

test('the names of columns, delimiter and encoding of a portal file may differ, as the page says', async () => {
	const latin1 = Buffer.from('ACCOUNTID;Id;First Name\nada;ada;Zo\xeb\n', 'latin1');
	const { main } = await run(
		{
			resource: 'bulk',
			operation: 'importCsv',
			segments: expression(['a']),
			simplify: false,
		},
		{ input: [{ json: {}, binary: { data: inlineBinary(latin1) } }] },
	);
	expect(main[0].json).toMatchObject({
		succeeded: 1,
		details: { file: { delimiter: ';', columns: { id: 'Id', accountId: 'ACCOUNTID' } } },
	});
	const { file } = main[0].json.details as { file: IDataObject };
	expect(file.encoding).not.toBe('utf-8');
});

test('a rejects file is imported as it is, as the page says', async () => {
	simulator().setOptions({ participantRejects: { bob: { message: 'Refused' } } });
	const importing = { resource: 'bulk', operation: 'importCsv', segments: expression(['a']) };
	const first = await run(importing, {
		input: [{ json: {}, binary: { data: inlineBinary('id,note\nada,x\nbob,y\n') } }],
	});
	const rejects = await readBinary(first.main[0], 'rejects');
	simulator().setOptions({ participantRejects: {} });
	const again = await run(importing, {
		input: [{ json: {}, binary: { data: inlineBinary(rejects) } }],
	});
	expect(again.main[0].json).toMatchObject({ rows: 1, succeeded: 1 });
	expect(simulator().state.segmentsOf('bob')).toEqual(['a']);
});

test('the demo video shows what its script says', async () => {
	const script = readFileSync(path.join(ROOT, 'docs', 'demo-video.md'), 'utf8');
	const file = /^ {2}(`[^\n]+`)$/m.exec(script)?.[1] ?? '';
	const csv = file
		.split(' · ')
		.map((row) => row.replaceAll('`', ''))
		.join('\n');
	const { state } = simulator();
	state.segments.clear();
	for (const name of ['VIP', 'Beta']) {
		const { main } = await run({ resource: 'segment', operation: 'create', segmentName: name });
		expect(main[0].json).toMatchObject({ key: name.toLowerCase(), created: true });
	}
	const importing = {
		resource: 'bulk',
		operation: 'importCsv',
		csvSource: 'text',
		csvText: csv,
	};
	const { main: checked } = await run({ ...importing, dryRun: true });
	expect(script).toContain('`planned` is 2, `invalid` is 1');
	expect(checked[0].json).toMatchObject({ planned: 2, invalid: 1 });
	expect(state.participants.size).toBe(0);
	const { main: imported, hints } = await run(importing);
	expect(imported[0].json).toMatchObject({ succeeded: 2, invalid: 1 });
	expect(script).toContain('*2 of 3 rows imported, 1 not*');
	expect(JSON.stringify(hints)).toContain(
		'2 of 3 rows imported, 1 not: row 3: the participant ID is blank',
	);
	const empty = await run(
		{
			resource: 'participant',
			operation: 'setSegments',
			participant: byId('ada@example.com'),
			segments: '={{ [] }}',
		},
		{ onError: 'continueRegularOutput' },
	);
	expect(script).toContain('`{{ [] }}`');
	expect(empty.main[0].json.error).toMatch(/\[item 0\]$/);
});

test('error-handling.md shows a failed item as it is', async () => {
	const [, example] =
		/```json failed item\n(\{ "id": "ada@example.com", "plan".*)\n```/.exec(
			readFileSync(path.join(ROOT, 'docs/how-to/error-handling.md'), 'utf8'),
		) ?? [];
	const shown = JSON.parse(example) as { error: string; details: object };
	simulator().options.participantRejects = {
		'ada@example.com': { message: 'Not this one.', statusCode: 400 },
	};
	const people = ['a', 'b', 'c', 'ada@example.com'].map((id) => ({ id, plan: 'gold' }));
	const { outputs } = await run(
		{
			resource: 'participant',
			operation: 'addSegments',
			participant: byId('={{ $json.id }}'),
			segments: expression(['vip']),
		},
		{ input: people, onError: 'continueErrorOutput' },
	);
	expect(outputs[1].map(({ json }) => json)).toEqual([
		failedJson(shown.error, { ...shown.details }, people[3]),
	]);
});

describe('outputs', () => {
	const importing = async (csv: string, parameters: INodeParameters) =>
		await run({
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: csv,
			segments: expression(['newsletter']),
			...parameters,
		});

	/** What leads to the output that a page shows, page by page. */
	const RUNS: Record<string, () => Promise<NodeRun>> = {
		'crm-to-segments.md': async () => {
			simulator().state.addParticipant({ id: 'ada@example.com', segments: ['leads'] });
			return await run({
				resource: 'participant',
				operation: 'updateSegments',
				participant: byId('ada@example.com'),
				addSegments: expression(['customers']),
				removeSegments: expression(['leads']),
			});
		},
		'error-handling.md': async () => {
			simulator().setOptions({ participantRejects: { bob: { message: 'Refused' } } });
			return await importing('id\nada\nbob\ncid\n', {
				options: { stopOn: 'firstFailure', batchSize: 1, concurrency: 1 },
			});
		},
		'nightly-csv-import.md': async () => {
			// The second file of the page: the last row clears a participant who has to exist for that.
			for (const id of ['grace@example.com', 'edsger@example.com']) {
				simulator().state.addParticipant({ id, segments: ['beta'] });
			}
			const [, csv] = snippetsOf(read('nightly-csv-import.md')).filter(
				({ kind }) => kind === 'csv',
			);
			return await importing(csv.text, { segmentAction: 'file', segments: expression([]) });
		},
	};

	it.each(ofKind(/^json output /))(
		'%s, output %i is what comes out',
		async (page, index, { text }) => {
			// One per page so far.
			expect(index).toBe(0);
			const { main, error } = await RUNS[page]();
			expect(error).toBeUndefined();
			expect(main[0].json).toMatchObject(JSON.parse(text) as IDataObject);
		},
	);

	interface Schema {
		type: string | string[];
		properties: Record<string, Schema>;
	}

	it.each(ofKind(/^json output /))(
		'%s, output %i has fields of the operation',
		(_, __, snippet) => {
			const operation = snippet.kind.replace('json output ', '');
			const file = path.join(ROOT, 'nodes/ImpactAdvocate/__schema__/v1.0.0', `${operation}.json`);
			const { properties } = JSON.parse(readFileSync(file, 'utf8')) as Schema;
			const output = JSON.parse(snippet.text) as IDataObject;
			for (const [name, value] of Object.entries(output)) {
				const types = [properties[name]?.type ?? 'nothing'].flat();
				let type: string = typeof value;
				if (Array.isArray(value)) type = 'array';
				if (Number.isInteger(value)) type = 'integer';
				expect([name, types]).toEqual([name, expect.arrayContaining([type])]);
			}
			const counts = ['succeeded', 'invalid', 'rejected', 'skipped', 'notSent', 'unconfirmed'];
			if (output.rows !== undefined) {
				const sum = counts.reduce((total, name) => total + Number(output[name] ?? 0), 0);
				expect(sum).toBe(output.rows);
			}
		},
	);
});
