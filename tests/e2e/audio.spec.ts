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

test('recordings of other rates give the codes that SoX gives', async ({ page }) => {
  const rates = await page.evaluate(async () => {
    const results: { ours: number[]; theirs: number[] }[] = [];
    for (const rate of [8000, 44100, 48000, 96000]) {
      const wide = await kit.decode(`/rates/${rate}.flac`, new OfflineAudioContext(1, 1, rate));
      const sox = await kit.decode(`/rates/${rate}-sox.flac`);
      const [ours, theirs] = [await globalThis.encoder.encode(wide), await globalThis.encoder.encode(sox)];
      results.push({ ours: [...(ours.codes ?? [])], theirs: [...(theirs.codes ?? [])] });
    }
    return results;
  });
  for (const { ours, theirs } of rates) expect(agreement(ours, theirs)).toBeGreaterThan(0.95);
  const all = (side: 'ours' | 'theirs') => rates.flatMap((rate) => rate[side]);
  expect(all('ours').length).toBeGreaterThan(400);
  expect(agreement(all('ours'), all('theirs'))).toBeGreaterThanOrEqual(0.98);
});

test('a tone above what the model hears is not heard', async ({ page }) => {
  const worst = await page.evaluate(async () => {
    const tones = (...all: number[]) =>
      Float32Array.from({ length: 96000 }, (_, i) =>
        all.reduce((sum, hertz) => sum + 0.4 * Math.sin((2 * Math.PI * hertz * i) / 48000), 0),
      );
    const melOf = async (pcm: Float32Array) => {
      const { mel } = await globalThis.encoder.encode(pcm, { sampleRate: 48000, mel: true });
      const frames = mel?.dims[2] ?? 0;
      // Without the ends, where a cut tone clicks.
      return (mel?.data ?? new Float32Array()).filter((_, at) => at % frames > 50 && at % frames < frames - 50);
    };
    const differ = (a: Float32Array, b: Float32Array) =>
      a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - (b[i] ?? Number.NaN))), 0);
    const heard = await melOf(tones(1000));
    return {
      above: differ(heard, await melOf(tones(1000, 12000))),
      below: differ(heard, await melOf(tones(1000, 4000))),
    };
  });
  expect(worst.below).toBeGreaterThan(0.5);
  expect(worst.above).toBeLessThan(0.05);
});

test('the resampler is loaded when a rate differs, or ahead on request', async ({ page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  const count = () => requests.filter((path) => path.endsWith('/edgy-resample.wasm')).length;
  await page.evaluate(async () => globalThis.encoder.encode(new Float32Array(16000)).then(() => {}));
  expect(count()).toBe(0);
  await page.evaluate(async () => globalThis.encoder.prepareFor(48000));
  expect(count()).toBe(1);
  await page.evaluate(async () =>
    globalThis.encoder.encode(new Float32Array(9000), { sampleRate: 44100 }).then(() => {}),
  );
  expect(count()).toBe(1);
});

test('what is too short is told how long it has to be', async ({ page }) => {
  const outcomes = await page.evaluate(async () => {
    const attempt = (samples: number, sampleRate = 16000) =>
      kit.outcome(() => globalThis.encoder.encode(new Float32Array(samples), { sampleRate }).then(String));
    return [await attempt(0), await attempt(1), await attempt(401), await attempt(479, 48000)];
  });
  const least = outcomes.map((outcome) =>
    Number(/at least (\d+) \(/.exec('message' in outcome ? outcome.message : '')?.[1]),
  );
  expect(outcomes[2]).toMatchObject({
    code: 'invalid-input',
    typed: true,
    message: expect.stringMatching(
      /^The recording is too short: it has 401 samples at 16000 Hz \(0.02506 s\), and the model needs/,
    ),
  });
  expect(least[0]).toBe(least[2]);
  expect(least[1]).toBe(least[2]);
  // The number is the least: one sample fewer is too short.
  const edge = await page.evaluate(
    async ([low, high]) => {
      const attempt = (samples: number, sampleRate: number) =>
        kit.outcome(() => globalThis.encoder.encode(new Float32Array(samples), { sampleRate }).then(() => 'enough'));
      return [
        await attempt(low, 16000),
        await attempt(low - 1, 16000),
        await attempt(high, 48000),
        await attempt(high - 1, 48000),
      ];
    },
    [least[2] as number, least[3] as number] as const,
  );
  expect(edge.map(({ value, code }) => value ?? code)).toEqual(['enough', 'invalid-input', 'enough', 'invalid-input']);
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
      () => encoder.encode(new Float32Array(16000), { sampleRate: '16000' as never }),
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
