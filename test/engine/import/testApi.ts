/** One simulator for the tests of a file, empty again before each of them but for some segments. */
import type { Simulator } from '../../simulator/server';
import { SOME_SEGMENTS, useSimulator } from '../../support/simulator';

export class TestApi {
	private readonly simulator = useSimulator(SOME_SEGMENTS);

	/** Begin anew. */
	reset(): void {
		this.api.reset();
	}

	/** The simulator. */
	get api(): Simulator {
		return this.simulator();
	}
}
