/** The options of Export CSV that say how the participants are read. */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { choiceOption, readNumberOption } from '../../../shared/n8n/parameters';
import { EXPORT_ENGINES } from '../../export/chooseEngine';
import type { ExportEngine } from '../../export/chooseEngine';
import { numberField } from '../fields';
import { MAX_JOB_MINUTES } from './limits';

/**
 * Paging is the default: it is documented, faster as far as is known, and counted. What the file of a job holds is in no
 * public document, and a job leaves a file of personal data in Advocate.
 */
const DEFAULT_ENGINE: ExportEngine = 'pages';

export const ENGINE_OPTIONS: INodeProperties[] = [
	{
		displayName: 'Engine',
		name: 'engine',
		type: 'options',
		default: DEFAULT_ENGINE,
		description: 'How to read the participants. The file is the same.',
		options: [
			{
				name: 'Automatic',
				value: 'auto',
				description:
					'An export job for more than 100,000 participants, and page by page if its file lacks something',
			},
			{
				name: 'Export Job',
				value: 'job',
				description: "Advocate's own export; fails if its file lacks something",
			},
			{
				name: 'Page by Page',
				value: 'pages',
				description: 'As many participants per request as the API gives',
			},
		],
	},
	{
		displayName: 'Max Job Time',
		name: 'maxJobTime',
		...numberField(MAX_JOB_MINUTES),
		hint: 'In minutes',
		description:
			"Maximum minutes to wait for an export job, and never more than half of what is left until the execution's time-out",
	},
];

/** @throws ParameterError */
export function readEngine(options: IDataObject): {
	engine: ExportEngine;
	maxJobMinutes: number;
} {
	return {
		engine: choiceOption(options, 'engine', 'Engine', EXPORT_ENGINES, DEFAULT_ENGINE),
		maxJobMinutes: readNumberOption(options, 'maxJobTime', 'Max Job Time', MAX_JOB_MINUTES),
	};
}
