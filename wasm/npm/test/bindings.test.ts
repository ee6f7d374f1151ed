/** wasm/bindings by itself: misuse gives values, never a trap. Needs the CMake preset wasm-simd. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NativeFactory, NativeModule, NativeSession } from '../src/engine/native.js';

const root = path.resolve(__dirname, '../../..');
const options = { isa: 'auto', memoryLimit: 2 ** 30, profile: false, threads: 1, workLimit: Infinity };
let native: NativeModule;
let session: NativeSession;

beforeEach(async () => {
  const folder = path.join(root, 'build/wasm-simd');
  const { default: create } = (await import(/* @vite-ignore */ pathToFileURL(`${folder}/edgy-simd.mjs`).href)) as {
    default: NativeFactory;
  };
  const module = new WebAssembly.Module(readFileSync(`${folder}/edgy-simd.wasm`));
  native = await create({
    instantiateWasm: (imports, done) => {
      done(new WebAssembly.Instance(module, imports), module);
      return {};
    },
  });
  session = new native.Session();
});

function load(wanted = options): void {
  const bytes = readFileSync(path.join(root, 'build/models/edgy-256-int8.edgy'));
  session.reserve(bytes.length)?.set(bytes);
  expect(session.load(wanted)).toEqual({ code: '', message: '' });
}

describe('before a model is loaded', () => {
  it('every call says so', () => {
    const error = { code: 'invalid-argument', message: 'no model is loaded' };
    expect(session.run()).toEqual(error);
    expect(session.prepare([[1, 80, 3]])).toEqual(error);
    expect(session.computeFrontEnd()).toEqual(error);
    expect(session.describe()).toBeNull();
    expect(session.output(0)).toBeNull();
    expect(session.input(0)?.length ?? 0).toBe(0);
    expect(session.profile()).toEqual([]);
    expect(session.memory()).toEqual({ model: 0, packed: 0, arena: 0 });
  });

  it('loading nothing is an invalid model', () => {
    expect(session.load(options)).toMatchObject({ code: 'invalid-model' });
  });
});

describe('more memory than there is', () => {
  it('is null, not the end', () => {
    for (const bytes of [0x7fffffff, 0x80000000, 0xffffffff]) expect(session.reserve(bytes)).toBeNull();
    for (const count of [0x1fffffff, 0x20000000, 0x40000000, 0xffffffff]) {
      expect(session.reserveSamples(count)).toBeNull();
    }
    expect(session.reserve(1000)?.length).toBe(1000);
  });
});

describe('with a model', () => {
  it('refuses a second one', () => {
    load();
    expect(session.load(options)).toMatchObject({ code: 'invalid-argument' });
  });

  it.each([
    ['no shape', []],
    ['two shapes', [[1, 80, 10], [1]]],
    ['another rank', [[80, 10]]],
    ['another extent', [[1, 81, 10]]],
    ['a negative extent', [[1, 80, -1]]],
    ['a fraction', [[1, 80, 1.5]]],
    ['NaN', [[1, 80, Number.NaN]]],
    ['infinity', [[1, 80, Number.POSITIVE_INFINITY]]],
    ['2^31', [[1, 80, 2 ** 31]]],
    ['too few frames', [[1, 80, 2]]],
  ])('refuses %s', (_, shapes) => {
    load();
    expect(session.prepare(shapes)).toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/.{10}/) });
    expect(session.prepare([[1, 80, 10]])).toMatchObject({ code: '' });
    expect(session.run()).toMatchObject({ code: '' });
  });

  it.each([2 ** 28, 2 ** 32 - 1])('refuses a plan beyond the memory: limit %d', (memoryLimit) => {
    load({ ...options, memoryLimit });
    expect(session.prepare([[1, 80, 2 ** 31 - 1]])).toMatchObject({
      code: expect.stringMatching(/^(out-of-memory|invalid-input)$/),
    });
    expect(session.prepare([[1, 80, 6_000_000]])).toMatchObject({ code: 'out-of-memory' });
    expect(session.prepare([[1, 80, 10]])).toMatchObject({ code: '' });
    expect(session.run()).toMatchObject({ code: '' });
  });

  it('has no inputs and outputs but its own', () => {
    load();
    session.prepare([[1, 80, 10]]);
    expect(session.input(0).byteLength).toBe(80 * 10 * 4);
    expect(session.input(1)?.length ?? 0).toBe(0);
    expect(session.output(99)).toBeNull();
  });

  it('refuses to run before it is prepared, and an empty recording', () => {
    load();
    expect(session.run()).toMatchObject({ code: 'invalid-argument' });
    expect(session.computeFrontEnd()).toMatchObject({ code: 'invalid-input' });
  });
});
