import { EdgyError, InferenceSession, type ModelSource, type SessionOptions, type Tensor } from '../index.js';
import type * as Types from './api.js';
import { env, sayOnce } from './env.js';
import { OrtTensor } from './tensor.js';

const kDone = 'the converter did what it stands for, when it wrote the .edgy file';
const kOneRuntime = 'there is one runtime, in WebAssembly';
const kQuiet = 'errors say what they have to say, and nothing else is logged';

/** Options of onnxruntime-web that are taken and do nothing, with the reason. */
const withoutEffect: Readonly<Record<string, string>> = {
  executionProviders: kOneRuntime,
  interOpNumThreads: 'operators run one after the other',
  freeDimensionOverrides: 'extents are those of the feeds',
  graphOptimizationLevel: kDone,
  enableCpuMemArena: kOneRuntime,
  enableMemPattern: kOneRuntime,
  executionMode: 'operators run one after the other',
  optimizedModelFilePath: kDone,
  profileFilePrefix: 'endProfiling prints to the console',
  logId: kQuiet,
  logSeverityLevel: kQuiet,
  logVerbosityLevel: kQuiet,
  preferredOutputLocation: 'outputs are in memory of the page',
  enableGraphCapture: kOneRuntime,
  externalData: 'an .edgy file is whole',
  extra: kOneRuntime,
};
const runWithoutEffect: Readonly<Record<string, string>> = {
  logSeverityLevel: kQuiet,
  logVerbosityLevel: kQuiet,
  tag: kQuiet,
  terminate: 'give a signal (AbortSignal) with the run',
  extra: kOneRuntime,
};

/** `options` without those that have no effect, which is said. */
function kept(options: object, ignored: Readonly<Record<string, string>>): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const why = ignored[name];
    if (why === undefined) rest[name] = value;
    else if (value !== undefined && !meansWebAssembly(name, value)) sayOnce(name, why);
  }
  return rest;
}

/** What is asked for is what is had: nothing to be said. */
function meansWebAssembly(name: string, value: unknown): boolean {
  if (name !== 'executionProviders' || !Array.isArray(value)) return false;
  return value.every((provider) => ['wasm', 'cpu'].includes(typeof provider === 'string' ? provider : provider?.name));
}

/** Edgy's own options may be given beside onnxruntime's. */
function sessionOptions(given: Types.InferenceSession.SessionOptions | undefined): SessionOptions {
  const { intraOpNumThreads, enableProfiling, ...rest } = kept(given ?? {}, withoutEffect);
  const { numThreads, wasmPaths, simd, wasmBinary, initTimeout } = env.wasm;
  const threads = intraOpNumThreads || numThreads || undefined;
  const paths = ownPaths(wasmPaths);
  if (wasmBinary) sayOnce('env.wasm.wasmBinary', 'it is the runtime of onnxruntime');
  if (initTimeout) sayOnce('env.wasm.initTimeout', 'give a signal: AbortSignal.timeout(milliseconds)');
  return {
    ...(threads === undefined ? {} : { threads: threads as number }),
    ...(paths === undefined ? {} : { wasmPaths: paths }),
    ...(simd === 'fixed' ? { variant: 'simd' as const } : {}),
    ...(enableProfiling ? { profile: true } : {}),
    ...rest,
  };
}

function ownPaths(paths: Types.Env.WebAssemblyFlags['wasmPaths']): string | undefined {
  if (paths === undefined || paths === '') return undefined;
  if (typeof paths === 'string' && !/\bonnxruntime\b/.test(paths)) return paths;
  sayOnce('env.wasm.wasmPaths', "it names onnxruntime's files; give the folder that has Edgy's, or leave it out");
  return undefined;
}

