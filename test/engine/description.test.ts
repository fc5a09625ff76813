/** What the editor shows: every operation is there, every field can be reached, and no two share a place. */
import { NodeHelpers, Workflow } from 'n8n-workflow';
import type {
	INode,
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';
import { RESOURCES } from '../../nodes/ImpactAdvocate/actions/router';
import { loadNodeType } from './harness';

const nodeType = loadNodeType();
const { description } = nodeType;
const { properties } = description;

const OPERATIONS: Record<string, Record<string, unknown>> = RESOURCES;

type Choice = INodePropertyOptions | INodeProperties | INodePropertyCollection;

const choices = (field: INodeProperties | undefined): Choice[] => field?.options ?? [];
const valuesOf = (field: INodeProperties | undefined) =>
	choices(field).map((choice) => ('value' in choice ? String(choice.value) : choice.name));

const operationField = (resource: string) =>
	properties.find(
		({ name, displayOptions }) =>
			name === 'operation' && displayOptions?.show?.resource?.includes(resource),
	);

const ACTIONS = Object.keys(OPERATIONS).flatMap((resource) =>
	valuesOf(operationField(resource)).map((operation) => [resource, operation] as const),
);

/** All fields, those inside collections too, with the way to them. */
function everyField(
	fields: INodeProperties[] = properties,
	path = '',
): Array<[string, INodeProperties]> {
	return fields.flatMap((field) => {
		const show = field.displayOptions?.show ?? {};
		const where = [show.resource, show.operation].filter(Boolean).join('.');
		const here = `${path}${where === '' ? '' : `${where}:`}${field.name}`;
		const inner =
			field.type === 'collection'
				? everyField(field.options as INodeProperties[], `${here} > `)
				: field.type === 'fixedCollection'
					? (field.options as INodePropertyCollection[]).flatMap(({ name, values }) =>
							everyField(values, `${here} > ${name} > `),
						)
					: [];
		return [[here, field], ...inner] as Array<[string, INodeProperties]>;
	});
}

const node: INode = {
	id: '1',
	name: 'Advocate',
	type: description.name,
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** The node as people place it, and as n8n derives it for AI agents. */
const VARIANTS = [description, { ...description, name: `${description.name}Tool` }];

const isShown = (
	field: INodeProperties,
	parameters: INodeParameters,
	variant: INodeTypeDescription,
) => NodeHelpers.displayParameter(parameters, field, node, variant);

/** Every state of the fields that other fields depend on. */
function* states(resource: string, operation: string): Generator<INodeParameters> {
	const own = properties.filter((field) => {
		const show = field.displayOptions?.show ?? {};
		return show.resource?.includes(resource) && show.operation?.includes(operation);
	});
	const governing = new Set(
		own.flatMap(({ displayOptions }) => [
			...Object.keys(displayOptions?.show ?? {}),
			...Object.keys(displayOptions?.hide ?? {}),
		]),
	);
	let open: INodeParameters[] = [{ resource, operation }];
	for (const field of own) {
		if (!governing.has(field.name)) {
			open = open.map((state) => ({ ...state, [field.name]: field.default as never }));
			continue;
		}
		const values = field.type === 'boolean' ? [true, false] : valuesOf(field);
		open = open.flatMap((state) => values.map((value) => ({ ...state, [field.name]: value })));
	}
	yield* open;
}

test('says what it is to n8n', () => {
	expect(description).toMatchObject({
		displayName: 'impact.com Advocate',
		name: 'impactAdvocate',
		version: [1],
		usableAsTool: true,
		credentials: [{ name: 'impactAdvocateApi', required: true }],
		icon: { light: expect.stringMatching(/\.svg$/), dark: expect.stringMatching(/\.dark\.svg$/) },
	});
});

test('of lists, what people add for its being on arrives on', () => {
	const added = everyField().filter(
		([path, { type }]) =>
			/^(bulk|segment)\.(import|export|sync)\w+:(options|safetyOptions) > \w+$/.test(path) &&
			['boolean', 'number'].includes(type),
	);
	expect(added.length).toBeGreaterThan(15);
	// Numbers that stand for what is without them have a limit to change; these two would do nothing.
	const arrivesOff = added.filter(
		([path, { default: value }]) =>
			value === false || value === 0 || (path.endsWith('missingRuns') && value === 1),
	);
	expect(arrivesOff.map(([path]) => path)).toEqual([]);
});

test('says of segments that their ID is their key, where n8n wants the word ID', () => {
	const fields = everyField().filter(([, { displayName }]) =>
		/Segment Names? or IDs?/.test(displayName),
	);
	expect(fields.length).toBeGreaterThan(8);
	for (const [, { description: says }] of fields) {
		expect(says).toContain('The ID of a segment is its key, which the list shows in brackets');
	}
});

test('lists of segments are loaded again when what is filled in before them changes', () => {
	const lists = everyField()
		.map(([, field]) => field)
		.filter(({ typeOptions }) => typeOptions?.loadOptionsMethod === 'getSegments');
	expect(lists.length).toBeGreaterThan(4);
	for (const { typeOptions } of lists) {
		expect(typeOptions?.loadOptionsDependsOn).toEqual(
			expect.arrayContaining(['participant.value', 'segmentAction']),
		);
	}
});

describe('the subtitle', () => {
	const subtitle = (resource: string, operation: string) => {
		const parameters = { resource, operation };
		const nodes = [{ ...node, parameters }];
		const nodeTypes = {
			getByName: () => nodeType,
			getByNameAndVersion: () => nodeType,
			getKnownTypes: () => ({}),
		};
		const workflow = new Workflow({ nodes, connections: {}, active: false, nodeTypes });
		const text = String(description.subtitle);
		return workflow.expression.getSimpleParameterValue(nodes[0], text, 'internal', {});
	};

	test.each([
		['bulk', 'importCsv', 'Import CSV'],
		['participant', 'getAll', 'Get Many: participant'],
		['segment', 'create', 'Create: segment'],
	])('of %s, %s is in words', (resource, operation, expected) => {
		expect(subtitle(resource, operation)).toBe(expected);
	});

	test.each(ACTIONS)('of %s, %s has the name of the operation', (resource, operation) => {
		const names = (choices(operationField(resource)) as INodePropertyOptions[])
			.filter(({ value }) => value === operation)
			.map(({ name }) => name);
		expect(subtitle(resource, operation)).toMatch(new RegExp(`^${names[0]}(: ${resource})?$`));
	});
});

describe('operations', () => {
	test('every resource has operations that are carried out, and no others', () => {
		expect(valuesOf(properties[0])).toEqual(Object.keys(OPERATIONS).sort());
		for (const [resource, operations] of Object.entries(OPERATIONS)) {
			expect(valuesOf(operationField(resource)).sort()).toEqual(Object.keys(operations).sort());
		}
	});

	test('are those that were promised', () => {
		expect(valuesOf(operationField('segment')).sort()).toEqual([
			'create',
			'get',
			'getAll',
			'syncMembers',
			'update',
		]);
		expect(valuesOf(operationField('participant')).sort()).toEqual([
			'addSegments',
			'block',
			'clearSegments',
			'delete',
			'get',
			'getAll',
			'removeSegments',
			'setSegments',
			'unblock',
			'updateSegments',
			'upsert',
		]);
		expect(valuesOf(operationField('bulk'))).toEqual(
			expect.arrayContaining(['exportCsv', 'importCsv', 'importItems']),
		);
	});

	test.each(Object.keys(OPERATIONS))('of %s say what they do', (resource) => {
		for (const choice of choices(operationField(resource)) as INodePropertyOptions[]) {
			expect(choice.description).toMatch(/^[A-Z].*[^.]$/);
			expect(choice.action).toMatch(/^[A-Z][^A-Z]*(CSV)?[^A-Z]*$/);
			expect(choice.action).not.toMatch(/\b(a|an|the)\b/);
		}
	});
});

describe('fields', () => {
	test('all can be reached, and no two of one name are shown at once', () => {
		const reached = new Set<INodeProperties>();
		for (const [resource, operation] of ACTIONS) {
			const cases = [...states(resource, operation)].flatMap((parameters) =>
				VARIANTS.map((variant) => ({ parameters, variant })),
			);
			for (const { parameters, variant } of cases) {
				const visible = properties.filter((field) => isShown(field, parameters, variant));
				visible.forEach((field) => reached.add(field));
				const names = visible.map(({ name }) => name);
				expect({ parameters, names }).toEqual({ parameters, names: [...new Set(names)] });
				const labels = visible.map(({ displayName }) => displayName);
				expect({ parameters, labels }).toEqual({ parameters, labels: [...new Set(labels)] });
			}
		}
		const orphans = properties.filter((field) => !reached.has(field)).map(({ name }) => name);
		expect(orphans).toEqual([]);
	});

	test('conditions name fields and values that exist', () => {
		for (const [path, { displayOptions }] of everyField()) {
			for (const [name, wanted] of Object.entries(displayOptions?.show ?? {})) {
				if (name.startsWith('@') || name.startsWith('/')) continue;
				const governing = everyField().filter(([, field]) => field.name === name);
				expect([path, name, governing.length > 0]).toEqual([path, name, true]);
				const known = governing.flatMap(([, field]) =>
					field.type === 'boolean' ? ['true', 'false'] : valuesOf(field),
				);
				for (const value of wanted ?? []) {
					if (typeof value === 'object' && value !== null) continue;
					expect(known).toContain(String(value));
				}
			}
		}
	});

	test.each(everyField())('%s has a default of its kind', (path, field) => {
		const { type, default: value, typeOptions } = field;
		if (type === 'options') expect(valuesOf(field)).toContain(String(value));
		else if (type === 'multiOptions') {
			expect(Array.isArray(value)).toBe(true);
			expect(valuesOf(field)).toEqual(expect.arrayContaining(value as string[]));
		} else if (type === 'boolean') expect(typeof value).toBe('boolean');
		else if (type === 'collection') expect(value).toEqual({});
		else if (type === 'fixedCollection') {
			// So that the settings of a group of options appear as soon as it is added.
			expect(value).toEqual(/options > \w+$/.test(path) ? { settings: {} } : {});
		} else if (type === 'resourceLocator') {
			expect(value).toEqual({ mode: 'list', value: '' });
			expect(field.modes?.[0].name).toBe('list');
		} else if (type === 'number') {
			expect(value).toBeGreaterThanOrEqual(typeOptions?.minValue ?? -Infinity);
			expect(value).toBeLessThanOrEqual(typeOptions?.maxValue ?? Infinity);
		} else expect(typeof value).toBe('string');
	});

	test.each(everyField())('%s has texts that follow the rules', (_, field) => {
		const { displayName, placeholder, hint, type } = field;
		expect(displayName).toMatch(/^[A-Z0-9]/);
		const texts = [
			field.description,
			hint,
			...choices(field).map((choice) => ('description' in choice ? choice.description : undefined)),
		];
		for (const text of texts) {
			if (text === undefined || text === '') continue;
			expect(text).toMatch(/^[A-Z'~]/);
			// One sentence has no full stop, several have one each.
			const sentences = text.replace(/<[^>]+>/g, '').split(/[.!?] +(?=[A-Z'])/);
			if (type !== 'notice')
				expect([text, text.endsWith('.')]).toEqual([text, sentences.length > 1]);
			expect(text).not.toMatch(/\b(binary property|please)\b/i);
			expect(text).not.toMatch(/ {2}|\s$/);
		}
		if (type === 'boolean') expect(field.description).toMatch(/^Whether /);
		const examples = [placeholder, ...(field.modes ?? []).map((mode) => mode.placeholder)];
		for (const example of examples) {
			if (example === undefined || example === '') continue;
			expect(example).toMatch(/^(e\.g\. |Add |Select )/);
		}
	});

	test('lists that may be empty in a tenant say below what they list', () => {
		const mayBeEmpty = ['searchCustomFields', 'searchEventKeys', 'searchRewards', 'searchUnits'];
		const lists = everyField().flatMap(([name, { modes = [] }]) =>
			modes
				.filter(({ typeOptions }) => mayBeEmpty.includes(typeOptions?.searchListMethod ?? ''))
				.map(({ hint }) => [name, hint ?? ''] as const),
		);
		expect(lists.length).toBeGreaterThanOrEqual(mayBeEmpty.length);
		expect(lists.filter(([, hint]) => hint === '')).toEqual([]);
	});

	test('a participant ID is not shown as an e-mail address, which people would type', () => {
		const examples = everyField().flatMap(([, field]) => [
			...(/^Participant ID$/.test(field.displayName) ? [field.placeholder] : []),
			...(field.modes ?? [])
				.filter(({ displayName }) => displayName === 'By ID')
				.map(({ placeholder }) => placeholder),
		]);
		expect(examples.length).toBeGreaterThan(1);
		expect(examples.filter((example) => example?.includes('@'))).toEqual([]);
	});

	test.each([
		['configured', []],
		['credit', ['allowNewUnit', 'cancellable', 'dateExpires', 'maxPerRun', 'rewardName']],
		['discount', ['cancellable', 'dateExpires', 'rewardName']],
	])('a %s reward is offered only the options that it takes', (rewardFrom, offered) => {
		const root = { resource: 'reward', operation: 'create', rewardFrom };
		const [options] = properties.filter(
			(field) =>
				field.name === 'options' && NodeHelpers.displayParameter(root, field, node, description),
		);
		const shown = (options.options as INodeProperties[])
			.filter((field) => NodeHelpers.displayParameter({}, field, node, description, root))
			.map(({ name }) => name);
		const own = /^(allowNewUnit|cancellable|dateExpires|maxPerRun|rewardName)$/;
		expect(shown.filter((name) => own.test(name)).sort()).toEqual(offered);
		expect(shown).toContain('timeout');
	});

	test('collections are in alphabetical order', () => {
		for (const [path, field] of everyField()) {
			if (field.type === 'fixedCollection') {
				for (const { values } of field.options as INodePropertyCollection[]) {
					const labels = values.map(({ displayName }) => displayName);
					// As n8n's lint has it.
					if (labels.length >= 5) expect([path, labels]).toEqual([path, [...labels].sort()]);
				}
			}
			if (field.type !== 'collection') continue;
			const labels = (field.options as INodeProperties[]).map(({ displayName }) => displayName);
			expect([path, labels]).toEqual([path, [...labels].sort()]);
		}
	});

	test.each(ACTIONS)(
		'%s %s: a list of options is no longer than one screen',
		(resource, operation) => {
			const collections = properties.filter(({ type, displayOptions }) => {
				const { show = {} } = displayOptions ?? {};
				const isHere = show.resource?.includes(resource) && show.operation?.includes(operation);
				return type === 'collection' && isHere;
			});
			expect(collections.map(({ name }) => name)).toContain('options');
			for (const { options = [] } of collections) expect(options.length).toBeLessThanOrEqual(15);
		},
	);

	test('no option stands in two places of an operation', () => {
		for (const [resource, operation] of ACTIONS) {
			const names = RESOURCES[resource][operation].fields
				.filter(({ name }) => name === 'options')
				.flatMap(({ options = [] }) => options as INodeProperties[])
				.flatMap((option) => [
					option.name,
					...(option.type === 'fixedCollection'
						? (option.options as INodePropertyCollection[]).flatMap(({ values }) =>
								values.map(({ name }) => name),
							)
						: []),
				]);
			expect(names).toEqual([...new Set(names)]);
		}
	});

	test('every list in the editor has a method behind it, and every method a list', () => {
		const methods = nodeType.methods ?? {};
		const used = everyField().flatMap(([, { typeOptions, modes }]) => [
			typeOptions?.loadOptionsMethod,
			...(modes ?? []).map((mode) => mode.typeOptions?.searchListMethod),
		]);
		const names = [...new Set(used.filter((name) => name !== undefined))].sort();
		expect(names).toEqual(
			[...Object.keys(methods.loadOptions ?? {}), ...Object.keys(methods.listSearch ?? {})].sort(),
		);
	});
});

describe('defaults', () => {
	const ifMissing = (operation: string) =>
		properties.find(
			({ name, displayOptions }) =>
				name === 'ifParticipantMissing' && displayOptions?.show?.operation?.includes(operation),
		);

	test.each([
		['addSegments', 'create'],
		['setSegments', 'create'],
		['updateSegments', 'create'],
		['removeSegments', 'skip'],
		['clearSegments', 'skip'],
	])('If Participant Does Not Exist of %s is %s', (operation, value) => {
		expect(ifMissing(operation)?.default).toBe(value);
		expect(valuesOf(ifMissing(operation)).sort()).toEqual(['create', 'error', 'skip']);
	});

	const NEW_SEGMENTS = { 'Create Missing Segments': true, 'Max New Segments': 10 };

	// What they hold when they are added: one that is not added holds nothing, and its switch is off.
	test.each([
		['addSegments', NEW_SEGMENTS],
		['removeSegments', {}],
		['setSegments', NEW_SEGMENTS],
		['clearSegments', {}],
		['updateSegments', NEW_SEGMENTS],
	])('options of %s', (operation, own) => {
		const options = properties.find(
			({ name, displayOptions }) =>
				name === 'options' && displayOptions?.show?.operation?.includes(operation),
		);
		const defaults = (options?.options as INodeProperties[]).map((field) => [
			field.displayName,
			field.default,
		]);
		expect(Object.fromEntries(defaults)).toEqual({
			'Accept Unusual IDs': true,
			'Batch Size': 100,
			Concurrency: 2,
			...own,
			'Max Wait Time': 300,
			'Report Changes': true,
			Timeout: 30,
			'Verify Result': true,
		});
	});

	test.each([
		['get', 'participant'],
		['getAll', 'participant'],
	])('Simplify of %s', (operation, resource) => {
		const simplify = properties.find(
			({ name, displayOptions }) =>
				name === 'simplify' &&
				displayOptions?.show?.operation?.includes(operation) &&
				displayOptions.show.resource?.includes(resource),
		);
		expect(simplify).toMatchObject({ displayName: 'Simplify', default: true });
	});
});
