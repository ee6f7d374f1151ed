/** What a session hands out never exceeds its printed price, whatever the engine answers. */
import { describe, expect, it } from 'vitest';
import { Guard } from '../src/seal/guard.js';
import { readModelPolicy } from '../src/seal/model_policy.js';
import { bitsPerSecond, eventBits } from '../src/seal/price.js';
import type { SealResult } from '../src/seal/protocol.js';
import type { Outcome, RawTensor } from '../src/worker/protocol.js';
import { kI32, kI64, kNearestCode, modelFile, type Said } from './model_file.js';

interface Codes extends Said {
  codes: number;
  type?: number;
  shape?: number[];
}

const kNames: Record<number, string> = { [kI64]: 'int64', [kI32]: 'int32' };

/** Codes of a search in a codebook, handed out at level high as the test says. */
const file = ({ codes, type = kI64, shape = [1, -1], ...said }: Codes, more: object = { logMel: {} }) =>
  modelFile([{ name: 'codes', type, shape }], [['codes', 2, said]], 0, {
    tensors: [{ name: 'codebook', type: 0, shape: [codes, 64] }],
    operators: [{ kind: kNearestCode, inputs: [0, 1], outputs: [0] }],
    ...more,
  });

type Loaded = SealResult<'load'>;
type Answer = Outcome<SealResult<'encode'>>;

async function guarded(given: Codes, answer: () => unknown, more?: object) {
  const type = kNames[given.type ?? kI64];
  const described = { inputs: [], outputs: [{ name: 'codes', type }], metadata: {} };
  const ask = async (operation: string) =>
    operation === 'load' ? { ok: true, value: described } : { ok: true, value: { outputs: [answer()] } };
  const guard = new Guard({ now: () => 0, ask }, { module: new ArrayBuffer(2), variant: 'simd' }, 'hash');
  const call = async (operation: string, request: object) =>
    (await guard.handle({ id: 1, operation, request }))?.message.outcome as unknown;
  const options = { isa: 'auto', memoryLimit: 1, workLimit: 1, level: 'high', policy: {} };
  const loaded = (await call('load', { model: file(given, more), ...options })) as Outcome<Loaded>;
  if (!loaded.ok) throw new Error(loaded.message);
  const hear = async (seconds: number) =>
    (await call('encode', { pcm: new Float32Array(Math.round(16000 * seconds)), mel: false })) as Answer;
  return { loaded: loaded.value, hear };
}

const tensor = (values: readonly number[], type = kI64): RawTensor =>
  type === kI64
    ? { type: 'int64', dims: [1, values.length], data: BigInt64Array.from(values, BigInt) }
    : { type: 'int32', dims: [1, values.length], data: Int32Array.from(values) };

