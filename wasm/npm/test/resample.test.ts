import { describe, expect, it } from 'vitest';
import { resample, toMono } from '../src/resample.js';

const stereo = (left: number[], right: number[]) =>
  ({
    numberOfChannels: 2,
    getChannelData: (channel: number) => new Float32Array(channel === 0 ? left : right),
  }) as unknown as AudioBuffer;

describe('toMono', () => {
  it('averages channels and copies samples', () => {
    expect(toMono(stereo([1, 0], [0, -1]))).toEqual(new Float32Array([0.5, -0.5]));
    const samples = new Float32Array([1, 2]);
    expect(toMono(samples)).toEqual(samples);
    expect(toMono(samples)).not.toBe(samples);
  });
  it('refuses anything else', () => {
    expect(() => toMono([1, 2] as never)).toThrow('A recording is a Float32Array');
    expect(() => toMono(null as never)).toThrow('A recording is a Float32Array');
  });
});

describe('resample', () => {
  it('leaves samples at the right rate alone', async () => {
    const samples = new Float32Array(3);
    expect(await resample(samples, 16000, 16000)).toBe(samples);
  });
  it('says what to do where there is no resampler', async () => {
    await expect(resample(new Float32Array(3), 48000, 16000)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('bring it to 16000 Hz first'),
    });
  });
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the rate %s', async (rate) => {
    await expect(resample(new Float32Array(3), rate, 16000)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
