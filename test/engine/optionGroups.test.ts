/**
 * Options in groups, as the editor saves them: each setting counts, a group that is added with nothing changed does
 * nothing, and what is no group is refused.
 */
import { NodeHelpers } from 'n8n-workflow';
import type {
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	NodeParameterValueType,
} from 'n8n-workflow';
import { RESOURCES } from '../../nodes/ImpactAdvocate/actions/router';
import { OPTION_GROUPS, withoutGroups } from '../../nodes/shared/n8n/parameterValues';
import {
	byKey,
	expression,
	forAnyOperation,
	nodeRunner,
	sent,
	shown,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';
import { loadNodeType } from './harness';
import type { NodeRun } from './harness';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const LONG = [
	['bulk', 'importCsv'],
	['bulk', 'importItems'],
	['segment', 'syncMembers'],
] as const;

interface Grouped {
	resource: string;
	operation: string;
	group: string;
	option: INodeProperties;
}

const groupsOf = (resource: string, operation: string): INodeProperties[] =>
	RESOURCES[resource][operation].fields
		.filter(({ name }) => name === 'options')
		.flatMap(({ options = [] }) => options as INodeProperties[])
		.filter(({ type }) => type === 'fixedCollection');

const settingsOf = (group: INodeProperties): INodeProperties[] =>
	(group.options as INodePropertyCollection[]).flatMap(({ values }) => values);

const everything: Array<[name: string, place: Grouped]> = LONG.flatMap(([resource, operation]) =>
	groupsOf(resource, operation).flatMap((group) =>
		settingsOf(group).map((option): [string, Grouped] => [
			`${operation}: ${group.displayName} > ${option.displayName}`,
			{ resource, operation, group: group.name, option },
		]),
	),
);

/** What has to be chosen in the group for a setting to be shown. */
const conditionsOf = ({ displayOptions }: INodeProperties): INodeParameters =>
	Object.fromEntries(
		Object.entries(displayOptions?.show ?? {}).map(([name, values = []]) => [
			name,
			values[0] as NodeParameterValueType,
		]),
	);

const holding = (
	{ resource, operation, group, option }: Grouped,
	value: unknown,
): INodeParameters =>
	forAnyOperation(resource, operation, {
		options: {
			[group]: { settings: { ...conditionsOf(option), [option.name]: value as string } },
		},
	});

test('the three operations with long lists have groups, and no other has', () => {
	const having = Object.entries(RESOURCES).flatMap(([resource, operations]) =>
		Object.keys(operations).filter((operation) => groupsOf(resource, operation).length > 0),
	);
	expect(having.sort()).toEqual(LONG.map(([, operation]) => operation).sort());
	expect(everything.length).toBeGreaterThan(60);
	for (const [resource, operation] of LONG) {
		for (const { name, displayName } of groupsOf(resource, operation)) {
			expect(OPTION_GROUPS).toMatchObject({ [name]: displayName });
		}
	}
});

describe('every setting of a group arrives', () => {
	test.each(everything)('%s', async (_, place) => {
		const { error } = await run(holding(place, expression({ a: 1, b: 2 })), {
			input: [{ id: 'a' }],
		});
		expect(shown(error).message).toMatch(
			new RegExp(`^'${place.option.displayName}' is an object with 2 fields( \\[item 0\\])?$`),
		);
		expect(sent(simulator())).toEqual([]);
	});

	test.each(everything.filter(([, { option }]) => option.type === 'number'))(
		'%s, with its limits',
		async (_, place) => {
			const { minValue = NaN, maxValue = NaN } = place.option.typeOptions ?? {};
			for (const value of [minValue - 1, maxValue + 1]) {
				const { error } = await run(holding(place, value), { input: [{ id: 'a' }] });
				expect(shown(error)).toMatchObject({
					message: expect.stringContaining(`'${place.option.displayName}' is ${value}`) as string,
					description: `Give a whole number from ${minValue} to ${maxValue}`,
				});
			}
			expect(sent(simulator())).toEqual([]);
		},
	);

	test('and does its work', async () => {
		const people = Array.from({ length: 5 }, (_, index) => `p${index},x`).join('\n');
		const { main, error } = await run(
			forAnyOperation('bulk', 'importCsv', {
				csvText: `Who;note\n${people.replaceAll(',', ';')}\n`,
				idColumn: 'Who',
				simplify: false,
				options: {
					fileFormat: { settings: { delimiter: ';', headerRow: 1 } },
					requests: { settings: { batchSize: 2, concurrency: 1 } },
					rows: { settings: { startAtRow: 3, maxRowsPerRun: 3 } },
				},
			}),
		);
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ rows: 3, succeeded: 3, nextRow: 6 });
		// Two of them in a batch, and the one that is left.
		expect(sent(simulator()).filter((request) => /^(Upsert|PUT)/.test(request))).toHaveLength(2);
	});

	test('a number that its choice hides does not count', async () => {
		const { error } = await run(
			forAnyOperation('bulk', 'importCsv', {
				options: { stopRule: { settings: { stopOn: 'never', maxFailures: -1 } } },
			}),
		);
		expect(error).toBeUndefined();
	});
});

