/** One simulator for the tests of a file, empty again before each of them. */
import type { Simulator } from '../../simulator/server';
import { useSimulator } from '../../support/simulator';

export class TestApi {
	private readonly simulator = useSimulator();

	/** The simulator. */
	get api(): Simulator {
		return this.simulator();
	}
}
