/** Waits asked for by headers, whatever the headers hold. */
import * as fc from 'fast-check';
import { retryAfterMs } from '../../../nodes/shared/advocate/client/rate';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

test('gives a wait of at most a day, or none, for any header', () => {
	const header = fc.oneof(
		fc.string(),
		fc.integer().map(String),
		fc.double().map(String),
		fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
		fc.constantFrom('NaN', 'Infinity', '1e9', '0x10', '1,5', 'soon 1'),
	);
	fc.assert(
		fc.property(fc.option(header), fc.option(header), (retryAfter, reset) => {
			const wait = retryAfterMs(
				{ 'retry-after': retryAfter ?? undefined, 'x-ratelimit-reset': reset ?? undefined },
				NOW,
			);
			return wait === undefined || (wait > 0 && wait <= DAY);
		}),
	);
});

test('reads every number of seconds up to a day', () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 86_400 }), (seconds) => {
			expect(retryAfterMs({ 'retry-after': String(seconds) }, NOW)).toBe(seconds * 1000);
			const date = new Date(NOW + seconds * 1000).toUTCString();
			expect(retryAfterMs({ 'retry-after': date }, NOW)).toBe(seconds * 1000);
			const moment = String(NOW / 1000 + seconds);
			expect(retryAfterMs({ 'x-ratelimit-reset': moment }, NOW)).toBe(seconds * 1000);
		}),
	);
});

test('takes the first of several headers of one name', () => {
	expect(retryAfterMs({ 'retry-after': ['3', '9'] }, NOW)).toBe(3000);
	expect(retryAfterMs({}, NOW)).toBeUndefined();
});
