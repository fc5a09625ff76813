/** The node's credential, as n8n keeps it. */
import type {
	ICredentialsDecrypted,
	IExecuteFunctions,
	IHookFunctions,
	ILoadOptionsFunctions,
	IPollFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import { Redaction } from '../advocate/client/redaction';
import { authorizationHeader, ignoresSslIssues, secretsOf, tenantOf } from '../advocate/credential';
import type { Tenant } from '../advocate/credential';

export const CREDENTIAL_NAME = 'impactAdvocateApi';

/** The kinds of n8n context the nodes run in. Only an execution can be cancelled. */
export type AdvocateContext =
	| IExecuteFunctions
	| IHookFunctions
	| ILoadOptionsFunctions
	| IPollFunctions
	| IWebhookFunctions;

/** The node's credential, decrypted. */
export interface AdvocateCredential extends Tenant {
	/** From 'Ignore SSL Issues (Insecure)'. */
	skipSslCertificateValidation: boolean;
	/** Keeps its secrets out of what is read. */
	redaction: Redaction;
	/** As n8n's request helper takes it, so that it doesn't decrypt it again for every request. */
	decrypted: ICredentialsDecrypted;
}

/**
 * Decrypt the node's credential. Once per run: n8n resolves its expressions for the first item only.
 * @throws CredentialInputError when a field is missing or can't be used
 */
export async function loadCredential(context: AdvocateContext): Promise<AdvocateCredential> {
	const data = await context.getCredentials(CREDENTIAL_NAME);
	// Also what n8n would otherwise find out, less legibly, at the first request.
	authorizationHeader(data);
	const reference = context.getNode().credentials?.[CREDENTIAL_NAME];
	return {
		...tenantOf(data),
		skipSslCertificateValidation: ignoresSslIssues(data),
		redaction: new Redaction(secretsOf(data)),
		decrypted: {
			id: reference?.id ?? '',
			name: reference?.name ?? CREDENTIAL_NAME,
			type: CREDENTIAL_NAME,
			data,
		},
	};
}
