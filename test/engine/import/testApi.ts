/** One simulator for the tests of a file, empty again before each of them. */
import { startSimulator } from '../../simulator/server';
import type { Simulator } from '../../simulator/server';

export class TestApi {
	private started?: Simulator;

	constructor() {
		beforeAll(async () => {
			this.started = await startSimulator();
		});
		beforeEach(() => this.api.reset());
		afterAll(async () => await this.started?.close());
	}

	/** The simulator. */
	get api(): Simulator {
		if (this.started === undefined) throw new Error('The simulator is not started');
		return this.started;
	}
}
