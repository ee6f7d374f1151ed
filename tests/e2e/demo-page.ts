/** The demo page as `make page` built it, for its tests. */
import { test as base, expect, type Page } from '@playwright/test';
import { startServer } from '../../web-demo/scripts/server.mjs';

export { expect, type Page };

/** Until the page is in a state whose name matches. */
export const state = (page: Page, wanted: RegExp) =>
  expect(page.locator('html')).toHaveAttribute('data-edgy', wanted, { timeout: 90_000 });

/** How many different colours a picture has: a blank one has one or two. */
const colorsOf = (page: Page, id: string) =>
  page.locator(id).evaluate((canvas: HTMLCanvasElement) => {
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    return new Set(new Uint32Array(data.buffer)).size;
  });

interface Tools {
  /** Goes to `url`, if one is given, and waits until the first recording has been measured. */
  open: (page: Page, url?: string) => Promise<void>;
  colorsOf: (page: Page, id: string) => Promise<number>;
}

interface Served {
  /** Where the page is as one document. */
  site: string;
  /** Where it is in parts. */
  demo: string;
}

export const test = base.extend<Tools, Served>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern.
    async ({}, use) => {
      const server = await startServer();
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
  demo: [
    async ({ site }, use) => {
      await use(`${site}index.html`);
    },
    { scope: 'worker' },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern.
  open: async ({}, use) => {
    await use(async (page, url) => {
      if (url) await page.goto(url);
      await state(page, /done/);
    });
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern.
  colorsOf: async ({}, use) => {
    await use(colorsOf);
  },
});
