/** The entry edgy/ort beside onnxruntime-common, as far as it needs no runtime. */
import * as theirs from 'onnxruntime-common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EdgyError, InferenceSession as EdgySession, Tensor as EdgyTensor } from '../../src/index.js';
import * as ort from '../../src/ort/index.js';
import type { SessionOptions } from '../../src/types.js';

const failure = (work: () => unknown): EdgyError => {
  try {
    work();
  } catch (error) {
    return error as EdgyError;
  }
  throw new Error('Nothing was thrown.');
};
const info = vi.spyOn(console, 'info').mockImplementation(() => {});
beforeEach(() => info.mockClear());

describe('Tensor', () => {
  it.each([
    [new Float32Array(4), [1, 4]],
    [new Float64Array(2)],
    [new Uint8ClampedArray(2)],
    [new Int16Array(2)],
    [new BigUint64Array(2)],
    [
      ['a', 'b'],
      [2, 1],
    ],
    [[true, false]],
    ['float32', [1, 2, 3, 4], [2, 2]],
    ['int64', [1, 2n]],
    ['uint64', [1n], []],
    ['bool', [true, false]],
    ['string', ['a', 'b'], [2]],
    ['float64', new Float64Array(2), [2]],
    ['uint8', new Uint8ClampedArray(4), [4]],
    ['uint16', [65535]],
    ['float16', new Uint16Array(2), [2]],
  ])('has type, data and dims of theirs: %#', (...given) => {
    const [mine, other] = [new ort.Tensor(...(given as [never])), new theirs.Tensor(...(given as [never]))];
    for (const name of ['type', 'dims', 'size', 'location'] as const) expect(mine[name]).toEqual(other[name]);
    expect([...(mine.data as Iterable<unknown>)]).toEqual([...(other.data as Iterable<unknown>)]);
  });

  it.each([
    [[new Float32Array(1e6), [2]], 'A tensor of shape [2] has 2 elements, but 1000000 were given.'],
    [['uint8', [300], [1]], "300 does not fit the tensor type 'uint8'."],
    [['uint64', [-1n], [1]], "-1 does not fit the tensor type 'uint64'."],
    [['int64', [1.5], [1]], "1.5 does not fit the tensor type 'int64'."],
    [['int64', new Int32Array(2), [2]], "A tensor of type 'int64' takes BigInt64Array, not Int32Array of 2 elements."],
    [['float33', [1], [1]], "'float33' is no tensor type"],
    [['int4', [1], [1]], 'A tensor of 4-bit integers cannot be had'],
    [[[1, 2, 3]], 'No tensor type follows from Array of 3 elements'],
    [['float32', [1], 'x'.repeat(1e5)], "dims are 'xxx"],
    [['float32', [1], [-1]], 'no whole number from 0'],
  ])('refuses what does not fit, in few words: %#', (given, message) => {
    const error = failure(() => new ort.Tensor(...(given as unknown as [never])));
    expect(error).toBeInstanceOf(EdgyError);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(300);
  });

  it('refuses what there is not: textures and buffers of a GPU', () => {
    const tensor = new ort.Tensor('float32', [1], [1]);
    for (const work of [() => tensor.gpuBuffer, () => tensor.texture, () => tensor.mlTensor])
      expect(failure(work).message).toContain('cannot be had');
    for (const work of [
      () => ort.Tensor.fromGpuBuffer({}, { dims: [1] }),
      () => ort.Tensor.fromMLTensor({}, { dims: [1] }),
    ])
      expect(failure(work)).toBeInstanceOf(EdgyError);
  });
});

