/** A file that the process which runs the node does not have: n8n's workers with disks of their own. */
import type { IBinaryData } from 'n8n-workflow';
import { forAnyOperation, nodeRunner, sent, shown, useSimulator } from '../../support/advocate';

const simulator = useSimulator();
const run = nodeRunner(simulator);

it('the message says where files have to be', async () => {
	const lost: IBinaryData = {
		data: 'filesystem-v2',
		id: 'filesystem-v2:workflows/w/executions/7/binary_data/0d9f1a52-4a5e-4c45-9e38-7d0a5d1b4a10',
		mimeType: 'text/csv',
		fileName: 'people.csv',
	};
	const { error } = await run(
		forAnyOperation('bulk', 'importCsv', { csvSource: 'binary', binaryPropertyName: 'data' }),
		{ input: [{ json: {}, binary: { data: lost } }] },
	);
	expect(shown(error).message).toMatch(/^The file could not be read to its end: /);
	expect(shown(error).description).toContain(
		'keep files where all of them look: in the database, in S3, or on a shared disk',
	);
	expect(sent(simulator())).toEqual([]);
});
