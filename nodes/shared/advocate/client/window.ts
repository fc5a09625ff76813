/**
 * How many requests may be in flight, and how soon after each other they leave. Starts small, grows while more requests
 * at once bring more, and gives way when answers become late or do not come. Pure; times are milliseconds since the
 * epoch.
 */

/** Requests in flight at the start; each success allows one more until the first sign of overload. */
const INITIAL_IN_FLIGHT = 2;

/** Answers later than this share of the time-out are a sign of overload; above the smaller share there is no growth. */
const LATE_SHARE = 1 / 2;
const SLOW_SHARE = 1 / 3;
const QUICK_SHARE = 1 / 8;

/**
 * Round trips that have to go well before a number of requests is tried again at which there was trouble, at first and
 * at most; they double each time.
 */
const FIRST_CARE_ROUNDS = 8;
const MOST_CARE_ROUNDS = 128;

/** More requests at once are given up again when they bring less than this share of what fewer brought. */
const WORTH_SHARE = 0.9;

/** Answers at a level before others are compared with it, before it is given up, and before the older ones fade. */
const FEW_ANSWERS = 4;
const TELLING_ANSWERS = 8;
const MANY_ANSWERS = 64;

/** A request this many round trips old, and this many milliseconds, will most likely not be answered any more. */
const STUCK_ROUND_TRIPS = 8;
const STUCK_LEAST_MS = 500;

/**
 * Requests leave at least this share of an even spacing apart, and never have to be further apart than so many
 * milliseconds. It takes about that long to work on an answer and to send the next request: requests that left together
 * would be answered together and wait for each other at every turn. A whole even spacing would cost more than it
 * brings, since answers don't come after exactly the same time.
 */
const SPACING_SHARE = 0.75;
const LARGEST_SPACING_MS = 5;

/** So much of the spacing may be made up for after a late timer. */
const SPACING_CREDIT = 0.5;

/** Weight of the latest round trip in the average. */
const ROUND_TRIP_WEIGHT = 0.125;

/** A request on its way. */
export interface Departure {
	readonly at: number;
	/** See `Window.integral`. */
	readonly integral: number;
}

/** What an answer says: in time, or so late that it is a sign of overload. */
export type AnswerPace = 'inTime' | 'late';

/** What requests brought that had about as many others around them: their number, and sums over them. */
interface Level {
	answers: number;
	/** Requests in flight during each, on average. */
	inFlight: number;
	milliseconds: number;
}

export class Window {
	/** Requests in flight now. */
	count = 0;

	/** Maximum number of requests that were in flight at once so far. */
	peak = 0;

	/** Maximum number of requests that may be in flight now. */
	allowed: number;

	/** Below this, the allowance doubles per round trip; from here on it grows by one. Set by the first sign of overload. */
	private slowStartEnd = Infinity;

	/** Requests in flight with which there was trouble, until that many go well. */
	private troubleAt = Infinity;

	private careRounds = FIRST_CARE_ROUNDS / 2;

	private successesSinceGrowth = 0;

	/** When all the room there was has last been used. */
	private fullAt = -Infinity;

	private lastSignAt = -Infinity;

	/** A list: a set that is in use for long keeps what went through it in memory, see `WriteQueue`. */
	private readonly onTheirWay: Departure[] = [];

	/** Average time of an answer. */
	private roundTripMs = 0;

	private nextStartAt = -Infinity;

	/** Requests in flight, summed up over the milliseconds from the start to the last change. */
	private integral = 0;

	private lastChangeAt: number;

	/** By the base-2 logarithm of the number of requests in flight, rounded up. */
	private readonly levels: Level[] = [];

	/** @param most maximum number of requests in flight */
	constructor(
		readonly most: number,
		private readonly startedAt: number,
	) {
		this.allowed = most === Infinity ? most : Math.min(INITIAL_IN_FLIGHT, most);
		this.lastChangeAt = startedAt;
	}

	get isFull(): boolean {
		return this.count >= this.allowed;
	}

	/** Milliseconds until the next request may leave, see `SPACING_SHARE`. */
	waitAt(now: number): number {
		return Math.max(0, this.nextStartAt - now);
	}

	/** A request leaves. */
	started(now: number): Departure {
		const spacing = this.spacingMs;
		this.nextStartAt = Math.max(this.nextStartAt, now - SPACING_CREDIT * spacing) + spacing;
		this.track(1, now);
		this.peak = Math.max(this.peak, this.count);
		if (this.isFull) this.fullAt = now;
		const departure = { at: now, integral: this.integral };
		this.onTheirWay.push(departure);
		return departure;
	}

	/** A request ended, whatever its result. Comes after what is known of that. */
	ended(departure: Departure, now: number): void {
		const place = this.onTheirWay.indexOf(departure);
		if (place >= 0) this.onTheirWay.splice(place, 1);
		this.track(-1, now);
	}

	/** What was sent went well. */
	answered(departure: Departure, now: number, timeoutMs: number): AnswerPace {
		const roundTripMs = now - departure.at;
		this.roundTripMs +=
			(roundTripMs - this.roundTripMs) * (this.roundTripMs === 0 ? 1 : ROUND_TRIP_WEIGHT);
		const inFlight = this.inFlightDuring(departure, now);
		const level = this.note(inFlight, roundTripMs);
		if (roundTripMs > LATE_SHARE * timeoutMs) {
			return this.overloaded(departure, now) ? 'late' : 'inTime';
		}
		if (this.allowed < this.most && roundTripMs <= SLOW_SHARE * timeoutMs) {
			const bringsMore = inFlight / roundTripMs >= this.bestBelow(level).rate;
			const wasFull = this.fullAt >= departure.at;
			if (wasFull && bringsMore && this.stuckAt(now) === 0) this.mayGrow();
		}
		this.giveUpWhatIsNotWorthIt(level);
		return 'inTime';
	}

