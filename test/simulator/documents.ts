/** GraphQL documents: parsed and validated once each, and what they are about. */
import {
	buildSchema,
	getOperationAST,
	GraphQLError,
	GraphQLScalarType,
	Kind,
	parse,
	validate,
	valueFromASTUntyped,
} from 'graphql';
import type { DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { SCHEMA, SCHEMA_WITHOUT_UPSERT_USERS } from './schema';

/** A document that was looked at. Errors are those of its syntax, or of the schema. */
interface PreparedDocument {
	document?: DocumentNode;
	errors: readonly GraphQLError[];
}

const MAX_CACHED = 1000;

const STRING_SCALARS = [
	'JobType',
	'RSCountryCode',
	'RSLocale',
	'SegmentKey',
	'SegmentOperation',
] as const;
const INTEGER_SCALARS = ['Long', 'RSDate'] as const;

function checked(scalar: string, isValid: (value: unknown) => boolean) {
	return (value: unknown) => {
		if (isValid(value)) return value;
		throw new GraphQLError(`${scalar} cannot represent value: ${JSON.stringify(value)}`);
	};
}

function withCheck(schema: GraphQLSchema, name: string, isValid: (value: unknown) => boolean) {
	const type = schema.getType(name);
	if (!(type instanceof GraphQLScalarType)) throw new Error(`${name} is not a scalar`);
	type.parseValue = checked(name, isValid);
	type.parseLiteral = (node) => checked(name, isValid)(valueFromASTUntyped(node));
}

function build(sdl: string): GraphQLSchema {
	const schema = buildSchema(sdl);
	for (const name of STRING_SCALARS) withCheck(schema, name, (value) => typeof value === 'string');
	for (const name of INTEGER_SCALARS) withCheck(schema, name, Number.isInteger);
	return schema;
}

/** One schema with the documents already validated against it. */
class ValidatedSchema {
	private readonly cache = new Map<string, PreparedDocument>();

	constructor(readonly schema: GraphQLSchema) {}

	prepare(query: string): PreparedDocument {
		const known = this.cache.get(query);
		if (known !== undefined) return known;
		const prepared = this.read(query);
		if (this.cache.size >= MAX_CACHED) this.cache.clear();
		this.cache.set(query, prepared);
		return prepared;
	}

	private read(query: string): PreparedDocument {
		try {
			const document = parse(query, { maxTokens: 100_000 });
			return { document, errors: validate(this.schema, document) };
		} catch (error) {
			return { errors: [error instanceof GraphQLError ? error : new GraphQLError(String(error))] };
		}
	}
}

/** The two schemas a tenant can have. */
export class SchemaVersions {
	private readonly current = new ValidatedSchema(build(SCHEMA));

	private readonly old = new ValidatedSchema(build(SCHEMA_WITHOUT_UPSERT_USERS));

	/** The schema of the tenant, by whether it has `upsertUsers`. */
	get(upsertUsersAvailable: boolean): ValidatedSchema {
		return upsertUsersAvailable ? this.current : this.old;
	}
}

/** What a GraphQL request is about. */
export interface OperationInfo {
	name?: string;
	rootFields: string[];
	/** Inputs of `upsertUser` and `upsertUsers`. */
	userInputs: Array<Record<string, unknown>>;
	/** Values of literal `id` arguments. */
	literalIds: string[];
}

function isInput(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

function fieldsOf(operation: OperationDefinitionNode): FieldNode[] {
	return operation.selectionSet.selections.filter((node) => node.kind === Kind.FIELD);
}

/** Say what the chosen operation of a document is about. */
export function describeOperation(
	document: DocumentNode,
	operationName: string | undefined,
	variables: Record<string, unknown>,
): OperationInfo {
	const info: OperationInfo = { rootFields: [], userInputs: [], literalIds: [] };
	const operation = getOperationAST(document, operationName);
	if (!operation) return info;
	info.name = operation.name?.value;
	for (const field of fieldsOf(operation)) {
		info.rootFields.push(field.name.value);
		for (const argument of field.arguments ?? []) {
			const value: unknown = valueFromASTUntyped(argument.value, variables);
			if (argument.name.value === 'userInput' && isInput(value)) info.userInputs.push(value);
			if (argument.name.value === 'userInputs' && Array.isArray(value)) {
				info.userInputs.push(...value.filter(isInput));
			}
			if (argument.name.value === 'id' && typeof value === 'string') info.literalIds.push(value);
		}
	}
	return info;
}
