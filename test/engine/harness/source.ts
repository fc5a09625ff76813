/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @typescript-eslint/no-require-imports -- tests run outside n8n */
/** The node and the credential under test: from source, or from the build with IMPACT_ADVOCATE_DIST=1. */
import { join } from 'node:path';
import type { ICredentialType, INodeType } from 'n8n-workflow';

const root = join(__dirname, '..', '..', '..');
const fromBuild = process.env.IMPACT_ADVOCATE_DIST === '1';

function load(folder: string, name: string): unknown {
	const path = fromBuild ? join(root, 'dist', folder) : join(root, folder);
	const classes = require(join(path, name)) as Record<string, new () => unknown>;
	return new classes[name.slice(0, name.indexOf('.'))]();
}

export const loadNodeType = (): INodeType =>
	load('nodes/ImpactAdvocate', 'ImpactAdvocate.node') as INodeType;

export const loadCredentialType = (): ICredentialType =>
	load('credentials', 'ImpactAdvocateApi.credentials') as ICredentialType;
