/** The open questions about the API that segments and participants raise, and how each is asked. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import type { SimulatorOptions } from '../simulator/options';
import { EXPORT_QUESTIONS } from './exportQuestions';
import { PROGRAM_QUESTIONS } from './programQuestions';
import { ProbeError, reasonOf } from './client';
import type { ProbeClient } from './client';
import {
	jobErrorsFile,
	jobRemoves,
	jobSegmentsArray,
	jobSegmentsColumn,
	jobUnknownColumn,
	jobUnknownKey,
} from './jobQuestions';
import { lookUpCase, pageLimit, rateLimit, searchDelay, sortByDate } from './listQuestions';
import { list } from './question';
import { unlessStopped } from './sandbox';
import type { Finding, ProbeContext, Question } from './question';

const upsertUsers = `mutation ProbeUpsertUsers($u: [UserInput!]!) {
	upsertUsers(userInputs: $u) {
		__typename
		... on User { id segments }
		... on ApiError { message statusCode rsCode }
	}
}`;

// Q1

async function unknownKey({ sandbox }: ProbeContext): Promise<Finding> {
	const [id, key] = [sandbox.participantId(), sandbox.segmentKey()];
	await sandbox.mustPut(id);
	const answer = await sandbox.put(id, { segments: [key] });
	if (answer.status >= 300) {
		return {
			answer: 'The whole upsert is refused',
			evidence: `PUT with an unknown key: ${reasonOf(answer)}`,
			switches: { unknownSegment: 'reject' },
		};
	}
	const segments = await sandbox.segmentsOf(id);
	const evidence = `PUT: ${answer.status}; the participant is in: ${list(segments)}`;
	return segments.includes(key)
		? {
				answer: 'The segment comes into being',
				evidence,
				switches: { unknownSegment: 'autoCreate' },
			}
		: { answer: 'The key is ignored', evidence, switches: { unknownSegment: 'ignore' } };
}

// Q2

const KEY_CHARACTERS = ['-', '_', '.', ' ', ':', '/', '|', 'é'];
const KEY_LENGTHS = [64, 65, 128, 256];

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Creates as few segments as it can: a key with all characters first, single ones only when that is refused. */
async function keyRules({ sandbox }: ProbeContext): Promise<Finding> {
	const isAccepted = async (ending: string): Promise<boolean> => {
		const key = sandbox.segmentKey(ending);
		const { refusal } = await sandbox.upsertSegment(key, { name: key });
		if (refusal !== undefined) sandbox.forgetSegment(key);
		return refusal === undefined;
	};
	if (!(await isAccepted('Aa1'))) {
		throw new ProbeError('not even letters and digits are accepted, or segments are out of reach');
	}
	let allowed = KEY_CHARACTERS;
	if (!(await isAccepted(`x${KEY_CHARACTERS.join('x')}x`))) {
		allowed = [];
		for (const character of KEY_CHARACTERS) {
			if (await isAccepted(`x${character}x`)) allowed.push(character);
		}
	}
	let longest = sandbox.prefix.length;
	let isBounded = false;
	for (const length of KEY_LENGTHS) {
		isBounded = !(await isAccepted('x'.repeat(length - sandbox.prefix.length)));
		if (isBounded) break;
		longest = length;
	}
	const takesAll = allowed.length === KEY_CHARACTERS.length && !isBounded;
	const characters = `A-Za-z0-9${allowed.map(escaped).join('')}`;
	const quoted = allowed.map((character) => `'${character}'`);
	return {
		answer: `Letters, digits and ${list(quoted)}; ${longest} characters${isBounded ? '' : ' and maybe more'}`,
		evidence: `tried ${KEY_CHARACTERS.map((character) => `'${character}'`).join(' ')} and ${KEY_LENGTHS.join(', ')} characters. How the portal makes a key from a name can only be seen in the portal`,
		switches: {
			segmentKeyPattern: takesAll ? null : `^[${characters}]{1,${isBounded ? longest : ''}}$`,
		},
	};
}

// Q5

