import { Checkpoint, importKeyOf } from '../../../nodes/ImpactAdvocate/import/checkpoint';
import type { CheckpointStore } from '../../../nodes/ImpactAdvocate/import/checkpoint';

function memory() {
	const numbers = new Map<string, number>();
	let saves = 0;
	const store: CheckpointStore = {
		load: (key) => numbers.get(key),
		save(key, next) {
			saves++;
			numbers.set(key, next);
		},
		remove: (key) => numbers.delete(key),
	};
	return { store, numbers, saves: () => saves };
}

const FILE = 'a'.repeat(64);

it('is found again by the same file and settings only', () => {
	const { store } = memory();
	new Checkpoint(store, importKeyOf(FILE, { action: 'add' })).set(500);
	expect(new Checkpoint(store, importKeyOf(FILE, { action: 'add' })).nextRow).toBe(500);
	expect(new Checkpoint(store, importKeyOf(FILE, { action: 'set' })).nextRow).toBeUndefined();
	expect(
		new Checkpoint(store, importKeyOf('b'.repeat(64), { action: 'add' })).nextRow,
	).toBeUndefined();
});

it('tells the store now and then while it advances, and at once when interrupted', () => {
	const { store, numbers, saves } = memory();
	const checkpoint = new Checkpoint(store, importKeyOf(FILE, {}));
	expect(checkpoint.nextRow).toBeUndefined();
	for (let row = 3; row <= 1002; row++) checkpoint.advance(row);
	expect(saves()).toBe(10);
	expect([...numbers.values()]).toEqual([1000]);
	checkpoint.set(1003);
	expect([...numbers.values()]).toEqual([1003]);
	checkpoint.remove();
	expect(numbers.size).toBe(0);
});

it('never goes back by itself', () => {
	const { store, numbers } = memory();
	const checkpoint = new Checkpoint(store, importKeyOf(FILE, {}));
	checkpoint.set(800);
	checkpoint.advance(300);
	expect([...numbers.values()]).toEqual([800]);
});