describe('pictures', () => {
  class Picture {
    readonly [Symbol.toStringTag] = 'ImageData';
    readonly data: Uint8ClampedArray;
    constructor(
      readonly width: number,
      readonly height: number,
    ) {
      this.data = new Uint8ClampedArray(4 * width * height);
    }
  }
  const picture = new Picture(3, 2) as unknown as ImageData;
  picture.data.forEach((_, i) => {
    picture.data[i] = (i * 31) % 256;
  });
  // Their way leads over a canvas where there are options: one that keeps what is put there.
  beforeEach(() => {
    vi.stubGlobal('ImageData', Picture);
    const canvas = class {
      width = 0;
      height = 0;
      getContext() {
        let put = picture;
        return {
          putImageData: (image: ImageData) => {
            put = image;
          },
          getImageData: () => put,
          createImageData: (width: number, height: number) => new Picture(width, height),
        };
      }
    };
    vi.stubGlobal('OffscreenCanvas', canvas);
  });
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    undefined,
    { tensorFormat: 'BGR' },
    { tensorFormat: 'RBG', norm: { mean: 128, bias: -3 } },
    { tensorFormat: 'RGBA', norm: { mean: [1, 2, 3, 4], bias: [5, 6, 7, 8] } },
    { tensorFormat: 'RGB', norm: { mean: [58, 57, 57], bias: [-123, -116, -103] } },
  ] as ort.TensorFromImageDataOptions[])('become their tensors: %j', async (options) => {
    const copy = () => options && structuredClone(options); // theirs writes into it
    const mine = await ort.Tensor.fromImage(picture, copy());
    const other = await theirs.Tensor.fromImage(picture, copy() as never);
    expect(mine.dims).toEqual(other.dims);
    expect(mine.data).toEqual(other.data);
  });

  it('come back out of tensors as theirs do', async () => {
    for (const format of ['RGB', 'RGBA'] as const) {
      const tensor = await ort.Tensor.fromImage(picture, { tensorFormat: format });
      const other = new theirs.Tensor('float32', tensor.data as Float32Array, tensor.dims);
      const mine = tensor.toImageData({ format });
      expect(mine.data).toEqual(other.toImageData({ format }).data);
      expect(mine.data.filter((_, i) => i % 4 < 3)).toEqual(picture.data.filter((_, i) => i % 4 < 3));
    }
    const bgr = await ort.Tensor.fromImage(picture, { tensorFormat: 'BGR' });
    expect(bgr.toImageData({ format: 'BGR' }).data[0]).toBe(picture.data[0]);
  });

  it('are cut like theirs, and refused in other layouts', async () => {
    const small = await ort.Tensor.fromImage(picture, { resizedWidth: 2, resizedHeight: 1 });
    expect(small.dims).toEqual([1, 3, 1, 2]);
    expect(Array.from(small.data.subarray(0, 2), (value) => Math.round(value * 255))).toEqual([0, 124]);
    await expect(ort.Tensor.fromImage(picture, { tensorLayout: 'NHWC' })).rejects.toThrow('NHWC cannot be had');
    await expect(ort.Tensor.fromImage(7 as never)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(failure(() => new ort.Tensor('float32', [1], [1]).toImageData())).toBeInstanceOf(EdgyError);
  });
});

