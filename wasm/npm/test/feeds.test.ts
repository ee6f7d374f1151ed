import { Tensor as OrtTensor } from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { detachable, FeedCopies, orderFeeds, orderFetches } from '../src/feeds.js';
import { Tensor, type TensorMetadata } from '../src/index.js';

const inputs: TensorMetadata[] = [
  { name: 'mel', isTensor: true, type: 'float32', shape: [1, 80, 'T'] },
  { name: 'sr', isTensor: true, type: 'int64', shape: [] },
];
const mel = new Tensor('float32', new Float32Array(160), [1, 80, 2]);
const sr = new Tensor('int64', [16000], []);

describe('orderFeeds', () => {
  it('orders by the model and takes onnxruntime tensors', () => {
    expect(orderFeeds({ sr, mel }, inputs).map(({ data }) => data)).toEqual([mel.data, sr.data]);
    const theirs = new OrtTensor('float32', new Float32Array(80), [1, 80, 1]);
    expect(orderFeeds({ mel: theirs, sr }, inputs)[0]?.dims).toEqual([1, 80, 1]);
  });

  it('takes one element for a scalar, and a scalar for one element', () => {
    expect(orderFeeds({ mel, sr: sr.reshape([1]) }, inputs)[1]?.dims).toEqual([]);
    const one: TensorMetadata = { name: 'sr', isTensor: true, type: 'int64', shape: [1] };
    expect(orderFeeds({ sr }, [one])[0]?.dims).toEqual([1]);
    expect(() => orderFeeds({ mel, sr: sr.reshape([1, 1]) }, inputs)).toThrow("Input 'sr' has the shape [1, 1]");
  });

  it('refuses a NaN when it is asked to', () => {
    const bad = new Tensor(
      'float32',
      Float32Array.from({ length: 160 }, (_, i) => (i === 159 ? Number.NaN : i)),
      [1, 80, 2],
    );
    expect(orderFeeds({ mel: bad, sr }, inputs)[0]?.data).toBe(bad.data);
    expect(() => orderFeeds({ mel: bad, sr }, inputs, true)).toThrow("Input 'mel' holds a NaN");
    expect(orderFeeds({ mel, sr }, inputs, true)[0]?.data).toBe(mel.data);
    const half: TensorMetadata = { name: 'x', isTensor: true, type: 'float16', shape: [2] };
    const halves = (bits: number) => ({ x: new Tensor('float16', Uint16Array.of(0x3c00, bits), [2]) });
    expect(() => orderFeeds(halves(0xfe01), [half], true)).toThrow("Input 'x' holds a NaN");
    expect(orderFeeds(halves(0x7c00), [half], true)).toHaveLength(1);
  });

  it.each([
    ['an unknown name', { mel, sr, mle: mel }, "The model has no input 'mle': it has 'mel', 'sr'."],
    ['a missing input', { mel }, "Input 'sr' is missing: it takes int64 []."],
    ['an inherited name', { mel, sr, toString: mel }, "The model has no input 'toString'"],
    ['a wrong type', { sr, mel: sr }, "Input 'mel' is of type int64: it takes float32 [1, 80, T]."],
    [
      'a wrong rank',
      { sr, mel: mel.reshape([80, 2]) },
      "Input 'mel' has the shape [80, 2]: it takes float32 [1, 80, T].",
    ],
    ['a wrong extent', { sr, mel: mel.reshape([1, 40, 4]) }, "Input 'mel' has the shape [1, 40, 4]"],
    ['data of another kind', { sr, mel: { type: 'float32', dims: [1, 80, 1], data: [1] } }, "Input 'mel' is no tensor"],
    [
      'too little data',
      { sr, mel: { type: 'float32', dims: [1, 80, 3], data: mel.data } },
      "Input 'mel' has 160 elements, but its shape [1, 80, 3] has 240.",
    ],
    [
      'a negative extent',
      { sr, mel: { type: 'float32', dims: [1, 80, -2], data: mel.data } },
      'no whole number from 0',
    ],
    [
      'an extent that is no number',
      { sr, mel: { type: 'float32', dims: [1, 80, Number.NaN], data: mel.data } },
      'no whole number from 0',
    ],
    ['null', { sr, mel: null as never }, "Input 'mel' is missing"],
  ])('refuses %s', (_, feeds, message) => {
    expect(() => orderFeeds(feeds, inputs)).toThrow(message);
  });
});

describe('orderFetches', () => {
  const outputs: TensorMetadata[] = [
    { name: 'z', isTensor: true, type: 'float32', shape: [1] },
    { name: 'indices', isTensor: true, type: 'int64', shape: [1] },
  ];
  it('gives indices in the order asked for', () => {
    expect(orderFetches(undefined, outputs)).toEqual([0, 1]);
    expect(orderFetches(['indices', 'z'], outputs)).toEqual([1, 0]);
    expect(orderFetches({ indices: null }, outputs)).toEqual([1]);
  });
  it('refuses unknown names and empty lists', () => {
    expect(() => orderFetches(['codes'], outputs)).toThrow("The model has no output 'codes': it has 'z', 'indices'.");
    expect(() => orderFetches([], outputs)).toThrow('No output is asked for.');
  });
});

describe('detachable', () => {
  it('copies by default and hands over the originals on request', () => {
    const feed = { type: 'float32' as const, dims: [2], data: new Float32Array([1, 2]) };
    const copied = detachable([feed], false);
    expect(copied.feeds[0]?.data).not.toBe(feed.data);
    expect(copied.feeds[0]?.data).toEqual(feed.data);
    expect(copied.buffers).toEqual([copied.feeds[0]?.data.buffer]);
    expect(detachable([feed], true).buffers).toEqual([feed.data.buffer]);
  });
  it('copies only the part of a buffer that a view shows', () => {
    const all = new Float32Array([1, 2, 3, 4]);
    const { feeds } = detachable([{ type: 'float32', dims: [2], data: all.subarray(1, 3) }], false);
    expect(feeds[0]?.data).toEqual(new Float32Array([2, 3]));
    expect(feeds[0]?.data.buffer.byteLength).toBe(8);
  });
  it('names a shared buffer once and leaves shared memory alone', () => {
    const both = new ArrayBuffer(16);
    const feed = (data: Float32Array) => ({ type: 'float32' as const, dims: [2], data });
    expect(detachable([feed(new Float32Array(both, 0, 2)), feed(new Float32Array(both, 8, 2))], true).buffers).toEqual([
      both,
    ]);
    expect(detachable([feed(new Float32Array(new SharedArrayBuffer(8)))], true).buffers).toEqual([]);
  });
});

describe('FeedCopies', () => {
  it('copies into the same buffers again, and into new ones when sizes change', () => {
    const copies = new FeedCopies();
    const feed = (...values: number[]) => ({
      type: 'int32' as const,
      dims: [values.length],
      data: Int32Array.from(values),
    });
    const [first] = copies.copy([feed(1, 2)]);
    expect(first).toEqual(feed(1, 2));
    const [second] = copies.copy([feed(3, 4)]);
    expect(second).toEqual(feed(3, 4));
    expect(second?.data.buffer).toBe(first?.data.buffer);
    const [longer] = copies.copy([feed(5, 6, 7)]);
    expect(longer).toEqual(feed(5, 6, 7));
    expect(copies.copy([{ type: 'int32', dims: [2], data: Int32Array.from([8, 9, 10]).subarray(1) }])).toEqual([
      feed(9, 10),
    ]);
    expect(copies.copy([{ type: 'int32', dims: [0], data: new Int32Array() }])).toEqual([feed()]);
  });
});
