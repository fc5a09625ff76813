import { ParticipantIndex } from '../../../nodes/ImpactAdvocate/import/plan/participantIndex';

test('keeps the latest number of each key, and gives the one before', () => {
	const index = new ParticipantIndex(true);
	expect(index.set('a', 0)).toBeUndefined();
	expect(index.set('b', 7)).toBeUndefined();
	expect(index.set('a', 4_294_967_294)).toBe(0);
	expect(index.get('a')).toBe(4_294_967_294);
	expect(index.get('b')).toBe(7);
	expect(index.get('c')).toBeUndefined();
	expect(index.size).toBe(2);
});

test('keys that differ little, are blank, or are names of every object', () => {
	const index = new ParticipantIndex(true);
	const keys = [
		'',
		' ',
		'\u0000',
		'a',
		'A',
		'a ',
		'a\u0000b',
		'__proto__',
		'constructor',
		'ä',
		'😀',
	];
	keys.forEach((key, number) => expect(index.set(key, number)).toBeUndefined());
	keys.forEach((key, number) => expect(index.get(key)).toBe(number));
	expect(index.size).toBe(keys.length);
});

test.each([
	['counted', (index: number) => `user-${index}`],
	['padded', (index: number) => String(index).padStart(12, '0')],
	['e-mail', (index: number) => `first.last${index}@example.com`],
	['reversed', (index: number) => String(index).split('').reverse().join('')],
	['pairs', (index: number) => `${index % 1000}\u0000${Math.floor(index / 1000)}`],
	['high characters', (index: number) => String.fromCharCode(0x4e00 + (index % 20_000)) + index],
])('100,000 %s keys, none mistaken for another', (_name, keyOf) => {
	const index = new ParticipantIndex(true);
	const keys = new Set<string>();
	let wrong = 0;
	for (let number = 0; number < 100_000; number++) {
		const key = keyOf(number);
		const isNew = !keys.has(key);
		keys.add(key);
		if ((index.set(key, number) === undefined) !== isNew) wrong++;
	}
	expect(wrong).toBe(0);
	expect(index.size).toBe(keys.size);
	expect(index.get(keyOf(99_999))).toBe(99_999);
});

test('without numbers it tells new keys from known ones, also while it grows', () => {
	const index = new ParticipantIndex(false);
	for (let round = 0; round < 2; round++) {
		for (let number = 0; number < 20_000; number++) {
			expect(index.add(`user-${number}`)).toBe(round === 0);
		}
	}
	expect(index.size).toBe(20_000);
	expect(index.get('user-19999')).toBe(0);
	expect(index.has('user-19999')).toBe(true);
	expect(index.has('user-20000')).toBe(false);
});

test.each([
	['with a lower half of 0', (number: number) => [number, 0] as const],
	['with the same place for all', (number: number) => [number, 7] as const],
	['of 0, 1, 2, ...', (number: number) => [0, number] as const],
])('hashes %s are told apart, also after the table has grown', (_name, hashOf) => {
	const index = new ParticipantIndex(true, 0, (key) => hashOf(Number(key)));
	for (let number = 2; number < 3000; number++) {
		expect(index.set(String(number), number)).toBeUndefined();
	}
	for (let number = 2; number < 3000; number++) expect(index.get(String(number))).toBe(number);
	expect(index.size).toBe(2998);
});
