/** The simulator promises nothing that the published API does not have. */
import {
	buildSchema,
	isEnumType,
	isInputObjectType,
	isInterfaceType,
	isObjectType,
	isScalarType,
	isUnionType,
} from 'graphql';
import type { GraphQLNamedType, GraphQLSchema } from 'graphql';
import { SCHEMA, SCHEMA_WITHOUT_UPSERT_USERS } from '../simulator/schema';
import { withSimulator } from '../support/simulator';
import {
	assertDocumentValid,
	assertRequestsValid,
	assertRestAnswerValid,
	assertRestBodyValid,
	describeWithReference,
	vendorOpenApi,
	vendorSchema,
} from './reference';

function kindOf(type: GraphQLNamedType): string {
	return type.constructor.name;
}

/** Everything of `own` that `published` lacks or has otherwise. */
function differences(own: GraphQLSchema, published: GraphQLSchema): string[] {
	const problems: string[] = [];
	const compare = (what: string, mine: unknown, theirs: unknown) => {
		if (String(mine) !== String(theirs)) problems.push(`${what}: ${mine} instead of ${theirs}`);
	};
	for (const [name, type] of Object.entries(own.getTypeMap())) {
		if (name.startsWith('__')) continue;
		const other = published.getType(name);
		if (other === undefined) {
			problems.push(`${name} does not exist`);
			continue;
		}
		compare(`kind of ${name}`, kindOf(type), kindOf(other));
		if (
			(isObjectType(type) || isInterfaceType(type)) &&
			(isObjectType(other) || isInterfaceType(other))
		) {
			for (const field of Object.values(type.getFields())) {
				const theirs = other.getFields()[field.name];
				compare(`${name}.${field.name}`, field.type, theirs?.type);
				for (const argument of field.args) {
					const match = theirs?.args.find((candidate) => candidate.name === argument.name);
					const label = `${name}.${field.name}(${argument.name}:)`;
					compare(label, argument.type, match?.type);
					compare(`default of ${label}`, argument.defaultValue, match?.defaultValue);
				}
			}
		} else if (isInputObjectType(type) && isInputObjectType(other)) {
			for (const field of Object.values(type.getFields())) {
				compare(`${name}.${field.name}`, field.type, other.getFields()[field.name]?.type);
			}
		} else if (isEnumType(type) && isEnumType(other)) {
			compare(
				name,
				type
					.getValues()
					.map((value) => value.name)
					.sort(),
				other
					.getValues()
					.map((value) => value.name)
					.sort(),
			);
		} else if (isUnionType(type) && isUnionType(other)) {
			compare(
				name,
				[...type.getTypes()].map(String).sort(),
				[...other.getTypes()].map(String).sort(),
			);
		} else if (!isScalarType(type)) {
			problems.push(`${name} was not compared`);
		}
	}
	return problems;
}

describeWithReference("the simulator's GraphQL schema", () => {
	it.each([
		['with upsertUsers', SCHEMA],
		['without upsertUsers', SCHEMA_WITHOUT_UPSERT_USERS],
	])('%s has only types, fields and arguments of the published schema', (_, sdl) => {
		expect(differences(buildSchema(sdl), vendorSchema())).toEqual([]);
	});

	it('is compared for real: a field, an argument and a type that differ are found', () => {
		const broken = SCHEMA.replace('segment(key: SegmentKey!)', 'segment(keys: SegmentKey!)')
			.replace('participantsCount: Long!', 'participantsCount: Int!')
			.replace('isLiveMode: Boolean!', 'isLive: Boolean!')
			.replace('\tARCHIVED', '\tGONE');
		expect(differences(buildSchema(broken), vendorSchema()).sort()).toEqual([
			'Query.segment(keys:): SegmentKey! instead of undefined',
			'Segment.participantsCount: Int! instead of Long!',
			'SegmentStatus: ACTIVE,GONE instead of ACTIVE,ARCHIVED',
			'Tenant.isLive: Boolean! instead of undefined',
		]);
	});
});

