/** The credential, stored, decrypted and applied as n8n does it, with a count of the decryptions. */
import './environment';
import { ICredentialsHelper, NodeHelpers, UnexpectedError } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	ICredentials,
	ICredentialType,
	IHttpRequestOptions,
	INodeCredentialsDetails,
	INodeProperties,
	IWorkflowExecuteAdditionalData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { loadCredentialType } from './source';

export const CREDENTIAL_NAME = 'impactAdvocateApi';

/** How a node refers to the credential. */
export const CREDENTIAL_REFERENCE: INodeCredentialsDetails = { id: 'c1', name: 'Advocate account' };

/** What n8n hands out: the stored fields, completed by defaults, without those that are hidden. */
export function withDefaults(
	type: ICredentialType,
	data: ICredentialDataDecryptedObject,
): ICredentialDataDecryptedObject {
	const complete = NodeHelpers.getNodeParameters(
		type.properties,
		data as never,
		true,
		false,
		null as never,
		null as never,
	);
	return (complete ?? {}) as ICredentialDataDecryptedObject;
}

export class TestCredentialsHelper extends ICredentialsHelper {
	/** How often a credential was decrypted. */
	decryptions = 0;

	private readonly type = loadCredentialType();

	constructor(private readonly data: ICredentialDataDecryptedObject | undefined) {
		super();
	}

	getParentTypes(): string[] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_typeName: string,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		if (typeof this.type.authenticate !== 'function') {
			throw new UnexpectedError('The credential has no function to authenticate with');
		}
		return await this.type.authenticate(credentials, requestOptions);
	}

	async preAuthentication(): Promise<undefined> {
		return undefined;
	}

	async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	async getCredentials(): Promise<ICredentials> {
		throw new UnexpectedError('The tests store no encrypted credentials');
	}

	async getDecrypted(
		_additionalData: IWorkflowExecuteAdditionalData,
		_reference: INodeCredentialsDetails,
		_type: string,
		_mode: WorkflowExecuteMode,
		_executeData?: unknown,
		raw?: boolean,
	): Promise<ICredentialDataDecryptedObject> {
		this.decryptions++;
		if (this.data === undefined) throw new UnexpectedError('The test gave no credential');
		return raw ? { ...this.data } : withDefaults(this.type, this.data);
	}

	async updateCredentials(): Promise<void> {}

	async updateCredentialsOauthTokenData(): Promise<void> {}

	getCredentialsProperties(): INodeProperties[] {
		return this.type.properties;
	}
}