/** (uri, options?), (buffer, options?) or (buffer, byteOffset, byteLength?, options?). */
function sourceAndOptions(source: unknown, rest: readonly unknown[]): [ModelSource, object | undefined] {
  if (typeof rest[0] !== 'number') return [source as ModelSource, rest[0] as object | undefined];
  const [offset, second, third] = rest as [number, unknown, object | undefined];
  const { byteLength } = source as ArrayBuffer;
  const length = typeof second === 'number' ? second : byteLength - offset;
  const options = typeof second === 'object' && second !== null ? second : third;
  const inside = Number.isInteger(offset) && offset >= 0 && Number.isInteger(length) && length > 0;
  if (!inside || !(offset + length <= byteLength)) {
    throw new EdgyError(
      'invalid-argument',
      `A model of ${length} bytes from byte ${offset} on is not within a buffer of ${byteLength} bytes.`,
    );
  }
  return [new Uint8Array(source as ArrayBuffer, offset, length), options];
}

const isTensor = (value: unknown): value is Types.Tensor =>
  typeof value === 'object' && value !== null && 'dims' in value;

/** As onnxruntime-web's `InferenceSession`, on Edgy's. */
export class OrtSession {
  readonly #session: InferenceSession;
  readonly #profiled: boolean;

  private constructor(session: InferenceSession, profiled: boolean) {
    this.#session = session;
    this.#profiled = profiled;
  }

  static async create(source: unknown, ...rest: unknown[]): Promise<OrtSession> {
    const [model, given] = sourceAndOptions(source, rest);
    const options = sessionOptions(given);
    return new OrtSession(await InferenceSession.create(model, options), options.profile === true);
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }
  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }
  get inputMetadata(): readonly Types.InferenceSession.ValueMetadata[] {
    return this.#session.inputMetadata;
  }
  get outputMetadata(): readonly Types.InferenceSession.ValueMetadata[] {
    return this.#session.outputMetadata;
  }

  async run(
    feeds: Types.InferenceSession.FeedsType,
    second?: Types.InferenceSession.FetchesType | Types.InferenceSession.RunOptions | null,
    third?: Types.InferenceSession.RunOptions | null,
  ): Promise<Record<string, Types.Tensor>> {
    // Null or a tensor under a name asks for the output of that name.
    const asksForOutputs =
      Array.isArray(second) ||
      Object.entries(second ?? {}).some(
        ([name, value]) =>
          (value === null || isTensor(value)) &&
          (this.outputNames.includes(name) || !Object.hasOwn(runWithoutEffect, name)),
      );
    const fetches = asksForOutputs ? (second as Types.InferenceSession.FetchesType) : null;
    const options = kept((asksForOutputs ? third : (third ?? second)) ?? {}, runWithoutEffect);
    const outputs = await this.#session.run(feeds, fetches, options);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => {
        const given = Array.isArray(fetches) ? undefined : (fetches as Record<string, unknown> | null)?.[name];
        return [name, isTensor(given) ? filled(given, tensor, name) : handedOut(tensor)];
      }),
    );
  }

  /** Operators are measured in every run of a session that was made with `enableProfiling`. */
  startProfiling(): void {
    if (!this.#profiled) sayOnce('startProfiling', 'make the session with enableProfiling: true');
  }
  endProfiling(): void {
    if (!this.#profiled) return;
    this.#session.profile().then(
      (operators) => console.table(operators),
      (error) => console.error(error),
    );
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

const handedOut = ({ type, data, dims }: Tensor) => new OrtTensor(type, data, dims) as unknown as Types.Tensor;

/** The caller's own tensor with the output in it. */
function filled(given: Types.Tensor, { type, data, dims }: Tensor, name: string): Types.Tensor {
  const same =
    given.type === type && given.dims.length === dims.length && given.dims.every((dim, i) => dim === dims[i]);
  if (!same) {
    throw new EdgyError(
      'invalid-argument',
      `Output '${name}' is ${type} [${dims}], but the tensor for it is ${given.type} [${given.dims.slice(0, 8)}].`,
    );
  }
  (given.data as Uint8Array).set(data as Uint8Array);
  return given;
}