describeWithReference("the simulator's REST answers", () => {
	it('about exports fit it too', async () => {
		await withSimulator(async (simulator) => {
			const { apiKey, tenantAlias } = simulator.credentials;
			const headers = {
				authorization: `Basic ${Buffer.from(`:${apiKey}`).toString('base64')}`,
				'content-type': 'application/json',
			};
			const call = async (method: string, path: string, body?: object) => {
				const url = `${simulator.url}/api/v1/${tenantAlias}${path}`;
				const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
				const answer: unknown = await response.json();
				const [bare] = path.split('?');
				assertRestAnswerValid(method, `/${tenantAlias}${bare}`, response.status, answer);
				return answer as { id: string; status: string; data: unknown[] };
			};
			const input = { type: 'USER', format: 'CSV', name: 'x', params: { updatedSince: 1 } };
			const { id } = await call('POST', '/export', input);
			for (const status of ['PENDING', 'COMPLETED']) {
				expect(await call('GET', `/export/${id}`)).toMatchObject({ id, status });
			}
			expect((await call('GET', '/export/history/list?limit=5')).data).toHaveLength(1);
			assertRequestsValid(simulator.requests);
		});
	});

	it('fit the published description', async () => {
		await withSimulator(async (simulator) => {
			simulator.state.addParticipant({ id: 'a', email: 'a@example.com', segments: ['vip'] });
			const { apiKey, tenantAlias } = simulator.credentials;
			const headers = {
				authorization: `Basic ${Buffer.from(`:${apiKey}`).toString('base64')}`,
				'content-type': 'application/json',
			};
			const alias = `/${tenantAlias}`;
			const input = { id: 'b', accountId: 'b', segments: ['vip'], customFields: { plan: 'pro' } };
			const cases = [
				['GET', `${alias}/users`, 200, undefined],
				['GET', `${alias}/open/account/a/user/a`, 200, undefined],
				['GET', `${alias}/open/account/x/user/x`, 404, undefined],
				['GET', `${alias}/account/a/user/a`, 200, undefined],
				['PUT', `${alias}/open/account/b/user/b`, 200, input],
				['POST', `${alias}/open/account/c/user/c`, 201, { id: 'c', accountId: 'c' }],
			] as const;
			for (const [method, path, status, body] of cases) {
				const response = await fetch(`${simulator.url}/api/v1${path}`, {
					method,
					headers,
					body: JSON.stringify(body),
				});
				expect([path, response.status]).toEqual([path, status]);
				assertRestAnswerValid(method, path, status, await response.json());
			}
			expect(simulator.requests).toHaveLength(cases.length);
			assertRequestsValid(simulator.requests);
		});
	});
});

describeWithReference('the checks against the published API', () => {
	const path = '/tenant/open/account/a/user/a';

	it('find a field the schema lacks', () => {
		expect(() => assertDocumentValid('{ segments { data { key } } }')).not.toThrow();
		expect(() => assertDocumentValid('{ segments { data { color } } }')).toThrow(/color/);
		expect(() => assertDocumentValid('mutation { deleteSegment(key: "a") { key } }')).toThrow(
			/deleteSegment/,
		);
	});

	it('find variables that do not fit', () => {
		const query = 'mutation ($u: [UserInput!]!) { upsertUsers(userInputs: $u) { __typename } }';
		expect(() => assertDocumentValid(query, { u: [{ id: 'a', accountId: 'a' }] })).not.toThrow();
		expect(() => assertDocumentValid(query, { u: [{ id: 'a', segment: ['b'] }] })).toThrow(
			/segment/,
		);
		expect(() => assertDocumentValid(query, {})).toThrow(/\$u/);
		expect(() => assertDocumentValid(query, { u: [], extra: 1 })).toThrow(/extra/);
	});

	it('find REST bodies that do not fit', () => {
		const valid = { id: 'a', accountId: 'a', segments: ['b', '~c'], customFields: { x: null } };
		expect(() => assertRestBodyValid('PUT', path, valid)).not.toThrow();
		expect(() => assertRestBodyValid('PUT', path, { id: 'a' })).toThrow(/accountId is required/);
		expect(() => assertRestBodyValid('PUT', path, { ...valid, programId: 'p' })).toThrow(
			/programId is not in the description/,
		);
		expect(() => assertRestBodyValid('PUT', path, { ...valid, segments: 'b' })).toThrow(
			/segments must be array/,
		);
		expect(() => assertRestBodyValid('PUT', path, { ...valid, segments: [1] })).toThrow(
			/segments\[0\] must be string/,
		);
		expect(() => assertRestBodyValid('PATCH', path, valid)).toThrow(/not in the published/);
	});

	it('read every published REST description', () => {
		for (const name of ['user', 'export', 'webhook'] as const) {
			expect(Object.keys(vendorOpenApi(name).paths ?? {})).not.toHaveLength(0);
		}
	});
});
