/** By WebDriver BiDi. */
import { existsSync } from 'node:fs';
import { test } from '@playwright/test';
import puppeteer from 'puppeteer-core';
import type { Page } from '../../lib/escapes/gather.mjs';
import { firefox } from '../../lib/paths.mjs';
import { testEscapes } from './escapes.js';

test.skip(!existsSync(firefox), `there is no Firefox at ${firefox}`);

testEscapes(
  async () => {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: firefox,
      headless: true,
      // Without it WebRTC asks nobody on this machine, and its datagrams would be those that WebTransport sends late.
      extraPrefsFirefox: { 'media.peerconnection.ice.loopback': true },
    });
    return {
      open: async () => (await browser.createBrowserContext()).newPage() as unknown as Promise<Page>,
      close: () => browser.close(),
    };
  },
  { 'frame: prefetch': 'Firefox did not prefetch here at all' },
);
