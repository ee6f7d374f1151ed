/** Runs in the worker (or, without one, on the page): the protocol on top of the WebAssembly module, whichever build that is. */
import { EdgyError, type EdgyErrorCode, messageOf } from '../errors/errors.js';
import { resample } from '../sound/resampler.js';
import { checkRate } from '../sound/sample_rate.js';
import { type TensorType, tensorArrays } from '../tensor.js';
import type { Isa, PrivacyLevel, TensorMetadata, Variant } from '../types.js';
import type { Operation, Outcome, RawTensor, RequestOf, ResultOf } from '../worker/protocol.js';
import { checkBuild } from './build_name.js';
import { leftMidway, withMissing } from './cut.js';
import type { NativeFactory, NativeModule, NativeOutput, NativeSession, NativeStatus } from './native.js';

/** How failures travel inside this file; `handle` turns them into values. */
class Stop {
  constructor(
    readonly code: EdgyErrorCode,
    readonly message: string,
  ) {}
}

/** Emscripten's module around a WebAssembly module. */
export type Instantiate = (module: WebAssembly.Module, variant: Variant, threads: number) => Promise<NativeModule>;

/** As long a recording as is looked for when one is too short, in frames. */
const kMostFrames = 1 << 14;

/** Where a session prepared for `dims` has its tensors. Kept, because each question to the module costs microseconds. */
interface Places {
  readonly dims: readonly (readonly number[])[];
  readonly inputs: readonly Uint8Array<ArrayBuffer>[];
  /** undefined: events, of which each run has its own number. */
  readonly outputs: readonly (NativeOutput | undefined)[];
}

export class EngineCore {
  readonly #instantiate: Instantiate;
  readonly #almost: (() => void) | undefined;
  readonly #resampler: (() => WebAssembly.Module) | undefined;
  #native: NativeModule | undefined;
  #session: NativeSession | undefined;
  #places: Places | undefined;
  #broken = '';

  /**
   * `almost` is called when a run is about to end: whoever waits in another process has to be woken, and that takes time. `resampler` is for
   * an engine that brings it along; others get it with the call that needs it.
   */
  constructor(instantiate: Instantiate, almost?: () => void, resampler?: () => WebAssembly.Module) {
    this.#instantiate = instantiate;
    this.#almost = almost;
    this.#resampler = resampler;
  }

