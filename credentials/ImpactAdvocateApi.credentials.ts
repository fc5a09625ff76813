import { NodeOperationError } from 'n8n-workflow';
import type {
	IAuthenticate,
	IAuthenticateRuleResponseCode,
	IAuthenticateRuleResponseSuccessBody,
	ICredentialTestRequest,
	ICredentialType,
	INode,
	INodeProperties,
} from 'n8n-workflow';
import {
	apiBaseUrl,
	authorizationHeader,
	DEFAULT_BASE_URL,
	ignoresSslIssues,
} from '../nodes/shared/advocate/credential';
import { guardRequest } from './guardRequest';

const KEY_REFUSED =
	'The key was refused. Check the Account SID and Auth Token (or the API Key), and that they belong to this tenant: a test tenant has a key of its own.';
const NO_PERMISSION =
	'The key is valid but lacks permission. Allow it to use the Advocate API in impact.com, or use another key.';
const UNKNOWN_TENANT =
	'There is no such tenant. Check the Tenant Alias (and the Base URL, if you changed it).';

const NOT_THE_API =
	'Something between n8n and the API answered: a proxy (HTTP_PROXY, HTTPS_PROXY), a firewall or a gateway. It has to let n8n through. If there is none, check the Base URL.';
const PROXY_LOGIN =
	"The proxy between n8n and the API wants a login. Put it into the proxy's address in HTTP_PROXY and HTTPS_PROXY (http://name:password@host:port) and restart n8n.";

const onStatus = (value: number, message: string): IAuthenticateRuleResponseCode => ({
	type: 'responseCode',
	properties: { value, message },
});

const onBody = (
	key: string,
	value: unknown,
	message: string,
): IAuthenticateRuleResponseSuccessBody => ({
	type: 'responseSuccessBody',
	properties: { key, value, message },
});

/** Where the API's error, `{message, statusCode, apiErrorCode, rsCode}`, can be in an answer with status 200. */
const ERROR_PATHS = [
	'',
	'extensions.apiError.',
	'errors[0].',
	'errors[0].extensions.',
	'errors[0].extensions.apiError.',
];

/** What in it says which field is wrong. RS045 comes last: it also stands for missing credentials. */
const ERROR_SIGNS: Array<[message: string, field: string, value: string | number]> = [
	[KEY_REFUSED, 'statusCode', 401],
	[KEY_REFUSED, 'apiErrorCode', 'UNAUTHORIZED'],
	[KEY_REFUSED, 'code', 'UNAUTHENTICATED'],
	[NO_PERMISSION, 'statusCode', 403],
	[NO_PERMISSION, 'apiErrorCode', 'FORBIDDEN'],
	[NO_PERMISSION, 'code', 'FORBIDDEN'],
	[UNKNOWN_TENANT, 'statusCode', 404],
	[UNKNOWN_TENANT, 'apiErrorCode', 'TENANT_NOT_FOUND'],
	[UNKNOWN_TENANT, 'rsCode', 'RS045'],
];

/**
 * n8n shows the first rule that fits; a body rule fits when the field has exactly the value (`undefined`: is missing).
 * Its type allows one kind of rule only, its tester both.
 */
const TEST_RULES = [
	onStatus(407, PROXY_LOGIN),
	// A text: the API's answers, refusals too, are JSON.
	onBody('constructor.name', 'String', NOT_THE_API),
	...[301, 302, 303, 307, 308].map((status) =>
		onStatus(status, 'The Base URL redirects to another address. Check it.'),
	),
	...ERROR_SIGNS.flatMap(([message, field, value]) =>
		ERROR_PATHS.map((path) => onBody(path + field, value, message)),
	),
	onBody('errors.length', 1, 'The API refused the request. Check the key and the Tenant Alias.'),
	onBody(
		'users',
		undefined,
		'What answered is not the Advocate API: the response has no list of participants. Check the Base URL, then the key and the Tenant Alias.',
	),
] as ICredentialTestRequest['rules'];

/**
 * A refusal with one of these is judged by its body: a proxy's page comes with them too, and says nothing about the key
 * or the tenant.
 */
const JUDGED_BY_BODY = [400, 401, 403, 404];

