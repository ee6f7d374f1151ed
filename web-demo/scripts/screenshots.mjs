/** Pictures of the finished page: desktop and phone, light and dark. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { untilDone } from './browser.mjs';

const kSizes = {
  desktop: { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
/** Where in the recording the cursor stands, in seconds. */
const kPosition = 1.64;

export async function takeScreenshots(browser, url, folder) {
  await mkdir(folder, { recursive: true });
  const files = [];
  for (const [size, options] of Object.entries(kSizes)) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ ...options, colorScheme, reducedMotion: 'reduce' });
      const page = await context.newPage();
      await page.goto(url);
      await untilDone(page);
      await page.locator('#seek').evaluate((seek, position) => {
        seek.value = String(position);
        seek.dispatchEvent(new Event('input'));
      }, kPosition);
      for (const [name, fullPage] of [
        ['', false],
        ['-whole', true],
      ]) {
        const path = join(folder, `${size}-${colorScheme}${name}.png`);
        await page.screenshot({ path, fullPage });
        files.push(path);
      }
      await context.close();
    }
  }
  return files;
}
