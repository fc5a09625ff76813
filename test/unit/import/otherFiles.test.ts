/** Files of other kinds, which are known by their first bytes. */
import { CsvFileError, CSV_HINT } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';
import { openCsv } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import type { CsvOptions } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import { AUTO, failureOf, openPieces, readAll } from './helpers';

/** @param text a character for each byte */
const refusalOf = async (text: string, encoding: CsvOptions['encoding'] = AUTO.encoding) =>
	await failureOf(openCsv(openPieces(Buffer.from(text, 'latin1')), { ...AUTO, encoding }));

const PNG = '\u0089PNG\r\n\u001a\n\0\0\0\rIHDR\n\u008d\n';

test.each([
	['PK\u0003\u0004\0\0\0\0', 'an Excel workbook or another ZIP file'],
	['\u00d0\u00cf\u0011\u00e0\u00a1', 'an old Excel workbook (.xls)'],
	['%PDF-1.7\n', 'a PDF document'],
	['\u001f\u008b\u0008\0', 'a file compressed with gzip'],
	['{\\rtf1\\ansi', 'a rich text document (.rtf)'],
	[PNG, 'an image (PNG)'],
	['\u00ff\u00d8\u00ff\u00e0\0\u0010JFIF\0', 'an image (JPEG)'],
	['GIF87a\u0001\0\u0001\0', 'an image (GIF)'],
	['GIF89a\u0001\0\u0001\0', 'an image (GIF)'],
	['RIFF\u001a\0\0\0WEBPVP8L', 'an image (WebP)'],
])('%j is %s', async (content, name) => {
	const error = await refusalOf(content);
	expect(error).toBeInstanceOf(CsvFileError);
	expect(error.message).toBe(`The file is ${name}, not a CSV file`);
	expect((error as CsvFileError).hint).toBe(CSV_HINT);
});

test('an image is one whatever encoding was chosen', async () => {
	expect((await refusalOf(PNG, 'windows-1252')).message).toContain('an image (PNG)');
});

test.each(['RIFF,id\nx,1\n', 'GIF,id\nx,1\n', 'PNG,id\nx,1\n', 'RIFF;x;WEB;id\na;b;c;1\n'])(
	'%j only has a header that begins like an image',
	async (text) => expect((await readAll(Buffer.from(text))).cells).toHaveLength(1),
);