describe('InferenceSession', () => {
  const outputs = () => ({ y: new EdgyTensor('float32', [1, 2], [1, 2]), z: new EdgyTensor('int64', [3n], [1]) });
  const calls: { source: unknown; options: SessionOptions; runs: unknown[][] }[] = [];
  beforeEach(() => {
    calls.length = 0;
    vi.spyOn(EdgySession, 'create').mockImplementation(async (source, options = {}) => {
      const runs: unknown[][] = [];
      calls.push({ source, options, runs });
      return {
        outputNames: ['y', 'z'],
        run: async (...call: unknown[]) => {
          runs.push(call);
          return outputs();
        },
        profile: async () => [{ name: 'MatMul', milliseconds: 1 }],
      } as unknown as EdgySession;
    });
  });
  afterEach(() => {
    vi.mocked(EdgySession.create).mockRestore();
    for (const name of Object.keys(ort.env.wasm)) delete ort.env.wasm[name as 'proxy'];
    ort.env.logLevel = 'warning';
  });

  it('takes their options: some mean something, others are said once to do nothing', async () => {
    ort.env.wasm.numThreads = 2;
    const options = { executionProviders: ['webgpu', 'wasm'], graphOptimizationLevel: 'all', logId: 'a' } as const;
    await ort.InferenceSession.create('/m.edgy', options);
    await ort.InferenceSession.create('/m.edgy', { ...options, intraOpNumThreads: 3, enableProfiling: true });
    expect(calls.map(({ options }) => options)).toEqual([{ threads: 2 }, { threads: 3, profile: true }]);
    expect(info.mock.calls.flat().join('\n')).toMatch(/executionProviders.*\n.*graphOptimizationLevel.*\n.*logId/);
    expect(info).toHaveBeenCalledTimes(3);
  });

  it('says nothing of what is so anyway, or where it shall be quiet', async () => {
    await ort.InferenceSession.create('/m.edgy', { executionProviders: ['wasm', { name: 'cpu' }] });
    ort.env.logLevel = 'error';
    await ort.InferenceSession.create('/m.edgy', { enableGraphCapture: true });
    expect(info).not.toHaveBeenCalled();
  });

  it('looks for its files where env says, unless these are those of onnxruntime', async () => {
    for (const paths of [
      '/assets/',
      'https://cdn.jsdelivr.net/npm/onnxruntime-web@1.22.0/dist/',
      { wasm: '/ort.wasm' },
    ]) {
      ort.env.wasm.wasmPaths = paths;
      await ort.InferenceSession.create('/m.edgy');
    }
    expect(calls.map(({ options }) => options.wasmPaths)).toEqual(['/assets/', undefined, undefined]);
  });

  it('takes a part of a buffer for a model', async () => {
    const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
    await ort.InferenceSession.create(bytes.buffer, 2, 3, { intraOpNumThreads: 1 });
    await ort.InferenceSession.create(bytes.buffer, 8);
    expect(calls.map(({ source }) => source)).toEqual([Uint8Array.of(2, 3, 4), Uint8Array.of(8, 9)]);
    expect(calls[0]?.options).toEqual({ threads: 1 });
    await expect(ort.InferenceSession.create(bytes.buffer, 8, 3)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(ort.InferenceSession.create(bytes.buffer, -1)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('tells outputs to fetch from options of a run', async () => {
    const session = await ort.InferenceSession.create('/m.edgy');
    const x = new ort.Tensor('float32', [1], [1]);
    await session.run({ x });
    await session.run({ x }, { logSeverityLevel: 3, tag: 'a' });
    await session.run({ x }, ['y'], { tag: 'a' });
    await session.run({ x }, { y: null });
    expect(calls[0]?.runs.map(([, ...rest]) => rest)).toEqual([
      [null, {}],
      [null, {}],
      [['y'], {}],
      [{ y: null }, {}],
    ]);
  });

  it('puts outputs into tensors that are given for them', async () => {
    const session = await ort.InferenceSession.create('/m.edgy');
    const y = new ort.Tensor('float32', new Float32Array(2), [1, 2]);
    const results = await session.run({}, { y, z: null });
    expect(results.y).toBe(y);
    expect(y.data).toEqual(Float32Array.of(1, 2));
    expect(results.z).toBeInstanceOf(ort.Tensor);
    const wrong = new ort.Tensor('float32', new Float32Array(3), [1, 3]);
    await expect(session.run({}, { y: wrong })).rejects.toThrow(
      "Output 'y' is float32 [1,2], but the tensor for it is",
    );
  });

  it('prints what the operators took', async () => {
    const table = vi.spyOn(console, 'table').mockImplementation(() => {});
    const session = await ort.InferenceSession.create('/m.edgy', { enableProfiling: true });
    session.startProfiling();
    session.endProfiling();
    await vi.waitFor(() => expect(table).toHaveBeenCalledWith([{ name: 'MatMul', milliseconds: 1 }]));
    table.mockRestore();
  });
});
