/**
 * How many values an element of an output can have, from the operators of the model's file: codes of a codebook of K vectors are K
 * numbers, whatever type they are stored in. The numbers of fields are those of wasm/format/edgy.fbs.
 */
import type { FlatTable } from './flat_buffer.js';

const kOperator = { kind: 1, options: 2, inputs: 3, outputs: 4 };
/** Of the union OperatorOptions. */
const kKind = { transpose: 9, reshape: 10, concat: 11, slice: 12, argReduce: 17, nearestCode: 19 };
const kArgReduce = { axis: 1 };
const kTensor = { shape: 2 };

/** The operator that writes each tensor. */
export type Writers = ReadonlyMap<number, FlatTable>;

export function writersOf(operators: readonly FlatTable[]): Writers {
  const writers = new Map<number, FlatTable>();
  for (const operator of operators)
    for (const output of operator.ints(kOperator.outputs)) writers.set(output, operator);
  return writers;
}

/** The values of tensor `index` are 0 to one less than this; undefined where nothing but the type bounds them. */
export function countValues(index: number, tensors: readonly FlatTable[], writers: Writers): number | undefined {
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