function dice(seed: number) {
  let state = seed >>> 0;
  return (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const kEvents = { codes: 8, events: { classes: 8, silence: [0] }, frameRate: 50 };

describe('the number of event sequences', () => {
  /** All that `frames` frames of `kinds` codes beside silence can become, counted one by one. */
  const counted = (frames: number, leastRun: number, kinds: number) => {
    const runs = Math.floor(frames / leastRun);
    let [all, ending] = [1, 1];
    for (let n = 1; n <= runs; n++) {
      ending *= n === 1 ? kinds : kinds - 1;
      all += ending;
    }
    return all;
  };

  it.each([1, 2, 3, 7, 11])('of %d kinds', (kinds) => {
    for (let frames = 0; frames < 40; frames++) {
      for (const leastRun of [1, 2, 3])
        expect(eventBits(Math.floor(frames / leastRun), kinds)).toBeCloseTo(
          Math.log2(counted(frames, leastRun, kinds)),
          9,
        );
    }
  });

  it('is no more for many seconds than for as many single ones', () => {
    for (const kinds of [1, 2, 3, 7, 40]) {
      for (const runs of [0.5, 1, 1.7, 26])
        for (const seconds of [1, 1.3, 7, 1000])
          expect(eventBits(runs * seconds, kinds)).toBeLessThanOrEqual(seconds * eventBits(runs, kinds) + 1e-9);
    }
  });

  it('has the price of 7 kinds in 25 runs a second', () => {
    expect(eventBits(25, 7)).toBeCloseTo(65.11, 2);
    expect(eventBits(1e6, 7)).toBeCloseTo(1e6 * Math.log2(6) + Math.log2(7 / 5), 3);
  });
});

describe('an answer of events', () => {
  const given = async (values: readonly number[], seconds = 1, codes: Codes = kEvents) =>
    (await guarded(codes, () => tensor(values, codes.type))).hear(seconds);

  it('comes out as it is', async () => {
    const outcome = await given([3, 1, 3]);
    expect(outcome).toMatchObject({ ok: true });
    if (outcome.ok) expect([...(outcome.value.outputs[0]?.data ?? [])]).toEqual([3n, 1n, 3n]);
    expect(await given([])).toMatchObject({ ok: true });
    expect(await given([5, 1], 1, { ...kEvents, type: kI32 })).toMatchObject({ ok: true });
  });

  it.each([
    ['a repeat', [3, 3]],
    ['silence', [3, 0, 1]],
    ['no class', [8]],
    ['a number below 0', [-1]],
    ['more than so much sound can have', Array.from({ length: 27 }, (_, i) => 1 + (i % 2))],
  ])('is refused as a lie with %s', async (_, values) => {
    expect(await given(values)).toMatchObject({ ok: false, code: 'sealed' });
  });

  it('has as many as the frames allow and no more', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => 1 + (i % 2));
    expect(await given(many(26))).toMatchObject({ ok: true });
    expect(await given(many(51), 2)).toMatchObject({ ok: true });
    expect(await given(many(52), 2)).toMatchObject({ ok: false, code: 'sealed' });
    // A file of fixed length says how many codes there are.
    const fixed = { ...kEvents, frameRate: 0, shape: [1, 10] };
    expect(await given(many(5), 1, fixed)).toMatchObject({ ok: true });
    expect(await given(many(6), 1, fixed)).toMatchObject({ ok: false, code: 'sealed' });
  });

  it('is of fewer classes where the file claims more than its codebook has', async () => {
    const claimed = { ...kEvents, codes: 4 };
    expect(await given([3], 1, claimed)).toMatchObject({ ok: true });
    expect(await given([4], 1, claimed)).toMatchObject({ ok: false, code: 'sealed' });
  });

  it('may be of another length each time, for a price', async () => {
    let count = 0;
    const { hear } = await guarded({ ...kEvents, frameRate: 0 }, () =>
      tensor(Array.from({ length: count++ % 20 }, (_, i) => 1 + (i % 2))),
    );
    let before = 0;
    for (let i = 0; i < 20; i++) {
      const outcome = await hear(1);
      if (!outcome.ok) throw new Error(outcome.message);
      // Without a frame rate: three bits a call, what each event can be, and how many there are.
      expect(outcome.value.price.bits - before).toBeGreaterThanOrEqual(3 + i * Math.log2(7) + 5);
      before = outcome.value.price.bits;
    }
  });

  it('is booked as the most that it can be, whatever it is', async () => {
    for (const values of [[], [1, 2, 3]]) {
      const outcome = await given(values);
      if (!outcome.ok) throw new Error(outcome.message);
      expect(outcome.value.price.bits).toBe(Math.ceil(3 + eventBits(26, 7)));
    }
  });
});