describe('groups that are added, with nothing changed in them', () => {
	/** As they are saved: without their defaults, or with them. */
	const added = (resource: string, operation: string): INodeParameters[] => {
		const groups = groupsOf(resource, operation);
		const all = (settings: (group: INodeProperties) => INodeParameters) =>
			Object.fromEntries(
				groups.map((group) => [group.name, { settings: settings(group) }]),
			) as INodeParameters;
		return [
			all(() => ({})),
			all((group) =>
				Object.fromEntries(
					settingsOf(group).map((option) => [option.name, option.default as string]),
				),
			),
			// Emptied again in the editor.
			Object.fromEntries(groups.map((group) => [group.name, {}])),
		];
	};

	const essence = ({ main, outputs, hints, error }: NodeRun): unknown => {
		const volatile =
			/^(durationSeconds|waitedSeconds|rowsPerSecond|averageInFlight|planCode|date.*)$/;
		const stable = JSON.stringify(
			[outputs.length, main.map(({ json, binary }) => [json, binary]), hints],
			(key, value: unknown) => (volatile.test(key) ? undefined : value),
		);
		return [
			simulator().requests.map(({ method, path, body }) => [method, path, body]),
			stable.replace(/"(id|fileSize|bytes)":"[^"]*"/g, ''),
			shown(error ?? {}).message,
		];
	};

	const CSV = 'id,segments,firstName\na,,Ann\nb,,\n,,Nobody\na,,\nc,,=1+1\n';

	const members = Array.from({ length: 11 }, (_, index) => `m${index}`);

	test.each(LONG)('%s %s: the same requests, the same result', async (resource, operation) => {
		const outcome = async (options: INodeParameters) => {
			simulator().reset();
			simulator().state.addSegment({ key: 'vip', name: 'VIP' });
			for (const id of ['a', 'x', ...members]) {
				simulator().state.addParticipant({ id, segments: ['vip'], dateCreated: 1 });
			}
			simulator().state.addParticipant({ id: 'b', segments: [] });
			simulator().options.participantRejects = { c: { message: 'No.', statusCode: 400 } };
			return essence(
				await run(
					forAnyOperation(resource, operation, {
						...{ csvText: CSV, simplify: false, rowOutput: 'all', participantDetails: 'all' },
						...{ removeAtMost: 50, options },
						...(operation === 'syncMembers'
							? { csvText: `id\na\nb\n${members.join('\n')}\n`, segment: byKey('vip') }
							: {}),
						ifParticipantMissing: operation === 'syncMembers' ? 'skip' : 'byAction',
					}),
					{
						mode: 'trigger',
						input: operation === 'importItems' ? [{ id: 'a' }, { id: '' }, { id: 'c' }] : [{}],
					},
				),
			);
		};
		const without = await outcome({});
		expect(JSON.stringify(without)).toMatch(/Upsert|upsert|PUT/);
		for (const options of added(resource, operation)) {
			expect(await outcome(options)).toEqual(without);
		}
	});
});

