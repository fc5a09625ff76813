/** The browser that the checks drive. */
import { chromium, selectors } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { ensureChromium } from './n8nInstall';

/** Chromium as root in a closed network: no sandbox, and no calls to anybody. */
const ARGUMENTS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/** Start Chromium, which is installed if it isn't yet. */
export async function openBrowser(): Promise<Browser> {
	// As n8n's editor names what tests look for.
	selectors.setTestIdAttribute('data-test-id');
	return await chromium.launch({ executablePath: await ensureChromium(), args: ARGUMENTS });
}

/**
 * A page of an n8n, as large as the pictures want it.
 * @param url of the n8n
 */
export async function openPage(browser: Browser, url: string): Promise<Page> {
	const context = await browser.newContext({
		baseURL: url,
		viewport: { width: 1600, height: 1000 },
		deviceScaleFactor: 1.5,
		colorScheme: 'light',
		locale: 'en-GB',
		reducedMotion: 'reduce',
	});
	// A busy machine takes its time, and what fails for good costs this once: the checks after it are left out.
	context.setDefaultTimeout(60_000);
	return await context.newPage();
}
