/**
 * Whatever a page and an engine say to the gate and the guard, in whatever order: an answer or a typed error, nothing but what the file and
 * the level allow, no word of the engine's, and no more bits than the ceiling. EDGY_FUZZ_SECONDS=3600: so long, each; EDGY_FUZZ_SEED: again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EdgyErrorCode } from '../src/errors/errors.js';
import { kCeilings } from '../src/seal/account.js';
import { Gate } from '../src/seal/gate.js';
import { Guard } from '../src/seal/guard.js';
import { handedOut, kLevels } from '../src/seal/levels.js';
import type { SealResult } from '../src/seal/protocol.js';
import type { Reply } from '../src/seal/reply.js';
import { type TensorType, tensorArrays } from '../src/tensor.js';
import type { PrivacyLevel } from '../src/types.js';
import { kF32, kI64, kNearestCode, modelFile } from './model_file.js';

const kSecret = 'an embedding, spelled out';
const kCodes: readonly EdgyErrorCode[] = [
  'invalid-model',
  'unsupported-model',
  'invalid-input',
  'invalid-argument',
  'out-of-memory',
  'too-much-work',
  'internal',
  'sealed',
  'refused',
];
const kOutputs = [
  { name: 'z', type: 'float32', rank: 3, level: 'low', values: Infinity },
  { name: 'phones', type: 'int64', rank: 2, level: 'moderate', values: 40 },
  { name: 'codes', type: 'int64', rank: 2, level: 'high', values: 12 },
] as const;

const model = modelFile(
  [
    { name: 'z', type: kF32, shape: [1, 2, -1] },
    { name: 'phones', type: kI64, shape: [1, -1] },
    { name: 'codes', type: kI64, shape: [1, -1] },
  ],
  [
    ['z', 0],
    ['phones', 1, { frameRate: 100 }],
    ['codes', 2, { frameRate: 50 }],
  ],
  0,
  {
    tensors: [
      { name: 'phone codebook', type: kF32, shape: [40, 2] },
      { name: 'codebook', type: kF32, shape: [12, 2] },
    ],
    operators: [
      { kind: kNearestCode, inputs: [0, 3], outputs: [1] },
      { kind: kNearestCode, inputs: [0, 4], outputs: [2] },
    ],
    logMel: {},
  },
);
const described = { inputs: [], outputs: kOutputs.map(({ name, type }) => ({ name, type })), metadata: {} };

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });
/** Mostly `likely`, else anything. */
const mostly = <T>(likely: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: likely }, { weight: 1, arbitrary: anything });
const fields = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });

/** Buffers that are more than their bytes, too: grown, shared, part of another. */
const bufferOf = (bytes: number) =>
  fc.constantFrom<() => ArrayBufferLike>(
    () => new ArrayBuffer(bytes),
    // Of ES2024.
    () => Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: bytes + 640 }]) as ArrayBuffer,
    () => new SharedArrayBuffer(bytes),
  );
/** A tensor of one value, with more than a tensor has. */
const tensorOf = (type: TensorType, dims: readonly number[], value: number) => {
  const length = dims.reduce((product, extent) => product * extent, 1);
  const Values = tensorArrays[type] as Int32ArrayConstructor;
  return bufferOf(length * Values.BYTES_PER_ELEMENT).map((make) => {
    const data = new Values(make() as ArrayBuffer);
    const filler: unknown = type === 'int64' ? BigInt(value) : value;
    data.fill(filler as number);
    return { type, dims, data, note: kSecret, [kSecret]: kSecret };
  });
};
const value = fc.integer({ min: -3, max: 600 });
const tensor = fc
  .record({
    type: fc.constantFrom<TensorType>('float32', 'int64', 'int32', 'uint8'),
    dims: fc.array(fc.nat(9), { maxLength: 4 }),
    value,
  })
  .chain(({ type, dims, value }) => tensorOf(type, dims, value));

/** As the file declares the outputs, all of them and the log-mel: what is asked for is taken out of it. */
const honestAnswer = fc
  .record({ frames: fc.nat(9), value })
  .chain(({ frames, value }) =>
    fc.tuple(
      ...kOutputs.map(({ type, rank }) => tensorOf(type, rank === 3 ? [1, 2, frames] : [1, frames], value)),
      tensorOf('float32', [1, 80, frames], value),
    ),
  )
  .map((tensors) => ({ fetches, mel }: { fetches: readonly number[]; mel?: boolean }) => ({
    ok: true,
    value: { outputs: fetches.map((index) => tensors[index]), mel: mel ? tensors.at(-1) : undefined, note: kSecret },
  }));

