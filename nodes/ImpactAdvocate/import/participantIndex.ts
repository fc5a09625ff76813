/**
 * Remembers which participants a file has named, in 8 bytes each: half a million IDs kept as texts would take more
 * memory than everything else in an import together.
 *
 * Keys are kept as 64-bit hashes. Among a million different keys the chance that any two share a hash is about one in
 * thirty million.
 */
export class ParticipantSet {
	/** Different keys so far. */
	size = 0;

	protected capacity = 1024;

	/** Both halves 0 mark a free place; no key has this hash, see `hash64`. */
	private high = new Uint32Array(this.capacity);

	private low = new Uint32Array(this.capacity);

	/** @returns whether the key is new */
	add(key: string): boolean {
		const before = this.size;
		this.place(key);
		return this.size > before;
	}

	has(key: string): boolean {
		return this.isTaken(this.find(...hash64(key)));
	}

	/** The place of a key, which is taken now if it was free. */
	protected place(key: string): number {
		if (this.size >= this.capacity * MAX_LOAD) this.grow();
		const [high, low] = hash64(key);
		const place = this.find(high, low);
		if (!this.isTaken(place)) {
			this.high[place] = high;
			this.low[place] = low;
			this.size++;
		}
		return place;
	}

	/** Where a hash stands, or the free place where it belongs. */
	protected find(high: number, low: number): number {
		const mask = this.capacity - 1;
		let place = low & mask;
		while (this.isTaken(place) && (this.low[place] !== low || this.high[place] !== high)) {
			place = (place + 1) & mask;
		}
		return place;
	}

	protected isTaken(place: number): boolean {
		return this.low[place] !== 0 || this.high[place] !== 0;
	}

	/** Double the number of places. */
	private grow(): void {
		const { high, low, capacity } = this;
		this.capacity = capacity * 2;
		this.high = new Uint32Array(this.capacity);
		this.low = new Uint32Array(this.capacity);
		const move = this.mover();
		for (let from = 0; from < capacity; from++) {
			if (high[from] === 0 && low[from] === 0) continue;
			const to = this.find(high[from], low[from]);
			this.high[to] = high[from];
			this.low[to] = low[from];
			move(from, to);
		}
	}

	/** Makes room for what else is kept by place; what is returned takes it from its old place to its new one. */
	protected mover(): (from: number, to: number) => void {
		return () => {};
	}
}

/** The same with a number for each participant, in 12 bytes. */
export class ParticipantIndex extends ParticipantSet {
	private numbers = new Uint32Array(this.capacity);

	/**
	 * Note a number for a key.
	 * @param number an integer from 0 to 4,294,967,295
	 * @returns the number noted for it before; nothing for a new key
	 */
	set(key: string, number: number): number | undefined {
		const before = this.size;
		const place = this.place(key);
		const earlier = this.size > before ? undefined : this.numbers[place];
		this.numbers[place] = number;
		return earlier;
	}

	/** The number noted for a key. */
	get(key: string): number | undefined {
		const place = this.find(...hash64(key));
		return this.isTaken(place) ? this.numbers[place] : undefined;
	}

	protected override mover(): (from: number, to: number) => void {
		const { numbers } = this;
		this.numbers = new Uint32Array(this.capacity);
		return (from, to) => {
			this.numbers[to] = numbers[from];
		};
	}
}

/** Share of places that may be taken before there are more of them. */
const MAX_LOAD = 0.75;

/** Two independent 32-bit hashes of a text (FNV-1a and a multiplicative one), each mixed at the end; never both 0. */
export function hash64(key: string): [number, number] {
	let first = 0x811c9dc5;
	let second = 0x9e3779b9;
	for (let index = 0; index < key.length; index++) {
		const code = key.charCodeAt(index);
		first = Math.imul(first ^ code, 0x01000193);
		second = Math.imul(second + code, 0x85ebca6b) ^ (second >>> 13);
	}
	const high = mix(second);
	const low = mix(first);
	return high === 0 && low === 0 ? [0, 1] : [high, low];
}

function mix(hash: number): number {
	let mixed = hash ^ (hash >>> 16);
	mixed = Math.imul(mixed, 0x7feb352d);
	mixed ^= mixed >>> 15;
	mixed = Math.imul(mixed, 0x846ca68b);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}
