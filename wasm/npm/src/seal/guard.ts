/**
 * Decides what crosses the seal. It lives in the worker, in front of the engine and out of its reach (harden.ts, isolated.ts): it reads
 * the policy from the model's file itself, checks every message in both directions and hands out nothing above the session's level.
 */
import { EdgyError, messageOf } from '../errors.js';
import type { Operation, RequestOf } from '../protocol.js';
import type { PrivacyLevel } from '../types.js';
import * as checks from './checks.js';
import { atLeast, handedOut } from './levels.js';
import { type ModelPolicy, readModelPolicy } from './model_policy.js';
import type { Digest, GuardOperation, Runtime, SealRequest, SealResult } from './protocol.js';
import { type Reply, replyTo } from './reply.js';

/** What the guard needs of the worker it lives in. */
export interface Surroundings {
  now(): number;
  /** Asks the engine. What comes back is plain data, a copy that nobody else holds. */
  ask(operation: Operation, request: RequestOf<Operation>): Promise<unknown>;
}

interface Loaded extends ModelPolicy {
  level: PrivacyLevel;
}

export class Guard {
  readonly #around: Surroundings;
  readonly #digest: Digest;
  #runtime: Runtime | undefined;
  #model: Loaded | undefined;

  /** `digest` is the hash of the model that will be loaded. */
  constructor(around: Surroundings, runtime: Runtime, digest: Digest) {
    this.#around = around;
    this.#runtime = runtime;
    this.#digest = digest;
  }

  /** Never throws. A message without an id gets no answer. */
  handle(message: unknown): Promise<Reply | undefined> {
    return replyTo(message, (call, transfer) => {
      const operation = checks.toOperation(call.operation);
      if (operation === 'open') throw new EdgyError('sealed', 'The seal is shut and takes this call once.');
      const handler = this.#handlers[operation];
      return handler(checks.fieldsOf(call.request, `The request of '${operation}'`), transfer);
    });
  }

  readonly #handlers: {
    [O in GuardOperation]: (request: checks.Fields, transfer: Transferable[]) => Promise<SealResult<O>>;
  } = {
    load: (request) => this.#load(request),
    run: async (request, transfer) => {
      const fetches = this.#fetches(request.fetches);
      const feeds = checks.toFeeds(request.feeds);
      const { answer, wall } = await this.#timed('run', { feeds, fetches });
      const outputs = this.#outputs(answer.outputs, fetches, transfer);
      return { outputs, milliseconds: checks.toMilliseconds(answer.milliseconds, wall) };
    },
    encode: async (request, transfer) => {
      const fetches = this.#fetches(request.fetches);
      const mel = request.mel === true;
      if (mel) this.#refuseMel();
      const pcm = checks.toSamples(request.pcm);
      const rate = checks.toRate(request.rate);
      const { answer, wall } = await this.#timed('encode', {
        pcm,
        mel,
        fetches,
        ...(rate === undefined ? {} : { rate }),
      });
      const outputs = this.#outputs(answer.outputs, fetches, transfer);
      const spectrogram = mel ? { mel: this.#mel(answer.mel, transfer) } : {};
      return {
        outputs,
        ...spectrogram,
        resampleMilliseconds: checks.toMilliseconds(answer.resampleMilliseconds, wall),
        frontEndMilliseconds: checks.toMilliseconds(answer.frontEndMilliseconds, wall),
        milliseconds: checks.toMilliseconds(answer.milliseconds, wall),
      };
    },
    tighten: async (request) => {
      const model = this.#loaded();
      const level = checks.toLevel(request.level, 'level');
      if (!atLeast(level, model.level)) {
        throw new EdgyError('refused', `The session is at level ${model.level}, which can only be tightened.`);
      }
      model.level = level;
      return null;
    },
  };

  async #load(request: checks.Fields): Promise<SealResult<'load'>> {
    const runtime = this.#runtime;
    if (!runtime) throw new EdgyError('sealed', 'A seal takes one model.');
    this.#runtime = undefined;
    const { isa, memoryLimit } = request as unknown as SealRequest<'load'>;
    const model = checks.toBuffer(request.model, 'The model');
    const policy = readPolicy(model);
    const level = checks.toLevel(request.level, 'level');
    const outputs = tightened(policy, checks.fieldsOf(request.policy, 'The policy'));
    requireUseful(policy, outputs, level);
    const options = { isa, memoryLimit: Number(memoryLimit), profile: false };
    const outcome = checks.toOutcome(await this.#around.ask('load', { ...runtime, model, ...options }));
    // No sample has arrived, so the words of the engine may be read: what is wrong with a model is worth knowing.
    if (!outcome.ok) throw new EdgyError(outcome.code, outcome.message);
    const described = describedBy(outcome.value, outputs);
    this.#model = { floor: policy.floor, level, outputs };
    return { ...described, digest: this.#digest, policies: outputs.map(({ name, level }) => ({ name, level })) };
  }

  #loaded(): Loaded {
    if (!this.#model) throw new EdgyError('invalid-argument', 'No model is loaded.');
    return this.#model;
  }

  /** Indices of the outputs asked for, every one of which this level hands out. All that it hands out when none are named. */
  #fetches(value: unknown): number[] {
    const { outputs, level } = this.#loaded();
    if (value === undefined) return outputs.flatMap((rule, index) => (handedOut(rule.level, level) ? [index] : []));
    const indices = checks.toIndices(value, outputs.length);
    for (const index of indices) this.#rule(index);
    return indices;
  }

  #rule(index: number): Loaded['outputs'][number] {
    const { outputs, level } = this.#loaded();
    const rule = outputs[index] as Loaded['outputs'][number];
    if (!handedOut(rule.level, level)) {
      throw new EdgyError(
        'refused',
        `Output '${rule.name}' is not handed out at level ${level}: only up to ${rule.level}.`,
      );
    }
    return rule;
  }

  #refuseMel(): void {
    const { level } = this.#loaded();
    if (level !== 'low')
      throw new EdgyError('refused', `The log-mel is handed out at level low alone; this session is at ${level}.`);
  }

  async #timed<O extends 'run' | 'encode'>(operation: O, request: RequestOf<O>) {
    const start = this.#around.now();
    const outcome = checks.toOutcome(await this.#around.ask(operation, request));
    if (!outcome.ok) throw new EdgyError(outcome.code, checks.sentenceFor(outcome.code));
    return { answer: checks.fieldsOf(outcome.value, 'An answer of the engine'), wall: this.#around.now() - start };
  }

  /** Checked against the level once more: it may have been tightened meanwhile. */
  #outputs(value: unknown, fetches: readonly number[], transfer: Transferable[]) {
    if (!Array.isArray(value) || value.length !== fetches.length) {
      throw new EdgyError('sealed', 'The engine gave other outputs than it was asked for.');
    }
    const outputs = fetches.map((index, at) => checks.toOutput(value[at], this.#rule(index)));
    transfer.push(...outputs.map(({ data }) => data.buffer as ArrayBuffer));
    return outputs;
  }

  #mel(value: unknown, transfer: Transferable[]) {
    this.#refuseMel();
    const mel = checks.toMel(value);
    transfer.push(mel.data.buffer as ArrayBuffer);
    return mel;
  }
}

