/** The resampler as it ships: wasm/resample in dist/. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resample, SampleStream } from '../src/sound/resampler.js';
import { checkRate } from '../src/sound/sample_rate.js';

const module = new WebAssembly.Module(readFileSync(path.resolve(__dirname, '../dist/edgy-resample.wasm')));
const kModelRate = 16000;

const tone = (hertz: number, rate: number, seconds = 1) =>
  Float32Array.from({ length: seconds * rate }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));

/** Without the ends, which a cut tone makes click. */
const inside = (samples: Float32Array) => samples.subarray(samples.length / 8, (samples.length * 7) / 8);
const loudest = (samples: Float32Array) => samples.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);

describe('resample', () => {
  it.each([
    [12000, 48000],
    [9000, 44100],
    [20000, 96000],
    [8200, 48000],
  ])('a tone of %i Hz at %i Hz is not heard at 16 kHz', (hertz, rate) => {
    expect(loudest(inside(resample(module, tone(hertz, rate), rate, kModelRate)))).toBeLessThan(1e-4);
  });

  it.each([8000, 11025, 22050, 44100, 48000, 96000, 192000, 44099.5])(
    'a tone of 3 kHz at %d Hz stays the tone that it is',
    (rate) => {
      const made = inside(resample(module, tone(3000, rate), rate, kModelRate));
      const first = Math.floor(kModelRate / 8);
      const right = tone(3000, kModelRate).subarray(first, first + made.length);
      const worst = made.reduce((worst, x, i) => Math.max(worst, Math.abs(x - (right[i] ?? x))), 0);
      expect(worst).toBeLessThan(1e-3);
    },
  );

  it.each([
    [0, 48000, 0],
    [1, 48000, 0],
    [2, 48000, 1],
    [1439, 48000, 480],
    [1440, 48000, 480],
    [44100, 44100, 16000],
    [8000, 8000, 16000],
  ])('%i samples at %i Hz are %i at 16 kHz', (count, rate, expected) => {
    expect(resample(module, new Float32Array(count), rate, kModelRate).length).toBe(expected);
  });

  it.each([8000, 44100, 48000])('chunks of any lengths give the bits of the whole, from %i Hz', (rate) => {
    // Numerical Recipes' generator: noise, and lengths that fit nothing.
    let state = 20261129;
    const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
    const samples = Float32Array.from({ length: 30_000 }, () => next() / 2 ** 31 - 1);
    const stream = new SampleStream(module, rate, kModelRate);
    const parts: number[] = [];
    for (let at = 0; at < samples.length; ) {
      const length = next() >>> 19;
      parts.push(...stream.push(samples.subarray(at, at + length)));
      at += length;
    }
    parts.push(...stream.end());
    expect(new Float32Array(parts)).toEqual(resample(module, samples, rate, kModelRate));
  });
});

describe('checkRate', () => {
  it.each([
    ['16000', 'sampleRate is of type string: it must be a number of hertz.'],
    [null, 'sampleRate is of type object'],
    [0, 'sampleRate is 0: it must be a number of hertz from 62.5 to 4096000'],
    [-1, 'sampleRate is -1'],
    [Number.NaN, 'sampleRate is NaN'],
    [Number.POSITIVE_INFINITY, 'sampleRate is Infinity'],
    [1e9, 'sampleRate is 1000000000'],
  ])('refuses %s', (rate, message) => {
    expect(() => checkRate(rate, kModelRate)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => checkRate(rate, kModelRate)).toThrow(message);
  });
  it('takes the rates that microphones and files have', () => {
    for (const rate of [8000, 11025, 16000, 22050.5, 44100, 48000, 96000, 192000, 384000]) {
      expect(() => checkRate(rate, kModelRate)).not.toThrow();
    }
  });
});
