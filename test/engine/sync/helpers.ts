/** What the tests of Sync Members share: a segment with members, the node on it, and the writes that arrived. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { byKey, nodeRunner, onSegment, sent, useSimulator } from '../../support/advocate';
import { readBinary } from '../harness';
import type { NodeOptions, NodeRun } from '../harness';
import type { Simulator } from '../../simulator/server';

export const DAY = 24 * 60 * 60 * 1000;

export function useSegment() {
	const simulator = useSimulator();
	const run = nodeRunner(simulator);

	/** Put participants in who have been there for long. */
	const put = (ids: readonly string[], segments: string[] = [], fields: object = {}) => {
		for (const id of ids) {
			simulator().state.addParticipant({
				id,
				segments,
				dateCreated: Date.now() - 90 * DAY,
				...fields,
			});
		}
	};

	const setSegments = (id: string, segments: string[]) => {
		const one = simulator().state.participant(id, id);
		if (one) simulator().state.setSegments(one, segments);
	};

	return {
		simulator,
		put,
		setSegments,
		enter: (id: string) => setSegments(id, ['vip']),
		leave: (id: string) => setSegments(id, []),
		/** Let somebody else do something right before a request. */
		meanwhile: (operationName: string, nth: number, work: () => void, times?: 'always') =>
			simulator().faults.add({
				match: { operationName, nth },
				times,
				then: { kind: 'meanwhile', work },
			}),
		/** What a run says that was held before it sent anything. */
		held: (run: NodeRun) => {
			expect(writes(simulator())).toEqual([]);
			return heldBy(run);
		},
		/** Run the node on items, as a published workflow does. */
		sync: async (
			input: IDataObject[],
			parameters: INodeParameters = {},
			options: Partial<NodeOptions> = {},
		): Promise<NodeRun> =>
			await run(onSegment('syncMembers', { segment: byKey('vip'), ...parameters }), {
				mode: 'trigger',
				input,
				...options,
			}),
		members: (segment = 'vip') =>
			[...simulator().state.membersOf(segment)].map(({ id }) => id).sort(),
	};
}

export const items = (ids: readonly string[]): IDataObject[] => ids.map((id) => ({ id }));

/** `m0`, `m1`, ... */
export const names = (count: number, prefix = 'm'): string[] =>
	Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** The requests that change something. */
export const writes = (simulator: Simulator): string[] =>
	sent(simulator).filter((request) => /Upsert|^(PUT|POST|DELETE) |createJob/i.test(request));

/** The cells of a file of the first item, without its header; the IDs are the second. */
export async function idsIn(run: NodeRun, field: string): Promise<string[]> {
	const text = (await readBinary(run.main[0], field)).toString('utf8');
	return text
		.trim()
		.split('\r\n')
		.slice(1)
		.map((line) => line.split(',')[1]);
}

/** What a held run says. */
export const heldBy = ({ error }: NodeRun) => ({
	message: error?.message,
	hint: error?.description ?? '',
});

export const planCodeIn = (text: string): string =>
	/\d+-\d+-[0-9a-z]+-[0-9a-f]{36}/.exec(text)?.[0] ?? '';
