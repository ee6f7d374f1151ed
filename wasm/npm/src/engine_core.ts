/** Runs in the worker (or, without one, on the page): the protocol on top of the WebAssembly module, whichever build that is. */
import { type EdgyErrorCode, messageOf } from './errors.js';
import type { NativeFactory, NativeModule, NativeOutput, NativeSession, NativeStatus } from './native.js';
import type { Operation, Outcome, RawTensor, RequestOf, ResultOf } from './protocol.js';
import { type TensorType, tensorArrays } from './tensor.js';
import type { Isa, PrivacyLevel, TensorMetadata, Variant } from './types.js';

/** How failures travel inside this file; `handle` turns them into values. */
class Stop {
  constructor(
    readonly code: EdgyErrorCode,
    readonly message: string,
  ) {}
}

/** Emscripten's module around a WebAssembly module. */
export type Instantiate = (module: WebAssembly.Module, variant: Variant, threads: number) => Promise<NativeModule>;

/** Where a session prepared for `dims` has its tensors. Kept, because each question to the module costs microseconds. */
interface Places {
  readonly dims: readonly (readonly number[])[];
  readonly inputs: readonly Uint8Array<ArrayBuffer>[];
  readonly outputs: readonly NativeOutput[];
}

export class EngineCore {
  readonly #instantiate: Instantiate;
  readonly #almost: (() => void) | undefined;
  #native: NativeModule | undefined;
  #session: NativeSession | undefined;
  #places: Places | undefined;
  #broken = '';

  /** `almost` is called when a run is about to end: whoever waits in another process has to be woken, and that takes time. */
  constructor(instantiate: Instantiate, almost?: () => void) {
    this.#instantiate = instantiate;
    this.#almost = almost;
  }

  /** Never throws. After a trap (a defect of ours) every further call fails too, as the memory may be in any state. */
  async handle<O extends Operation>(operation: O, request: RequestOf<O>): Promise<Outcome<ResultOf<O>>> {
    try {
      if (this.#broken) throw new Stop('internal', this.#broken);
      const handler = this.#handlers[operation] as (request: RequestOf<O>) => Promise<ResultOf<O>> | ResultOf<O>;
      return { ok: true, value: await handler(request) };
    } catch (error) {
      if (error instanceof Stop) return { ok: false, code: error.code, message: error.message };
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

  readonly #handlers: { [O in Operation]: (request: RequestOf<O>) => Promise<ResultOf<O>> | ResultOf<O> } = {
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
      return { outputs: fetches.map((index) => toTensor(outputs[index] as NativeOutput)), milliseconds };
    },
    encode: ({ pcm, mel, fetches }) => {
      const session = this.#open();
      this.#places = undefined; // the front end prepares for the recording's length
      const room = session.reserveSamples(pcm.length);
      if (!room) throw new Stop('out-of-memory', `There is no memory for a recording of ${pcm.length} samples.`);
      room.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
      const frontEndMilliseconds = timed(() => check(session.computeFrontEnd()));
      const spectrogram = mel ? { mel: readMel(session) } : {};
      const milliseconds = this.#run(session);
      const wanted = fetches ?? session.describe().outputs.map((_, index) => index);
      const outputs = wanted.map((index) => toTensor(session.output(index)));
      return { outputs, ...spectrogram, frontEndMilliseconds, milliseconds };
    },
    profile: () => this.#open().profile(),
    memory: () => ({ ...this.#open().memory(), wasm: (this.#native as NativeModule).memoryBytes() }),
  };

  async #load(request: RequestOf<'load'>): Promise<ResultOf<'load'>> {
    const { module: source, variant, model, isa, memoryLimit, profile, threads = 1, workLimit = Infinity } = request;
    const module = source instanceof ArrayBuffer ? await WebAssembly.compile(source) : source;
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
      outputs: outputs.map((_, index) => session.output(index)),
    };
    return this.#places;
  }

  #run(session: NativeSession): number {
    return timed(() => {
      if (!this.#almost) {
        check(session.run());
        return;
      }
      check(session.runFirst());
      this.#almost();
      check(session.runRest());
    });
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
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), reject);
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
    outputs.every(({ data }) => data.byteLength > 0)
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
    });
  return {
    inputs: inputs.map(toMetadata(false)),
    outputs: outputs.map(toMetadata(true)),
    isa: isa as Isa,
    metadata: logMel.sampleRate > 0 ? { ...metadata, logMel } : metadata,
  };
}
