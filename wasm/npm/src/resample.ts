/** Recordings to the form a model takes: one channel at the model's rate. */
import { EdgyError, messageOf } from './errors.js';

/** The mean of all channels, in samples of our own. */
export function toMono(recording: Float32Array | AudioBuffer): Float32Array<ArrayBuffer> {
  if (recording instanceof Float32Array) return recording.slice();
  if (typeof recording?.getChannelData !== 'function') {
    throw new EdgyError('invalid-input', 'A recording is a Float32Array of samples or an AudioBuffer.');
  }
  const mono = recording.getChannelData(0).slice();
  const channels = recording.numberOfChannels;
  if (channels === 1) return mono;
  for (let channel = 1; channel < channels; channel++) {
    const other = recording.getChannelData(channel);
    for (let i = 0; i < mono.length; i++) mono[i] = (mono[i] as number) + (other[i] as number);
  }
  for (let i = 0; i < mono.length; i++) mono[i] = (mono[i] as number) / channels;
  return mono;
}

/** By the browser's own resampler. The samples are returned as they are when the rate is right already. */
export async function resample(
  samples: Float32Array<ArrayBuffer>,
  from: number,
  to: number,
): Promise<Float32Array<ArrayBuffer>> {
  if (!(from > 0) || !Number.isFinite(from)) {
    throw new EdgyError('invalid-argument', `sampleRate is ${from}: it must be a number of hertz above 0.`);
  }
  if (from === to || samples.length === 0) return samples;
  if (typeof OfflineAudioContext === 'undefined') {
    throw new EdgyError(
      'invalid-input',
      `The model hears ${to} Hz and the recording has ${from} Hz; there is no resampler here, so bring it to ${to} Hz first.`,
    );
  }
  try {
    const context = new OfflineAudioContext(1, Math.max(1, Math.round((samples.length * to) / from)), to);
    const buffer = context.createBuffer(1, samples.length, from);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start();
    return (await context.startRendering()).getChannelData(0) as Float32Array<ArrayBuffer>;
  } catch (error) {
    throw new EdgyError('invalid-argument', `${from} Hz could not be resampled to ${to} Hz: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
