#!/usr/bin/env node
/** public/icons/*.png from icon.svg, by the browser. Run it again when the picture changes; its results are in the repository. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from './browser.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../public/icons');
const svg = await readFile(join(folder, 'icon.svg'), 'utf8');

/** Maskable: to the edges, with the middle four fifths safe. */
const kIcons = [
  { name: 'icon-192.png', size: 192, maskable: false },
  { name: 'icon-512.png', size: 512, maskable: false },
  { name: 'icon-maskable-512.png', size: 512, maskable: true },
];

const browser = await launchBrowser();
for (const { name, size, maskable } of kIcons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const drawn = maskable ? svg.replace('rx="7"', '').replace('viewBox="0 0 32 32"', 'viewBox="2.5 2.5 27 27"') : svg;
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${drawn}`);
  await page.screenshot({ path: join(folder, name), omitBackground: true });
  await page.close();
}
await browser.close();
