/** Recordings to the form that the engine takes: one channel, in samples of our own. */
import { EdgyError } from '../errors/errors.js';
import { isFloat32Array } from '../realm.js';

/** The mean of all channels. */
export function toMono(recording: Float32Array | AudioBuffer): Float32Array<ArrayBuffer> {
  if (isFloat32Array(recording)) return new Float32Array(recording);
  if (typeof recording?.getChannelData !== 'function') {
    throw new EdgyError('invalid-input', 'A recording is a Float32Array of samples or an AudioBuffer.');
  }
  const mono = new Float32Array(recording.getChannelData(0));
  const channels = recording.numberOfChannels;
  if (channels === 1) return mono;
  for (let channel = 1; channel < channels; channel++) {
    const other = recording.getChannelData(channel);
    for (let i = 0; i < mono.length; i++) mono[i] = (mono[i] as number) + (other[i] as number);
  }
  for (let i = 0; i < mono.length; i++) mono[i] = (mono[i] as number) / channels;
  return mono;
}
