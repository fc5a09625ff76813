import {
	Checkpoint,
	findInterruption,
	importKeyOf,
	MAX_AGE_MS,
	withInterruption,
	withoutInterruption,
} from '../../../nodes/ImpactAdvocate/import/checkpoint';
import type {
	CheckpointStore,
	Interruption,
	Interruptions,
} from '../../../nodes/ImpactAdvocate/import/checkpoint';

const NOW = Date.UTC(2026, 10, 26);

function memory(execution = '1') {
	let kept: Interruptions = {};
	let touches = 0;
	const store: CheckpointStore = {
		load: (key) => findInterruption(kept, key, NOW),
		save(key, nextRow) {
			touches++;
			kept = withInterruption(kept, key, { nextRow, at: NOW, execution });
		},
		settle(key) {
			const others = withoutInterruption(kept, key);
			if (others === undefined) return;
			touches++;
			kept = others;
		},
	};
	return { store, touches: () => touches, kept: () => kept };
}

const FILE = 'a'.repeat(64);

it('is found again by the same file and settings only', () => {
	const { store } = memory();
	const nextRow = (key: string) => new Checkpoint(store, key).interruption?.nextRow;
	new Checkpoint(store, importKeyOf(FILE, { action: 'add' })).close(500);
	expect(nextRow(importKeyOf(FILE, { action: 'add' }))).toBe(500);
	expect(nextRow(importKeyOf(FILE, { action: 'set' }))).toBeUndefined();
	expect(nextRow(importKeyOf('b'.repeat(64), { action: 'add' }))).toBeUndefined();
});

it('touches the store at an interruption, and when one is used up: never otherwise', () => {
	const { store, touches, kept } = memory();
	new Checkpoint(store, 'a').close(undefined);
	expect(touches()).toBe(0);
	new Checkpoint(store, 'a').close(300);
	expect(touches()).toBe(1);
	new Checkpoint(store, 'b').close(undefined);
	expect(touches()).toBe(1);
	new Checkpoint(store, 'a').close(undefined);
	expect([touches(), kept()]).toEqual([2, {}]);
});

it('is kept with others of the same run, and takes the place of those of other runs', () => {
	const { store, kept } = memory('7');
	new Checkpoint(store, 'a').close(10);
	new Checkpoint(store, 'b').close(20);
	expect(Object.keys(kept())).toEqual(['a', 'b']);
	const later = withInterruption(kept(), 'c', { nextRow: 30, at: NOW, execution: '8' });
	expect(Object.keys(later)).toEqual(['c']);
});

it('the latest 20 of a run are kept', () => {
	let kept: Interruptions = {};
	for (let index = 0; index < 25; index++) {
		kept = withInterruption(kept, `n${index}`, { nextRow: 9, at: NOW, execution: '1' });
	}
	expect(Object.keys(kept)).toEqual(Array.from({ length: 20 }, (_, index) => `n${index + 5}`));
});

const good: Interruption = { nextRow: 9, at: NOW, execution: '1' };

it.each<[string, unknown, boolean]>([
	['as it was written', good, true],
	['three days old', { ...good, at: NOW - MAX_AGE_MS }, true],
	['older', { ...good, at: NOW - MAX_AGE_MS - 1 }, false],
	['of the future', { ...good, at: NOW + 1 }, false],
	['a number, as earlier releases had it', 9, false],
	['without a time', { nextRow: 9, execution: '1' }, false],
	['without a run', { nextRow: 9, at: NOW }, false],
	['with half a row', { ...good, nextRow: 9.5 }, false],
	['nothing', null, false],
])('what the host gives back counts or not: %s', (_, entry, counts) => {
	expect(findInterruption({ key: entry }, 'key', NOW)).toEqual(counts ? entry : undefined);
	expect(findInterruption(undefined, 'key', NOW)).toBeUndefined();
	expect(findInterruption({}, 'toString', NOW)).toBeUndefined();
});
