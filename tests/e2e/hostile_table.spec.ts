/**
 * The table of hostile models (tests/loader): what the native runtime says, each engine says, a row's outputs included; a session that was
 * there before goes on. Rows go to the page in batches, so that none holds the whole table.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import { firefox, hostileModels, writeHostileModels } from '../lib/paths.mjs';
import { missingWebKit, openWebKit } from '../lib/webkit.mjs';
import { type Attempts, expect, type HostileModel, test } from './fixtures.js';

const kBatch = 100;

let table: HostileModel[] = [];

test.beforeAll(() => {
  mkdirSync(path.dirname(hostileModels), { recursive: true });
  execFileSync(writeHostileModels, [hostileModels]);
  table = JSON.parse(readFileSync(hostileModels, 'utf8'));
  expect(table.length).toBeGreaterThanOrEqual(400);
});

test.setTimeout(1_800_000);

async function expectAlike(attempts: (rows: HostileModel[]) => Promise<Attempts>): Promise<void> {
  const start = Date.now();
  const wrong: string[] = [];
  let compared = 0;
  for (let first = 0; first < table.length; first += kBatch) {
    const rows = table.slice(first, first + kBatch);
    const { results, undisturbed } = await attempts(rows);
    expect(results).toHaveLength(rows.length);
    if (!undisturbed) wrong.push(`a session changed its answer in the rows from '${rows[0]?.name}' on`);
    for (const [i, { code, differs, typed }] of results.entries()) {
      const row = rows[i] as HostileModel;
      // A claim of more elements than the test can feed is refused one step earlier here.
      const isEarlier = row.outcome === 'out-of-memory' && code === 'invalid-input';
      if (code !== row.outcome && !isEarlier) wrong.push(`${row.name}: ${code}, natively ${row.outcome}`);
      else if (!typed) wrong.push(`${row.name}: ${code} without a class or a sentence`);
      else if (differs) wrong.push(`${row.name}: ${differs}`);
      compared += code === 'runs' && row.outputs !== undefined ? 1 : 0;
    }
  }
  const description = `${table.length} rows, outputs of ${compared}, ${(Date.now() - start) / 1000} s`;
  test.info().annotations.push({ type: 'table', description });
  console.log(`${test.info().title}: ${description}`);
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(100);
}

test('Chromium and the table of hostile models', async ({ page, open }) => {
  await open(page);
  await expectAlike((rows) => page.evaluate((rows) => kit.attempts(rows), rows));
});

test('Firefox and the table of hostile models', async ({ server }) => {
  test.skip(!existsSync(firefox), `there is no Firefox at ${firefox}`);
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefox,
    headless: true,
    protocolTimeout: 0,
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server}/site/`);
    await page.waitForFunction(() => 'kit' in globalThis);
    await expectAlike((rows) => page.evaluate((rows) => kit.attempts(rows), rows));
  } finally {
    await browser.close();
  }
});

test('WebKit and the table of hostile models', async ({ server }) => {
  const missing = missingWebKit();
  test.skip(missing !== '', `there is no ${missing}: toolchain/setup webkit installs WebKitGTK and its driver`);
  const webkit = await openWebKit(`${server}/site/`);
  try {
    await expectAlike((rows) => webkit.call('attempts', rows) as Promise<Attempts>);
  } finally {
    await webkit.close();
  }
});
