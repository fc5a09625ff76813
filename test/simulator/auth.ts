/** HTTP Basic in the two forms the API takes. */

/** What opens the simulated tenant: Account SID with Auth Token, or a blank user with the API key. */
export interface SimulatorCredentials {
	accountSid: string;
	authToken: string;
	apiKey: string;
	tenantAlias: string;
}

/** The fixed credentials of the simulator. Made up; they open nothing else. */
export const CREDENTIALS: Readonly<SimulatorCredentials> = {
	accountSid: 'SIMULATOR_ACCOUNT_SID',
	authToken: 'simulator-auth-token',
	apiKey: 'TEST_simulator_api_key',
	tenantAlias: 'test_simulator',
};

/** Whether an Authorization header opens the tenant. */
export function isAuthorized(
	header: string | undefined,
	credentials: SimulatorCredentials,
): boolean {
	const match = /^Basic\s+(\S+)$/i.exec(header ?? '');
	if (match === null) return false;
	const pair = Buffer.from(match[1], 'base64').toString('utf8');
	const { accountSid, authToken, apiKey } = credentials;
	return pair === `${accountSid}:${authToken}` || pair === `:${apiKey}`;
}

/** An Authorization header without its secret. */
export function redacted(header: string, isValid: boolean): string {
	const scheme = header.split(' ', 1)[0];
	return `${scheme} ${isValid ? 'valid' : 'invalid'}`;
}
