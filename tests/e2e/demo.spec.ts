/** The demo page, as `make page` built it: what a visitor sees, what programs read, and that nothing leaves it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isSealProbe } from '../../web-demo/scripts/seal_probes.mjs';
import { recording, speech } from '../lib/paths.mjs';
import { expect, type Page, state, test } from './demo-page.js';

/** Errors that the page reports, collected from its first moment. */
function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isSealProbe(message.text())) errors.push(message.text());
  });
  return errors;
}

const report = (page: Page) => page.evaluate(() => (window as unknown as { __edgyReport: any }).__edgyReport);

test('runs a bundled recording by itself and reports accuracy, bytes and no request after start-up', async ({
  page,
  site,
  demo,
  open,
}) => {
  const errors = errorsOf(page);
  const requested: string[] = [];
  const refused = new Set<string>();
  page.on('request', (request) => requested.push(request.url()));
  page.on('requestfailed', (request) => {
    if (/^csp$|ERR_BLOCKED_BY_CSP|ERR_UNKNOWN_URL_SCHEME/.test(request.failure()?.errorText ?? ''))
      refused.add(request.url());
  });
  await open(page, `${demo}?auto=1&clip=reader-1688`);
  const result = await report(page);

  expect(result.title).toBe('Reader 1688');
  expect(result.allClips.clips).toBe(4);
  expect(result.allClips.cosine).toBeGreaterThanOrEqual(0.999);
  expect(result.allClips.agreement).toBeGreaterThanOrEqual(0.93);
  expect(result.model.int8Bytes / result.model.onnxBytes).toBeLessThanOrEqual(0.27);
  expect(result.runtime.files.some((file: string) => file.endsWith('.wasm'))).toBe(true);
  expect(result.runtime.files.some((file: string) => /worker[^/]*\.js$/.test(file))).toBe(true);
  expect(result.runtime.transferredBytes).toBeGreaterThan(10_000);
  expect(result.runtime.transferredBytes).toBeLessThanOrEqual(180_000);
  // What the page runs.
  expect(result.private.bytes).toBeLessThan(result.model.int8Bytes);
  expect(result.private.sparsity).toBe(0.5);
  expect(result.private.events.classes).toBeGreaterThan(5);
  expect(result.private.events.phones).toBeGreaterThan(5);
  expect(result.frames).toBe(Math.floor((Math.floor((result.seconds * 16000) / 160) + 1 - 2) / 2));
  for (const time of [result.oneSecond.private.total, result.oneSecond.f32.inference, result.realTime.int8]) {
    expect(time).toBeGreaterThan(0);
  }
  test.info().annotations.push({ type: 'latency of 1 s, int8', description: `${result.oneSecond.int8.total} ms` });

  // The page's own list against what the browser driver saw.
  expect(result.requests.after).toEqual([]);
  // A blob: address is memory of the browser (the seal's worker starts from one): nothing goes over the network. What the browser refuses
  // itself, as it does the seal's probes, does not either.
  const overNetwork = requested.filter((url) => !url.startsWith('blob:') && !refused.has(url));
  const listed = result.requests.startup.map(({ name }: { name: string }) => new URL(name, demo).href);
  for (const url of overNetwork) expect(listed.map((href: string) => href.split('?')[0])).toContain(url.split('?')[0]);
  expect(overNetwork.every((url) => url.startsWith(site))).toBe(true);
  expect(errors).toEqual([]);
});

test('shows pictures, figures and the verdict', async ({ page, demo, open, colorsOf }) => {
  await open(page, demo);
  for (const id of ['#mel', '#codes', '#codebook', '#ribbon-int8', '#ribbon-f32']) {
    expect(await colorsOf(page, id), id).toBeGreaterThan(20);
  }
  await expect(page.locator('#headline dd').first()).toHaveText(/^[\d.,]+\sms$/);
  await expect(page.locator('#seal-text')).toHaveText('No requests since start-up');
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
  await expect(page.locator('#results')).toContainText('equal to fp32');
});

