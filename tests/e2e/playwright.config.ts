import path from 'node:path';
import { defineConfig } from '@playwright/test';
import { chromium, chromiumArguments, e2eOutput } from '../lib/paths.mjs';

export default defineConfig({
  testDir: '.',
  outputDir: path.join(e2eOutput, 'results'),
  // Most of the time is waiting, for what must not come.
  workers: 2,
  timeout: 120_000,
  // No test fails because the machine is busy: the limits are there for what hangs.
  expect: { timeout: 60_000 },
  reporter: [['list'], ['./skip_reasons.ts'], ['json', { outputFile: path.join(e2eOutput, 'report.json') }]],
  use: {
    browserName: 'chromium',
    headless: true,
    launchOptions: { executablePath: chromium, args: chromiumArguments },
  },
});
