/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** A chat model on loopback that calls the one tool it is given, then repeats what the tool answered. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A tool as a model gets to know it. */
export interface OfferedTool {
	name: string;
	description: string;
	parameters: { properties: Record<string, unknown>; required?: string[] };
}

interface ChatRequest {
	messages: Array<{ role: string; content: unknown }>;
	tools?: Array<{ function: OfferedTool }>;
}

export class FakeModel {
	/** The tools of the last conversation. */
	tools: OfferedTool[] = [];

	/** What the tool answered. */
	toolAnswer = '';

	/** What the model passes to the tool. */
	callWith: Record<string, unknown> = {};

	private readonly server: Server;

	constructor() {
		this.server = createServer((request, response) => {
			void this.answer(request).then((body) => {
				response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
			});
		});
	}

	async listen(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
	}

	close(): void {
		this.server.closeAllConnections();
		this.server.close();
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
	}

	private async answer(request: IncomingMessage): Promise<unknown> {
		const { messages, tools } = JSON.parse(await text(request)) as ChatRequest;
		this.tools = (tools ?? []).map((tool) => tool.function);
		const last = messages[messages.length - 1];
		if (last.role === 'tool') {
			this.toolAnswer = String(last.content);
			return completion({ role: 'assistant', content: this.toolAnswer }, 'stop');
		}
		const call = {
			id: 'call_1',
			type: 'function',
			function: { name: this.tools[0]?.name, arguments: JSON.stringify(this.callWith) },
		};
		return completion({ role: 'assistant', content: null, tool_calls: [call] }, 'tool_calls');
	}
}

function completion(message: unknown, reason: string): unknown {
	return {
		id: 'completion_1',
		object: 'chat.completion',
		created: 0,
		model: 'test-model',
		choices: [{ index: 0, message, finish_reason: reason }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}
