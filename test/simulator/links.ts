/** Download links that carry their own signature and end by themselves. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The files a job can offer. */
export type FileKind = 'results' | 'errors' | 'input' | 'export';

/** Signs and checks links with a secret of its own. */
export class LinkSigner {
	private readonly secret = randomBytes(32);

	/** Path and query of a link that works until `expires`. */
	sign(jobId: string, kind: FileKind, expires: number): string {
		return `/downloads/${jobId}/${kind}?expires=${expires}&signature=${this.signature(jobId, kind, expires)}`;
	}

	/** Whether a link is one of ours and still in time. */
	isValid(jobId: string, kind: string, expires: number, signature: string): boolean {
		const expected = Buffer.from(this.signature(jobId, kind, expires));
		const given = Buffer.from(signature);
		const isOurs = expected.length === given.length && timingSafeEqual(expected, given);
		return isOurs && Date.now() < expires;
	}

	private signature(jobId: string, kind: string, expires: number): string {
		return createHmac('sha256', this.secret).update(`${jobId}/${kind}/${expires}`).digest('hex');
	}
}