/** Every other status that is no success. */
const OTHER_STATUSES = Array.from({ length: 300 }, (_, index) => 300 + index).filter(
	(status) => !JUDGED_BY_BODY.includes(status),
);

/**
 * Older versions of n8n lose the cause of an error, and with it the status that the rules above look at. There the
 * credential test has to go by the body of the answer.
 */
const losesStatus = new NodeOperationError({} as INode, new Error('cause')).cause === undefined;

export class ImpactAdvocateApi implements ICredentialType {
	name = 'impactAdvocateApi';

	displayName = 'impact.com Advocate API';

	icon = { light: 'file:../icons/advocate.svg', dark: 'file:../icons/advocate.dark.svg' } as const;

	documentationUrl =
		'https://github.com/n8n-nodes-impact-advocate/n8n-nodes-impact-advocate#credential';

	properties: INodeProperties[] = [
		{
			displayName: 'Authentication',
			name: 'authentication',
			type: 'options',
			options: [
				{
					name: 'Account SID + Auth Token',
					value: 'accountSidToken',
					description: 'The API credentials of an impact.com account',
				},
				{
					name: 'Tenant API Key',
					value: 'tenantApiKey',
					description: 'The API key of a tenant, as SaaSquatch issued it',
				},
			],
			default: 'accountSidToken',
			description: 'Which kind of API credentials you have',
		},
		{
			displayName: 'Account SID',
			name: 'accountSid',
			type: 'string',
			default: '',
			required: true,
			displayOptions: { show: { authentication: ['accountSidToken'] } },
			description:
				'In impact.com, go to Settings > Technical > API, open an access token and copy the Account SID',
			hint: 'In impact.com: Settings > Technical > API, in an access token',
		},
		{
			displayName: 'Auth Token',
			name: 'authToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			displayOptions: { show: { authentication: ['accountSidToken'] } },
			description:
				'In impact.com, go to Settings > Technical > API, open the same access token and copy the Auth Token',
			hint: 'Next to the Account SID, on the same page of impact.com',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			displayOptions: { show: { authentication: ['tenantApiKey'] } },
			description:
				'In impact.com, go to Settings > Advocate Settings > General > Tenant Details and copy the API key. Test tenants have a key of their own, which starts with TEST_.',
			hint: 'In impact.com: Settings > Advocate Settings > General > Tenant Details',
		},
		{
			displayName: 'Tenant Alias',
			name: 'tenantAlias',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. test_a1b2c3d4e5f6g',
			description:
				'In impact.com, go to Settings > Advocate Settings > General > Tenant Details and copy the tenant alias. The alias of a test tenant starts with test_.',
			hint: 'In impact.com: Settings > Advocate Settings > General > Tenant Details',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://app.referralsaasquatch.com',
			placeholder: 'e.g. https://app.referralsaasquatch.com',
			description: 'The address of the Advocate API. It begins with https://.',
			hint: 'Leave it as it is unless impact.com gave you another address',
		},
		{
			displayName: 'Ignore SSL Issues (Insecure)',
			name: 'ignoreSslIssues',
			type: 'boolean',
			default: false,
			description: 'Whether to connect even if SSL certificate validation is not possible',
		},
	];

	/**
	 * Add the Basic header to a request that may have it (`guardRequest`).
	 *
	 * The one request with a `baseURL` is the credential test below: it gets the tenant's URL there, from the same rules
	 * as the node, which an expression couldn't call.
	 */
	authenticate: IAuthenticate = async (credentials, requestOptions) => {
		const request = guardRequest(requestOptions, {
			apiUrl: apiBaseUrl(credentials),
			ignoreSslIssues: ignoresSslIssues(credentials),
		});
		request.headers = { ...request.headers, Authorization: authorizationHeader(credentials) };
		if (requestOptions.baseURL !== undefined) {
			request.ignoreHttpStatusErrors = losesStatus || { ignore: true, except: OTHER_STATUSES };
		}
		return request;
	};

	test: ICredentialTestRequest = {
		request: {
			baseURL: `={{ $credentials.baseUrl || '${DEFAULT_BASE_URL}' }}`,
			url: '/users',
			qs: { limit: 1 },
		},
		rules: TEST_RULES,
	};
}
