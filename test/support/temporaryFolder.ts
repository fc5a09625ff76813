/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** All temporary files of a run in one folder, which is removed at its end: a test file can't clean up at its exit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function useOneTemporaryFolder(): void {
	const folder = mkdtempSync(join(tmpdir(), 'impact-advocate-tests-'));
	// The workers take it over.
	process.env.TMPDIR = folder;
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}
