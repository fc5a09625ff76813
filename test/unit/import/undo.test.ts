import { UndoFile } from '../../../nodes/ImpactAdvocate/import/report/undo';
import { idCheckOf } from '../../../nodes/shared/advocate/participantId';
import { readAll } from './helpers';

const textOf = (file: UndoFile): string => file.toBuffer().toString('utf8');

const HEADER = '\ufeffaccountId,id,segments,action,undoesRows,idCheck\r\n';

const [A, B] = [idCheckOf({ accountId: 'A', id: 'a' }), idCheckOf({ accountId: 'b', id: 'b' })];

const a = { accountId: 'A', id: 'a' };

it('holds the inverse of each change, the latest first', () => {
	const file = new UndoFile(true);
	file.add(a, ['x'], ['x', 'y'], [2]);
	file.add({ accountId: 'b', id: 'b' }, ['x', 'z'], [], [3, 7]);
	file.add(a, ['x', 'y'], ['y'], [9]);
	expect(file.count).toBe(3);
	expect(textOf(file)).toBe(
		`${HEADER}A,a,x,add,9,${A}\r\nb,b,x|z,add,3 7,${B}\r\nA,a,y,remove,2,${A}\r\n`,
	);
});

it('leaves out changes that were none, in any order of the segments', () => {
	const file = new UndoFile(true);
	file.add(a, ['x', 'y'], ['y', 'x'], [2]);
	expect([file.count, textOf(file)]).toEqual([0, HEADER]);
});

it.each(['a|b', 'a,b', '~a', ' a', '*', 'a\nb'])(
	'leaves out the segment %j, and counts it',
	(key) => {
		const file = new UndoFile(true);
		file.add(a, [], [key], [2]);
		file.add(a, ['x'], [key, 'y'], [3]);
		expect([file.count, file.unwritable]).toEqual([1, 2]);
		expect(textOf(file)).toBe(`${HEADER}A,a,~y|x,add,3,${A}\r\n`);
	},
);

it('keeps its order over many changes, and can be read before its end', () => {
	const file = new UndoFile(true);
	for (let index = 0; index < 2_500; index++) {
		file.add({ accountId: 'A', id: `p${index}` }, [], ['x'], [index + 2]);
		if (index === 1_200) expect(textOf(file).split('\r\n')[1]).toMatch(/^A,p1200,x,remove,1202,/);
	}
	const ids = textOf(file)
		.trimEnd()
		.split('\r\n')
		.slice(1)
		.map((line) => line.split(',')[1]);
	expect(ids).toEqual(Array.from({ length: 2_500 }, (_, index) => `p${2_499 - index}`));
});

it.each([true, false])(
	'keeps formulas and apostrophes for its reader (protected: %s)',
	async (protects) => {
		const file = new UndoFile(protects);
		file.add({ accountId: '=1+1', id: "'=1" }, ['=x', "'-y", "it's"], [], [2]);
		const text = textOf(file);
		if (protects) expect(text).toContain("'=1+1,''=1,'=x|''-y|it's");
		else expect(text).toContain("=1+1,''=1,=x|''-y|it's");
		const { rows } = await readAll(text);
		expect(rows[0].cells).toEqual(['=1+1', "'=1", "=x|'-y|it's", 'add', '2', expect.any(String)]);
		// Only a file that has its columns, or the check of IDs, is taken for one of ours.
		const other = await readAll(text.replace('undoesRows', 'note').replace('idCheck', 'check'));
		expect(other.rows[0].cells[1]).toBe("''=1");
	},
);
