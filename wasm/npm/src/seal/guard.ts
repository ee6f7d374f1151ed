/**
 * Decides what crosses the seal. It lives in the inner frame, out of reach of the engine in the worker: it reads the policy from the
 * model's file itself, checks every message in both directions and hands out nothing above the session's level.
 */
import { EdgyError, messageOf } from '../errors.js';
import type { Operation, Outcome, RequestOf } from '../protocol.js';
import type { PrivacyLevel, Variant } from '../types.js';
import * as checks from './checks.js';
import { atLeast, handedOut } from './levels.js';
import { type ModelPolicy, readModelPolicy } from './model_policy.js';
import type { Closure, Digest, Integrity, SealOperation, SealRequest, SealResult } from './protocol.js';

/** What the guard needs of the frame it lives in. */
export interface Surroundings {
  readonly integrity: Integrity;
  digest(bytes: ArrayBuffer): Promise<Digest>;
  now(): number;
  /** Starts the engine behind its prelude and waits for the worker's report. */
  startWorker(engine: ArrayBuffer): Promise<Pick<Closure, 'policy' | 'frame' | 'worker'>>;
  /** Asks the worker. */
  ask(operation: Operation, request: RequestOf<Operation>, transfer: Transferable[]): Promise<unknown>;
}

export interface Reply {
  readonly message: { readonly id: number; readonly outcome: Outcome<unknown> };
  readonly transfer: Transferable[];
}

interface Loaded extends ModelPolicy {
  level: PrivacyLevel;
}

type Stage = 'new' | 'opening' | 'open' | 'loading' | 'loaded';

export class Guard {
  readonly #around: Surroundings;
  #stage: Stage = 'new';
  #wasm: { bytes: ArrayBuffer; variant: Variant } | undefined;
  #model: Loaded | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Never throws. A message without an id gets no answer. */
  async handle(message: unknown): Promise<Reply | undefined> {
    const call = checks.parseCall(message);
    if (!call) return undefined;
    const transfer: Transferable[] = [];
    try {
      const operation = checks.toOperation(call.operation);
      const handler = this.#handlers[operation];
      const value = await handler(checks.fieldsOf(call.request, `The request of '${operation}'`), transfer);
      return { message: { id: call.id, outcome: { ok: true, value } }, transfer };
    } catch (error) {
      // Other errors may quote what they stumbled over.
      const { code, message } =
        error instanceof EdgyError ? error : new EdgyError('sealed', 'A message could not be read inside the seal.');
      return { message: { id: call.id, outcome: { ok: false, code, message } }, transfer: [] };
    }
  }

  readonly #handlers: {
    [O in SealOperation]: (request: checks.Fields, transfer: Transferable[]) => Promise<SealResult<O>>;
  } = {
    open: (request) => this.#open(request),
    load: (request) => this.#load(request),
    run: async (request, transfer) => {
      const fetches = this.#fetches(request.fetches);
      const feeds = checks.toFeeds(request.feeds);
      const buffers = new Set(feeds.map(({ data }) => data.buffer as ArrayBuffer));
      const { answer, wall } = await this.#timed('run', { feeds, fetches }, [...buffers]);
      const outputs = this.#outputs(answer.outputs, fetches, transfer);
      return { outputs, milliseconds: checks.toMilliseconds(answer.milliseconds, wall) };
    },
    encode: async (request, transfer) => {
      const fetches = this.#fetches(request.fetches);
      const mel = request.mel === true;
      if (mel) this.#refuseMel();
      const pcm = checks.toSamples(request.pcm);
      const { answer, wall } = await this.#timed('encode', { pcm, mel, fetches }, [pcm.buffer as ArrayBuffer]);
      const outputs = this.#outputs(answer.outputs, fetches, transfer);
      const spectrogram = mel ? { mel: this.#mel(answer.mel, transfer) } : {};
      return {
        outputs,
        ...spectrogram,
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

  async #open(request: checks.Fields): Promise<Closure> {
    this.#advance('new', 'opening');
    const engine = checks.toBuffer(request.engine, 'The engine');
    const bytes = checks.toBuffer(request.wasm, 'The runtime');
    const { variant } = request;
    if (variant !== 'simd' && variant !== 'relaxed')
      throw new EdgyError('sealed', 'The variant is neither simd nor relaxed.');
    const digests = { engine: await this.#around.digest(engine), wasm: await this.#around.digest(bytes) };
    for (const [file, digest, expected] of [
      ['sealed-engine.js', digests.engine, this.#around.integrity.engine],
      [`edgy-${variant}.wasm`, digests.wasm, this.#around.integrity[variant]],
    ] as const) {
      if (digest !== expected) {
        throw new EdgyError(
          'sealed',
          `${file} has the hash ${digest}; this seal.html belongs to ${expected}. Are all files of one release?`,
        );
      }
    }
    const seen = await this.#around.startWorker(engine);
    const open = Object.entries(seen.worker.probes).flatMap(([name, refused]) => (refused ? [] : [name]));
    if (open.length > 0) {
      throw new EdgyError(
        'sealed',
        `The content security policy of seal.html does not hold inside: ${open.join(', ')}.`,
      );
    }
    this.#wasm = { bytes, variant };
    this.#stage = 'open';
    return { ...seen, ...digests };
  }

  async #load(request: checks.Fields): Promise<SealResult<'load'>> {
    this.#advance('open', 'loading');
    const { bytes: module, variant } = this.#wasm as { bytes: ArrayBuffer; variant: Variant };
    this.#wasm = undefined;
    const { isa, memoryLimit } = request as unknown as SealRequest<'load'>;
    const model = checks.toBuffer(request.model, 'The model');
    const policy = readPolicy(model);
    const level = checks.toLevel(request.level, 'level');
    const outputs = tightened(policy, checks.fieldsOf(request.policy, 'The policy'));
    requireUseful(policy, outputs, level);
    const digest = await this.#around.digest(model);
    const options = { isa, memoryLimit: Number(memoryLimit), profile: false };
    const outcome = checks.toOutcome(
      await this.#around.ask('load', { module, variant, model, ...options }, [module, model]),
    );
    // No sample has arrived, so the words of the engine may be read: what is wrong with a model is worth knowing.
    if (!outcome.ok) throw new EdgyError(outcome.code, outcome.message);
    const described = describedBy(outcome.value, outputs);
    this.#model = { floor: policy.floor, level, outputs };
    this.#stage = 'loaded';
    return { ...described, digest, policies: outputs.map(({ name, level }) => ({ name, level })) };
  }

  #advance(from: Stage, to: Stage): void {
    if (this.#stage !== from)
      throw new EdgyError('sealed', `The seal is ${this.#stage} and takes this call once, when it is ${from}.`);
    this.#stage = to;
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

  async #timed<O extends 'run' | 'encode'>(operation: O, request: RequestOf<O>, transfer: Transferable[]) {
    const start = this.#around.now();
    const outcome = checks.toOutcome(await this.#around.ask(operation, request, transfer));
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