async function rights(context: ProbeContext): Promise<Finding> {
	const { settings, client, sandbox } = context;
	const texts: string[] = [];
	let scoped: SimulatorOptions['scopedToken403'] = false;
	for (const [index, { name, authorization }] of settings.credentials.entries()) {
		const rest = await client.request('GET', '/users?limit=1', { authorization });
		const graphql = await client.graphql(
			'query ProbeRights { users(limit: 1) { totalCount } }',
			{},
			{ authorization },
		);
		// Nobody has this ID, so that open endpoints answer 404.
		const open = await client.request('GET', sandbox.pathOf(`${sandbox.prefix}nobody`), {
			authorization,
		});
		const upload = await client.upload(`${sandbox.prefix}.csv`, 'accountId,id\n', authorization);
		texts.push(
			`${name}: REST ${rest.status}, Open Endpoints ${open.status}, GraphQL ${graphql.refusal ?? graphql.status}, upload ${upload.status}`,
		);
		if (index > 0) continue;
		if (rest.status === 403) scoped = 'all';
		else if (graphql.status === 403) scoped = 'graphql';
		else if (open.status === 403) scoped = 'open';
		else if (upload.status === 403) scoped = 'upload';
	}
	return {
		answer: scoped === false ? 'Everything is open to the credential' : `403 for: ${scoped}`,
		evidence: texts.join('; '),
		switches: { scopedToken403: scoped },
	};
}

// Q6

/** Nobody's credential. */
const WRONG = `Basic ${Buffer.from('n8nProbe:n8nProbe').toString('base64')}`;

async function badCredentials({ client }: ProbeContext): Promise<Finding> {
	const rest = await client.request('GET', '/users?limit=1', { authorization: WRONG });
	const graphql = await client.graphql(
		'query ProbeWrong { users(limit: 1) { totalCount } }',
		{},
		{ authorization: WRONG },
	);
	// Should the API give data to nobody's credential, it is not shown.
	const restText =
		isRecord(rest.json) && 'users' in rest.json ? `${rest.status} with data` : reasonOf(rest);
	const kindOf = (status: number) => (status >= 300 ? '401' : '200WithErrors');
	return {
		answer: `REST ${rest.status}, GraphQL ${graphql.status}`,
		evidence: `REST: ${restText}; GraphQL: ${graphql.refusal ?? 'no refusal'}`,
		switches: {
			restBadCredentials: kindOf(rest.status),
			badCredentials: kindOf(graphql.status),
		},
	};
}

// Q7

async function absentUser({ client, sandbox }: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	const { data, refusal, status } = await client.graphql(
		'query ProbeAbsent($a: String!, $i: String!) { user(accountId: $a, id: $i) { id } }',
		{ a: id, i: id },
	);
	if (status >= 300) throw new ProbeError(`GraphQL was refused: ${refusal}`);
	return {
		answer: refusal === undefined ? 'null' : 'An error',
		evidence: refusal ?? `user: ${JSON.stringify(data.user)}`,
		switches: { absentUser: refusal === undefined ? 'null' : 'error' },
	};
}

interface BatchAnswer {
	refusal?: string;
	results: Array<Record<string, unknown>>;
}

async function upsertBatch(client: ProbeClient, inputs: object[]): Promise<BatchAnswer> {
	const { data, refusal, status } = await client.graphql(upsertUsers, { u: inputs });
	if (status === 401 || status === 403) throw new ProbeError(`GraphQL was refused: ${refusal}`);
	const results = Array.isArray(data.upsertUsers) ? data.upsertUsers.filter(isRecord) : [];
	return { refusal, results };
}

const LACKS_FIELD = /cannot query field|undefined field|FieldUndefined|unknown (field|type)/i;

/** Refused by the API for its blank ID, so it changes nothing. */
const BLANK = { id: '', accountId: '' };

async function batchOrder({ client, sandbox }: ProbeContext): Promise<Finding> {
	const inputs = Array.from({ length: 8 }, () => sandbox.participantId())
		.reverse()
		.map((id) => ({ id, accountId: id }));
	const { refusal, results } = await upsertBatch(client, inputs);
	if (refusal !== undefined && LACKS_FIELD.test(refusal)) {
		return {
			answer: 'There is no upsertUsers',
			evidence: refusal,
			switches: { upsertUsersAvailable: false },
		};
	}
	if (refusal !== undefined) throw new ProbeError(`the batch was refused: ${refusal}`);
	const isSame = results.every(({ id }, index) => id === inputs[index].id);
	return {
		answer: `Results come in ${isSame ? 'the order' : 'another order than that'} of the inputs`,
		evidence: `${results.length} results for ${inputs.length} inputs`,
		switches: { upsertUsersAvailable: true, upsertUsersOrder: isSame ? 'same' : 'shuffled' },
	};
}

