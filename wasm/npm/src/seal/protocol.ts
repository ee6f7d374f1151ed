/** What crosses the seal. Everything that comes in or goes out is checked by checks.ts and built anew. */

import type { Isa, PrivacyLevel, Variant } from '../types.js';
import type { Operation, Operations, Outcome, RequestOf, ResultOf } from '../worker/protocol.js';
import type { Closure, Digest, Price, SealedOutput, WorkerReport } from './report.js';

export type { Closure, Digest, Price, SealedOutput, WorkerReport } from './report.js';

/** What the sealed files have to hash to; built into seal.htm. */
export interface Integrity {
  readonly engine: Digest;
  readonly simd: Digest;
  readonly relaxed: Digest;
}

/** Of the page: `window.postMessage` with one port, once. */
export interface Handshake {
  readonly edgy: 'seal';
}

/** Of the outer frame to the inner one, with the page's port. */
export interface Handover extends Handshake {
  /** The content of seal.htm's meta element. */
  readonly policy: string;
  /** Why the outer frame is not closed; '' when it is. */
  readonly trouble: string;
}

/** Of the gate to the page, before anything else: somebody is there. */
export type Ready = 'ready';

/** Of the gate to the worker, first: the text of the engine. */
export interface Arrival {
  readonly engine: ArrayBuffer;
}

/** Of the worker to the gate, once: that it is shut and the engine in it, or why not. */
export type WorkerNews = WorkerReport | { readonly failure: string };

/** A runtime that the gate let in: the bytes of the WebAssembly module. */
export interface Runtime {
  readonly module: ArrayBuffer;
  readonly variant: Variant;
}

/** Of the gate to the guard, once, with the page's port. */
export interface Handoff {
  readonly runtime: Runtime;
  /** Of the model, where the call carries one. */
  readonly digest: Digest;
  /** The page's call of `load`, as it came. */
  readonly call: unknown;
}

/**
 * What the guard says, once a call, shortly before an answer: processes that sleep take most of a millisecond to wake, and may as well
 * do so while the last layer runs. When it comes tells as much as when an answer comes.
 */
export type Almost = 'almost';

export type SealedHandler = (
  operation: Operation,
  request: RequestOf<Operation>,
) => Promise<{ outcome: Outcome<ResultOf<Operation>>; transfer: Transferable[] }>;

/** What the engine's module exports. `almost` says that an answer is near. */
export type StartEngine = (guard: { readonly almost: () => void }) => SealedHandler;

/** What has been handed out so far, this answer included. */
export interface Priced {
  readonly price: Price;
}

export interface SealOperations {
  /** The first call, once: the gate's. All others are the guard's. */
  open: {
    request: { readonly engine: ArrayBuffer; readonly wasm: ArrayBuffer; readonly variant: Variant };
    result: Closure;
  };
  /** The second, once. */
  load: {
    request: {
      readonly model: ArrayBuffer;
      readonly isa: Isa | 'auto';
      readonly memoryLimit: number;
      readonly workLimit: number;
      readonly level: PrivacyLevel;
      /** Lower than the level's own ceiling. */
      readonly bitsPerSecond: number | undefined;
      /** Output to a level at most as high as the file's. */
      readonly policy: Readonly<Record<string, PrivacyLevel>>;
    };
    result: ResultOf<'load'> & Priced & { readonly digest: Digest; readonly policies: readonly SealedOutput[] };
  };
  run: { request: Operations['run']['request']; result: Operations['run']['result'] & Priced };
  encode: { request: Operations['encode']['request']; result: Operations['encode']['result'] & Priced };
  tighten: { request: { readonly level: PrivacyLevel }; result: Priced };
}

export type SealOperation = keyof SealOperations;
export type GuardOperation = Exclude<SealOperation, 'open'>;
export type SealRequest<O extends SealOperation> = SealOperations[O]['request'];
export type SealResult<O extends SealOperation> = SealOperations[O]['result'];
