/**
 * What an expression may give for a parameter: understood, or refused by name. The cases come from the descriptions of
 * the nodes and of the credential, so a parameter that is read by hand fails here.
 */
import type {
	ICredentialDataDecryptedObject,
	IHttpRequestOptions,
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';
import {
	credentials,
	expression,
	forAnyOperation,
	nodeRunner,
	sent,
	shown,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';
import { ORDER_FIELDS } from '../../nodes/ImpactAdvocate/actions/event/fields';
import { loadCredentialType, loadNodeType } from './harness';
import type { NodeRun } from './harness';
import { loadTrigger, PollHost, WebhookHost } from './triggers/contexts';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const YES = [true, 'true', 'TRUE', ' True ', 1, '1', 'yes', 'Yes', 'on', 'ON'];
const NO = [false, 'false', 'FALSE', ' False ', 0, '0', 'no', 'No', 'off', 'OFF'];

/** Neither yes nor no, with what the message says it is. */
const NEITHER: Array<[value: string, says: string]> = [
	[expression('maybe'), "'maybe'"],
	[expression('tru'), "'tru'"],
	[expression('y'), "'y'"],
	[expression(2), '2'],
	[expression(-1), '-1'],
	['={{ NaN }}', 'not a number (NaN)'],
	[expression({ a: 1, b: 2 }), 'an object with 2 fields'],
	[expression([true]), 'a list with 1 entry'],
	['={{ new Date(0) }}', 'a date (1970-01-01T00:00:00.000Z)'],
	// An expression that finds nothing must not decide either way.
	['={{ ({}).nothing }}', 'empty'],
	[expression(null), 'empty'],
	[expression(''), 'empty'],
	[expression(' '), 'empty'],
];

/** A parameter, and the parameters of a node in which it has a value. */
interface Place {
	field: INodeProperties;
	holding(value: unknown): INodeParameters;
}

/** The parameters of a description, also those in collections. */
function placesIn(properties: INodeProperties[], around: INodeParameters = {}): Place[] {
	return properties.flatMap((field): Place[] => {
		const shown = { ...around, ...conditionsOf(field) };
		if (field.type !== 'collection') {
			return [{ field, holding: (value) => ({ ...shown, [field.name]: value as never }) }];
		}
		return (field.options as INodeProperties[]).flatMap(withGroup).map((inner) => ({
			field: inner,
			// Where a group is, the harness puts it there.
			holding: (value) => ({
				...shown,
				...conditionsOf(inner, /^\//),
				[field.name]: { ...conditionsOf(inner, /^[^/]/), [inner.name]: value as never },
			}),
		}));
	});
}

/** An option, or what is in a group of them. */
const withGroup = (option: INodeProperties): INodeProperties[] =>
	'settings' in Object(option.default)
		? (option.options as INodePropertyCollection[]).flatMap(({ values }) => values)
		: [option];

/** What else has to be chosen so that n8n shows a parameter, and the node reads it. */
function conditionsOf({ displayOptions }: INodeProperties, names = /./): INodeParameters {
	const conditions = Object.entries(displayOptions?.show ?? {})
		.filter(([name]) => names.test(name))
		.filter(([name]) => !['resource', 'operation', '@version'].includes(name))
		.map(([name, values = []]) => [name.replace(/^\//, ''), values[0]] as const)
		.filter(([, value]) => typeof value !== 'object');
	return Object.fromEntries(conditions) as INodeParameters;
}

const isOf = ({ displayOptions }: INodeProperties, resource: string, operation: string): boolean =>
	(displayOptions?.show?.resource?.includes(resource) &&
		displayOptions.show.operation?.includes(operation)) === true;

/** What has to be chosen for a parameter to count. */
const TOGETHER_WITH: Record<string, INodeParameters> = {
	binaryPropertyName: { csvSource: 'binary', listSource: 'binary' },
	blankCells: { participantDetails: 'all' },
	name: { updateFields: {} },
	participantEmail: { useEmailAsId: true },
	status: { updateFields: {} },
};

interface OperationPlace extends Place {
	resource: string;
	operation: string;
}

const { properties } = loadNodeType().description;

const places: OperationPlace[] = properties
	.filter(({ name }) => name === 'operation')
	.flatMap(({ displayOptions, options = [] }) =>
		options.map((option): [string, string] => [
			String(displayOptions?.show?.resource?.[0]),
			'value' in option ? String(option.value) : '',
		]),
	)
	.flatMap(([resource, operation]) =>
		placesIn(properties.filter((field) => isOf(field, resource, operation))).map(
			({ field, holding }) => ({
				resource,
				operation,
				field,
				holding(value: unknown) {
					const base = forAnyOperation(resource, operation, TOGETHER_WITH[field.name]);
					const own = holding(value);
					const options = { ...(base.options as object), ...(own.options as object) };
					return { ...base, ...own, options };
				},
			}),
		),
	)
	// A switch that takes no expression is read as it stands.
	.filter(({ field }) => field.noDataExpression !== true);

const named = (wanted: string[]): Array<[string, OperationPlace]> =>
	places
		.filter(({ field }) => wanted.includes(field.type))
		.map((place) => [`${place.resource}.${place.operation}: ${place.field.displayName}`, place]);

/** All that a run did and gave, without what differs from run to run. */
function essence({ main, error }: NodeRun): unknown {
	const volatile =
		/^(durationSeconds|waitedSeconds|rowsPerSecond|averageInFlight|diagnostics|planCode|date.*)$/;
	const stable = JSON.stringify(
		main.map(({ json, binary }) => [json, Object.keys(binary ?? {})]),
		(key, value: unknown) => (volatile.test(key) ? undefined : value),
	);
	return [
		simulator().requests.map(({ method, path, body }) => [method, path, body]),
		stable,
		shown(error ?? {}).message,
	];
}

async function essenceOf(parameters: INodeParameters): Promise<unknown> {
	simulator().reset();
	simulator().state.addSegment({ key: 'vip', name: 'VIP' });
	simulator().state.addParticipant({ id: 'a', segments: ['vip', 'other'], firstName: 'Ann' });
	return essence(await run(parameters, { input: [{ id: 'a' }] }));
}

describe('a switch', () => {
	const switches = named(['boolean']);

	test('stands in every operation that changes something', () => {
		const having = new Set(switches.map(([, { operation }]) => operation));
		for (const operation of ['addSegments', 'removeSegments', 'clearSegments', 'importCsv']) {
			expect([...having]).toContain(operation);
		}
		expect(switches.length).toBeGreaterThan(25);
	});

	test.each(switches)(
		'%s: every spelling does what the switch itself does',
		async (_, place) => {
			for (const spellings of [YES, NO]) {
				const wanted = await essenceOf(place.holding(spellings[0]));
				for (const spelling of spellings) {
					expect([spelling, await essenceOf(place.holding(expression(spelling)))]).toEqual([
						spelling,
						wanted,
					]);
				}
			}
		},
		60_000,
	);

	test.each(switches)('%s: anything else is refused, and nothing is sent', async (_, place) => {
		for (const [value, says] of NEITHER) {
			const { error } = await run(place.holding(value), { input: [{ id: 'a' }] });
			const { message, description } = shown(error);
			expect(message).toMatch(/ \[item 0\]$/);
			expect([value, message]).toEqual([value, `'${place.field.displayName}' is ${says} [item 0]`]);
			expect(description).toMatch(/^Use true or false/);
		}
		expect(sent(simulator())).toEqual([]);
	});

	test.each(YES)('Dry Run %j writes nothing', async (value) => {
		const { main } = await run(forAnyOperation('bulk', 'importCsv', { dryRun: expression(value) }));
		expect(main[0].json).toMatchObject({ planned: 1, succeeded: 0 });
		expect(simulator().state.writeCounts.size).toBe(0);
	});

	test('of one item is read for that item', async () => {
		const { main } = await run(
			forAnyOperation('bulk', 'importCsv', { dryRun: '={{ $json.dry }}' }),
			{ input: [{ dry: 'yes' }, { dry: 'NO' }, {}], onError: 'continueRegularOutput' },
		);
		expect(main.map(({ json }) => json.error ?? 'planned' in json)).toEqual([
			true,
			false,
			"'Dry Run' is empty [item 2]",
		]);
	});
});

describe('a value of another kind is refused by name, and nothing is sent', () => {
	const kinds: Array<[value: string, says: string]> = [
		[expression({ a: 1, b: 2 }), 'an object with 2 fields'],
		['={{ new Date(0) }}', 'a date (1970-01-01T00:00:00.000Z)'],
	];
	const others: Array<[value: string, says: string]> = [
		...kinds,
		[expression(['a', 'b']), 'a list with 2 entries'],
		[expression(true), 'true'],
		['={{ 12345678901234567890 }}', 'the number 12345678901234567000, which is too large'],
		['={{ NaN }}', 'not a number (NaN)'],
		[expression(1.5), '1.5'],
	];

	const refusals = async (place: OperationPlace, values: typeof others) => {
		for (const [value, says] of values) {
			const { error } = await run(place.holding(value), { input: [{ id: 'a' }] });
			expect([value, shown(error).message]).toEqual([
				value,
				expect.stringContaining(`'${place.field.displayName}'`),
			]);
			expect(shown(error).message).toContain(says);
		}
		expect(sent(simulator())).toEqual([]);
	};

	/** Texts that hold several, and so take a list. */
	const takesList = ([, { field }]: [string, OperationPlace]) =>
		['ids', 'ignoredColumns', 'referredByCodes'].includes(field.name);
	const single = named(['string', 'options', 'number']).filter((entry) => !takesList(entry));
	const several = [...named(['multiOptions']), ...named(['string']).filter(takesList)];

	/** Money of an order has decimals, which nothing else has. */
	const hasDecimals = ({ operation, field }: OperationPlace): boolean =>
		operation === 'log' &&
		ORDER_FIELDS.some(({ name, holds }) => name === field.name && holds === 'amount');

	test.each(single)('%s', async (_, place) => {
		const refused = others.filter(([, says]) => !(says === '1.5' && hasDecimals(place)));
		await refusals(place, refused);
	});

	test.each(several)('%s', async (_, place) => {
		await refusals(place, [...kinds, [expression(true), 'true']]);
	});

	test.each(named(['options', 'number']))('%s: nothing is no choice', async (_, place) => {
		for (const value of ['={{ ({}).nothing }}', expression(null), expression('')]) {
			const { error } = await run(place.holding(value), { input: [{ id: 'a' }] });
			expect(shown(error).message).toMatch(
				new RegExp(`^'${place.field.displayName}' is empty( \\[item 0\\])?$`),
			);
		}
		expect(sent(simulator())).toEqual([]);
	});
});

test.each(
	named(['options', 'multiOptions']).filter(([, { field }]) => (field.options ?? []).length > 0),
)('the hint has the choices as the editor names them: %s', async (_, place) => {
	const { error } = await run(place.holding(expression('none of them')), { input: [{ id: 'a' }] });
	const { description = '' } = shown(error);
	const choices = place.field.options as INodePropertyOptions[];
	// Of many, such as the encodings, the values alone are long enough.
	const isLong = choices.length > 12;
	for (const choice of choices) {
		const value = choice.value === '\t' ? 'tab' : String(choice.value);
		const isPlain = isLong || value === choice.name;
		expect(description).toContain(isPlain ? value : `${value} (${choice.name})`);
	}
});

test.each([
	['Add', { segmentAction: expression('REMOVE') }],
	['Engine', { options: { engine: expression(' Rows ') } }],
])('a choice is found without its case: %s', async (_, parameters) => {
	const { error } = await run(
		forAnyOperation('bulk', 'importCsv', { ...parameters, dryRun: true }),
	);
	expect(error).toBeUndefined();
});

describe('the triggers', () => {
	const placesOf = ({ properties: fields }: INodeTypeDescription): Array<[string, Place]> =>
		placesIn(fields)
			.filter(({ field }) => ['boolean', 'options', 'number', 'multiOptions'].includes(field.type))
			.filter(({ field }) => field.noDataExpression !== true)
			.map((place) => [place.field.displayName, place]);

	const webhook = loadTrigger('ImpactAdvocateTrigger');
	const segments = loadTrigger('ImpactAdvocateSegmentTrigger');

	const activate = async (parameters: INodeParameters) => {
		const host = new WebhookHost(webhook, {
			parameters: { events: ['user.created'], options: {}, ...parameters },
			credentials: credentials(simulator()),
			webhookBaseUrl: 'http://127.0.0.1:1/webhook',
		});
		await host.activate();
	};

	const poll = async (parameters: INodeParameters) => {
		const host = new PollHost(segments, {
			parameters: {
				event: 'entered',
				watch: 'chosen',
				segments: ['vip'],
				options: {},
				...parameters,
			},
			credentials: credentials(simulator()),
		});
		await host.poll();
	};

	test.each([
		...placesOf(webhook.description).map(([name, place]): [string, Place, typeof poll] => [
			name,
			place,
			activate,
		]),
		...placesOf(segments.description).map(([name, place]): [string, Place, typeof poll] => [
			name,
			place,
			poll,
		]),
	])('%s', async (_, { field, holding }, start) => {
		simulator().state.addSegment({ key: 'vip' });
		const values = [
			[expression({ a: 1, b: 2 }), 'an object with 2 fields'],
			['={{ ({}).nothing }}', 'empty'],
			[expression(''), 'empty'],
			...(field.type === 'boolean' ? NEITHER : []),
		];
		for (const [value, says] of values) {
			const failure = await start(holding(value)).then(
				() => 'none',
				(error: Error) => error.message,
			);
			expect([value, failure]).toEqual([value, expect.stringContaining(field.displayName)]);
			expect(failure).toContain(says);
		}
		expect(sent(simulator())).toEqual([]);
		if (field.type !== 'boolean') return;
		for (const value of [...YES, ...NO]) await start(holding(expression(value)));
	});
});

describe('the credential', () => {
	const type = loadCredentialType();
	const switches = type.properties.filter((field) => field.type === 'boolean');
	const request: IHttpRequestOptions = { url: 'https://app.referralsaasquatch.com/api/v1/t/x' };
	const authenticate = type.authenticate as (
		credential: ICredentialDataDecryptedObject,
		options: IHttpRequestOptions,
	) => Promise<IHttpRequestOptions>;
	const data = { authentication: 'tenantApiKey', apiKey: 'secret-key', tenantAlias: 't' };

	test.each(switches.map((field): [string, INodeProperties] => [field.displayName, field]))(
		'%s',
		async (_, { name, displayName }) => {
			for (const spellings of [YES, NO]) {
				const wanted = await authenticate({ ...data, [name]: spellings[0] }, request);
				expect(wanted.skipSslCertificateValidation).toBe(spellings[0]);
				for (const value of spellings) {
					expect(await authenticate({ ...data, [name]: value }, request)).toEqual(wanted);
				}
			}
			// One from before the field came, or with the field left empty, is a safe one.
			for (const value of [undefined, '']) {
				const { skipSslCertificateValidation } = await authenticate(
					{ ...data, ...(value === undefined ? {} : { [name]: value }) },
					request,
				);
				expect(skipSslCertificateValidation).toBe(false);
			}
			await expect(authenticate({ ...data, [name]: 'maybe' }, request)).rejects.toThrow(
				`${displayName} is 'maybe'`,
			);
			const { error } = await run(forAnyOperation('segment', 'get'), {
				credentials: { ...credentials(simulator()), [name]: 'maybe' },
			});
			expect(shown(error).message).toBe(`${displayName} is 'maybe'`);
			expect(sent(simulator())).toEqual([]);
		},
	);
});