	/**
	 * A sign of overload: an answer that was late, or did not come.
	 * @returns whether it counts: all requests of one round trip give one sign, not many
	 */
	overloaded(departure: Departure, now: number): boolean {
		if (departure.at <= this.lastSignAt) return false;
		this.lastSignAt = now;
		if (this.allowed === Infinity) return true;
		// Some are answered while others never are: as many as are.
		const answered = this.count - this.stuckAt(now);
		const isMixed = answered > 0 && answered < this.count;
		const around = isMixed ? answered + 1 : Math.round(this.inFlightDuring(departure, now));
		this.noteTroubleAt(Math.max(2, around));
		this.shrinkTo(Math.min(answered, Math.floor(this.allowed / 2)));
		return true;
	}

	/** Whether answers that come take far less than the time-out: what does not come then is lost, not slow. */
	isQuick(timeoutMs: number): boolean {
		return this.roundTripMs > 0 && this.roundTripMs < QUICK_SHARE * timeoutMs;
	}

	/** Requests in flight on average since the start. */
	averageAt(now: number): number {
		const elapsed = now - this.startedAt;
		return elapsed === 0 ? 0 : this.integralAt(now) / elapsed;
	}

	/** An answer in time makes room for more requests. */
	private mayGrow(): void {
		this.successesSinceGrowth++;
		const isCareful = this.allowed + 1 >= this.troubleAt;
		const roundTrips = isCareful ? this.careRounds : 1;
		const isSlowStart = this.allowed < this.slowStartEnd && !isCareful;
		if (!isSlowStart && this.successesSinceGrowth < roundTrips * this.allowed) return;
		this.successesSinceGrowth = 0;
		this.allowed++;
		if (!isCareful) return;
		// What was found there is long ago.
		this.troubleAt = Infinity;
		this.levels.length = Math.min(this.levels.length, levelOf(this.allowed));
	}

	/** Where more requests at once make the API slower than fewer do, there are fewer. */
	private giveUpWhatIsNotWorthIt(level: number): void {
		const here: Level | undefined = this.levels[level];
		if (this.allowed === Infinity || level !== levelOf(this.allowed)) return;
		if (here === undefined || here.answers < Math.max(TELLING_ANSWERS, this.allowed / 2)) return;
		const best = this.bestBelow(level);
		if (rateOf(here) >= WORTH_SHARE * best.rate) return;
		this.noteTroubleAt(2 ** (level - 1) + 1);
		this.shrinkTo(2 ** best.level);
	}

	private noteTroubleAt(inFlight: number): void {
		this.troubleAt = inFlight;
		this.careRounds = Math.min(MOST_CARE_ROUNDS, 2 * this.careRounds);
	}

	private shrinkTo(allowed: number): void {
		this.allowed = Math.max(1, Math.min(this.allowed, allowed));
		this.slowStartEnd = this.allowed;
		this.successesSinceGrowth = 0;
	}

	private note(inFlight: number, milliseconds: number): number {
		const level = levelOf(inFlight);
		const sums = (this.levels[level] ??= { answers: 0, inFlight: 0, milliseconds: 0 });
		if (sums.answers >= MANY_ANSWERS) {
			sums.answers /= 2;
			sums.inFlight /= 2;
			sums.milliseconds /= 2;
		}
		sums.answers++;
		sums.inFlight += inFlight;
		sums.milliseconds += milliseconds;
		return level;
	}

	/** What the best of the levels with fewer requests brought, in answers per millisecond. */
	private bestBelow(level: number): { level: number; rate: number } {
		let best = { level: 0, rate: 0 };
		for (let below = 0; below < level; below++) {
			const known = this.levels[below];
			const rate = known?.answers >= FEW_ANSWERS ? rateOf(known) : 0;
			if (rate > best.rate) best = { level: below, rate };
		}
		return best;
	}

	private stuckAt(now: number): number {
		if (this.roundTripMs === 0) return 0;
		const since = now - Math.max(STUCK_LEAST_MS, STUCK_ROUND_TRIPS * this.roundTripMs);
		let stuck = 0;
		for (const { at } of this.onTheirWay) if (at < since) stuck++;
		return stuck;
	}

	/** Requests in flight during one, on average. */
	inFlightDuring({ at, integral }: Departure, now: number): number {
		return now > at ? (this.integralAt(now) - integral) / (now - at) : this.count;
	}

	private get spacingMs(): number {
		return Math.min(LARGEST_SPACING_MS, (SPACING_SHARE * this.roundTripMs) / this.allowed);
	}

	private integralAt(now: number): number {
		return this.integral + this.count * (now - this.lastChangeAt);
	}

	private track(step: 1 | -1, now: number): void {
		this.integral = this.integralAt(now);
		this.lastChangeAt = now;
		this.count += step;
	}
}

const levelOf = (inFlight: number): number => Math.max(0, Math.ceil(Math.log2(inFlight) - 1e-6));

/** Answers per millisecond, by Little's law. */
const rateOf = (level: Level | undefined): number =>
	level === undefined || level.milliseconds === 0 ? 0 : level.inFlight / level.milliseconds;
