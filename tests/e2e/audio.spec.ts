import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { e2eOutput, recording } from '../lib/paths.mjs';
import { agreement, cases, expect, test } from './fixtures.js';

const all = cases();
const good = '/models/edgy-256-int8.edgy';

test.beforeEach(async ({ page, open }) => {
  await open(page);
  await page.evaluate(async (url) => {
    globalThis.encoder = await kit.edgy.AudioEncoder.create(url);
  }, good);
});

test('recordings give the reference codes', async ({ page }) => {
  const files = all.map(({ file }) => file);
  const results = await page.evaluate(async (files) => {
    const results: { codes: number[]; mel: number[]; dims: readonly number[]; seconds: number }[] = [];
    for (const file of files) {
      const audio = await kit.decode(`/speech/${file}`);
      const { codes, mel, seconds } = await globalThis.encoder.encode(audio, { mel: true });
      results.push({ codes: [...(codes ?? [])], mel: [...(mel?.data ?? [])], dims: mel?.dims ?? [], seconds });
    }
    return results;
  }, files);
  const [ours, theirs] = [results.flatMap(({ codes }) => codes), all.flatMap(({ indices }) => indices)];
  expect(agreement(ours, theirs)).toBeGreaterThanOrEqual(0.9);
  for (const [i, { mel, dims, seconds }] of results.entries()) {
    expect(dims).toEqual(all[i]?.mel.dims);
    expect(Math.floor((seconds * 16000) / 160) + 1).toBe(dims[2]);
    const worst = Math.max(...mel.map((value, j) => Math.abs(value - (all[i]?.mel.values[j] as number))));
    // The reference is rounded to half floats.
    expect(worst).toBeLessThan(2e-3);
  }
});

test('other rates and channels are brought to the model', async ({ page }) => {
  const result = await page.evaluate(async (url) => {
    const mono = await kit.decode(url);
    const rate = 48000;
    const upsampled = await kit.decode(url, new OfflineAudioContext(1, 1, rate));
    const stereo = new AudioBuffer({ length: upsampled.length, numberOfChannels: 2, sampleRate: rate });
    for (const channel of [0, 1]) stereo.copyToChannel(upsampled.getChannelData(0), channel);
    const encode = async (...args: Parameters<typeof globalThis.encoder.encode>) => [
      ...((await globalThis.encoder.encode(...args)).codes ?? []),
    ];
    return {
      direct: await encode(mono),
      samples: await encode(mono.getChannelData(0)),
      stereo: await encode(stereo),
      resampled: await encode(upsampled.getChannelData(0), { sampleRate: rate }),
    };
  }, `/speech/${recording}`);
  expect(result.samples).toEqual(result.direct);
  expect(result.resampled).toEqual(result.stereo);
  expect(Math.abs(result.stereo.length - result.direct.length)).toBeLessThanOrEqual(1);
  const length = Math.min(result.stereo.length, result.direct.length);
  // A resampler touches the band edge, so some codes move.
  expect(agreement(result.stereo.slice(0, length), result.direct.slice(0, length))).toBeGreaterThan(0.6);
});

test('bad recordings are rejected and the encoder goes on', async ({ page }) => {
  const results = await page.evaluate(async () => {
    const { encoder } = globalThis;
    const attempts = [
      () => encoder.encode(new Float32Array(0)),
      () => encoder.encode([1, 2, 3] as never),
      () => encoder.encode(null as never),
      () => encoder.encode(new Float32Array(16000).fill(Number.NaN)),
      () => encoder.encode(new Float32Array(16000), { sampleRate: 0 }),
      () => encoder.encode(new Float32Array(16000), { sampleRate: 1e9 }),
      () => encoder.encode(new Float32Array(16000), { signal: AbortSignal.abort() }),
    ];
    const codes: (string | undefined)[] = [];
    for (const attempt of attempts) codes.push((await kit.outcome(() => attempt().then(String))).code);
    const silence = await encoder.encode(new Float32Array(16000));
    return { codes, silence: silence.codes?.length };
  });
  expect(results.codes).toEqual([
    'invalid-input',
    'invalid-input',
    'invalid-input',
    'invalid-input',
    'invalid-argument',
    'invalid-argument',
    'aborted',
  ]);
  expect(results.silence).toBe(49);
});

test('a model without an audio front end is refused by AudioEncoder alone', async ({ page }) => {
  const outcomes = await page.evaluate(async (url) => {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    // Takes the field `metadata` (the eighth) out of the root table's vtable.
    const view = new DataView(bytes.buffer);
    const root = view.getUint32(0, true);
    view.setUint16(root - view.getInt32(root, true) + 4 + 2 * 7, 0, true);
    const { AudioEncoder, InferenceSession } = kit.edgy;
    return [
      await kit.outcome(() => AudioEncoder.create(bytes).then(String)),
      await kit.outcome(() => InferenceSession.create(bytes).then(({ inputNames }) => inputNames.join())),
    ];
  }, good);
  expect(outcomes[0]).toMatchObject({
    code: 'unsupported-model',
    typed: true,
    message: expect.stringMatching(/front end/),
  });
  expect(outcomes[1]).toEqual({ value: 'mel' });
});

test('latency is recorded', async ({ page }) => {
  const report = await page.evaluate(async () => {
    const pcm = Float32Array.from({ length: 16000 }, (_, i) => Math.sin(i / 20) * Math.sin(i / 3000));
    const all: { frontEnd: number; inference: number; total: number }[] = [];
    for (let i = 0; i < 40; i++) all.push((await globalThis.encoder.encode(pcm)).timings);
    const warm = all.slice(10);
    const median = (pick: (timings: (typeof all)[0]) => number) =>
      warm.map(pick).sort((a, b) => a - b)[Math.floor(warm.length / 2)] as number;
    return {
      secondsOfAudio: 1,
      firstMilliseconds: all[0],
      medianMilliseconds: {
        frontEnd: median(({ frontEnd }) => frontEnd),
        inference: median(({ inference }) => inference),
        total: median(({ total }) => total),
      },
      runtime: globalThis.encoder.session.runtimeInfo(),
      userAgent: navigator.userAgent,
    };
  });
  expect(report.medianMilliseconds.inference).toBeGreaterThan(0);
  mkdirSync(e2eOutput, { recursive: true });
  writeFileSync(path.join(e2eOutput, 'latency.json'), `${JSON.stringify(report, null, 2)}\n`);
});
