/** From a recording to a model's outputs, on whatever carries out the call. */

import { hasNaN } from '../convert.js';
import type { SessionCore } from '../core.js';
import { EdgyError } from '../errors/errors.js';
import { unknown, unknownOption } from '../options.js';
import { isFloat32Array } from '../realm.js';
import { namedOutputs } from '../session.js';
import { Tensor } from '../tensor.js';
import type { RequestOf } from '../worker/protocol.js';
import { toMono } from './mono.js';
import { checkRate } from './sample_rate.js';

export interface EncodeOptions {
  /**
   * Of a `Float32Array`, in hertz; default the model's own. An `AudioBuffer` knows its rate. Sound of another rate than the model's is
   * resampled, band-limited, with the same result in every browser.
   */
  sampleRate?: number | undefined;
  /** Also return the log-mel spectrogram that the model saw. Default false. */
  mel?: boolean | undefined;
  /** Rejects with `aborted`. The computation ends within milliseconds, except that of a sealed session. */
  signal?: AbortSignal | undefined;
}

/** Milliseconds. */
export interface AudioTimings {
  /** To the model's rate; 0 where it is that already. */
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

/** @internal What knows how to encode. */
export interface Encoder {
  readonly core: SessionCore;
  /** What the model hears, in hertz. */
  readonly sampleRate: number;
  /** For engines that do not bring one along. */
  readonly resampler?: () => Promise<WebAssembly.Module>;
}

const kEncodeOptions: readonly (keyof EncodeOptions)[] = ['sampleRate', 'mel', 'signal'];
const kEncodeOption = 'option of encode';

/** @internal `fetches` are the indices of the outputs wanted. */
export async function encodeRecording(
  { core, sampleRate, resampler }: Encoder,
  fetches: readonly number[],
  recording: Float32Array | AudioBuffer,
  given: EncodeOptions | null,
): Promise<AudioEncoding> {
  core.throwIfReleased();
  const options = given ?? {};
  const strange = unknownOption(options, kEncodeOptions, kEncodeOption);
  if (strange !== undefined) throw await unknown(strange, kEncodeOptions, kEncodeOption);
  const start = performance.now();
  const pcm = toMono(recording);
  const rate = isFloat32Array(recording) ? (options.sampleRate ?? sampleRate) : recording.sampleRate;
  checkRate(rate, sampleRate);
  if (core.checkInputs && hasNaN('float32', pcm))
    throw new EdgyError('invalid-input', 'The recording holds a NaN (checkInputs).');
  const request: RequestOf<'encode'> = {
    pcm,
    ...(rate === sampleRate ? {} : { rate, ...(resampler ? { resampler: await resampler() } : {}) }),
    mel: options.mel ?? false,
    fetches,
  };
  const seconds = pcm.length / rate;
  const result = await core.call('encode', request, { transfer: [pcm.buffer], signal: options.signal });
  const outputs = namedOutputs(result.outputs, fetches, core.model.outputs);
  const indices = Object.values(outputs).find(({ type }) => type === 'int64');
  return {
    outputs,
    ...(indices ? { codes: Int32Array.from(indices.data as BigInt64Array, Number) } : {}),
    ...(result.mel ? { mel: new Tensor('float32', result.mel.data as Float32Array, result.mel.dims) } : {}),
    seconds,
    timings: {
      resample: result.resampleMilliseconds,
      frontEnd: result.frontEndMilliseconds,
      inference: result.milliseconds,
      total: performance.now() - start,
    },
  };
}
