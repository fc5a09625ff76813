/** The demo's second part: a segment kept equal to a list, a list that is cut short, and a new participant. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { runNode } from '../engine/harness';
import type { NodeRun } from '../engine/harness';
import type { Simulator } from '../simulator/server';
import { credentials } from '../support/simulator';
import { bold, cyan, dim, print, yellow } from './screen';

const DAY_MS = 24 * 60 * 60 * 1000;

const SEGMENT = 'subscribers';

const address = (index: number): string => `subscriber${index}@list.example`;

const people = (from: number, to: number): IDataObject[] =>
	Array.from({ length: to - from }, (_, index) => ({ id: address(from + index) }));

/**
 * Show both.
 * @param expect checks what came out
 */
export async function syncAndUpsert(
	simulator: Simulator,
	expect: (what: string, actual: unknown, expected: unknown) => void,
): Promise<void> {
	const { state } = simulator;
	const run = async (input: IDataObject[], parameters: INodeParameters): Promise<NodeRun> =>
		await runNode({ credentials: credentials(simulator), mode: 'trigger', input, parameters });
	const sync = async (list: IDataObject[]): Promise<NodeRun> =>
		await run(list, {
			resource: 'segment',
			operation: 'syncMembers',
			segment: { __rl: true, mode: 'key', value: SEGMENT },
		});

	state.addSegment({ key: SEGMENT, name: 'Subscribers' });
	for (let index = 0; index < 63; index++) {
		const segments = index < 60 ? [SEGMENT] : [];
		state.addParticipant({
			id: address(index),
			segments,
			dateCreated: Date.now() - 90 * DAY_MS,
		});
	}

	print(bold('A segment that is to be equal to a list, and what protects it'));
	const whole = await sync(people(2, 63));
	const [{ json: done }] = whole.main;
	expect('added and removed', [done.added, done.removed], [3, 2]);
	print(`  A list of 61         ${String(done.message)}`);
	print(
		`  ${' '.repeat(20)} ${dim(`${String(done.reads)} requests to read and compare, ${String(done.writes)} to change and check`)}`,
	);

	const cut = await sync(people(2, 13));
	expect('a list that is cut short', cut.status, 'error');
	expect('members after it', state.membersOf(SEGMENT).size, 61);
	print(`  The same, cut to 11  ${yellow(String(cut.error?.message))}`);
	print();

	print(bold('A new participant, with the link to share'));
	simulator.referrals.addProgram({ id: 'refer-a-friend' });
	const email = 'ines@example.com';
	const upsert = await run([{}], {
		resource: 'participant',
		operation: 'upsert',
		participantId: email,
		additionalFields: { email, firstName: 'Ines', lastName: 'Varga' },
		options: { includeShareLinks: true },
	});
	const [{ json }] = upsert.main;
	const { id, firstName, lastName, shareLink } = json;
	expect('the new participant', [id, firstName, typeof shareLink], [email, 'Ines', 'string']);
	print(`  ${String(firstName)} ${String(lastName)}  ${cyan(String(shareLink))}`);
	print();
}
