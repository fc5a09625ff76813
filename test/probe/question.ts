/** What a question about the API is made of. */
import type { SimulatorOptions } from '../simulator/options';
import type { ProbeClient } from './client';
import type { Sandbox } from './sandbox';
import type { ProbeSettings } from './settings';

export interface ProbeContext {
	settings: ProbeSettings;
	client: ProbeClient;
	sandbox: Sandbox;
}

/** What one look at the API showed. */
export interface Finding {
	answer: string;
	evidence: string;
	/** The same as switches of the simulator. */
	switches?: Partial<SimulatorOptions>;
}

export interface Question {
	name: string;
	text: string;
	/** Looks, one after the other; each stands alone, so that one that fails keeps the others. */
	looks: Array<(context: ProbeContext) => Promise<Finding>>;
}

/** Some values as a text. */
export const list = (values: readonly string[]): string =>
	values.length === 0 ? 'none' : values.join(', ');
