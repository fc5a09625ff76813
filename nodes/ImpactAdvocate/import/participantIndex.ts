/**
 * Remembers which participants a file has named, in 12 bytes each: half a million IDs kept as texts would take more
 * memory than everything else in an import together.
 *
 * Keys are kept as 64-bit hashes. Among a million different keys the chance that any two share a hash is about one in
 * thirty million.
 */
export class ParticipantIndex {
	private capacity = 1024;

	private high = new Uint32Array(this.capacity);

	private low = new Uint32Array(this.capacity);

	/** 0 marks a free place, so numbers are kept plus one. */
	private numbers = new Uint32Array(this.capacity);

	/** Different keys so far. */
	size = 0;

	/**
	 * Note a number for a key.
	 * @param number an integer from 0 to 4,294,967,294
	 * @returns the number noted for it before; nothing for a new key
	 */
	set(key: string, number: number): number | undefined {
		if (this.size * 2 >= this.capacity) this.grow();
		const [high, low] = hash64(key);
		const place = this.find(high, low);
		const earlier = this.numbers[place];
		this.high[place] = high;
		this.low[place] = low;
		this.numbers[place] = number + 1;
		if (earlier !== 0) return earlier - 1;
		this.size++;
		return undefined;
	}

	/** The number noted for a key. */
	get(key: string): number | undefined {
		const [high, low] = hash64(key);
		const found = this.numbers[this.find(high, low)];
		return found === 0 ? undefined : found - 1;
	}

	/** Where the key stands, or the free place where it belongs. */
	private find(high: number, low: number): number {
		const mask = this.capacity - 1;
		let place = low & mask;
		while (this.numbers[place] !== 0 && (this.low[place] !== low || this.high[place] !== high)) {
			place = (place + 1) & mask;
		}
		return place;
	}

	private grow(): void {
		const { high, low, numbers, capacity } = this;
		this.capacity = capacity * 2;
		this.high = new Uint32Array(this.capacity);
		this.low = new Uint32Array(this.capacity);
		this.numbers = new Uint32Array(this.capacity);
		for (let index = 0; index < capacity; index++) {
			if (numbers[index] === 0) continue;
			const place = this.find(high[index], low[index]);
			this.high[place] = high[index];
			this.low[place] = low[index];
			this.numbers[place] = numbers[index];
		}
	}
}

/** Two independent 32-bit hashes of a text (FNV-1a and a multiplicative one), each mixed at the end. */
export function hash64(key: string): [number, number] {
	let first = 0x811c9dc5;
	let second = 0x9e3779b9;
	for (let index = 0; index < key.length; index++) {
		const code = key.charCodeAt(index);
		first = Math.imul(first ^ code, 0x01000193);
		second = Math.imul(second + code, 0x85ebca6b) ^ (second >>> 13);
	}
	return [mix(second), mix(first)];
}

function mix(hash: number): number {
	let mixed = hash ^ (hash >>> 16);
	mixed = Math.imul(mixed, 0x7feb352d);
	mixed ^= mixed >>> 15;
	mixed = Math.imul(mixed, 0x846ca68b);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}