async function badInput({ client, sandbox }: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	const { refusal, results } = await upsertBatch(client, [{ id, accountId: id }, BLANK]);
	if (refusal !== undefined && LACKS_FIELD.test(refusal)) throw new ProbeError('no upsertUsers');
	return {
		answer:
			refusal === undefined
				? 'A bad input fails alone'
				: 'One bad input makes the whole batch fail',
		evidence: refusal ?? results.map((result) => String(result.__typename)).join(', '),
		switches: { upsertUsersBadInput: refusal === undefined ? 'perInput' : 'wholeBatch' },
	};
}

const LARGEST_BATCH = 500;

/** Blank inputs only: whatever the size, nothing is written. */
async function batchLimit({ client }: ProbeContext): Promise<Finding> {
	const refusalOf = async (size: number): Promise<string> =>
		(
			await upsertBatch(
				client,
				Array.from({ length: size }, () => BLANK),
			)
		).refusal ?? '';
	const usual = await refusalOf(1);
	if (LACKS_FIELD.test(usual)) throw new ProbeError('no upsertUsers');
	const isTooLarge = async (size: number) => (await refusalOf(size)) !== usual;
	let [fits, tooLarge] = [1, LARGEST_BATCH + 1];
	// The documented limit and its neighbour first: with luck that is all.
	for (const size of [100, 101, LARGEST_BATCH]) {
		if (size <= fits || size >= tooLarge) continue;
		if (await isTooLarge(size)) tooLarge = size;
		else fits = size;
	}
	while (tooLarge - fits > 1) {
		if (fits === LARGEST_BATCH) break;
		const middle = Math.floor((fits + tooLarge) / 2);
		if (await isTooLarge(middle)) tooLarge = middle;
		else fits = middle;
	}
	return {
		answer: `At least ${fits} inputs fit into one upsertUsers`,
		evidence:
			tooLarge > LARGEST_BATCH
				? `${LARGEST_BATCH} were accepted`
				: `${tooLarge}: ${await refusalOf(tooLarge)}`,
		switches: { upsertUsersLimit: fits },
	};
}

// Q8

async function bareTilde({ sandbox }: ProbeContext): Promise<Finding> {
	const [id, key] = [sandbox.participantId(), await sandbox.newSegment()];
	await sandbox.mustPut(id, { segments: [key] });
	const answer = await sandbox.put(id, { segments: ['~'] });
	if (answer.status >= 300) {
		return { answer: 'Refused', evidence: reasonOf(answer), switches: { bareTilde: 'reject' } };
	}
	const left = await sandbox.segmentsOf(id);
	const evidence = `PUT: ${answer.status}; the participant is in: ${list(left)}`;
	return left.includes(key)
		? { answer: 'Ignored', evidence, switches: { bareTilde: 'ignore' } }
		: { answer: 'Clears all segments', evidence, switches: { bareTilde: 'clear' } };
}

// Q9

async function archived({ sandbox }: ProbeContext): Promise<Finding> {
	const key = await sandbox.newSegment();
	const [member, other] = [sandbox.participantId(), sandbox.participantId()];
	await sandbox.mustPut(member, { segments: [key] });
	const { refusal } = await sandbox.upsertSegment(key, { status: 'ARCHIVED' });
	if (refusal !== undefined) throw new ProbeError(`archiving was refused: ${refusal}`);
	const keeps = (await sandbox.segmentsOf(member)).includes(key);
	const added = await sandbox.put(other, { segments: [key] });
	const accepts = added.status < 300;
	const isIn = accepts && (await sandbox.segmentsOf(other)).includes(key);
	return {
		answer: `Members ${keeps ? 'stay' : 'are removed'}; new ones are ${accepts ? `accepted${isIn ? '' : ' but not added'}` : 'refused'}`,
		evidence: `adding to the archived segment: ${accepts ? added.status : reasonOf(added)}`,
		switches: {
			archivedSegmentMembers: keeps ? 'keep' : 'remove',
			archivedSegmentAccepts: isIn ? 'accept' : accepts ? 'ignore' : 'reject',
		},
	};
}

async function dateModified({ sandbox }: ProbeContext): Promise<Finding> {
	const key = await sandbox.newSegment();
	const before = await sandbox.dateModified(key);
	await sandbox.pause();
	await sandbox.mustPut(sandbox.participantId(), { segments: [key] });
	const after = await sandbox.dateModified(key);
	const moved = after !== before;
	return {
		answer: `A new member ${moved ? 'changes' : 'does not change'} a segment's dateModified`,
		evidence: `${before} before, ${after} after`,
		switches: { segmentDateModified: moved ? 'members' : 'edits' },
	};
}

