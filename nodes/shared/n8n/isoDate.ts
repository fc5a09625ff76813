/**
 * A date of the API as an ISO text, which n8n's date functions read.
 * @param milliseconds since the epoch
 * @returns null when there is no date
 */
export function isoDate(milliseconds: unknown): string | null {
	if (milliseconds === null || milliseconds === undefined) return null;
	const date = new Date(Number(milliseconds));
	return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
