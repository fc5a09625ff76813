/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** Runs checks one after the other, prints each, and counts. */
import { duration, print } from './processes';

export class Checks {
	passed = 0;

	readonly failures: string[] = [];

	private readonly startedAt = Date.now();

	/** A heading. */
	section(title: string): void {
		print(`\n${title}`);
	}

	/** Something worth knowing that is no check. */
	note(text: string): void {
		print(`    ${text}`);
	}

	/**
	 * Run one check. A failure is noted and the next check runs.
	 * @returns what the check returned; nothing when it failed
	 */
	async check<T>(name: string, body: () => Promise<T> | T): Promise<T | undefined> {
		const startedAt = Date.now();
		try {
			const value = await body();
			this.passed++;
			print(`  ok    ${name} (${duration(Date.now() - startedAt)})`);
			return value;
		} catch (error) {
			this.fail(`${name} (${duration(Date.now() - startedAt)})`, error);
			return undefined;
		}
	}

	/** Note a failure. */
	fail(name: string, error: unknown): void {
		this.failures.push(name);
		print(`  FAIL  ${name}`);
		const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
		print(text.replace(/^/gm, '        '));
	}

	/** Print the result; its last line is `N passed, N failed`. */
	finish(): void {
		print();
		for (const name of this.failures) print(`  failed: ${name}`);
		print(`Took ${duration(Date.now() - this.startedAt)}`);
		print(`${this.passed} passed, ${this.failures.length} failed`);
		if (this.failures.length > 0 || this.passed === 0) process.exitCode = 1;
	}
}
