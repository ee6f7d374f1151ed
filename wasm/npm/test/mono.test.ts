import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { toMono } from '../src/sound/mono.js';

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
  it('takes samples of another realm', () => {
    const foreign = runInNewContext('new Float32Array([1, 2])');
    expect(foreign).not.toBeInstanceOf(Float32Array);
    expect(toMono(foreign)).toEqual(new Float32Array([1, 2]));
    expect(toMono(foreign)).toBeInstanceOf(Float32Array);
  });
  it('refuses anything else', () => {
    expect(() => toMono([1, 2] as never)).toThrow('A recording is a Float32Array');
    expect(() => toMono(null as never)).toThrow('A recording is a Float32Array');
  });
});
