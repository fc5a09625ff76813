import { UndoFile } from '../../../nodes/ImpactAdvocate/import/undoFile';

const textOf = (file: UndoFile): string => file.toBuffer().toString('utf8');

const a = { accountId: 'A', id: 'a' };

it('holds the inverse of each change, the latest first', () => {
	const file = new UndoFile();
	file.add(a, ['x'], ['x', 'y']);
	file.add({ accountId: 'b', id: 'b' }, ['x', 'z'], []);
	file.add(a, ['x', 'y'], ['y']);
	expect(file.count).toBe(3);
	expect(textOf(file)).toBe(
		'accountId,id,segments,action\r\nA,a,x,add\r\nb,b,x|z,add\r\nA,a,y,remove\r\n',
	);
});

it('leaves out changes that were none, in any order of the segments', () => {
	const file = new UndoFile();
	file.add(a, ['x', 'y'], ['y', 'x']);
	expect([file.count, textOf(file)]).toEqual([0, 'accountId,id,segments,action\r\n']);
});

it.each(['a|b', 'a,b', '~a', ' a', '*', 'a\nb'])(
	'leaves out the segment %j, and counts it',
	(key) => {
		const file = new UndoFile();
		file.add(a, [], [key]);
		file.add(a, ['x'], [key, 'y']);
		expect([file.count, file.unwritable]).toEqual([1, 2]);
		expect(textOf(file)).toBe('accountId,id,segments,action\r\nA,a,~y|x,add\r\n');
	},
);

it('keeps its order over many changes, and can be read before its end', () => {
	const file = new UndoFile();
	for (let index = 0; index < 2_500; index++) {
		file.add({ accountId: 'A', id: `p${index}` }, [], ['x']);
		if (index === 1_200) expect(textOf(file).split('\r\n')[1]).toBe('A,p1200,x,remove');
	}
	const ids = textOf(file)
		.trimEnd()
		.split('\r\n')
		.slice(1)
		.map((line) => line.split(',')[1]);
	expect(ids).toEqual(Array.from({ length: 2_500 }, (_, index) => `p${2_499 - index}`));
});
