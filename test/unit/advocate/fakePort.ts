/** A host for the API client with scripted answers and a clock that only moves when somebody waits. */
import { Transport } from '../../../nodes/shared/advocate/client/transport';
import type { TransportOptions } from '../../../nodes/shared/advocate/client/transport';
import type {
	AdvocatePort,
	PortRequest,
	PortResponse,
} from '../../../nodes/shared/advocate/client/port';

/** What comes back: an answer, or the lack of one. */
export type Scripted = Partial<PortResponse> | Error;

/** The same, made when the request arrives. */
type Made = () => Scripted;

export class FakePort implements AdvocatePort {
	time = Date.UTC(2026, 0, 1);

	readonly start = this.time;

	readonly sent: PortRequest[] = [];

	readonly sentAt: number[] = [];

	readonly sleeps: number[] = [];

	isCancelled = false;

	/** Of each wait, drawn in turn; the last one stays. */
	jitter: number[] = [0.5];

	/** Answers in turn; the last one stays. */
	constructor(private readonly answers: Array<Scripted | Made>) {}

	/** Answers that are still to come, the last one included, which stays. */
	get answersLeft(): number {
		return this.answers.length;
	}

	/** Answer the next requests like this from now on. */
	answer(...answers: Array<Scripted | Made>): void {
		this.answers.splice(0, this.answers.length, ...answers);
	}

	private readonly sleepers: Array<{ until: number; wake: () => void }> = [];

	private moving = false;

	async send(request: PortRequest): Promise<PortResponse> {
		this.sent.push(request);
		this.sentAt.push(this.time - this.start);
		await Promise.resolve();
		const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
		const answer = typeof next === 'function' ? next() : next;
		if (answer instanceof Error) throw answer;
		return { statusCode: 200, headers: {}, body: {}, ...answer };
	}

	async sleep(milliseconds: number): Promise<void> {
		this.sleeps.push(milliseconds);
		if (this.isCancelled || milliseconds <= 0) return;
		await new Promise<void>((wake) => {
			this.sleepers.push({ until: this.time + milliseconds, wake });
			void this.move();
		});
	}

	/** Go on to the end of the shortest sleep, once everybody else had their turn. */
	private async move(): Promise<void> {
		if (this.moving) return;
		this.moving = true;
		while (this.sleepers.length > 0) {
			for (let turn = 0; turn < 20; turn++) await Promise.resolve();
			this.sleepers.sort((a, b) => a.until - b.until);
			const next = this.sleepers.shift();
			if (next === undefined) break;
			this.time = Math.max(this.time, next.until);
			next.wake();
		}
		this.moving = false;
	}

	cancelled(): boolean {
		return this.isCancelled;
	}

	now(): number {
		return this.time;
	}

	random(): number {
		return (this.jitter.length > 1 ? this.jitter.shift() : this.jitter[0]) ?? 0;
	}

	/** A transport through this port. */
	transport(options: Partial<TransportOptions> = {}): Transport {
		return new Transport(this, {
			apiUrl: 'https://api.example.com/api/v1/alias',
			origin: 'https://api.example.com',
			timeoutMs: 30_000,
			waitBudgetMs: 3_600_000,
			...options,
		});
	}
}
