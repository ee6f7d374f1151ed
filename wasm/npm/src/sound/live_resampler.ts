import { loadResampler } from '../engine/runtime_files.js';
import { EdgyError, typed } from '../errors/errors.js';
import { checkOptions } from '../options.js';
import { isFloat32Array } from '../realm.js';
import type { SessionOptions } from '../types.js';
import type { SampleStream } from './resampler.js';
import { checkRate } from './sample_rate.js';

/**
 * Sound of one rate to another as it comes, for a recorder. `AudioEncoder.encode` needs none: it takes whole recordings of any rate and
 * gives them the same samples.
 */
export class Resampler {
  readonly #stream: SampleStream;

  private constructor(stream: SampleStream) {
    this.#stream = stream;
  }

  /** One for each recording. The first one fetches `edgy-resample.wasm`. Rates in hertz; one is at most 256 times the other. */
  static create(from: number, to: number, options?: Pick<SessionOptions, 'wasmPaths'>): Promise<Resampler> {
    return typed(Resampler.#create(from, to, options));
  }

  static async #create(from: number, to: number, options?: Pick<SessionOptions, 'wasmPaths'>): Promise<Resampler> {
    await checkOptions(options, ['wasmPaths'], 'option of a Resampler');
    if (!(typeof to === 'number' && to > 0 && Number.isFinite(to))) {
      throw new EdgyError(
        'invalid-argument',
        `The rate to resample to is ${String(to)}: it must be a number of hertz above 0.`,
      );
    }
    checkRate(from, to);
    const [module, code] = await Promise.all([loadResampler(options?.wasmPaths), import('./resampler.js')]);
    return new Resampler(new code.SampleStream(module, from, to));
  }

  /** The samples at the new rate that are certain after `samples`; the filter looks some milliseconds ahead. */
  push(samples: Float32Array): Float32Array<ArrayBuffer> {
    if (!isFloat32Array(samples)) throw new EdgyError('invalid-input', 'Samples are a Float32Array.');
    return this.#stream.push(samples);
  }

  /** The last samples. Chunks of any lengths give in all what the whole recording gives, bit for bit. */
  end(): Float32Array<ArrayBuffer> {
    return this.#stream.end();
  }
}
