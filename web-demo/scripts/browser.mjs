/** The system's Chromium: CHROMIUM names another one. */
import { chromium } from 'playwright-core';

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** Waits until the page has said `done`; throws with its own words if it says `failed`. */
export async function untilDone(page, timeout = 120_000) {
  await page.waitForFunction(() => /done|failed/.test(document.documentElement.dataset.edgy ?? ''), undefined, {
    timeout,
  });
  const failed = await page.evaluate(() =>
    document.documentElement.dataset.edgy === 'failed' ? document.getElementById('notice')?.textContent : null,
  );
  if (failed !== null) throw new Error(`The page says: ${failed}`);
}
