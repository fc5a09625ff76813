/** The option Encoding of Import CSV. */
import type { INodeProperties } from 'n8n-workflow';
import { TEXT_ENCODINGS } from '../../import/file/encoding';

const byName = new Intl.Collator('en').compare;

export const encodingField: INodeProperties = {
	displayName: 'Encoding',
	name: 'encoding',
	type: 'options',
	default: 'auto',
	description:
		'The character encoding of the file. Choose it when letters come out wrong. A byte order mark is never part of the data.',
	options: [
		{ name: 'Detect Automatically', value: 'auto' },
		...Object.entries(TEXT_ENCODINGS).map(([value, name]) => ({ name, value })),
	].sort((a, b) => byName(a.name, b.name)),
};
