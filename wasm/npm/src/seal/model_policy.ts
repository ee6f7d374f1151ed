/**
 * What a model's file says about its outputs, read by the guard itself: the engine that loads the same bytes is not believed. The
 * numbers of fields are those of wasm/format/edgy.fbs.
 */
import type { TensorType } from '../tensor.js';
import type { PrivacyLevel } from '../types.js';
import { FlatTable } from './flat_buffer.js';
import { kLevels } from './levels.js';

export interface OutputRule {
  readonly name: string;
  readonly type: TensorType;
  /** -1 where dynamic. */
  readonly shape: readonly number[];
  /** The most private session that hands it out. */
  readonly level: PrivacyLevel;
}

export interface ModelPolicy {
  /** The least private level that a session of this model may have. */
  readonly floor: PrivacyLevel;
  readonly outputs: readonly OutputRule[];
}

const kTypes: readonly (TensorType | undefined)[] = [
  'float32',
  'int8',
  'uint8',
  'int32',
  'int64',
  'float16',
  undefined, // int4 never leaves a model
  'bool',
];

const kModel = { tensors: 2, outputs: 5, metadata: 7 };
const kTensor = { name: 0, type: 1, shape: 2 };
const kMetadata = { policies: 8, privacyFloor: 9 };
const kPolicy = { output: 0, level: 1 };

/** Throws a RangeError for bytes that are no such file. */
export function readModelPolicy(model: ArrayBuffer): ModelPolicy {
  const root = FlatTable.root(model);
  const tensors = root.tables(kModel.tensors);
  const metadata = root.table(kModel.metadata);
  const policies = (metadata?.tables(kMetadata.policies) ?? []).map((policy) => ({
    output: policy.string(kPolicy.output),
    level: policy.byte(kPolicy.level),
  }));
  const outputs = root.ints(kModel.outputs).map((index): OutputRule => {
    const tensor = tensors[index];
    if (!tensor) throw new RangeError(`Output tensor ${index} does not exist.`);
    const name = tensor.string(kTensor.name);
    const type = kTypes[tensor.byte(kTensor.type)];
    if (!type) throw new RangeError(`Output '${name}' has a type that cannot be handed out.`);
    // Said twice, the stricter counts; not said at all, only the least private sessions hand it out.
    const said = policies.filter(({ output }) => output === name).map(({ level }) => level);
    return { name, type, shape: tensor.ints(kTensor.shape), level: toLevel(said.length > 0 ? Math.min(...said) : 0) };
  });
  return { floor: toLevel(metadata?.byte(kMetadata.privacyFloor) ?? 0), outputs };
}

function toLevel(value: number): PrivacyLevel {
  const level = kLevels[value];
  if (!level) throw new RangeError(`There is no privacy level ${value}.`);
  return level;
}