function readPolicy(model: ArrayBuffer): ModelPolicy {
  try {
    return readModelPolicy(model);
  } catch (error) {
    throw new EdgyError('invalid-model', `The outputs and policies of the model cannot be read: ${messageOf(error)}`);
  }
}

/** The file's rules with those of the caller, which may only be tighter. */
function tightened({ outputs }: ModelPolicy, wishes: checks.Fields): ModelPolicy['outputs'] {
  for (const name of Object.keys(wishes)) {
    if (!outputs.some((rule) => rule.name === name)) {
      throw new EdgyError('invalid-argument', `The policy names '${name}', which is no output of the model.`);
    }
  }
  return outputs.map((rule) => {
    if (!Object.hasOwn(wishes, rule.name)) return rule;
    const level = checks.toLevel(wishes[rule.name], `policy.${rule.name}`);
    if (!atLeast(rule.level, level)) {
      throw new EdgyError(
        'refused',
        `Output '${rule.name}' is ${rule.level} in the model, which can be tightened but not loosened to ${level}.`,
      );
    }
    return { ...rule, level };
  });
}

function requireUseful({ floor }: ModelPolicy, outputs: ModelPolicy['outputs'], level: PrivacyLevel): void {
  if (!atLeast(level, floor)) {
    throw new EdgyError('refused', `The model allows no session below level ${floor}; ${level} was asked for.`);
  }
  if (outputs.some((rule) => handedOut(rule.level, level))) return;
  const list = outputs.map((rule) => `'${rule.name}' up to ${rule.level}`).join(', ');
  throw new EdgyError(
    'refused',
    `At level ${level} this model hands out nothing (${list}). Ask for a lower level, or convert it with --policy.`,
  );
}

/** The engine's description of the model, as plain data, where it agrees with the file. */
function describedBy(value: unknown, rules: ModelPolicy['outputs']): Omit<SealResult<'load'>, 'digest' | 'policies'> {
  const described = JSON.parse(JSON.stringify(value)) as SealResult<'load'>;
  const agrees =
    described.outputs.length === rules.length &&
    described.outputs.every(({ name, type }, index) => name === rules[index]?.name && type === rules[index]?.type);
  if (!agrees) throw new EdgyError('sealed', 'The engine and the file disagree about the outputs.');
  return {
    ...described,
    outputs: described.outputs.map((output, index) => ({
      ...output,
      privacyLevel: (rules[index] as { level: PrivacyLevel }).level,
    })),
  };
}
