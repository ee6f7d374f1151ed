/**
 * The page that cannot speak (docs/guides/a-page-that-cannot-speak.md): every attempt of a whole document fails behind the wall and, to prove
 * that it is one, succeeds without it; and no packet leaves the demo page from the first sample on.
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium } from '@playwright/test';
import sirv from 'sirv';
import { chromiumArguments, chromium as executablePath, root } from '../lib/paths.mjs';
import { attempts, reported } from '../lib/silence/attempts.mjs';
import { kNamespace, mayHaveNetwork } from '../lib/silence/network.mjs';
import { expect, state, test } from './demo-page.js';

/** What Chromium lets over the wall: other parts of what the document comes with hold these. */
const kOverTheWall = ['download', 'download of a frame'];
/** Attempts that fail without a wall too, in a browser without a screen. */
const kPointless: Record<string, string> = { prerender: 'Chromium does not prerender for a link' };
/** Chromium announces random names for WebRTC on the local network, by multicast; it sends nothing to anybody in particular. */
const kAnnouncing = 'WebRTC of a frame without origin';
const kAnnouncements = /^\w+: (2 to 224\.0\.0\.22|UDP to 224\.0\.0\.251:5353)$/;

/** What the demo page's own policy refuses where no wall stands; the empty document, which has none, proves that these are attempts. */
const kRefusedByPolicy = [
  'worker from an address',
  'module worker from an address',
  'shared worker from an address',
  'service worker',
  'text track',
  'drawing used in a drawing',
];

interface Measured {
  readonly heard: Readonly<Record<string, boolean>>;
  /** Of the attempts that were made `together`, in one document. */
  readonly tried: number;
  readonly together: number;
  readonly packets?: number;
  readonly packetsOf: Readonly<Record<string, readonly string[]>>;
}

const own = mayHaveNetwork();

/** What a program of tests/lib/silence prints, run in a network of its own where that is allowed. */
async function measured(program: string) {
  const script = path.join(root, 'tests/lib/silence', program);
  const [command, ...rest] = [...(own ? kNamespace : []), process.execPath, script, own ? 'own' : 'shared'];
  const { stdout } = await promisify(execFile)(command as string, rest, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** Minutes, so asked for: `make test-silence`. */
const whenAsked = process.env['EDGY_QUIET'] ? test.describe : () => {};

whenAsked('an empty document', () => {
  test.describe.configure({ mode: 'default' });
  let seen: { counted: string; idle?: number; quiet: Measured; wall: Measured; open: Measured };

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    seen = await measured('measure.mjs');
    console.log(`quiet: counted ${seen.counted}`);
  });

  test('sends no packet, whatever it tries', () => {
    test.skip(!own, 'packets can be counted as root alone; what follows counts at collectors');
    const { [kAnnouncing]: announced = [], ...others } = seen.quiet.packetsOf;
    expect(others).toEqual({});
    expect(announced.filter((kind) => !kAnnouncements.test(kind))).toEqual([]);
    expect(seen.idle).toBe(0);
    expect(seen.open.packets).toBeGreaterThan(100);
  });

  test('made every attempt', () => {
    for (const { tried, together } of [seen.quiet, seen.wall, seen.open]) expect(tried).toBe(together);
  });

  test('tries at least 60 ways that work without a wall', () => {
    const proven = Object.keys(seen.quiet.heard).filter((name) => seen.open.heard[name] && !seen.quiet.heard[name]);
    expect(proven.length).toBeGreaterThanOrEqual(60);
  });

  for (const { name, by } of [...attempts, ...reported]) {
    test(`does not get out by: ${name}`, () => {
      test.skip(name in kPointless, kPointless[name]);
      test.skip(by === 'question' && !own, 'only a resolver of the test’s own hears of names');
      expect(seen.open.heard[name], 'without a wall').toBe(true);
      if (name in seen.quiet.heard) expect(seen.quiet.heard[name], 'with all that a quiet page comes with').toBe(false);
      if (!kOverTheWall.includes(name)) expect(seen.wall.heard[name], 'with the header alone').toBe(false);
    });
  }
});

