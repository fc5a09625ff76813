/**
 * The Test of the credential dialog. n8n's own code for it is in the package `n8n`, which is no dependency of these
 * tests: this follows its `credentials-tester.service.js`, which is the same from n8n 1.123 to 2.41 in what matters
 * here, and uses n8n-core's RoutingNode for the request as that does.
 */
import { Workflow } from 'n8n-workflow';
import type {
	IAuthenticateRuleResponseCode,
	IAuthenticateRuleResponseSuccessBody,
	ICredentialDataDecryptedObject,
	INode,
	INodeCredentialTestResult,
	INodeType,
} from 'n8n-workflow';
import {
	CREDENTIAL_NAME,
	CREDENTIAL_REFERENCE,
	TestCredentialsHelper,
	withDefaults,
} from './credentials';
import { createAdditionalData, createTestContext, RoutingNode, WORKFLOW_ID } from './engine';
import { loadCredentialType } from './source';

type Rule = IAuthenticateRuleResponseCode | IAuthenticateRuleResponseSuccessBody;

/** What the tester looks at in an error of the request. */
interface RequestError {
	message: string;
	cause?: { code?: string; response?: { status: number; statusText?: string } };
}

/** Test a credential with these fields, as the dialog would. */
export async function testCredential(
	data: ICredentialDataDecryptedObject,
): Promise<INodeCredentialTestResult> {
	const type = loadCredentialType();
	if (type.test === undefined) throw new Error('The credential has no test');
	const rules = (type.test.rules ?? []) as Rule[];
	const failure = (message: string): INodeCredentialTestResult => ({ status: 'Error', message });
	let body: unknown;
	try {
		body = await request(type.test.request, withDefaults(type, data));
	} catch (caught) {
		const { message, cause } = caught as RequestError;
		if (cause?.response) {
			const { status, statusText } = cause.response;
			for (const rule of rules) {
				if (rule.type === 'responseCode' && rule.properties.value === status) {
					return failure(rule.properties.message);
				}
			}
			if (status < 199 || status > 299) {
				return failure(statusText || `Received HTTP status code: ${status}`);
			}
		} else if (cause?.code) {
			return failure(cause.code);
		}
		return failure(message);
	}
	for (const rule of rules) {
		if (
			rule.type === 'responseSuccessBody' &&
			valueAt(body, rule.properties.key) === rule.properties.value
		) {
			return failure(rule.properties.message);
		}
	}
	return { status: 'OK', message: 'Connection successful!' };
}

async function request(
	requestOptions: unknown,
	data: ICredentialDataDecryptedObject,
): Promise<unknown> {
	const node: INode = {
		id: 'temp',
		parameters: {},
		name: 'Temp-Node',
		type: 'n8n-nodes-base.noOp',
		typeVersion: 1,
		position: [0, 0],
		credentials: { [CREDENTIAL_NAME]: CREDENTIAL_REFERENCE },
	};
	const nodeType = {
		description: {
			name: node.type,
			version: 1,
			credentials: [{ name: CREDENTIAL_NAME, required: true }],
			properties: [
				{
					displayName: 'Temp',
					name: 'temp',
					type: 'string',
					routing: { request: requestOptions },
					default: '',
				},
			],
		},
	} as unknown as INodeType;
	const workflow = new Workflow({
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes: {
			getByName: () => nodeType,
			getByNameAndVersion: () => nodeType,
			getKnownTypes: () => ({}),
		},
	});
	const helper = new TestCredentialsHelper(data);
	const additionalData = createAdditionalData(
		helper,
		{ id: WORKFLOW_ID, name: 'Test' },
		'internal',
	);
	const context = createTestContext(workflow, node, additionalData);
	const response = await new RoutingNode(context, nodeType, {
		id: String(CREDENTIAL_REFERENCE.id),
		name: CREDENTIAL_REFERENCE.name,
		type: CREDENTIAL_NAME,
		data,
	}).runNode();
	return response?.[0][0].json;
}

/** `get` of lodash, as far as the rules need it: `a.b[0].c`. */
function valueAt(value: unknown, path: string): unknown {
	return path
		.split(/[.[\]]+/)
		.filter((key) => key !== '')
		.reduce<unknown>(
			(current, key) =>
				current === undefined || current === null ? undefined : Object(current)[key],
			value,
		);
}
