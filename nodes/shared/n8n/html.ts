/** What n8n shows as HTML: descriptions of errors and hints. Messages, items and logs are plain text. */
import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * A text that is shown as it is where n8n expects HTML: a segment's name or the API's own words must not become a link
 * in the editor. Without these two characters there are neither tags nor entities.
 */
export function asHtml(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Show a warning above the node's output. */
export function warn(context: IExecuteFunctions, message: string): void {
	showHint(context, 'warning', message);
}

/** The same for what is as it should be. */
export function inform(context: IExecuteFunctions, message: string): void {
	showHint(context, 'info', message);
}

/** The same for what is wrong, although the node did not fail. */
export function alarm(context: IExecuteFunctions, message: string): void {
	showHint(context, 'danger', message);
}

function showHint(
	context: IExecuteFunctions,
	type: 'info' | 'warning' | 'danger',
	message: string,
): void {
	context.addExecutionHints({ type, location: 'outputPane', message: asHtml(message) });
}
