import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import { JobFile } from '../../../nodes/ImpactAdvocate/import/jobs/files';
import { RowPlanner } from '../../../nodes/ImpactAdvocate/import/plan/planRow';
import { readImportFile } from '../../simulator/importFile';
import { readAll } from './helpers';

const STRICT = { jobUnknownColumns: 'reject', jobSegmentsColumn: 'reject' } as const;

/** The job file of a CSV text, and what the API reads from it. */
async function rewritten(csv: string) {
	const { header, rows } = await readAll(csv);
	const columns = mapColumns(header, {
		idColumn: '',
		accountIdColumn: '',
		segmentsColumn: '',
		actionColumn: '',
		detailsFor: 'all',
	});
	const file = new JobFile(columns.details);
	const planner = new RowPlanner({
		columns,
		action: 'add',
		segments: ['vip'],
		blankCells: 'ignore',
		acceptUnusualIds: false,
	});
	for (const row of rows) {
		const planned = planner.plan(row);
		if (!('problem' in planned)) file.add(row.rowNumber, planned);
	}
	const content = file.toBuffer();
	return { file, text: content.toString('utf8'), read: readImportFile('x.csv', content, STRICT) };
}

it('writes the names and types that the API reads', async () => {
	const { text, read } = await rewritten(
		'User ID;FIRSTNAME;locale;countrycode;referable;dateCreated;customFields.tier;referralCodes.prog;referredBy.code;hat size\n' +
			'a;" Ann; ""A""";en-us;ca;no;2024-05-31T00:00:00Z;007;AB;X1;7\n',
	);
	expect(text.split('\r\n')[0]).toBe(
		'accountId,id,firstName,locale,countryCode,referable,dateCreated,customFields.tier,referralCodes.prog,referredBy.code',
	);
	expect(read).toEqual({
		fatal: [],
		rows: [
			{
				input: {
					accountId: 'a',
					id: 'a',
					firstName: ' Ann; "A"',
					locale: 'en_US',
					countryCode: 'CA',
					referable: false,
					dateCreated: 1717113600000,
					customFields: { tier: '007' },
					referralCodes: { prog: 'AB' },
					referredBy: { code: 'X1' },
				},
			},
		],
	});
});

it('writes both columns of a classic referral', async () => {
	const { read } = await rewritten('id,referredBy.code,referredBy.isConverted\na,X1,yes\nb,X2,\n');
	expect(read.rows).toEqual([
		{
			input: { accountId: 'a', id: 'a', referredBy: { code: 'X1', isConverted: 'true' } },
		},
		{ input: { accountId: 'b', id: 'b', referredBy: { code: 'X2' } } },
	]);
});

it('leaves blank cells blank and keeps names of every object as keys', async () => {
	const { read, text } = await rewritten(
		'id,email,customFields.constructor,customFields.toString\na,,x,\nb,b@example.com,,\n',
	);
	expect(text).not.toContain('function');
	expect(read.rows).toEqual([
		{ input: { accountId: 'a', id: 'a', customFields: { constructor: 'x' } } },
		{ input: { accountId: 'b', id: 'b', email: 'b@example.com' } },
	]);
});

it('knows its rows and its size', async () => {
	const { file, text } = await rewritten('id,firstName\nä,x\n,y\n"c,d","multi\nline"\n');
	expect(file.rowNumbers).toEqual([2, 4]);
	expect(file.bytes).toBe(Buffer.byteLength(text));
	expect(text).toBe('accountId,id,firstName\r\nä,ä,x\r\n"c,d","c,d","multi\nline"\r\n');
});

it('is whole although it is encoded in blocks', () => {
	const file = new JobFile([]);
	for (let index = 0; index < 20_000; index++) {
		file.add(index + 2, {
			accountId: `å${index}`,
			id: `å${index}`,
			action: 'add',
			change: { clear: false, add: ['vip'], remove: [] },
		});
	}
	const content = file.toBuffer();
	expect(content.length).toBe(file.bytes);
	expect(content.toString('utf8').split('\r\n')).toHaveLength(20_002);
	expect(content.equals(file.toBuffer())).toBe(true);
});
