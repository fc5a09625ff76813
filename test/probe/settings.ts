/* eslint-disable @n8n/community-nodes/no-restricted-imports -- a tool for developers, run in plain Node.js */
/** What the probe is told: the tenant and its credentials, from the environment or from flags. */
import { parseArgs } from 'node:util';
import { apiBaseUrl, authorizationHeader } from '../../nodes/shared/advocate/credential';

export const USAGE = `Usage: npm run probe -- [options]

Answers what the documentation of the Advocate API leaves open, with about 190
requests to a TEST tenant. It changes participants and segments of its own only,
deletes the participants and archives the segments when it ends. The API has no way
to delete a segment, so archived ones named n8nProbe... stay. New participants may
set off webhooks and programs of the tenant. Of all others it reads counts, and the
first entry of the list of participants, of which nothing is shown or kept. It asks
for exports of what changed while it runs; Advocate keeps their files for 30 days.

Credentials, best from the environment (flags can be seen in the list of processes):
  ADVOCATE_TENANT_ALIAS   --tenant-alias <alias>
  ADVOCATE_ACCOUNT_SID    --account-sid <sid>      together with
  ADVOCATE_AUTH_TOKEN     --auth-token <token>
  ADVOCATE_API_KEY        --api-key <key>          instead of, or beside, the two above
  ADVOCATE_BASE_URL       --base-url <url>         default: https://app.referralsaasquatch.com

Options:
  --only <Q1,Q2,...>      ask these questions only
  --profile <file.json>   write the answers as switches of the simulator
  --burst <n>             requests sent at once to look for a rate limit (default: 30, 0 for none)
  --poll <seconds>        between two looks at an import job (default: 5)
  --allow-live            also run on a live tenant. Do not, unless you know why
  --help                  show this text
`;

/** One way to open the tenant. */
interface ProbeCredential {
	name: string;
	authorization: string;
}

export interface ProbeSettings {
	apiUrl: string;
	tenantAlias: string;
	/** The first one is used for all but the question about credentials. */
	credentials: ProbeCredential[];
	/** Never printed. */
	secrets: string[];
	/** Names of questions, such as Q1; all when empty. */
	only: string[];
	profile?: string;
	burst: number;
	pollMs: number;
	allowLive: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = {
	'tenant-alias': { type: 'string' },
	'account-sid': { type: 'string' },
	'auth-token': { type: 'string' },
	'api-key': { type: 'string' },
	'base-url': { type: 'string' },
	only: { type: 'string' },
	profile: { type: 'string' },
	burst: { type: 'string' },
	poll: { type: 'string' },
	'allow-live': { type: 'boolean' },
	help: { type: 'boolean' },
} as const;

function wholeNumber(name: string, text: string, max: number): number {
	const value = Number(text);
	if (text.trim() !== '' && value >= 0 && value <= max) return value;
	throw new Error(`--${name} must be a number from 0 to ${max}`);
}

/**
 * Read flags and environment.
 * @returns nothing when help was asked for
 * @throws Error with what is missing; it never holds a value that was given for a credential
 */
export function readSettings(
	argv: readonly string[],
	environment: Environment,
): ProbeSettings | undefined {
	const { values } = parseArgs({ args: [...argv], options: OPTIONS });
	if (values.help) return undefined;
	const given = (flag: 'tenant-alias' | 'account-sid' | 'auth-token' | 'api-key' | 'base-url') =>
		(values[flag] ?? environment[`ADVOCATE_${flag.toUpperCase().replace('-', '_')}`] ?? '').trim();
	const [accountSid, authToken, apiKey] = [
		given('account-sid'),
		given('auth-token'),
		given('api-key'),
	];
	const tenantAlias = given('tenant-alias');
	const credentials: ProbeCredential[] = [];
	if (accountSid !== '' || authToken !== '') {
		const fields = { authentication: 'accountSidToken', accountSid, authToken };
		credentials.push({
			name: 'Account SID + Auth Token',
			authorization: authorizationHeader(fields),
		});
	}
	if (apiKey !== '') {
		const fields = { authentication: 'tenantApiKey', apiKey };
		credentials.push({ name: 'Tenant API Key', authorization: authorizationHeader(fields) });
	}
	if (credentials.length === 0) {
		throw new Error(
			'No credential: set ADVOCATE_ACCOUNT_SID and ADVOCATE_AUTH_TOKEN, or ADVOCATE_API_KEY',
		);
	}
	return {
		apiUrl: apiBaseUrl({ baseUrl: given('base-url'), tenantAlias }),
		tenantAlias,
		credentials,
		secrets: secretsOf([accountSid, authToken, apiKey], credentials),
		only: (values.only ?? '').split(',').flatMap((name) => name.trim().toUpperCase() || []),
		profile: values.profile,
		burst: wholeNumber('burst', values.burst ?? '30', 200),
		pollMs: wholeNumber('poll', values.poll ?? '5', 600) * 1000,
		allowLive: values['allow-live'] === true,
	};
}

function secretsOf(values: string[], credentials: ProbeCredential[]): string[] {
	const headers = credentials.map(({ authorization }) => authorization.replace(/^Basic /, ''));
	// The longest first, so that no rest of one is left when another is a part of it.
	return [...values, ...headers]
		.filter((secret) => secret !== '')
		.sort((a, b) => b.length - a.length);
}

/** Whether a key or an alias is marked as that of a live tenant. */
export function isMarkedLive({ tenantAlias, secrets }: ProbeSettings): boolean {
	return [tenantAlias, ...secrets].some((text) => /^live[_-]?/i.test(text));
}

/** Whether a key or the alias is marked as that of a test tenant. */
export function isMarkedTest({ tenantAlias, secrets }: ProbeSettings): boolean {
	return [tenantAlias, ...secrets].some((text) => /^test[_-]/i.test(text));
}

/** A text without any of the secrets. */
export function redact(text: string, secrets: readonly string[]): string {
	return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
