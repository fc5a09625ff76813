/** A plain fetch client for the tests of the simulator. */
import type { Simulator } from './server';

/** An answer, with its body as text and, when it is JSON, parsed. */
export interface Answer {
	status: number;
	headers: Headers;
	text: string;
	json: unknown;
}

/** The GraphQL mutation most tests use. */
export const UPSERT_USERS = `mutation upsert($u: [UserInput!]!) {
	upsertUsers(userInputs: $u) {
		__typename
		... on User { id accountId segments }
		... on ApiError { message statusCode rsCode }
	}
}`;

const basic = (user: string, password: string) =>
	`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

async function toAnswer(response: Response): Promise<Answer> {
	const text = await response.text();
	return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

/** Talks to one simulator. */
export class TestClient {
	/** The Authorization header; undefined leaves it out. */
	authorization: string | undefined;

	constructor(private readonly simulator: Simulator) {
		this.useApiKey();
	}

	/** Authenticate with the tenant's API key. */
	useApiKey(apiKey = this.simulator.credentials.apiKey): void {
		this.authorization = basic('', apiKey);
	}

	/** Authenticate with Account SID and Auth Token. */
	useToken(): void {
		const { accountSid, authToken } = this.simulator.credentials;
		this.authorization = basic(accountSid, authToken);
	}

	/** Send a request under the tenant's address. */
	async send(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Answer> {
		const headers: Record<string, string> = {};
		if (this.authorization !== undefined) headers.authorization = this.authorization;
		if (body !== undefined) headers['content-type'] = 'application/json';
		const response = await fetch(this.simulator.apiUrl + path, {
			method,
			headers,
			body: body === undefined ? undefined : JSON.stringify(body),
			redirect: 'manual',
			...init,
		});
		return await toAnswer(response);
	}

	/** Upsert one user over REST; the account has the same id. */
	async put(id: string, fields: object = {}): Promise<Answer> {
		const encoded = encodeURIComponent(id);
		const path = `/open/account/${encoded}/user/${encoded}`;
		return await this.send('PUT', path, { id, accountId: id, ...fields });
	}

	/** Get one user over REST; the account has the same id. */
	async get(id: string): Promise<Answer> {
		const encoded = encodeURIComponent(id);
		return await this.send('GET', `/open/account/${encoded}/user/${encoded}`);
	}

	/** Send a GraphQL request. */
	async graphql(query: string, variables?: object, init?: RequestInit): Promise<Answer> {
		return await this.send('POST', '/graphql', { query, variables }, init);
	}

	/** Upsert users in one batch. */
	async upsertUsers(users: object[]): Promise<Answer> {
		return await this.graphql(UPSERT_USERS, { u: users });
	}

	/** Upload a file. */
	async upload(fileName: string, content: string, field = 'file'): Promise<Answer> {
		const form = new FormData();
		form.set(field, new Blob([content]), fileName);
		const headers: Record<string, string> = {};
		if (this.authorization !== undefined) headers.authorization = this.authorization;
		const url = `${this.simulator.apiUrl}/export/upload`;
		return await toAnswer(await fetch(url, { method: 'POST', headers, body: form }));
	}

	/** Get any address without credentials. */
	async download(url: string): Promise<Answer> {
		return await toAnswer(await fetch(url, { redirect: 'manual' }));
	}
}
