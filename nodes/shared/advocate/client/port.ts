/**
 * The one small port between the API client and its host. n8n is the host at run time (`n8nPort.ts`); another host,
 * or a test, needs no more than this.
 */

/** A request with its full URL. A body of bytes is sent as JSON. */
export interface PortRequest {
	method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	url: string;
	query?: Record<string, string | number>;
	body?: Buffer | FormData;
	/** Milliseconds until the request is given up. */
	timeoutMs: number;
	/** Bytes, decompressed, at which an answer is cut off and given up. */
	maxBytes: number;
	/**
	 * `text` keeps the body as received, `pieces` gives it as it comes (`BodyPieces`): then the time-out is that of a
	 * silence. JSON is parsed otherwise when it can be.
	 */
	responseType?: 'json' | 'text' | 'pieces';
	/** False for links that carry their own signature: the credential must not leave the API's host. */
	authenticate?: boolean;
}

/**
 * The bytes of a body while they arrive. Leaving the iteration early ends the request; it throws `NoAnswerError` when
 * they end too early.
 */
export type BodyPieces = AsyncIterable<Uint8Array>;

/** Any HTTP answer, whatever its status. Header names are in lower case. */
export interface PortResponse {
	statusCode: number;
	headers: Record<string, string | string[] | undefined>;
	body: unknown;
}

export interface AdvocatePort {
	/**
	 * Send one request with the credential's authentication, without redirects.
	 * @returns every HTTP answer, also 4xx and 5xx
	 * @throws NoAnswerError when no answer arrived, or none that is small enough
	 */
	send(request: PortRequest): Promise<PortResponse>;
	/**
	 * Wait; returns early, without throwing, once `cancelled()` is true. With 0, let the host do what waits: it sees a
	 * stop of the execution only when it has a turn.
	 */
	sleep(milliseconds: number): Promise<void>;
	/** Whether the user stopped the execution. */
	cancelled(): boolean;
	/** Milliseconds since the epoch. */
	now(): number;
	/** Milliseconds for measuring how long something takes, where there is a clock that nobody sets. */
	clock?(): number;
	/** In [0, 1), for jitter. */
	random(): number;
}

/** What pacing needs of its host. Its waits may throw, for a reason of the host's. */
export type PacedHost = Pick<AdvocatePort, 'now' | 'sleep' | 'random' | 'cancelled'> &
	Required<Pick<AdvocatePort, 'clock'>>;

/** No usable HTTP answer arrived: the connection, DNS, TLS, a time-out, a cancellation, or an answer without an end. */
export class NoAnswerError extends Error {
	constructor(
		message: string,
		/**
		 * What went wrong, as the host's HTTP client names it: `ECONNREFUSED`, `ENOTFOUND`, `ECONNRESET`, ... Four are
		 * the same under every host: `ETIMEDOUT` for every kind of time-out, `ERR_CANCELED` when the execution was
		 * stopped, `ERR_ANSWER_TOO_LARGE` for an answer that was given up at `maxBytes`, `ERR_UNKNOWN` when the client
		 * gave no code.
		 */
		readonly code: string,
	) {
		super(message);
		this.name = 'NoAnswerError';
	}
}
