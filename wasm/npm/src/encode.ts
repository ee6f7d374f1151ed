/** From a recording to a model's outputs, on whatever carries out the call. */
import type { SessionCore } from './core.js';
import { resample, toMono } from './resample.js';
import { namedOutputs } from './session.js';
import { Tensor } from './tensor.js';

export interface EncodeOptions {
  /** Of a `Float32Array`, in hertz; default the model's own. An `AudioBuffer` knows its rate. */
  sampleRate?: number | undefined;
  /** Also return the log-mel spectrogram that the model saw. Default false. */
  mel?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Milliseconds. */
export interface AudioTimings {
  /** Mixing down and resampling on the page. */
  readonly resample: number;
  /** Log-mel. */
  readonly frontEnd: number;
  /** The model. */
  readonly inference: number;
  /** From the call to the result, the way to the worker and back included. */
  readonly total: number;
}

export interface AudioEncoding {
  readonly outputs: Record<string, Tensor>;
  /** The first output of type int64, as plain numbers: one code for each frame. */
  readonly codes?: Int32Array;
  /** [1, mels, frames]; only with `mel: true`. */
  readonly mel?: Tensor<'float32'>;
  /** Length of the recording. */
  readonly seconds: number;
  readonly timings: AudioTimings;
}

/** `sampleRate` is the model's; `fetches` are the indices of the outputs wanted. */
export async function encodeRecording(
  core: SessionCore,
  sampleRate: number,
  fetches: readonly number[],
  recording: Float32Array | AudioBuffer,
  options: EncodeOptions,
): Promise<AudioEncoding> {
  core.throwIfReleased();
  const start = performance.now();
  const mono = toMono(recording);
  const from = recording instanceof Float32Array ? (options.sampleRate ?? sampleRate) : recording.sampleRate;
  const pcm = await resample(mono, from, sampleRate);
  const seconds = pcm.length / sampleRate;
  const resampled = performance.now();
  const request = { pcm, mel: options.mel ?? false, fetches };
  const result = await core.call('encode', request, [pcm.buffer], options.signal);
  const outputs = namedOutputs(result.outputs, fetches, core.model.outputs);
  const indices = Object.values(outputs).find(({ type }) => type === 'int64');
  return {
    outputs,
    ...(indices ? { codes: Int32Array.from(indices.data as BigInt64Array, Number) } : {}),
    ...(result.mel ? { mel: new Tensor('float32', result.mel.data as Float32Array, result.mel.dims) } : {}),
    seconds,
    timings: {
      resample: resampled - start,
      frontEnd: result.frontEndMilliseconds,
      inference: result.milliseconds,
      total: performance.now() - start,
    },
  };
}
