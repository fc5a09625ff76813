/** One simulator for the tests of a file, empty again before each of them but for some segments. */
import { SOME_SEGMENTS } from '../../support/advocate';
import { startSimulator } from '../../simulator/server';
import type { Simulator } from '../../simulator/server';

export class TestApi {
	private started?: Simulator;

	constructor() {
		beforeAll(async () => {
			this.started = await startSimulator();
		});
		beforeEach(() => this.reset());
		afterAll(async () => await this.started?.close());
	}

	/** Begin anew. */
	reset(): void {
		this.api.reset();
		for (const key of SOME_SEGMENTS) this.api.state.addSegment({ key });
	}

	/** The simulator. */
	get api(): Simulator {
		if (this.started === undefined) throw new Error('The simulator is not started');
		return this.started;
	}
}
