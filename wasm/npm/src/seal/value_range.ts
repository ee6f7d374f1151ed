/**
 * How many values an element of an output can have, from the operators of the model's file: codes of a codebook of K vectors are K
 * numbers, whatever type they are stored in. The numbers of fields are those of wasm/format/edgy.fbs.
 */
import type { FlatTable } from './flat_buffer.js';

const kOperator = { kind: 1, options: 2, inputs: 3, outputs: 4 };
/** Of the union OperatorOptions. */
const kKind = { transpose: 9, reshape: 10, concat: 11, slice: 12, gather: 14, argReduce: 17, nearestCode: 19 };
const kArgReduce = { axis: 1 };
const kTensor = { type: 1, shape: 2, buffer: 5, encoding: 6 };
const kType = { int32: 3, int64: 4 };
const kBuffer = { data: 0 };

/** The operator that writes each tensor. */
type Writers = ReadonlyMap<number, FlatTable>;

/** Of a model's file. */
export interface Graph {
  readonly tensors: readonly FlatTable[];
  readonly buffers: readonly FlatTable[];
  readonly writers: Writers;
}

export function writersOf(operators: readonly FlatTable[]): Writers {
  const writers = new Map<number, FlatTable>();
  for (const operator of operators)
    for (const output of operator.ints(kOperator.outputs)) writers.set(output, operator);
  return writers;
}

/** The values of tensor `index` are 0 to one less than this; undefined where nothing but the type bounds them. */
export function countValues(index: number, graph: Graph): number | undefined {
  const { tensors, writers } = graph;
  const seen = new Set<number>();
  const waiting = [index];
  let most = 1;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const operator = writers.get(next);
    if (!operator) return undefined;
    const inputs = operator.ints(kOperator.inputs);
    const [first = -1, second = -1] = inputs;
    switch (operator.byte(kOperator.kind)) {
      case kKind.transpose:
      case kKind.reshape:
      case kKind.slice:
        waiting.push(first);
        break;
      case kKind.concat:
        waiting.push(...inputs);
        break;
      case kKind.nearestCode: {
        const [codes = -1] = tensors[second]?.ints(kTensor.shape) ?? [];
        if (codes < 1) return undefined;
        most = Math.max(most, codes);
        break;
      }
      // Codes merged into classes, say: a constant of whole numbers gives none but its own.
      case kKind.gather: {
        const values = countConstants(first, graph);
        if (values === undefined) return undefined;
        most = Math.max(most, values);
        break;
      }
      case kKind.argReduce: {
        const shape = tensors[first]?.ints(kTensor.shape) ?? [];
        const axis = operator.table(kOperator.options)?.int(kArgReduce.axis, -1) ?? -1;
        const extent = shape[axis < 0 ? axis + shape.length : axis] ?? -1;
        if (extent < 1) return undefined;
        most = Math.max(most, extent);
        break;
      }
      default:
        return undefined;
    }
  }
  return most;
}

/** The same of a constant of whole numbers. */
function countConstants(index: number, { tensors, buffers, writers }: Graph): number | undefined {
  const tensor = tensors[index];
  const buffer = buffers[tensor?.int(kTensor.buffer, -1) ?? -1];
  if (!tensor || !buffer || writers.has(index) || tensor.byte(kTensor.encoding) !== 0) return undefined;
  const type = tensor.byte(kTensor.type);
  if (type !== kType.int64 && type !== kType.int32) return undefined;
  const words = buffer.words(kBuffer.data);
  let most = -1;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    // Of an int64 the second word is 0 when it fits 32 bits.
    const isHigh = type === kType.int64 && i % 2 === 1;
    if (word < 0 || (isHigh && word > 0)) return undefined;
    most = Math.max(most, word);
  }
  return most < 0 ? undefined : most + 1;
}
