/** What a visitor does with events on the demo page: have digits understood, and teach attackers his voice. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { chromiumArguments, e2eOutput, chromium as executablePath, root, speech } from '../lib/paths.mjs';
import { expect, state, test } from './demo-page.js';

test('understands digits from events alone, and says how often that is right', async ({ page, demo, open }) => {
  await open(page, demo);
  await expect(page.locator('#digits-said')).toContainText('Nobody counts in this recording');
  await expect(page.locator('#digits-heard li')).toHaveCount(0);
  await page.getByRole('button', { name: /First digits of pi/ }).click();
  await expect(page.locator('#stage-title')).toHaveText('First digits of pi');
  await open(page);
  await expect(page.locator('#digits-heard li')).toHaveCount(8);
  expect(await page.locator('#digits-heard li[data-right=true]').count()).toBeGreaterThanOrEqual(6);
  await expect(page.locator('#digits-said')).toHaveText(
    /^Understood from events alone: (\d ){7}\d\. [678] of 8 are right\.$/,
  );
  const { judged } = JSON.parse(readFileSync(path.join(root, 'web-demo/models/private-8-digits.json'), 'utf8'));
  await expect(page.locator('#digits-judged')).toContainText(`${(100 * judged.value).toFixed(1)}\u202f%`);
  await expect(page.locator('#verdict')).toHaveText('None since start-up.');
});

/** A recording of the test data as the browser decodes it, as WAV: what Chromium's fake microphone plays, again and again. */
async function microphoneFile(page: Page): Promise<string> {
  const folder = path.join(speech, 'librispeech');
  const [longest] = readdirSync(folder)
    .map((name) => ({ name, bytes: readFileSync(path.join(folder, name)) }))
    .sort((a, b) => b.bytes.length - a.bytes.length);
  const samples = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const buffer = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(bytes.buffer);
    return Array.from(buffer.getChannelData(0), (x) => Math.round(Math.max(-1, Math.min(1, x)) * 32767));
  }, longest?.bytes.toString('base64') ?? '');
  const wav = Buffer.alloc(44 + 2 * samples.length);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * samples.length, 4);
  wav.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, 16000],
    [28, 32000],
  ] as const)
    wav.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    wav.writeUInt16LE(value, at);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, at) => void wav.writeInt16LE(sample, 44 + 2 * at));
  mkdirSync(e2eOutput, { recursive: true });
  const file = path.join(e2eOutput, 'microphone.wav');
  writeFileSync(file, wav);
  return file;
}

test('teaches attackers the visitor’s voice, and tells whether they find it at each level', async ({ page, demo }) => {
  test.slow();
  await page.goto(demo);
  const file = await microphoneFile(page);
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...chromiumArguments,
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${file}`,
    ],
  });
  try {
    const visitor = await browser.newPage();
    await visitor.goto(demo);
    await state(visitor, /done/);
    const button = visitor.locator('#teach');
    const said = visitor.locator('#teach-said');
    // Too little first.
    await button.focus();
    await visitor.keyboard.press('Enter');
    await expect(said).toHaveText(/^Listening/);
    await visitor.keyboard.press('Enter');
    await expect(said).toHaveText(/^Too little speech: 4 pieces of 3/);
    await expect(said).toHaveAttribute('data-state', 'problem');
    await button.click();
    await expect(visitor.locator('#teach-time')).toHaveText(/^(1[6-9]|[2-5]\d)/, { timeout: 90_000 });
    await button.click();
    await expect(said).toHaveAttribute('data-state', 'done', { timeout: 90_000 });
    await expect(said).toHaveText(
      /^Of \d+ pieces .* at low in \d+, at moderate in \d+, at high in \d+\. Guessing among 7 people finds [\d.]+\.$/,
    );
    const counts = ((await said.textContent()) as string).match(/\d+/g)?.map(Number) ?? [];
    const [pieces = 0, low = 0, , high = 0] = counts;
    // The sanity line: from log-mel the attacker has to find the voice far more often than one of seven times.
    expect(low).toBeGreaterThan(pieces / 2);
    expect(high).toBeLessThanOrEqual(pieces);
    await expect(visitor.locator('#teach-found li')).toHaveCount(3);
    await expect(visitor.locator('#verdict')).toHaveText('None since start-up.');
  } finally {
    await browser.close();
  }
});

test('says in words that the microphone was not allowed for teaching', async ({ page, demo, open }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await open(page, demo);
  await page.locator('#teach').click();
  await expect(page.locator('#teach-said')).toHaveText(/was not allowed/);
});
