/** What the tests of the segment trigger share: a workflow with it, people in segments, and what was put out in short. */
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { allSent, credentials } from '../../support/advocate';
import type { Simulator } from '../../simulator/server';
import { loadTrigger, PollHost } from './contexts';

export const nodeType = loadTrigger('ImpactAdvocateSegmentTrigger');

export const CHOSEN: INodeParameters = {
	event: 'entered',
	watch: 'chosen',
	segments: ['vip'],
	options: {},
};

/** Compare at every poll, whatever the counts say. */
export const ALWAYS = { fullComparisonEvery: 0 };

const nameOf = (segment: unknown) => (segment as { key: string }).key;

/** `+vip a` for an entry, `-vip a` for a departure, in any order. */
export function seen(items: INodeExecutionData[] | null): string[] {
	return (items ?? [])
		.flatMap(({ json }) => {
			const { id } = json.participant as { id: string };
			if (json.event === 'changed') {
				return [
					...(json.entered as unknown[]).map((segment) => `+${nameOf(segment)} ${id}`),
					...(json.left as unknown[]).map((segment) => `-${nameOf(segment)} ${id}`),
				];
			}
			return [`${json.event === 'left' ? '-' : '+'}${nameOf(json.segment)} ${id}`];
		})
		.sort();
}

export const idsOf = (items: INodeExecutionData[] | null): string[] =>
	(items ?? []).map(({ json }) => String(json.eventId));

/** Helpers for the simulator of a test file. */
export function segmentTrigger(simulator: () => Simulator) {
	const create = (parameters: INodeParameters = {}): PollHost =>
		new PollHost(nodeType, {
			parameters: { ...CHOSEN, ...parameters },
			credentials: credentials(simulator()),
		});

	/** Put a participant into exactly these segments. */
	const put = (id: string, ...segments: string[]): void => {
		const { state } = simulator();
		const participant = state.participant(id, id) ?? state.addParticipant({ id });
		for (const key of segments) if (!state.segments.has(key)) state.addSegment({ key });
		state.setSegments(participant, segments);
	};

	return {
		create,
		put,
		/** A workflow that has had its first poll. */
		async watching(parameters: INodeParameters = {}): Promise<PollHost> {
			const host = create(parameters);
			expect(await host.poll()).toBeNull();
			simulator().clearRequests();
			return host;
		},
		/** m0, m1, ... in a segment. */
		crowd(count: number, segment = 'vip', from = 0): void {
			for (let index = from; index < from + count; index++) put(`m${index}`, segment);
		},
		requests: (): string[] => allSent(simulator()).filter((request) => request !== 'GetSegment'),
	};
}