// Q11

async function omittedFields({ sandbox }: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	await sandbox.mustPut(id, { firstName: 'Probe' });
	await sandbox.mustPut(id, { segments: [] });
	const { firstName } = await sandbox.get(id);
	const keeps = firstName === 'Probe';
	return {
		answer: keeps ? 'Omitted fields stay' : 'Omitted fields are erased',
		evidence: `firstName after a PUT without it: ${JSON.stringify(firstName ?? null)}`,
		switches: { restPutKeepsOmitted: keeps },
	};
}

async function unknownField({ sandbox }: ProbeContext): Promise<Finding> {
	const answer = await sandbox.put(sandbox.participantId(), { n8nProbeField: 'x' });
	const isRefused = answer.status >= 300;
	return {
		answer: `An unknown field is ${isRefused ? 'refused' : 'dropped'}`,
		evidence: isRefused ? reasonOf(answer) : `PUT: ${answer.status}`,
		switches: { strictUnknownFields: isRefused },
	};
}

// Q13

/** Whether null erases a detail; that it erases a custom field is documented. */
async function nullDetail({ sandbox }: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	await sandbox.mustPut(id, { firstName: 'Probe' });
	const answer = await sandbox.put(id, { firstName: null });
	if (answer.status >= 300) {
		return {
			answer: 'The whole upsert is refused',
			evidence: `PUT with firstName null: ${reasonOf(answer)}`,
			switches: { nullDetails: 'reject' },
		};
	}
	const { firstName } = await sandbox.get(id);
	const evidence = `PUT with firstName null: ${answer.status}; firstName is then ${JSON.stringify(firstName ?? null)}`;
	return typeof firstName === 'string' && firstName !== ''
		? { answer: 'It is ignored', evidence, switches: { nullDetails: 'ignore' } }
		: { answer: 'The detail is erased', evidence, switches: { nullDetails: 'clear' } };
}

/** All questions. Credentials first: without rights, nothing else can be answered. */
export const QUESTIONS: Question[] = [
	{ name: 'Q5', text: 'What may the credential do?', looks: [rights] },
	{ name: 'Q6', text: 'How are bad credentials refused?', looks: [badCredentials] },
	{ name: 'Q1', text: 'An upsert with an unknown segment key?', looks: [unknownKey] },
	{ name: 'Q2', text: 'Which segment keys are possible?', looks: [keyRules] },
	{
		name: 'Q3',
		text: '~key, and unknown keys, in an import job?',
		looks: [jobRemoves, jobUnknownKey],
	},
	{
		name: 'Q4',
		text: 'Columns of an import file, and its results?',
		looks: [jobSegmentsColumn, jobSegmentsArray, jobUnknownColumn, jobErrorsFile],
	},
	{
		name: 'Q7',
		text: 'An absent user; results of a batch?',
		looks: [absentUser, batchOrder, badInput, batchLimit],
	},
	{ name: 'Q8', text: 'The effect of a bare ~?', looks: [bareTilde] },
	{
		name: 'Q9',
		text: 'The effect of archiving a segment? What moves its date?',
		looks: [archived, dateModified],
	},
	{ name: 'Q10', text: 'Rate limit and largest page?', looks: [pageLimit, rateLimit] },
	{ name: 'Q11', text: 'Does a PUT keep what it omits?', looks: [omittedFields, unknownField] },
	{ name: 'Q12', text: 'How late do searches see a write?', looks: [searchDelay] },
	{ name: 'Q13', text: 'Does null erase a detail?', looks: [nullDetail] },
	{ name: 'Q14', text: 'Do upper and lower case count in look-ups?', looks: [lookUpCase] },
	{ name: 'Q15', text: 'Are lists sorted by date of creation?', looks: [sortByDate] },
	...PROGRAM_QUESTIONS,
	...EXPORT_QUESTIONS,
];

/** Answers to one question, in the order of its looks. A look that failed says why. */
export async function ask(question: Question, context: ProbeContext): Promise<Finding[]> {
	const findings: Finding[] = [];
	for (const look of question.looks) {
		try {
			findings.push(await look(context));
		} catch (caught) {
			findings.push({ answer: 'Not answered', evidence: unlessStopped(caught) });
		}
	}
	return findings;
}
