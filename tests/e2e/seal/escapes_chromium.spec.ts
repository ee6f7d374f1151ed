import { setTimeout } from 'node:timers/promises';
import { chromium } from '@playwright/test';
import { chromiumArguments, chromium as executablePath } from '../../lib/paths.mjs';
import { testEscapes } from './escapes.js';

/** For a browser to close, in milliseconds. */
const kPatience = 10_000;

testEscapes(async () => {
  const browser = await chromium.launch({ executablePath, args: chromiumArguments });
  return {
    open: async () => (await browser.newContext()).newPage(),
    close: () => Promise.race([browser.close(), setTimeout(kPatience)]),
  };
});
