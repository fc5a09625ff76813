/** Export CSV: for each input item one file, as each may choose others. */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { countText } from '../../../shared/inputValue';
import type { MembershipFilter } from '../../../shared/advocate/participants';
import { inform, warn } from '../../../shared/n8n/html';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import {
	readChoice,
	readOptions,
	readRequiredText,
	readSegments,
	switchOption,
	textOption,
} from '../../../shared/n8n/parameters';
import { asTexts, oneOf } from '../../../shared/n8n/parameterValues';
import { resolvedList } from '../../../shared/segments/names';
import { exportFileName, people, whomOf } from '../../export/exportFile';
import { EXPORT_PARTS } from '../../export/exportRows';
import type { ExportPart } from '../../export/exportRows';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { optionsField, segmentsField, showFor, TRANSPORT_OPTIONS } from '../fields';
import { namingParameterOf, outcomesPerItem, withKeysOf } from '../operation';
import type { ItemOutcome, Run, SegmentTexts } from '../operation';
import { ENGINE_OPTIONS, readEngine } from './exportEngine.fields';
import { writeExport } from './writeExport';
import type { ExportRequest } from './writeExport';

const { show } = showFor('bulk', ['exportCsv']);
const SEGMENTS = 'Segment Names or IDs';
const RISK = 'hand out the personal data of all participants';

const fields: INodeProperties[] = [
	allowAgentField('bulk', 'exportCsv', `use this operation, which can ${RISK}`),
	{
		displayName: 'Participants',
		name: 'exportScope',
		type: 'options',
		default: 'all',
		description: 'Whom to export, once for each input item',
		displayOptions: { show },
		options: [
			{ name: 'All Participants', value: 'all' },
			{ name: 'Members of Segments', value: 'segments' },
		],
	},
	{
		displayName: 'Membership',
		name: 'membership',
		type: 'options',
		default: 'any',
		description: 'Which participants to export, by the segments chosen below',
		displayOptions: { show: { ...show, exportScope: ['segments'] } },
		options: [
			{ name: 'In All of the Segments', value: 'all' },
			{ name: 'In Any of the Segments', value: 'any' },
			{ name: 'In None of the Segments', value: 'none' },
		],
	},
	segmentsField('segments', SEGMENTS, { show: { ...show, exportScope: ['segments'] } }),
	{
		displayName: 'Columns',
		name: 'exportColumns',
		type: 'multiOptions',
		default: [...EXPORT_PARTS],
		description: 'What the file has besides the IDs',
		displayOptions: { show },
		options: [
			{ name: 'Custom Fields', value: 'customFields' },
			{
				name: 'Details',
				value: 'details',
				description: 'Name, email, locale, country, image, date of creation and more',
			},
			{ name: 'Referral Codes', value: 'referralCodes' },
			{ name: 'Segments', value: 'segments' },
		],
	},
	{
		displayName: 'Put Output File in Field',
		name: 'outputField',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the output binary field to put the file in',
		displayOptions: { show },
	},
	optionsField({ show }, [
		...ENGINE_OPTIONS,
		{
			displayName: 'File Name',
			name: 'fileName',
			type: 'string',
			default: '',
			placeholder: 'e.g. participants.csv',
			description:
				'Name of the output file. Left empty, it says which segments it is of, and, of several input items, which one: participants-vip.csv.',
		},
		{
			displayName: 'Include Action Column',
			name: 'includeAction',
			type: 'boolean',
			default: true,
			description:
				"Whether the file says that its segments are all that a participant is in, so that 'Import CSV' with the action 'As the File Says' restores exactly these. Turn it off for a plain list.",
		},
		{
			displayName: 'Protect Formulas',
			name: 'protectFormulas',
			type: 'boolean',
			default: true,
			description:
				'Whether to put an apostrophe in front of cells that a spreadsheet would run as formulas. It is removed again when the file is imported.',
		},
		...TRANSPORT_OPTIONS,
	]),
];

