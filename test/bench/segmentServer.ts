/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/**
 * A tenant with one large segment, whose members are computed, not kept: of the participants of a bench file, one in 200
 * is no member, and as many others are. So a sync with that file has one percent to change.
 *
 * Run as a process of its own, with the number of rows, the latency and the largest page: prints its URL.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [rows, latencyMs, largestPage] = process.argv.slice(2).map(Number);

const EVERY = 200;
const SEGMENT = 'bench';

interface Person {
	id: string;
	accountId: string;
}

/** Changes that were sent, by ID. */
const changed = new Map<string, boolean>();

const strangers = Math.floor(rows / EVERY);

const personAt = (index: number): Person =>
	index < rows
		? { id: `participant${index}@example.com`, accountId: `account${index}` }
		: { id: `stranger${index - rows}@example.com`, accountId: `stranger${index - rows}` };

/** Members in their order: those of the file without one in 200, then the others. */
function memberAt(place: number): Person {
	const fromFile = rows - strangers;
	if (place >= fromFile) return personAt(rows + place - fromFile);
	// Of each 200, the last 199.
	return personAt(Math.floor(place / (EVERY - 1)) * EVERY + (place % (EVERY - 1)) + 1);
}

function isMember({ id }: Person): boolean {
	const known = changed.get(id);
	if (known !== undefined) return known;
	const number = /^participant(\d+)@/.exec(id)?.[1];
	return number === undefined || Number(number) % EVERY !== 0;
}

const shown = (person: Person) => ({
	__typename: 'User',
	...person,
	segments: isMember(person) ? [SEGMENT] : [],
	dateCreated: 1,
});

interface Call {
	operationName: string;
	variables: Record<string, unknown>;
}

function answer({ operationName, variables }: Call): unknown {
	const segment = { key: SEGMENT, name: SEGMENT, status: 'ACTIVE', participantsCount: rows };
	switch (operationName) {
		case 'ListSegments':
			return { segments: { totalCount: 1, data: [segment] } };
		case 'LookUpSegments':
			return Object.fromEntries(
				Object.keys(variables).map((_, index) => [
					`s${index}`,
					variables[`k${index}`] === SEGMENT ? segment : null,
				]),
			);
		case 'GetSegment':
			return { segment };
		case 'ListParticipants': {
			const { offset, limit } = variables as { offset: number; limit: number };
			const length = Math.max(0, Math.min(limit, largestPage, rows - offset));
			const data = Array.from({ length }, (_, index) => shown(memberAt(offset + index)));
			return { users: { totalCount: rows, data } };
		}
		case 'LookUpParticipants': {
			const count = Object.keys(variables).length / 2;
			return Object.fromEntries(
				Array.from({ length: count }, (_, index) => [
					`u${index}`,
					shown({ id: String(variables[`i${index}`]), accountId: String(variables[`a${index}`]) }),
				]),
			);
		}
		case 'UpsertParticipants': {
			const inputs = variables.userInputs as Array<Person & { segments: string[] }>;
			for (const { id, segments } of inputs) changed.set(id, segments[0] === SEGMENT);
			return { upsertUsers: inputs.map(({ id, accountId }) => shown({ id, accountId })) };
		}
		default:
			throw new Error(`Not expected: ${operationName}`);
	}
}

const server = createServer((request, response) => {
	const chunks: Buffer[] = [];
	request.on('data', (chunk: Buffer) => chunks.push(chunk));
	request.on('end', () => {
		const call = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Call;
		const text = JSON.stringify({ data: answer(call) });
		setTimeout(() => {
			response.setHeader('content-type', 'application/json');
			response.end(text);
		}, latencyMs);
	});
});
server.listen(0, '127.0.0.1', () => {
	const { port } = server.address() as AddressInfo;
	process.stdout.write(`http://127.0.0.1:${port}\n`);
});