  /** Never throws. After a trap (a defect of ours) every further call fails too, as the memory may be in any state. */
  async handle<O extends Operation>(operation: O, request: RequestOf<O>): Promise<Outcome<ResultOf<O>>> {
    try {
      if (this.#broken) throw new Stop('internal', this.#broken);
      return { ok: true, value: await (this.#handlers[operation] as Handler<O>)(request) };
    } catch (error) {
      if (leftMidway(error)) this.#broken = messageOf(error);
      if (error instanceof Stop || error instanceof EdgyError)
        return { ok: false, code: error.code, message: error.message };
      this.#broken = `The runtime failed: ${messageOf(error)}`;
      return { ok: false, code: 'internal', message: this.#broken };
    }
  }

  close(): void {
    this.#session = undefined;
    this.#places = undefined;
    this.#native = undefined;
    this.#broken = 'The engine was closed.';
  }

  readonly #handlers: { [O in Operation]: Handler<O> } = {
    load: (request) => this.#load(request),
    run: ({ feeds, fetches }) => {
      const session = this.#open();
      const { inputs, outputs } = this.#prepare(session, feeds);
      feeds.forEach(({ data }, index) => {
        const input = inputs[index];
        if (input?.byteLength !== data.byteLength) throw new Stop('internal', `Input ${index} has another size.`);
        input.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      });
      const milliseconds = this.#run(session);
      return { outputs: fetches.map((index) => toTensor(outputs[index] ?? session.output(index))), milliseconds };
    },
    encode: (request) => {
      const session = this.#open();
      this.#places = undefined; // the front end prepares for the recording's length
      const start = performance.now();
      const pcm = this.#atModelRate(session, request);
      const resampleMilliseconds = performance.now() - start;
      const room = session.reserveSamples(pcm.length);
      if (!room) throw new Stop('out-of-memory', `There is no memory for a recording of ${pcm.length} samples.`);
      room.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
      const frontEndMilliseconds = timed(() => {
        const status = session.computeFrontEnd();
        if (status.code === 'invalid-input') refuseShort(session, request.pcm.length, pcm.length, request.rate);
        check(status);
      });
      const spectrogram = request.mel ? { mel: readMel(session) } : {};
      const milliseconds = this.#run(session);
      const wanted = request.fetches ?? session.describe().outputs.map((_, index) => index);
      const outputs = wanted.map((index) => toTensor(session.output(index)));
      return { outputs, ...spectrogram, resampleMilliseconds, frontEndMilliseconds, milliseconds };
    },
    profile: () => this.#open().profile(),
    memory: () => ({ ...this.#open().memory(), wasm: (this.#native as NativeModule).memoryBytes() }),
  };

  async #load(request: RequestOf<'load'>): Promise<ResultOf<'load'>> {
    const { module: source, variant, model, isa, memoryLimit, profile, threads = 1, workLimit = Infinity } = request;
    const module = source instanceof ArrayBuffer ? await WebAssembly.compile(source) : source;
    checkBuild(module, request.build);
    this.#native = await this.#instantiate(module, variant, threads);
    const session = new this.#native.Session();
    const room = session.reserve(model.byteLength);
    if (!room) throw new Stop('out-of-memory', `There is no memory for a model of ${model.byteLength} bytes.`);
    room.set(new Uint8Array(model));
    check(session.load({ isa, memoryLimit: Math.min(memoryLimit, 2 ** 32 - 1), profile, threads, workLimit }));
    this.#session = session;
    return describe(session);
  }

  /** For the shapes of `feeds`; done already if the last run had the same ones. */
  #prepare(session: NativeSession, feeds: readonly RawTensor[]): Places {
    if (this.#places && areFor(this.#places, feeds)) return this.#places;
    this.#places = undefined;
    const dims = feeds.map((feed) => [...feed.dims]);
    check(session.prepare(dims));
    const { inputs, outputs } = session.describe();
    this.#places = {
      dims,
      inputs: inputs.map((_, index) => session.input(index)),
      outputs: outputs.map(({ events }, index) => (events ? undefined : session.output(index))),
    };
    return this.#places;
  }

  /** The samples at the rate that the model hears. */
  #atModelRate(session: NativeSession, { pcm, rate, resampler }: RequestOf<'encode'>): Float32Array {
    const { sampleRate } = session.describe().logMel;
    if (rate === undefined || rate === sampleRate || sampleRate === 0) return pcm;
    checkRate(rate, sampleRate);
    const module = resampler ?? this.#resampler?.();
    if (!module) throw new Stop('internal', 'The call came without the resampler that it needs.');
    try {
      return resample(module, pcm, rate, sampleRate);
    } catch (error) {
      throw error instanceof RangeError ? new Stop('out-of-memory', error.message) : error;
    }
  }

  #run(session: NativeSession): number {
    const start = performance.now();
    if (this.#almost) {
      check(session.runFirst());
      this.#almost();
      check(session.runRest());
    } else check(session.run());
    return performance.now() - start;
  }

  #open(): NativeSession {
    if (!this.#session) throw new Stop('invalid-argument', 'No model is loaded.');
    return this.#session;
  }
}

/** What `create` makes of a compiled module, given Emscripten's further `options`. */
export function instantiateWith(
  create: NativeFactory,
  module: WebAssembly.Module,
  options: Omit<Parameters<NativeFactory>[0], 'instantiateWasm'> = {},
): Promise<NativeModule> {
  return new Promise((resolve, reject) => {
    const instantiateWasm: Parameters<NativeFactory>[0]['instantiateWasm'] = (imports, done) => {
      // Emscripten waits for `done` alone, so a failure has to get out by another way.
      WebAssembly.instantiate(module, withMissing(imports)).then((instance) => done(instance, module), reject);
      return {};
    };
    create({ ...options, instantiateWasm }).then(resolve, reject);
  });
}

/** The buffers of an answer that can be handed over instead of copied. */
export function buffersOf(value: unknown): Transferable[] {
  const { outputs = [], mel } = (value ?? {}) as { outputs?: Partial<RawTensor>[]; mel?: RawTensor };
  return [...outputs, ...(mel ? [mel] : [])].flatMap(({ data }) =>
    data?.buffer instanceof ArrayBuffer ? [data.buffer] : [],
  );
}

type Handler<O extends Operation> = (request: RequestOf<O>) => Promise<ResultOf<O>> | ResultOf<O>;

/**
 * Throws when a recording has too few samples for the model, with the number that it needs. `given` were heard at `rate`, `samples` are
 * left of them at the model's rate.
 */
function refuseShort(session: NativeSession, given: number, samples: number, rate: number | undefined): void {
  const { sampleRate, mels, hop } = session.describe().logMel;
  const takes = (frames: number) => session.prepare([[1, mels, frames]]).code === '';
  let [short, enough] = [Math.floor(samples / hop) + 1, 0];
  if (samples > 0 && takes(short)) return;
  if (samples === 0) short = 0;
  for (let frames = Math.max(1, 2 * short); frames <= kMostFrames && enough === 0; frames *= 2) {
    if (takes(frames)) enough = frames;
    else short = frames;
  }
  if (enough === 0) return;
  while (enough - short > 1) {
    const middle = (short + enough) >> 1;
    if (takes(middle)) enough = middle;
    else short = middle;
  }
  const from = rate ?? sampleRate;
  // Frames begin every `hop` samples, the first at none; an empty recording has no frame.
  const least = Math.max(1, (enough - 1) * hop);
  const needed = Math.ceil(((least - 0.5) * from) / sampleRate); // as resampled lengths are rounded
  const seconds = (count: number) => Number((count / from).toPrecision(4));
  throw new Stop(
    'invalid-input',
    `The recording is too short: it has ${given} samples at ${from} Hz (${seconds(given)} s), and the model needs at least ` +
      `${needed} (${seconds(needed)} s).`,
  );
}

function check(status: NativeStatus): void {
  if (status.code) throw new Stop(status.code as EdgyErrorCode, status.message);
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Whether `places` are right for `feeds`. When WebAssembly memory grows, views of it become empty. */
function areFor({ dims, inputs, outputs }: Places, feeds: readonly RawTensor[]): boolean {
  return (
    feeds.every((feed, index) => isEqual(feed.dims, dims[index] ?? [])) &&
    inputs.every(({ byteLength }) => byteLength > 0) &&
    outputs.every((output) => !output || output.data.byteLength > 0)
  );
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** The first input, which the front end wrote. */
function readMel(session: NativeSession): RawTensor {
  const data = session.input(0);
  const { mels } = session.describe().logMel;
  return toTensor({ type: 'float32', dims: [1, mels, data.byteLength / 4 / mels], data });
}

/** Copied out of WebAssembly memory, which the next run overwrites. */
function toTensor({ type, dims, data }: NativeOutput): RawTensor {
  const bytes = data.slice();
  return { type: type as TensorType, dims, data: new tensorArrays[type as TensorType](bytes.buffer) };
}

function describe(session: NativeSession): ResultOf<'load'> {
  const { inputs, outputs, isa, logMel, ...metadata } = session.describe();
  const toMetadata =
    (isOutput: boolean) =>
    (info: (typeof inputs)[number]): TensorMetadata => ({
      name: info.name,
      isTensor: true,
      type: info.type as TensorType,
      shape: info.shape,
      ...(isOutput ? { privacyLevel: info.privacyLevel as PrivacyLevel } : {}),
      ...(isOutput && info.events ? { events: info.events } : {}),
    });
  return {
    inputs: inputs.map(toMetadata(false)),
    outputs: outputs.map(toMetadata(true)),
    isa: isa as Isa,
    metadata: logMel.sampleRate > 0 ? { ...metadata, logMel } : metadata,
  };
}
