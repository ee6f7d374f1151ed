/**
 * Decides what crosses the seal. It lives in the worker, in front of the engine and out of its reach (harden.ts, isolated.ts): it reads
 * the policy from the model's file itself, checks every message in both directions and hands out nothing above the session's level.
 */
import { EdgyError, messageOf } from '../errors/errors.js';
import type { EventRule, PrivacyLevel } from '../types.js';
import type { Operation, RawTensor, RequestOf } from '../worker/protocol.js';
import { Account, type Amount, kCeilings, kOutcomeBits } from './account.js';
import * as checks from './checks.js';
import { atLeast, handedOut } from './levels.js';
import { isFloat, kLeastRate, type ModelPolicy, type OutputRule, readModelPolicy } from './model_policy.js';
import { bitsPerSecond, eventBits, kindsOf, mostFrames } from './price.js';
import type { Digest, GuardOperation, Priced, Runtime, SealRequest, SealResult } from './protocol.js';
import { type Reply, replyTo } from './reply.js';

/** What the guard needs of the worker it lives in. */
export interface Surroundings {
  now(): number;
  /** Asks the engine. What comes back is plain data, a copy that nobody else holds. */
  ask(operation: Operation, request: RequestOf<Operation>): Promise<unknown>;
}

interface Loaded extends ModelPolicy {
  level: PrivacyLevel;
  /** Of what is handed out at this level. */
  account: Account;
  /** The caller's ceiling, if it is lower than the levels'. */
  readonly bitsPerSecond: number | undefined;
}