test('works on without a network, and says when a request was made all the same', async ({
  page,
  demo,
  open,
  context,
}) => {
  await open(page, demo);
  await context.setOffline(true);
  await page.getByRole('button', { name: /First digits of pi/ }).click();
  await expect(page.locator('#stage-title')).toHaveText('First digits of pi');
  await state(page, /done/);
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
  await context.setOffline(false);
  await page.evaluate(() => fetch('speech/README.md').then((response) => response.text()));
  await expect(page.locator('#verdict')).toHaveText(/^1 after start-up/);
  await expect(page.locator('#seal-text')).toHaveText('1 request since start-up');
});

test('refuses other servers by policy', async ({ page, demo, open }) => {
  await open(page, demo);
  const outcome = await page.evaluate(() =>
    fetch('http://127.0.0.1:9/').then(
      () => 'sent',
      (error: Error) => error.name,
    ),
  );
  expect(outcome).toBe('TypeError');
  await expect(page.locator('#after')).toContainText('refused by connect-src');
});

test('encodes a chosen file', async ({ page, demo, open }) => {
  await open(page, demo);
  await page.locator('#file').setInputFiles(path.join(speech, recording));
  await expect(page.locator('#stage-title')).toHaveText(path.basename(recording));
  await state(page, /done/);
  expect((await report(page)).title).toBe(path.basename(recording));
  await expect(page.locator('#clips [aria-pressed=true]')).toHaveCount(0);
});

for (const [what, bytes, words] of [
  ['no sound', Buffer.from('this is not a sound file'), /not a sound file/],
  ['empty', Buffer.alloc(0), /empty/],
  ['damaged', readFileSync(path.join(speech, recording)).subarray(0, 60), /not a sound file|too short/],
] as const) {
  test(`explains a file that is ${what}, and goes on`, async ({ page, demo, open }) => {
    await open(page, demo);
    await page.locator('#file').setInputFiles({ name: 'sound.flac', mimeType: 'audio/flac', buffer: bytes });
    await expect(page.getByRole('alert')).toHaveText(words);
    await page.getByRole('button', { name: /Reader 1688/ }).click();
    await expect(page.locator('#stage-title')).toHaveText('Reader 1688');
    await expect(page.getByRole('alert')).toBeHidden();
  });
}

test('explains a microphone that was not allowed', async ({ page, demo, open }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await open(page, demo);
  await page.getByRole('button', { name: 'Use the microphone' }).click();
  await expect(page.getByRole('alert')).toHaveText(/was not allowed/);
});

test('encodes live sound while it is recorded', async ({ page, demo, open, colorsOf }) => {
  // A microphone made of a recording, so that the test hears the same everywhere.
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const bytes = await (await fetch('speech/367-130732-0008.flac')).arrayBuffer();
      const source = context.createBufferSource();
      source.buffer = await context.decodeAudioData(bytes);
      const target = context.createMediaStreamDestination();
      source.connect(target);
      source.start();
      return target.stream;
    };
  });
  await open(page, demo);
  await page.getByRole('button', { name: 'Use the microphone' }).click();
  await expect(page.locator('#stage-title')).toHaveText('Listening');
  await expect.poll(() => colorsOf(page, '#mel'), { timeout: 15_000 }).toBeGreaterThan(20);
  await expect(page.locator('#meter-text')).toHaveText(/^[1-9]/, { timeout: 15_000 });
  await page.getByRole('button', { name: 'Stop recording' }).click();
  await expect(page.locator('#stage-title')).toHaveText('Your voice');
  await state(page, /done/);
  expect((await report(page)).frames).toBeGreaterThan(20);
});

test('explains a browser without SIMD', async ({ page, demo }) => {
  await page.addInitScript(() => {
    WebAssembly.validate = () => false;
  });
  await page.goto(demo);
  await state(page, /failed/);
  await expect(page.getByRole('alert')).toHaveText(/no WebAssembly SIMD/);
});

test('explains a model that could not be loaded', async ({ page, demo }) => {
  await page.route('**/*.edgy', (route) => route.abort());
  await page.goto(demo);
  await state(page, /failed/);
  await expect(page.getByRole('alert')).toHaveText(/could not be loaded/);
});

test('can be used by keyboard', async ({ page, demo, open }) => {
  await open(page, demo);
  await page.locator('#seek').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#readout')).toContainText('code');
  await page.getByRole('button', { name: 'Play' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Play' })).toBeFocused();
});

test('does not scroll sideways on a phone', async ({ page, demo, open }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, demo);
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content).toBeLessThanOrEqual(window as number);
});
