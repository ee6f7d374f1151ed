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