describe('what is no group', () => {
	test.each([
		[null, 'empty'],
		[undefined, 'empty'],
		['', 'empty'],
		['fast', "'fast'"],
		[5, '5'],
		[true, 'true'],
		[['a', 'b'], 'a list with 2 entries'],
		[{ settings: null }, 'empty'],
		[{ settings: 'fast' }, "'fast'"],
		[{ settings: [1] }, 'a list with 1 entry'],
		[{ other: { batchSize: 1 } }, 'empty'],
	])('%j is refused by the name of the group', (value, says) => {
		for (const [name, displayName] of Object.entries(OPTION_GROUPS)) {
			const read = () => withoutGroups({ timeout: 5, [name]: value as never });
			expect(read).toThrow(`'${displayName}' is ${says}`);
			expect(read).toThrow(
				expect.objectContaining({
					hint: 'Remove this option, add it again, and set what is in it one by one',
				}),
			);
		}
	});

	test('what is in groups stands beside the others; a setting of a group goes first', () => {
		expect(withoutGroups({ timeout: 5 })).toEqual({ timeout: 5 });
		expect(
			withoutGroups({
				resume: true,
				timeout: 5,
				requests: { settings: { timeout: 7, batchSize: 2 } },
				rows: {},
				stopRule: { settings: {} },
			}),
		).toEqual({ resume: true, timeout: 7, batchSize: 2 });
	});
});

test('all items are one list: what differs in a group is refused by its own name', async () => {
	const options = { requests: { settings: { batchSize: '={{ $json.size }}', timeout: 30 } } };
	for (const [resource, operation] of LONG.slice(1)) {
		const { error } = await run(
			forAnyOperation(resource, operation, { listSource: 'items', options }),
			{ input: ['a', 'b'].map((id, size) => ({ id, size: size + 1 })) },
		);
		expect(shown(error).message).toMatch(/^'Batch Size' is 1 for item 0, but 2 for item 1/);
	}
	expect(sent(simulator())).toEqual([]);
});

describe('fields above the options', () => {
	const { description } = loadNodeType();
	const isShown = (name: string, parameters: INodeParameters) =>
		description.properties.some(
			(field) =>
				field.name === name &&
				NodeHelpers.displayParameter(parameters, field, { typeVersion: 1 }, description),
		);

	test.each([
		['add', true],
		['clear', false],
		['file', true],
		['remove', false],
		['set', true],
	])('Create Missing Segments with the action %s: %s', async (segmentAction, expected) => {
		for (const operation of ['importCsv', 'importItems']) {
			const parameters = { resource: 'bulk', operation, segmentAction };
			expect(isShown('createMissingSegments', parameters)).toBe(expected);
			expect(isShown('idColumn', parameters)).toBe(true);
		}
		// What was chosen with another action does not count any more.
		await run(
			forAnyOperation('bulk', 'importCsv', {
				...{ segmentAction, createMissingSegments: true },
				csvText: segmentAction === 'file' ? 'id,action\na,add\n' : 'id\na\n',
				segments: segmentAction === 'clear' ? [] : ['fresh'],
			}),
		);
		expect(simulator().state.segments.has('fresh')).toBe(expected);
	});

	test.each(['id', 'email'])('Sync Members by %s asks for that column', (matchBy) => {
		const parameters = { resource: 'segment', operation: 'syncMembers', matchBy };
		expect(isShown('idColumn', parameters)).toBe(matchBy === 'id');
		expect(isShown('emailColumn', parameters)).toBe(matchBy === 'email');
	});
});