/** What an engine may answer the request of a run with. */
const engineAnswer = fc.oneof(
  honestAnswer,
  mostly(
    fc.oneof(
      fields({
        ok: fc.constant(true),
        value: mostly(fields({ outputs: mostly(fc.array(mostly(tensor), { maxLength: 4 })), mel: mostly(tensor) })),
        note: fc.constant(kSecret),
      }),
      fields({ ok: anything, code: mostly(fc.constantFrom(...kCodes, kSecret)), message: fc.constant(kSecret) }),
    ),
  ).map((answer) => () => answer),
);

const feeds = mostly(fc.array(mostly(tensor), { maxLength: 3 }));
const fetches = mostly(fc.option(fc.array(mostly(fc.nat(3)), { maxLength: 4 }), { nil: undefined }));
const request = mostly(
  fields({
    feeds,
    fetches,
    pcm: mostly(fc.nat(16_000).map((samples) => new Float32Array(samples))),
    rate: mostly(fc.constantFrom(undefined, 8000, 16_000, 48_000, 1e-9, 1e300)),
    mel: mostly(fc.boolean()),
    level: mostly(fc.constantFrom(...kLevels)),
    engine: mostly(fc.nat(3).map((bytes) => new ArrayBuffer(bytes))),
    wasm: mostly(fc.nat(3).map((bytes) => new ArrayBuffer(bytes))),
    variant: mostly(fc.constantFrom('simd', 'relaxed')),
    model: mostly(fc.constant(model)),
    policy: mostly(fc.dictionary(fc.constantFrom('z', 'codes', 'toString'), mostly(fc.constantFrom(...kLevels)))),
  }),
);
const message = mostly(
  fields({
    id: mostly(fc.integer()),
    operation: mostly(fc.constantFrom('run', 'encode', 'encode', 'encode', 'tighten', 'load', 'open', '__proto__')),
    request,
  }),
);

const bytesOf = (length: number) => new ArrayBuffer(length);
const opening = fc
  .integer()
  .map((id) => ({ id, operation: 'open', request: { engine: bytesOf(1), wasm: bytesOf(2), variant: 'simd' } }));

const seconds = Number(process.env['EDGY_FUZZ_SECONDS'] ?? 0);
const seed = Number(process.env['EDGY_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const limits = {
  seed,
  ...(seconds > 0 ? { numRuns: 2 ** 31, interruptAfterTimeLimit: 1000 * seconds } : { numRuns: 400 }),
};
let cases = 0;

/** For every `arbitrary`, counted. */
async function always<T>(arbitrary: fc.Arbitrary<T>, holds: (given: T) => Promise<void>) {
  cases = 0;
  await fc.assert(
    fc.asyncProperty(arbitrary, async (given) => {
      cases++;
      await holds(given);
    }),
    limits,
  );
  if (seconds > 0) console.log(`${expect.getState().currentTestName}: ${cases} cases, seed ${seed}`);
}

/** Text of all that a reply carries. */
const spelled = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : ArrayBuffer.isView(part) ? [] : part));

/** That a reply is one: to `asked`, typed, and bounded. */
function expectReply(reply: Reply | undefined, asked: unknown): void {
  const id = (asked as { id?: unknown } | null | undefined)?.id;
  if (!reply) {
    expect(Number.isSafeInteger(id)).toBe(false);
    return;
  }
  expect(Object.keys(reply.message).toSorted()).toEqual(['id', 'outcome']);
  expect(reply.message.id).toBe(id);
  const { outcome } = reply.message;
  if (outcome.ok) return;
  expect(Object.keys(outcome).toSorted()).toEqual(['code', 'message', 'ok']);
  expect(kCodes).toContain(outcome.code);
  expect(outcome.message.length).toBeLessThan(2100);
  expect(reply.transfer).toEqual([]);
}

type Heard = SealResult<'encode'>;

/** That an answer holds what `level` hands out and nothing else. */
function expectAllowed(answer: Heard, level: PrivacyLevel, bitsPerSecond = Infinity): void {
  const known = ['outputs', 'mel', 'price', 'milliseconds', 'resampleMilliseconds', 'frontEndMilliseconds'];
  for (const key of Object.keys(answer)) expect(known).toContain(key);
  if (level !== 'low') expect(answer.mel).toBeUndefined();
  for (const output of [...answer.outputs, ...(answer.mel ? [answer.mel] : [])]) {
    expect(Object.keys(output).toSorted()).toEqual(['data', 'dims', 'type']);
    const { data, dims, type } = output;
    const buffer = data.buffer as ArrayBuffer & { readonly resizable?: boolean };
    expect(data).toBeInstanceOf(tensorArrays[type]);
    expect([buffer.constructor, buffer.resizable, buffer.byteLength]).toEqual([ArrayBuffer, false, data.byteLength]);
    expect(dims.reduce((product, extent) => product * extent, 1)).toBe(data.length);
    const allowed = kOutputs.filter((rule) => rule.type === type && rule.rank === dims.length);
    if (output === answer.mel) continue;
    const values = Math.max(0, ...allowed.filter((rule) => handedOut(rule.level, level)).map((rule) => rule.values));
    expect(values).toBeGreaterThan(0);
    for (const value of data) expect(values === Infinity || (Number(value) >= 0 && Number(value) < values)).toBe(true);
  }
  const { bits, ceiling, seconds } = answer.price;
  expect(ceiling).toBe(Math.min(kCeilings[level], bitsPerSecond));
  expect(bits).toBeLessThanOrEqual(Math.ceil(ceiling * (1 + seconds)));
}

