/**
 * Hashes of texts that nobody can foresee who does not know the key. With a known hash function, a file can name
 * participants whose hashes are the same: they would pass for one person, and a table of them would be slow.
 *
 * HalfSipHash-2-4 with 64 bits, made for this and for 32-bit arithmetic, over the text's UTF-16 code units.
 */
import { randomBytes } from 'node:crypto';

/** 64 bits as two numbers below 2^32. */
export type Hash64 = readonly [first: number, second: number];

/** A hash function. @param key 8 bytes, random by default */
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
