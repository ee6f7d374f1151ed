/** From what a caller feeds and fetches to what the engine takes, with errors that name the culprit. */
import { hasNaN } from './convert.js';
import { EdgyError } from './errors/errors.js';
import { elementCount, isTensorType, ownArray, shapeText, shown, tensorArrays } from './tensor.js';
import type { Feeds, Fetches, TensorMetadata } from './types.js';
import type { RawTensor } from './worker/protocol.js';

/** One tensor for each input, in order. Nothing is copied. `checkValues`: refuse a NaN. */
export function orderFeeds(feeds: Feeds, inputs: readonly TensorMetadata[], checkValues = false): RawTensor[] {
  if (typeof feeds !== 'object' || feeds === null) {
    throw new EdgyError('invalid-input', 'Feeds are an object from input names to tensors.');
  }
  for (const name of Object.keys(feeds)) {
    if (!inputs.some((input) => input.name === name)) {
      throw new EdgyError('invalid-input', `The model has no input ${shown(name)}: it has ${listNames(inputs)}.`);
    }
  }
  return inputs.map((input) => {
    const feed = checkFeed(feeds[input.name], input);
    if (checkValues && hasNaN(feed.type, feed.data))
      throw new EdgyError('invalid-input', `Input '${input.name}' holds a NaN (checkInputs).`);
    return feed;
  });
}

function checkFeed(feed: Feeds[string] | undefined, input: TensorMetadata): RawTensor {
  const what = `Input '${input.name}'`;
  if (typeof feed !== 'object' || feed === null) {
    throw new EdgyError('invalid-input', `${what} is missing: it takes ${describe(input)}.`);
  }
  const { type, data } = feed;
  if (!isTensorType(type) || type !== input.type) {
    throw new EdgyError(
      'invalid-input',
      `${what} is of type ${String(type).slice(0, 40)}: it takes ${describe(input)}.`,
    );
  }
  const own = ownArray(type, data);
  if (!own || !Array.isArray(feed.dims)) {
    throw new EdgyError('invalid-input', `${what} is no tensor: it takes ${describe(input)}.`);
  }
  // One element alone is a scalar or a vector of one, as the model wants it.
  const dims = isOne(feed.dims) && isOne(input.shape) ? (input.shape as readonly number[]) : feed.dims;
  const fits =
    dims.length === input.shape.length &&
    input.shape.every((extent, axis) => typeof extent === 'string' || extent === dims[axis]);
  if (!fits) {
    throw new EdgyError('invalid-input', `${what} has the shape ${shapeText(dims)}: it takes ${describe(input)}.`);
  }
  const size = elementCount(dims, what);
  if (size !== own.length) {
    throw new EdgyError(
      'invalid-input',
      `${what} has ${own.length} elements, but its shape ${shapeText(dims)} has ${size}.`,
    );
  }
  return { type, dims, data: own };
}

/** [] or [1]. */
function isOne(shape: readonly unknown[]): boolean {
  return shape.length === 0 || (shape.length === 1 && shape[0] === 1);
}

/** Indices of the outputs asked for; all of them without `fetches`. */
export function orderFetches(fetches: Fetches | null | undefined, outputs: readonly TensorMetadata[]): number[] {
  if (fetches === undefined || fetches === null) return outputs.map((_, index) => index);
  const names = Array.isArray(fetches) ? (fetches as readonly string[]) : Object.keys(fetches);
  if (names.length === 0) throw new EdgyError('invalid-argument', 'No output is asked for.');
  return names.map((name) => {
    const index = outputs.findIndex((output) => output.name === name);
    if (index < 0) {
      throw new EdgyError('invalid-argument', `The model has no output ${shown(name)}: it has ${listNames(outputs)}.`);
    }
    return index;
  });
}

/** Copies of the feeds (or, with `transfer`, themselves) and the buffers to hand over. */
export function detachable(
  feeds: readonly RawTensor[],
  transfer: boolean,
): { feeds: RawTensor[]; buffers: Transferable[] } {
  const ours = transfer ? [...feeds] : feeds.map((feed) => ({ ...feed, data: feed.data.slice() }));
  // Two feeds may share one buffer; shared memory cannot be handed over and is read in place.
  const buffers = new Set<ArrayBufferLike>(ours.map(({ data }) => data.buffer));
  return {
    feeds: ours,
    buffers: [...buffers].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer),
  };
}

/** Copies of feeds in buffers that are kept: a new one costs more than a copy, as its pages have to be mapped and cleared. */
export class FeedCopies {
  readonly #buffers: ArrayBuffer[] = [];

  /** Overwrites the copies made before. */
  copy(feeds: readonly RawTensor[]): RawTensor[] {
    return feeds.map((feed, index) => {
      const { buffer: from, byteOffset, byteLength } = feed.data;
      let buffer = this.#buffers[index];
      if (buffer?.byteLength !== byteLength) {
        buffer = new ArrayBuffer(byteLength);
        this.#buffers[index] = buffer;
      }
      new Uint8Array(buffer).set(new Uint8Array(from, byteOffset, byteLength));
      return { ...feed, data: new tensorArrays[feed.type](buffer) };
    });
  }
}

function describe({ type, shape }: TensorMetadata): string {
  return `${type} [${shape.join(', ')}]`;
}

function listNames(tensors: readonly TensorMetadata[]): string {
  const few = tensors.slice(0, 20).map(({ name }) => shown(name));
  return few.join(', ') + (tensors.length > few.length ? ` and ${tensors.length - few.length} more` : '');
}