test('the demo page records and answers, and sends no packet from the first sample to the end', async () => {
  test.setTimeout(900_000);
  const { counted, walled, open } = await measured('measure_demo.mjs');
  console.log(`quiet: counted ${counted}, ${walled.packets} packets with the wall, ${open.packets} without`);
  expect(walled.wall).toMatch(/^The outer wall stands/);
  expect(open.wall).toMatch(/^No outer wall/);
  // Both recorded, and both made every attempt.
  for (const { frames, seconds, tried } of [walled, open]) {
    expect(seconds).toBeGreaterThan(2);
    expect(frames).toBeGreaterThan(50);
    expect(tried).toBe(Object.keys(walled.heard).length);
    expect(tried).toBeGreaterThanOrEqual(60);
  }
  expect(Object.entries(walled.heard).filter(([, heard]) => heard)).toEqual([]);
  const missed = Object.entries(open.heard).filter(([, heard]) => !heard);
  const excused = [...kRefusedByPolicy, ...Object.keys(kPointless), ...(own ? [] : ['dns-prefetch'])];
  expect(missed.map(([name]) => name).filter((name) => !excused.includes(name))).toEqual([]);
  if (own) {
    expect(walled.kinds).toEqual([]);
    expect(walled.packets).toBe(0);
    expect(open.packets).toBeGreaterThan(100);
  }
});

test('the page in one document works like that in parts, seal included', async ({ page, site, open, colorsOf }) => {
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  await open(page, site);
  await expect(page.locator('#wall')).toHaveAttribute('data-state', 'stands');
  await expect(page.locator('#seal-verdict')).toHaveText('Closed.');
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
  await expect(page.locator('#startup-title')).toHaveText(/ answered on this device/);
  for (const id of ['#mel', '#codes', '#out-classes']) expect(await colorsOf(page, id), id).toBeGreaterThan(5);
  await page.getByRole('button', { name: 'Verify the seal' }).click();
  await expect(page.locator('#seal-verdict')).toHaveText(/^\d+ attempts, none got out\.$/);
  await page.getByRole('button', { name: /First digits of pi/ }).click();
  await expect(page.locator('#stage-title')).toHaveText('First digits of pi');
  await open(page);
  await expect(page.locator('#digits-heard li')).toHaveCount(8);
  expect(errors).toEqual([]);
});

test('a service worker of the page in parts cannot speak for the other', async ({ page, site, demo, open }) => {
  await open(page, demo);
  await expect(page.locator('#offline')).toHaveAttribute('data-state', 'kept');
  const ask = () =>
    page.evaluate(async () => {
      const [registration] = await navigator.serviceWorker.getRegistrations();
      if (!registration) return 'there is none';
      const { backgroundFetch } = registration as unknown as {
        backgroundFetch: { fetch(id: string, url: string): Promise<unknown> };
      };
      return backgroundFetch.fetch('leak', 'models/secret').then(
        () => 'fetched',
        () => 'refused',
      );
    });
  expect(await ask()).toBe('fetched');
  await page.goto(site);
  await state(page, /done/);
  expect(await ask()).toBe('there is none');
  // Nor does the page in parts register one while the other is open.
  const other = await page.context().newPage();
  await other.goto(demo);
  await expect(other.locator('#offline')).toContainText('while the page that cannot speak is open');
  expect(await ask()).toBe('there is none');
});

test('a host that sends no headers has the page too, by a service worker that is then gone', async () => {
  const asked: string[] = [];
  const serve = sirv(path.join(root, 'web-demo/dist'), { dev: true });
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    serve(request, response, () => void response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/quiet-host/`;
  const browser = await chromium.launch({ executablePath, args: chromiumArguments });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForURL(`${url}page`);
    await state(page, /done/);
    await expect(page.locator('#wall')).toHaveAttribute('data-state', 'stands');
    await expect(page.locator('#seal-verdict')).toHaveText('Closed.');
    const before = asked.length;
    const tried = await page.evaluate(async () => {
      const registrations = await navigator.serviceWorker.getRegistrations();
      navigator.serviceWorker.controller?.postMessage('secret');
      const worker = await new Promise((resolve) => {
        const made = new Worker('worker.js?secret');
        made.onerror = () => resolve('refused');
        made.onmessage = () => resolve('ran');
        setTimeout(resolve, 2000, 'silent');
      }).catch(() => 'refused');
      const got = await fetch('page').then(
        () => 'fetched',
        () => 'refused',
      );
      return { registrations: registrations.length, worker, got };
    });
    expect(tried).toEqual({ registrations: 0, worker: 'refused', got: 'refused' });
    expect(asked.slice(before)).toEqual([]);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