/** @throws ParameterError */
function readExport(run: Run, itemIndex: number): ExportRequest {
	const { n8n } = run;
	const options = readOptions(n8n, itemIndex);
	return {
		filter: readFilter(run, itemIndex),
		parts: readParts(
			n8n.getNodeParameter('exportColumns', itemIndex, [...EXPORT_PARTS]) as unknown,
		),
		...readEngine(options),
		field: readRequiredText(n8n, 'outputField', 'Put Output File in Field', itemIndex),
		fileName: textOption(options, 'fileName', 'File Name'),
		withAction: switchOption(options, 'includeAction', 'Include Action Column', true),
		protectsFormulas: switchOption(options, 'protectFormulas', 'Protect Formulas', true),
	};
}

function readFilter({ n8n }: Run, itemIndex: number): MembershipFilter {
	const scope = readChoice(n8n, 'exportScope', 'Participants', ['all', 'segments'], itemIndex);
	if (scope === 'all') return { match: 'any', segments: [] };
	const match = readChoice<MembershipFilter['match']>(
		n8n,
		'membership',
		'Membership',
		['all', 'any', 'none'],
		itemIndex,
	);
	const segments = readSegments(n8n, 'segments', SEGMENTS, itemIndex);
	// To the API, no segment means everybody.
	if (segments.length === 0) {
		throw new ParameterError(
			`'${SEGMENTS}' is empty`,
			"Choose segments, or set 'Participants' to 'All Participants'",
		);
	}
	return { match, segments };
}

/** None is a choice too: a file of IDs. */
function readParts(value: unknown): Set<ExportPart> {
	const chosen = asTexts(value ?? [], 'Columns');
	return new Set(chosen.map((text) => oneOf(text, EXPORT_PARTS, 'Columns')));
}

const segmentTexts: SegmentTexts<ExportRequest> = {
	textsOf: ({ filter }) => filter.segments,
	// One that does not exist is refused: nobody is in it, and In None would export everybody.
	withKeys: (request, segments) => ({
		...request,
		filter: {
			...request.filter,
			segments: resolvedList(
				request.filter.segments,
				'find',
				namingParameterOf(segments.keyOf('never'), () => SEGMENTS),
			),
		},
	}),
};

/** Write participants to a CSV file that imports as it is. */
export const exportCsv = outcomesPerItem(
	closedToAgents(RISK),
	fields,
	readExport,
	async (run, request, itemIndex) => [await exportOne(run, itemIndex, request)],
	withKeysOf(segmentTexts),
	repeatedExports,
);

/** Says so when several input items led to the same file: most likely one of them was meant. */
function repeatedExports({ n8n }: Run) {
	const seen = new Map<string, number>();
	return {
		note: (_json: IDataObject, { filter, parts }: ExportRequest) => {
			const key = JSON.stringify([filter.match, [...filter.segments].sort(), [...parts].sort()]);
			seen.set(key, (seen.get(key) ?? 0) + 1);
		},
		tell: () => {
			const most = Math.max(0, ...seen.values());
			if (most < 2) return;
			warn(
				n8n,
				`The same participants were exported ${countText(most)} times, as this operation runs once for each input item. For one file, turn on 'Execute Once' in the settings of this node`,
			);
		},
	};
}

/** A file that can't be written to its end is no result: half a list looks like a whole one. */
async function exportOne(
	run: Run,
	itemIndex: number,
	request: ExportRequest,
): Promise<ItemOutcome> {
	const { field, filter } = request;
	const isOneOfMany = run.itemCount > 1;
	const fileName = request.fileName || exportFileName(filter, isOneOfMany ? itemIndex : undefined);
	const { csv, file, engine, notes } = await writeExport(run, { ...request, fileName });
	const message = `${people(csv.participants)} exported: ${whomOf(filter)}`;
	const which = isOneOfMany ? ` [item ${itemIndex}]` : '';
	inform(run.n8n, `${message}${which}`);
	for (const note of notes) warn(run.n8n, `${note}${which}`);
	const json: IDataObject = {
		message,
		participants: csv.participants,
		complete: csv.hasEverybody,
		engine,
		fileName,
		columns: [...csv.columns],
		notes,
	};
	return { itemIndex, json, binary: { [field]: file } };
}
