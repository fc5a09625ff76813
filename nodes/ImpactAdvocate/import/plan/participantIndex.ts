/**
 * Remembers which participants a file has named, in 8 bytes a place, or 12 with a number for each: half a million IDs
 * kept as texts would take more memory than everything else in an import together.
 *
 * Keys are kept as keyed 64-bit hashes. Among a million different keys the chance that any two share a hash is about one
 * in thirty million, and nobody can make a file for which it is higher: the key is random and never leaves the process.
 * With a known hash function, a file could name participants whose hashes are the same: they would pass for one person.
 */
import { randomBytes } from 'node:crypto';

/** Share of places that are taken at most. At half, a key is found after one or two looks on average. */
const MAX_LOAD = 0.5;

const MIN_CAPACITY = 1024;

export class ParticipantIndex {
	/** Different keys so far. */
	size = 0;

	private places: Places;

	/**
	 * @param keepsNumbers without them the number of every key is 0
	 * @param expected how many different keys there will be, if that is known: then no smaller tables come first, which
	 * stay in memory until a full collection
	 * @param hashOf for tests of the table itself; by default one whose values nobody can foresee
	 */
	constructor(
		keepsNumbers: boolean,
		expected = 0,
		private readonly hashOf: (key: string) => Hash64 = keyedHash(),
	) {
		let capacity = MIN_CAPACITY;
		while (expected > capacity * MAX_LOAD) capacity *= 2;
		this.places = new Places(capacity, keepsNumbers);
	}

	/** @returns whether the key is new */
	add(key: string): boolean {
		return this.set(key, 0) === undefined;
	}

	/**
	 * Note a number for a key.
	 * @param number an integer from 0 to 4,294,967,295
	 * @returns the number noted for it before; nothing for a new key
	 */
	set(key: string, number: number): number | undefined {
		const [high, low] = this.hashOf(key);
		const place = this.places.find(high, low);
		const earlier = this.places.numberAt(place);
		this.places.fill(place, high, low, number);
		if (earlier === undefined && ++this.size > this.places.capacity * MAX_LOAD) {
			this.places = this.places.doubled();
		}
		return earlier;
	}

	/** The number noted for a key. */
	get(key: string): number | undefined {
		const [high, low] = this.hashOf(key);
		return this.places.numberAt(this.places.find(high, low));
	}

	has(key: string): boolean {
		return this.get(key) !== undefined;
	}
}

/** A table of hashes: each stands at the place that its lower half names, or at the next free one. */
class Places {
	/** Of each place: lower half, higher half, number if they are kept. A lower half of 0 marks a free place, so one of 0 is kept as 1. */
	private readonly cells: Uint32Array;

	private readonly width: number;

	/** @param capacity a power of two */
	constructor(
		readonly capacity: number,
		private readonly keepsNumbers: boolean,
	) {
		this.width = keepsNumbers ? 3 : 2;
		this.cells = new Uint32Array(this.width * capacity);
	}

	/** Where a hash stands, or the free place where it belongs. */
	find(high: number, half: number): number {
		const low = half || 1;
		let place = low & (this.capacity - 1);
		while (!this.endsSearch(place, high, low)) place = (place + 1) & (this.capacity - 1);
		return place;
	}

	/** The number at a place; nothing when it is free. */
	numberAt(place: number): number | undefined {
		const start = this.width * place;
		if (this.cells[start] === 0) return undefined;
		return this.keepsNumbers ? this.cells[start + 2] : 0;
	}

	fill(place: number, high: number, low: number, number: number): void {
		const start = this.width * place;
		this.cells[start] = low || 1;
		this.cells[start + 1] = high;
		if (this.keepsNumbers) this.cells[start + 2] = number;
	}

	/**
	 * The same with twice as many places. Makes no object for a place: half a million at once would have V8 make more
	 * room for young objects, and keep it.
	 */
	doubled(): Places {
		const larger = new Places(2 * this.capacity, this.keepsNumbers);
		for (let place = 0; place < this.capacity; place++) {
			const number = this.numberAt(place);
			if (number === undefined) continue;
			const low = this.cells[this.width * place];
			const high = this.cells[this.width * place + 1];
			larger.fill(larger.find(high, low), high, low, number);
		}
		return larger;
	}

	/** One look at a place. */
	private endsSearch(place: number, high: number, low: number): boolean {
		const start = this.width * place;
		const there = this.cells[start];
		return there === 0 || (there === low && this.cells[start + 1] === high);
	}
}

// --- the hash: HalfSipHash-2-4 with 64 bits, made for this and for 32-bit arithmetic -----------------------------

/** 64 bits as two numbers below 2^32. */
export type Hash64 = readonly [first: number, second: number];

/** A hash function over the UTF-16 code units of texts. @param key 8 bytes, random by default */
export function keyedHash(key: Uint8Array = randomBytes(8)): (text: string) => Hash64 {
	const { buffer, byteOffset } = key;
	const view = new DataView(buffer, byteOffset, 8);
	const key0 = view.getInt32(0, true);
	const key1 = view.getInt32(4, true);
	return (text) => hashOf(text, key0, key1);
}

/** Steps of two rounds each after the last word: two for either half of the hash. */
const FINAL_STEPS = 4;

function hashOf(text: string, key0: number, key1: number): Hash64 {
	const { length } = text;
	const words = (length >> 1) + 1;
	let v0 = key0;
	let v1 = key1 ^ 0xee;
	let v2 = 0x6c796765 ^ key0;
	let v3 = 0x74656462 ^ key1;
	let first = 0;
	for (let step = 0; step < words + FINAL_STEPS; step++) {
		let word = 0;
		if (step < words - 1) {
			word = text.charCodeAt(2 * step) | (text.charCodeAt(2 * step + 1) << 16);
		} else if (step === words - 1) {
			// The last word has the length in bytes, and the code unit that is left over.
			word = ((2 * length) << 24) | (length % 2 === 0 ? 0 : text.charCodeAt(length - 1));
		} else if (step === words) {
			v2 ^= 0xee;
		} else if (step === words + FINAL_STEPS / 2) {
			first = v1 ^ v3;
			v1 ^= 0xdd;
		}
		v3 ^= word;
		for (let round = 0; round < 2; round++) {
			v0 = (v0 + v1) | 0;
			v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
			v0 = (v0 << 16) | (v0 >>> 16);
			v2 = (v2 + v3) | 0;
			v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
			v0 = (v0 + v3) | 0;
			v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
			v2 = (v2 + v1) | 0;
			v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
			v2 = (v2 << 16) | (v2 >>> 16);
		}
		v0 ^= word;
	}
	return [first >>> 0, (v1 ^ v3) >>> 0];
}
