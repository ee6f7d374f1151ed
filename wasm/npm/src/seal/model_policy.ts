/**
 * What a model's file says about its outputs, read by the guard itself: the engine that loads the same bytes is not believed. The
 * numbers of fields are those of wasm/format/edgy.fbs.
 */
import type { TensorType } from '../tensor.js';
import type { EventRule, PrivacyLevel } from '../types.js';
import { FlatTable } from './flat_buffer.js';
import { kLevels } from './levels.js';
import { countValues, writersOf } from './value_range.js';

/** Events in place of codes. */
export interface OutputEvents extends EventRule {
  /** How many codes they are made of; -1: as many as the sound has. */
  readonly codes: number;
}

export interface OutputRule {
  readonly name: string;
  readonly type: TensorType;
  /** -1 where dynamic. */
  readonly shape: readonly number[];
  /** The most private session that hands it out. */
  readonly level: PrivacyLevel;
  /** Its elements are 0 to one less than this; undefined where nothing but the type bounds them. */
  readonly values: number | undefined;
  /** What one element can carry. */
  readonly bits: number;
  /** Along its one open extent, for each second of sound; 0: not said. Of events: codes that they are made of. */
  readonly frameRate: number;
  readonly events: OutputEvents | undefined;
}

/** How long the sound is that an input stands for. */
export interface SoundRule {
  /** Of recordings, in hertz. */
  readonly rate: number;
  /** Of a frame of the log-mel. */
  readonly secondsPerFrame: number;
}

export interface ModelPolicy {
  /** The least private level that a session of this model may have. */
  readonly floor: PrivacyLevel;
  readonly outputs: readonly OutputRule[];
  /** Of models that hear. */
  readonly sound: SoundRule | undefined;
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

const kTypeBits: Readonly<Record<TensorType, number>> = {
  float32: 32,
  int8: 8,
  uint8: 8,
  int32: 32,
  int64: 64,
  float16: 16,
  bool: 1,
};

const kModel = { tensors: 2, operators: 3, outputs: 5, buffers: 6, metadata: 7 };
const kTensor = { name: 0, type: 1, shape: 2 };
const kMetadata = { logMel: 7, policies: 8, privacyFloor: 9 };
const kPolicy = { output: 0, level: 1, events: 2, frameRate: 3 };
const kEvents = { leastRun: 0, classes: 1, silence: 2 };
const kMostClasses = 65536;
const kLogMel = { sampleRate: 0, hop: 2 };

/** A file cannot make a recording longer than it is by naming a rate below those of speech, in hertz. */
export const kLeastRate = 8000;
/** Nor by naming frames longer than those of any speech front end. */
const kMostSecondsPerFrame = 0.1;

/** Throws a RangeError for bytes that are no such file. */
export function readModelPolicy(model: ArrayBuffer): ModelPolicy {
  const root = FlatTable.root(model);
  const tensors = root.tables(kModel.tensors);
  const writers = writersOf(root.tables(kModel.operators));
  const graph = { tensors, buffers: root.tables(kModel.buffers), writers };
  const metadata = root.table(kModel.metadata);
  const policies = (metadata?.tables(kMetadata.policies) ?? []).map((policy) => ({
    output: policy.string(kPolicy.output),
    level: policy.byte(kPolicy.level),
    frameRate: policy.float(kPolicy.frameRate),
    events: policy.table(kPolicy.events),
  }));
  const sound = soundOf(metadata?.table(kMetadata.logMel));
  const outputs = root.ints(kModel.outputs).map((index): OutputRule => {
    const tensor = tensors[index];
    if (!tensor) throw new RangeError(`Output tensor ${index} does not exist.`);
    const name = tensor.string(kTensor.name);
    const type = kTypes[tensor.byte(kTensor.type)];
    if (!type) throw new RangeError(`Output '${name}' has a type that cannot be handed out.`);
    // Said twice, the stricter counts; not said at all, only the least private sessions hand it out.
    const said = policies.filter(({ output }) => output === name);
    const level = toLevel(said.length > 0 ? Math.min(...said.map(({ level }) => level)) : 0);
    const counted = type === 'bool' ? 2 : isFloat(type) ? undefined : countValues(index, graph);
    const shape = tensor.ints(kTensor.shape);
    const events = said.map(({ events }) => events && toEvents(events, type, shape)).find((rule) => rule);
    const values = events ? Math.min(events.classes, counted ?? Infinity) : counted;
    const [frameRate = 0] = sound ? said.map(({ frameRate }) => frameRate) : [];
    return {
      name,
      type,
      shape: events ? [...shape.slice(0, -1), -1] : shape,
      // Whatever a file calls codes: fractions are none.
      level: level === 'high' && isFloat(type) ? 'moderate' : level,
      values,
      bits: Math.min(kTypeBits[type], values === undefined ? Infinity : Math.log2(values)),
      frameRate: frameRate > 0 && frameRate < Infinity ? frameRate : 0,
      events,
    };
  });
  return { floor: toLevel(metadata?.byte(kMetadata.privacyFloor) ?? 0), outputs, sound };
}

/** What no engine takes, as its verifier refuses it, is refused here as well. */
function toEvents(table: FlatTable, type: TensorType, shape: readonly number[]): OutputEvents {
  const leastRun = table.int(kEvents.leastRun, 2);
  const classes = table.int(kEvents.classes);
  const silence = table.ints(kEvents.silence);
  const isSequence = shape.length === 1 || (shape.length === 2 && shape[0] === 1);
  const isOrdered = silence.every((code, at) => code < classes && code > (silence[at - 1] ?? -1));
  const ofCodes = (type === 'int64' || type === 'int32' || type === 'uint8') && isSequence;
  if (!ofCodes || !isOrdered || leastRun < 1 || classes < 1 || classes > kMostClasses || silence.length >= classes)
    throw new RangeError('Its events are none.');
  return { leastRun, classes, silence, codes: shape.at(-1) ?? -1 };
}

export function isFloat(type: TensorType): boolean {
  return type === 'float32' || type === 'float16';
}

function soundOf(logMel: FlatTable | undefined): SoundRule | undefined {
  if (!logMel) return undefined;
  const rate = Math.max(logMel.int(kLogMel.sampleRate, 16000), kLeastRate);
  const seconds = Math.max(0, logMel.int(kLogMel.hop, 160)) / rate;
  return { rate, secondsPerFrame: Math.min(seconds, kMostSecondsPerFrame) };
}

function toLevel(value: number): PrivacyLevel {
  const level = kLevels[value];
  if (!level) throw new RangeError(`There is no privacy level ${value}.`);
  return level;
}