describe('the printed price', () => {
  it('is in the report', async () => {
    const { loaded } = await guarded(kEvents, () => tensor([]));
    expect(loaded.policies).toEqual([
      {
        name: 'codes',
        level: 'high',
        bits: 3,
        bitsPerSecond: eventBits(26, 7),
        events: { leastRun: 2, classes: 8, silence: [0] },
      },
    ]);
    expect(loaded.outputs[0]?.events).toEqual({ leastRun: 2, classes: 8, silence: [0] });
    expect(loaded.price.most).toBeCloseTo(3 + eventBits(26, 7));
    const plain = readModelPolicy(file({ codes: 40, frameRate: 50 })).outputs[0];
    expect(plain && bitsPerSecond(plain)).toBeCloseTo(52 * Math.log2(40) + Math.log2(53));
    const unsaid = readModelPolicy(file({ codes: 40 })).outputs[0];
    expect(unsaid && bitsPerSecond(unsaid)).toBe(Infinity);
    // Without sound, frames a second mean nothing.
    const deaf = readModelPolicy(file({ codes: 40, frameRate: 50 }, {})).outputs[0];
    expect(deaf && bitsPerSecond(deaf)).toBe(Infinity);
  });

  it('of codes that are more than the sound has frames is refused as a lie', async () => {
    const answer = (count: number) => () => tensor(new Array(count).fill(1));
    const codes = { codes: 40, frameRate: 50 };
    expect(await (await guarded(codes, answer(52))).hear(1)).toMatchObject({ ok: true });
    expect(await (await guarded(codes, answer(53))).hear(1)).toMatchObject({ ok: false, code: 'sealed' });
  });

  it('is never exceeded by a stream of random answers, whatever they are', async () => {
    const seed = Number(process.env.EDGY_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const roll = dice(seed);
    let answered = 0;
    let refused = 0;
    for (let trial = 0; trial < 60; trial++) {
      const classes = 2 + roll(12);
      const leastRun = 1 + roll(3);
      const silence = Array.from({ length: classes }, (_, code) => code).filter(() => roll(4) === 0);
      if (silence.length === classes) silence.pop();
      const frameRate = [12.5, 25, 50, 100][roll(4)] as number;
      const events = roll(3) > 0 ? { events: { leastRun, classes, silence } } : {};
      let seconds = 1;
      // Sometimes what an honest engine could say, sometimes a lie, always as much as it dares.
      const answer = () => {
        const most = Math.floor((frameRate * seconds + 2) / (events.events ? leastRun : 1));
        const count = Math.max(0, most - roll(3) + (roll(20) === 0 ? 3 : 0));
        const values: number[] = [];
        while (values.length < count) {
          const value = roll(classes + (roll(50) === 0 ? 1 : 0));
          const lie = roll(500) === 0;
          if (lie || !events.events || (value !== values.at(-1) && !silence.includes(value))) values.push(value);
          else if (classes - silence.length < 2) break;
        }
        return tensor(values);
      };
      const { loaded, hear } = await guarded({ codes: classes, frameRate, ...events }, answer);
      let allowed = 0;
      let carried = 0;
      for (let call = 0; call < 40; call++) {
        seconds = roll(3000) / 1000;
        const outcome = await hear(seconds);
        allowed += loaded.price.most * Math.max(1, seconds);
        if (!outcome.ok) {
          refused++;
          continue;
        }
        answered++;
        const [out] = outcome.value.outputs;
        const kinds = events.events ? classes - silence.length : classes;
        // What these values told, if each was as likely as the others.
        const count = out?.data.length ?? 0;
        const next = events.events ? Math.log2(Math.max(1, kinds - 1)) : Math.log2(kinds);
        carried += count === 0 ? 0 : Math.log2(kinds) + (count - 1) * next;
        expect(outcome.value.price.bits, `seed ${seed}, trial ${trial}`).toBeLessThanOrEqual(Math.ceil(allowed));
        expect(carried, `seed ${seed}, trial ${trial}`).toBeLessThanOrEqual(outcome.value.price.bits);
        expect(outcome.value.price.bits).toBeLessThanOrEqual(1000 * (1 + outcome.value.price.seconds));
      }
    }
    expect(answered, `seed ${seed}`).toBeGreaterThan(500);
    expect(refused, `seed ${seed}`).toBeGreaterThan(50);
  });

  it('is as many bits as there are answers that the guard lets through', async () => {
    // Every answer of at most 4 numbers from -1 to 4 to 0.02 s: 3 frames, so at most 3 events of 3 kinds.
    let values: number[] = [];
    const codes = { codes: 4, frameRate: 50, events: { leastRun: 1, classes: 4, silence: [2] } };
    let passed = 0;
    const every = async (length: number): Promise<void> => {
      const { hear } = await guarded(codes, () => tensor(values));
      if ((await hear(0.02)).ok) passed++;
      if (length === 4) return;
      for (let value = -1; value <= 4; value++) {
        values.push(value);
        await every(length + 1);
        values = values.slice(0, length);
      }
    };
    await every(0);
    expect(passed).toBe(1 + 3 + 3 * 2 + 3 * 2 * 2);
    expect(Math.log2(passed)).toBeCloseTo(eventBits(3, 3), 9);
  });
});