const kLong = 120_000 + 2000 * seconds;

describe('whatever is said to the seal', () => {
  it(
    'the guard answers as the level allows',
    () =>
      always(
        fc.record({
          first: fc.constantFrom(...kLevels),
          bitsPerSecond: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
          talk: fc.array(fc.tuple(message, engineAnswer), { maxLength: 8 }),
        }),
        async ({ first, bitsPerSecond, talk }) => {
          let answer: (request: never) => unknown = () => ({ ok: true, value: described });
          const around = { now: () => 0, ask: async (_: unknown, request: unknown) => answer(request as never) };
          const guard = new Guard(around, { module: new ArrayBuffer(2), variant: 'simd' }, 'hash');
          const load = { model, isa: 'auto', memoryLimit: 1, workLimit: 1, level: first, policy: {}, bitsPerSecond };
          const loaded = await guard.handle({ id: 0, operation: 'load', request: load });
          expect(loaded?.message.outcome).toMatchObject({ ok: true });
          let level: PrivacyLevel = first;
          for (const [asked, given] of talk) {
            answer = given;
            const reply = await guard.handle(asked);
            expectReply(reply, asked);
            const outcome = reply?.message.outcome;
            if (!outcome) continue;
            expect(spelled(outcome)).not.toContain(kSecret);
            if (!outcome.ok) continue;
            const { operation, request } = asked as { operation: string; request: { level: PrivacyLevel } };
            if (operation === 'tighten') level = request.level;
            else expectAllowed(outcome.value as Heard, level, bitsPerSecond);
          }
        },
      ),
    kLong,
  );

  it(
    'the gate lets in the files of its release, once',
    () =>
      always(fc.array(fc.oneof(message, opening), { maxLength: 8 }), async (talk) => {
        let entered = 0;
        const gate = new Gate({
          integrity: { engine: 'hash 1', simd: 'hash 2', relaxed: 'hash 3' },
          digest: async (bytes) => `hash ${bytes.byteLength}`,
          trouble: async () => '',
          letIn: async (engine) => {
            entered++;
            expect(engine.byteLength).toBe(1);
            const lockdown = { removed: [], kept: [] };
            return { policy: '', frame: { lockdown, origin: 'null' }, worker: { lockdown, probes: {} } } as never;
          },
        });
        let handed = 0;
        for (const asked of talk) {
          if (await gate.handOff(asked)) {
            handed++;
            continue;
          }
          expectReply(await gate.handle(asked), asked);
        }
        expect(entered).toBeLessThanOrEqual(1);
        expect(handed).toBeLessThanOrEqual(entered);
      }),
    kLong,
  );

  it(
    'a model of any bytes is read or refused',
    () =>
      always(
        fc.record({
          flips: fc.array(fc.tuple(fc.nat(model.byteLength - 1), fc.nat(255)), { maxLength: 6 }),
          words: fc.array(fc.tuple(fc.nat(model.byteLength / 4 - 1), fc.integer()), { maxLength: 2 }),
          length: fc.oneof(fc.constant(model.byteLength), fc.nat(model.byteLength)),
          level: fc.constantFrom(...kLevels),
        }),
        async ({ flips, words, length, level }) => {
          const bytes = model.slice(0);
          for (const [at, value] of flips) new Uint8Array(bytes)[at] = value;
          for (const [at, value] of words) new DataView(bytes).setInt32(4 * at, value, true);
          const around = { now: () => 0, ask: async () => ({ ok: true, value: described }) };
          const guard = new Guard(around, { module: new ArrayBuffer(2), variant: 'simd' }, 'hash');
          const request = {
            model: bytes.slice(0, length),
            isa: 'auto',
            memoryLimit: 1,
            workLimit: 1,
            level,
            policy: {},
          };
          const asked = { id: 1, operation: 'load', request };
          const reply = await guard.handle(asked);
          expectReply(reply, asked);
          const outcome = reply?.message.outcome;
          if (outcome?.ok === false) expect(['invalid-model', 'sealed', 'refused']).toContain(outcome.code);
        },
      ),
    kLong,
  );
});
