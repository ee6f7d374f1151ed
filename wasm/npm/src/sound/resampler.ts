/**
 * From one rate to another, by the SoX resampler (wasm/resample), with the same bits in every engine. Pages load this module when they make
 * a `Resampler`.
 */
interface Native {
  readonly memory: WebAssembly.Memory;
  _initialize?(): void;
  input(): number;
  output(): number;
  block(): number;
  open(from: number, to: number): number;
  process(count: number, room: number): number;
  taken(): number;
}

/** One recording or stream. Chunks of any lengths give the samples that the whole gives. */
export class SampleStream {
  readonly #native: Native;
  readonly #from: number;
  readonly #to: number;
  #heard = 0;
  #given = 0;

  /** `module` is edgy-resample.wasm, compiled. Throws a RangeError where there is no memory for it. */
  constructor(module: WebAssembly.Module, from: number, to: number) {
    // What the C library would print with is never called.
    const none = () => 0;
    const imports = {
      env: { emscripten_notify_memory_growth: none },
      wasi_snapshot_preview1: { clock_time_get: none, fd_close: none, fd_write: none, fd_seek: none },
    };
    const native = new WebAssembly.Instance(module, imports).exports as unknown as Native;
    native._initialize?.();
    if (native.open(from, to) !== 0) {
      throw new RangeError(`There is no memory for a resampler from ${from} Hz to ${to} Hz.`);
    }
    this.#native = native;
    this.#from = from;
    this.#to = to;
  }

  /** What is known of the sound at the new rate once `samples` are heard. The filter looks ahead, so the last part comes with `end`. */
  push(samples: Float32Array): Float32Array<ArrayBuffer> {
    this.#heard += samples.length;
    return this.#process(samples, Number.POSITIVE_INFINITY);
  }

  /** The rest. In all there are as many samples as the same time holds at the new rate, rounded. */
  end(): Float32Array<ArrayBuffer> {
    const missing = () => Math.round((this.#heard * this.#to) / this.#from) - this.#given;
    const parts: Float32Array<ArrayBuffer>[] = [];
    const silence = new Float32Array(this.#native.block());
    while (missing() > 0) parts.push(this.#process(silence, missing()));
    return joined(parts);
  }

  #process(samples: Float32Array, most: number): Float32Array<ArrayBuffer> {
    const { memory, input, output, block, process, taken } = this.#native;
    const parts: Float32Array<ArrayBuffer>[] = [];
    let left = most;
    for (let at = 0; at < samples.length && left > 0; at += taken()) {
      const chunk = samples.subarray(at, at + block());
      new Float32Array(memory.buffer, input(), chunk.length).set(chunk);
      const count = process(chunk.length, Math.min(block(), left));
      parts.push(new Float32Array(memory.buffer, output(), count).slice());
      this.#given += count;
      left -= count;
    }
    return joined(parts);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A whole recording. */
export function resample(module: WebAssembly.Module, samples: Float32Array, from: number, to: number) {
  const stream = new SampleStream(module, from, to);
  return joined([stream.push(samples), stream.end()]);
}
