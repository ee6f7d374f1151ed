/**
 * The seal's first two calls. The gate stands in the inner frame: it lets in the files of its own release alone and hands them to the worker;
 * when that has reported that it is shut, the gate takes the hash of the model (which a worker of an opaque origin cannot) and leaves the
 * call and the page's port to the guard in there.
 */
import { EdgyError } from '../errors/errors.js';
import * as checks from './checks.js';
import type { Digester } from './digest.js';
import type { Closure, Handoff, Integrity, Runtime } from './protocol.js';
import { type Reply, replyTo } from './reply.js';

/** What the gate needs of the frame it stands in. */
export interface Surroundings {
  readonly integrity: Integrity;
  readonly digest: Digester;
  /** Why no seal can be closed here; '' where one can. */
  trouble(): Promise<string>;
  /** Hands the engine to the worker, which lets it in when it has shut itself, and waits for the worker's report. */
  letIn(engine: ArrayBuffer): Promise<Pick<Closure, 'policy' | 'frame' | 'worker'>>;
}

export class Gate {
  readonly #around: Surroundings;
  #used = false;
  #runtime: Runtime | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Never throws. A message without an id gets no answer. */
  handle(message: unknown): Promise<Reply | undefined> {
    return replyTo(message, async ({ operation, request }) => {
      if (checks.toOperation(operation) !== 'open' || this.#used) {
        throw new EdgyError(
          'sealed',
          "The first call, once, is 'open', the second 'load'; each has to wait for its turn.",
        );
      }
      this.#used = true;
      return this.#open(checks.fieldsOf(request, "The request of 'open'"));
    });
  }

  /** What goes to the guard, if this is the call that comes after `open`. Given out once. */
  async handOff(message: unknown): Promise<Handoff | undefined> {
    const runtime = this.#runtime;
    const call = checks.parseCall(message);
    if (!runtime || call?.operation !== 'load') return undefined;
    this.#runtime = undefined;
    const model = checks.modelIn(call.request);
    return { runtime, digest: model ? await this.#around.digest(model) : '', call };
  }

  async #open(request: checks.Fields): Promise<Closure> {
    const { integrity, digest } = this.#around;
    const engine = checks.toBuffer(request.engine, 'The engine');
    const module = checks.toBuffer(request.wasm, 'The runtime');
    const { variant } = request;
    if (variant !== 'simd' && variant !== 'relaxed')
      throw new EdgyError('sealed', 'The variant is neither simd nor relaxed.');
    const digests = { engine: await digest(engine), wasm: await digest(module) };
    for (const [file, found, expected] of [
      ['sealed-engine.txt', digests.engine, integrity.engine],
      [`edgy-${variant}.wasm`, digests.wasm, integrity[variant]],
    ] as const) {
      if (found !== expected) {
        throw new EdgyError(
          'sealed',
          `${file} has the hash ${found}; this seal.htm belongs to ${expected}. The file was rewritten on its way here (by a bundler, ` +
            "a server or what is between), or is another release's: serve the package's files as they are.",
        );
      }
    }
    const trouble = await this.#around.trouble();
    if (trouble) throw new EdgyError('sealed', trouble);
    const seen = await this.#around.letIn(engine);
    const open = Object.entries(seen.worker.probes).flatMap(([name, refused]) => (refused ? [] : [name]));
    if (open.length > 0) {
      throw new EdgyError(
        'sealed',
        `The content security policy of seal.htm does not hold inside: ${open.join(', ')}.`,
      );
    }
    this.#runtime = { module, variant };
    return { ...seen, ...digests };
  }
}