/** What is to be handed out of an answer, and for how much sound. */
interface Deal {
  readonly fetches: readonly number[];
  readonly mel: boolean;
  readonly seconds: number;
  /** Equal for inputs whose answers have to have the same shape. */
  readonly input: string;
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
      const shapes = feeds.map(({ dims }) => dims.join('x')).join();
      const deal = {
        fetches,
        mel: false,
        seconds: this.#secondsOf(feeds[0]?.dims),
        input: `run ${fetches}: ${shapes}`,
      };
      const { answer, milliseconds } = await this.#ask('run', { feeds, fetches: [...fetches] }, deal.seconds);
      return { ...this.#handOut(answer, deal, transfer), milliseconds };
    },
    encode: async (request, transfer) => {
      const fetches = this.#fetches(request.fetches);
      const mel = request.mel === true;
      if (mel) this.#refuseMel();
      const pcm = checks.toSamples(request.pcm);
      const rate = checks.toRate(request.rate);
      const model = this.#loaded().sound?.rate ?? kLeastRate;
      const heard = Math.max(rate ?? model, kLeastRate);
      // Of the samples that the model gets: resampled ones are a whole number.
      const seconds = Math.ceil((pcm.length * model) / heard) / model;
      const deal = { fetches, mel, seconds, input: `encode ${fetches} ${mel}: ${pcm.length} ${rate}` };
      const question = { pcm, mel, fetches: [...fetches], ...(rate === undefined ? {} : { rate }) };
      const { answer, milliseconds } = await this.#ask('encode', question, seconds);
      // What the engine says of its own times is not passed on: numbers could carry more than time.
      return {
        ...this.#handOut(answer, deal, transfer),
        resampleMilliseconds: 0,
        frontEndMilliseconds: 0,
        milliseconds,
      };
    },
    tighten: async (request) => {
      const model = this.#loaded();
      const level = checks.toLevel(request.level, 'level');
      if (!atLeast(level, model.level)) {
        throw new EdgyError('refused', `The session is at level ${model.level}, which can only be tightened.`);
      }
      if (level !== model.level) {
        model.level = level;
        model.account = new Account(ceilingAt(level, model.bitsPerSecond), mostAt(level, model.outputs));
      }
      return { price: model.account.price };
    },
  };

  async #load(request: checks.Fields): Promise<SealResult<'load'>> {
    const runtime = this.#runtime;
    if (!runtime) throw new EdgyError('sealed', 'A seal takes one model.');
    this.#runtime = undefined;
    const { isa, memoryLimit, workLimit } = request as unknown as SealRequest<'load'>;
    const model = checks.toBuffer(request.model, 'The model');
    const level = checks.toLevel(request.level, 'level');
    const ceiling = checks.toCeiling(request.bitsPerSecond, level);
    const policy = readPolicy(model);
    const outputs = tightened(policy, checks.fieldsOf(request.policy, 'The policy'));
    requireUseful(policy, outputs, level);
    const options = { isa, memoryLimit: Number(memoryLimit), workLimit: Number(workLimit), profile: false };
    const outcome = checks.toOutcome(await this.#around.ask('load', { ...runtime, model, ...options }));
    // No sample has arrived, so the words of the engine may be read: what is wrong with a model is worth knowing.
    if (!outcome.ok) throw new EdgyError(outcome.code, outcome.message);
    const described = describedBy(outcome.value, outputs);
    const account = new Account(ceiling, mostAt(level, outputs));
    const lower = request.bitsPerSecond === undefined ? undefined : ceiling;
    this.#model = { ...policy, outputs, level, account, bitsPerSecond: lower };
    const policies = outputs.map((rule) => {
      const { name, level, bits } = rule;
      return { name, level, bits, bitsPerSecond: bitsPerSecond(rule), ...eventsOf(rule) };
    });
    return { ...described, digest: this.#digest, policies, price: account.price };
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

  #rule(index: number): OutputRule {
    const { outputs, level } = this.#loaded();
    const rule = outputs[index] as OutputRule;
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

  /** Of sound that a log-mel stands for. What is no sound counts as a second. */
  #secondsOf(dims: readonly number[] | undefined): number {
    const { sound } = this.#loaded();
    return sound ? (dims?.at(-1) ?? 0) * sound.secondsPerFrame : 1;
  }

  /** Only the code of a failure comes out, and how long the guard waited, in whole milliseconds. */
  async #ask<O extends 'run' | 'encode'>(operation: O, request: RequestOf<O>, seconds: number) {
    const { account } = this.#loaded();
    if (!account.begin(seconds)) throw tooMuch(this.#loaded());
    const start = this.#around.now();
    const outcome = checks.toOutcome(await this.#around.ask(operation, request));
    const milliseconds = Math.round(this.#around.now() - start);
    if (!outcome.ok) {
      const code = checks.toRunCode(outcome.code);
      throw new EdgyError(code, checks.sentenceFor(code));
    }
    return { answer: checks.fieldsOf(outcome.value, 'An answer of the engine'), milliseconds };
  }

  /** Checked against the level once more: it may have been tightened meanwhile. */
  #handOut({ outputs: value, mel: heard }: checks.Fields, deal: Deal, transfer: Transferable[]) {
    const { fetches, mel, input, seconds } = deal;
    if (!Array.isArray(value) || value.length !== fetches.length) {
      throw new EdgyError('sealed', 'The engine gave other outputs than it was asked for.');
    }
    if (mel) this.#refuseMel();
    const rules = fetches.map((index) => this.#rule(index));
    const frames = rules.map((rule) => mostFrames(rule, seconds));
    const outputs = rules.map((rule, at) => checks.toOutput(value[at], rule, frames[at]));
    const spectrogram = mel ? { mel: checks.toOutput(heard, checks.kMelRule) } : {};
    const all = [...outputs, ...(spectrogram.mel ? [spectrogram.mel] : [])];
    const model = this.#loaded();
    const amounts = all.map((tensor, at) => amountOf(tensor, rules[at] ?? checks.kMelRule, frames[at] ?? Infinity));
    if (!model.account.spend(input, amounts)) throw tooMuch(model);
    transfer.push(...all.map(({ data }) => data.buffer as ArrayBuffer));
    return { outputs, ...spectrogram, ...pricedBy(model) };
  }
}

function amountOf({ dims, data }: RawTensor, rule: OutputRule, frames: number): Amount {
  const { bits, shape, events } = rule;
  // Booked as the most that it can be: then nothing about it, nor how many there are, tells more.
  if (events && frames < Infinity) {
    const most = eventBits(Math.floor(frames / events.leastRun), kindsOf(rule));
    return { bits: most, each: 1, open: [], most: Infinity, free: true };
  }
  // An element of one value still counts as one that is there.
  const each = Math.max(1, bits);
  const open = dims.filter((_, axis) => (shape[axis] as number) < 0);
  return { bits: each * data.length, each, open, most: frames, free: events !== undefined };
}

/** For each second of an answer: at level low the log-mel is handed out as well. */
function mostAt(level: PrivacyLevel, outputs: ModelPolicy['outputs']): number {
  if (level === 'low') return Infinity;
  const rules = outputs.filter((rule) => handedOut(rule.level, level));
  return rules.reduce((sum, rule) => sum + bitsPerSecond(rule), kOutcomeBits);
}

/** As a page gets to know of it. */
function eventsOf({ events }: OutputRule): { events?: EventRule } {
  if (!events) return {};
  const { leastRun, classes, silence } = events;
  return { events: { leastRun, classes, silence } };
}

function pricedBy({ account }: Loaded): Priced {
  return { price: account.price };
}

/** Says nothing that the engine chose. */
function tooMuch({ level, account }: Loaded): EdgyError {
  return new EdgyError(
    'refused',
    `The answer carries more than level ${level} hands out: ${account.price.ceiling} bits a second of sound, or for each run without sound. ` +
      'Fetch fewer outputs, ask for a lower level, or convert the model so that it gives fewer or smaller integers.',
  );
}

function ceilingAt(level: PrivacyLevel, bitsPerSecond: number | undefined): number {
  return Math.min(bitsPerSecond ?? Infinity, kCeilings[level]);
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
  const list = outputs
    .map(({ name, type, level }) => `'${name}' up to ${level}${isFloat(type) ? `, as it is ${type}` : ''}`)
    .join('; ');
  throw new EdgyError(
    'refused',
    `At level ${level} this model hands out nothing (${list}), and at level high no model any but integers. ` +
      'Ask for a lower level, or convert it with --policy.',
  );
}

type Description = Omit<SealResult<'load'>, 'digest' | 'policies' | 'price'>;

/** The engine's description of the model, as plain data, where it agrees with the file. */
function describedBy(value: unknown, rules: ModelPolicy['outputs']): Description {
  const described = JSON.parse(JSON.stringify(value)) as SealResult<'load'>;
  const agrees =
    described.outputs.length === rules.length &&
    described.outputs.every(({ name, type }, index) => name === rules[index]?.name && type === rules[index]?.type);
  if (!agrees) throw new EdgyError('sealed', 'The engine and the file disagree about the outputs.');
  return {
    ...described,
    outputs: described.outputs.map((output, index) => {
      const rule = rules[index] as OutputRule;
      return { ...output, privacyLevel: rule.level, ...eventsOf(rule) };
    }),
  };
}
