import { runInNewContext } from 'node:vm';
import { Tensor as OrtTensor } from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { EdgyError, Tensor, type TensorType } from '../src/index.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof EdgyError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

describe('Tensor', () => {
  it('keeps typed arrays and converts plain ones', () => {
    const data = new Float32Array([1, 2, 3, 4, 5, 6]);
    const tensor = new Tensor('float32', data, [2, 3]);
    expect(tensor.data).toBe(data);
    expect(tensor.size).toBe(6);
    expect(new Tensor('int64', [1, 2n as unknown as number], [2]).data).toEqual(new BigInt64Array([1n, 2n]));
    expect(new Tensor('bool', [true, false]).data).toEqual(new Uint8Array([1, 0]));
    expect(new Tensor('float32', [7]).dims).toEqual([1]);
  });

  it('takes scalars and empty tensors', () => {
    expect(new Tensor('float32', [1], []).size).toBe(1);
    expect(new Tensor('float32', [], [0, 80]).size).toBe(0);
  });

  it('shares its data with a reshaped one', () => {
    const tensor = new Tensor('int8', new Int8Array(6), [2, 3]);
    expect(tensor.reshape([3, 2]).data).toBe(tensor.data);
    expect(codeOf(() => tensor.reshape([4]))).toBe('invalid-input');
  });

  it('refuses what does not fit', () => {
    expect(codeOf(() => new Tensor('float33' as TensorType, [1]))).toBe('invalid-argument');
    expect(codeOf(() => new Tensor('toString' as TensorType, [1]))).toBe('invalid-argument');
    expect(codeOf(() => new Tensor('float32', [1, 2], [3]))).toBe('invalid-input');
    expect(codeOf(() => new Tensor('float32', [1], [1.5]))).toBe('invalid-input');
    expect(codeOf(() => new Tensor('float32', [1], [-1]))).toBe('invalid-input');
    expect(codeOf(() => new Tensor('float32', [1], [2 ** 31]))).toBe('invalid-input');
    expect(codeOf(() => new Tensor('float32', new Int8Array(1) as never, [1]))).toBe('invalid-input');
    expect(codeOf(() => new Tensor('int64', [1.5], [1]))).toBe('invalid-input');
  });

  it.each([
    ['int8', 128, -129],
    ['uint8', 256, -1],
    ['int32', 2 ** 31, -(2 ** 31) - 1],
    ['int64', 2n ** 63n, -(2n ** 63n) - 1n],
    ['int64', 2 ** 53, 0.5],
    ['bool', 2, -1],
    ['uint8', 0.5, Number.NaN],
    ['float32', '1', undefined],
    ['float16', null, 1n],
  ] as const)('refuses a number that %s does not hold: %s, %s', (type, above, below) => {
    expect(codeOf(() => new Tensor(type, [above] as never))).toBe('invalid-input');
    expect(codeOf(() => new Tensor(type, [below] as never))).toBe('invalid-input');
  });

  it('takes the largest numbers that its types hold', () => {
    expect(new Tensor('int64', [2n ** 63n - 1n, -(2n ** 63n)]).data).toEqual(
      BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)),
    );
    expect(new Tensor('uint8', [0, 255]).data).toEqual(Uint8Array.of(0, 255));
    expect(new Tensor('int8', [-128, 127]).data).toEqual(Int8Array.of(-128, 127));
    expect(new Tensor('float32', [1e300, Number.NaN]).data).toEqual(
      Float32Array.of(Number.POSITIVE_INFINITY, Number.NaN),
    );
  });

  it('rounds numbers to half floats as IEEE says', () => {
    const table = [
      [1.5, 0x3e00],
      [-2, 0xc000],
      [-0, 0x8000],
      [65504, 0x7bff],
      [65519.9, 0x7bff],
      [65520, 0x7c00],
      [Number.NEGATIVE_INFINITY, 0xfc00],
      [2 ** -24, 1],
      [2 ** -25, 0], // a tie, to even
      [1.5 * 2 ** -24, 2],
      [2 ** -14, 0x0400],
      [2 ** -14 - 2 ** -26, 0x0400],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [2 - 2 ** -12, 0x4000],
      [1 / 3, 0x3555],
      [Number.NaN, 0x7e00],
    ] as const;
    expect([
      ...new Tensor(
        'float16',
        table.map(([value]) => value),
      ).data,
    ]).toEqual(table.map(([, bits]) => bits));
  });

  it('takes clamped bytes for bytes', () => {
    const clamped = new Uint8ClampedArray([1, 2]);
    const { data } = new Tensor('uint8', clamped as never, [2]);
    expect(data).toEqual(Uint8Array.of(1, 2));
    expect(data.buffer).toBe(clamped.buffer);
  });

  it('takes arrays of another realm, as its own', () => {
    const foreign = runInNewContext('new Float32Array([1, 2])');
    const { data } = new Tensor('float32', foreign, [2]);
    expect(data).toBeInstanceOf(Float32Array);
    expect(data.buffer).toBe(foreign.buffer);
    expect(codeOf(() => new Tensor('int8', foreign))).toBe('invalid-input');
  });

  it('says what is wrong in few words, however much was given', () => {
    const long = new Array(1e5).fill(1);
    const attempts = [
      () => new Tensor(new Float32Array(1e5) as never, [1e5]),
      () => new Tensor('x'.repeat(1e5) as never, [1]),
      () => new Tensor('float32', new Int8Array(1e5) as never),
      () => new Tensor('float32', 'x'.repeat(1e5) as never),
      () => new Tensor('float32', [1], long.concat(2)),
      () => new Tensor('float32', [1], [...long, -1]),
      () => new Tensor('float32', [1], 'x'.repeat(1e5) as never),
    ];
    for (const attempt of attempts) {
      const failure = (() => {
        try {
          return attempt();
        } catch (error) {
          return error;
        }
      })();
      expect(failure).toBeInstanceOf(EdgyError);
      expect((failure as EdgyError).message.length).toBeLessThan(300);
    }
    expect(attempts[0]).toThrow(
      'a Float32Array of 100000 elements is no tensor type: use new Tensor(type, data, dims)',
    );
  });

  it('has the interface of onnxruntime-common', async () => {
    const theirs = new OrtTensor('float32', new Float32Array(6), [2, 3]);
    const ours = new Tensor('float32', theirs.data as Float32Array, theirs.dims);
    for (const name of ['type', 'dims', 'data', 'size', 'location'] as const) {
      expect(ours[name]).toEqual(theirs[name]);
    }
    expect(await ours.getData()).toBe(await theirs.getData());
    expect(ours.reshape([6]).dims).toEqual(theirs.reshape([6]).dims);
  });
});
