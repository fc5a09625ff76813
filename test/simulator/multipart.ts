/** A minimal reader of multipart/form-data bodies that are in memory. */

/** One part of a form. */
export interface FormPart {
	name: string;
	/** Present when the part is a file. */
	fileName?: string;
	contentType?: string;
	content: Buffer;
}

const LINE_END = '\r\n';

function parameterOf(header: string, name: string): string | undefined {
	const match = new RegExp(`[;\\s]${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(header);
	return match?.[1].replace(/\\(.)/g, '$1').replaceAll('%22', '"');
}

function readPart(raw: Buffer): FormPart | undefined {
	const headersEnd = raw.indexOf(LINE_END + LINE_END);
	if (headersEnd < 0) return undefined;
	const headers = new Map(
		raw
			.subarray(0, headersEnd)
			.toString('utf8')
			.split(LINE_END)
			.map((line): [string, string] => {
				const colon = line.indexOf(':');
				return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
			}),
	);
	const disposition = headers.get('content-disposition') ?? '';
	const name = parameterOf(disposition, 'name');
	if (name === undefined) return undefined;
	return {
		name,
		fileName: parameterOf(disposition, 'filename'),
		contentType: headers.get('content-type'),
		content: raw.subarray(headersEnd + 4),
	};
}

/** The parts of a form; nothing when the body is not a complete multipart form. */
export function parseMultipart(body: Buffer, contentType: string): FormPart[] | undefined {
	const match = /^multipart\/form-data;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
	const boundary = match?.[1] ?? match?.[2];
	if (boundary === undefined) return undefined;
	const parts: FormPart[] = [];
	// Every boundary but the first one follows a line end; give the first one its own.
	const text = Buffer.concat([Buffer.from(LINE_END), body]);
	const delimiter = Buffer.from(`${LINE_END}--${boundary}`);
	let start = text.indexOf(delimiter);
	while (start >= 0) {
		const partStart = start + delimiter.length;
		if (text.subarray(partStart, partStart + 2).toString() === '--') return parts;
		const end = text.indexOf(delimiter, partStart);
		if (end < 0) return undefined;
		const part = readPart(text.subarray(partStart + LINE_END.length, end));
		if (part === undefined) return undefined;
		parts.push(part);
		start = end;
	}
	return undefined;
}
