import { kMinSamples, kSampleRate } from '../engine';

/** Longer files are cut: the pictures would be too fine to read. */
export const kMaxSeconds = 30;

export class AudioProblem extends Error {}

/** Any sound file that the browser knows, as mono samples at the model's rate. `bytes` is left as it was. */
export async function decode(bytes: ArrayBuffer): Promise<Float32Array<ArrayBuffer>> {
  if (bytes.byteLength === 0) throw new AudioProblem('This file is empty.');
  // A context at the model's rate: decodeAudioData resamples on the way.
  const context = new OfflineAudioContext(1, 1, kSampleRate);
  let buffer: AudioBuffer;
  try {
    buffer = await context.decodeAudioData(bytes.slice(0));
  } catch {
    throw new AudioProblem('This is not a sound file that this browser can read. Try WAV, FLAC, MP3, Ogg or M4A.');
  }
  const length = Math.min(buffer.length, kMaxSeconds * kSampleRate);
  return checked(mixDown(buffer, length));
}

export function checked(pcm: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  if (pcm.length < kMinSamples) throw new AudioProblem('This recording is too short: a fifth of a second is needed.');
  if (!pcm.some((sample) => Math.abs(sample) > 1e-4)) {
    throw new AudioProblem('This recording is silent: there is nothing to encode.');
  }
  return pcm;
}

function mixDown(buffer: AudioBuffer, length: number): Float32Array<ArrayBuffer> {
  const mono = new Float32Array(length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < length; i++) mono[i] = (mono[i] as number) + (samples[i] as number) / buffer.numberOfChannels;
  }
  return mono;
}
