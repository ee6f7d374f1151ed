/** The page's side of the seal: makes the frame, hands the files in, and talks to the gate and then the guard through one port. */

import { EdgyError } from '../errors/errors.js';
import { type Backend, notHandedOver } from '../worker/backend.js';
import { PendingCalls } from '../worker/pending_calls.js';
import type { Answer, Operation, RequestOf, ResultOf } from '../worker/protocol.js';
import { type SealFile, sayWhy, whatIsWrong } from './page_trouble.js';
import type { Almost, Handshake, Price, Priced, Ready, SealOperation, SealRequest, SealResult } from './protocol.js';

/** For each step of closing a seal, which takes milliseconds unless something holds it back for good. */
const kStepWithin = 4500;
const kWatchEvery = 250;

export class SealBackend implements Backend {
  readonly #frame: HTMLIFrameElement;
  readonly #pending = new PendingCalls();
  /** That the gate has answered on; rejects when the seal is over before. */
  readonly #port: Promise<MessagePort>;
  readonly #watch: ReturnType<typeof setInterval>;
  readonly #ended = new AbortController();
  readonly #file: Promise<SealFile>;
  #open: MessagePort | undefined;
  #failed: (error: EdgyError) => void = () => {};
  #price: Price | undefined;

  constructor(url: URL) {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.referrerPolicy = 'no-referrer';
    frame.title = 'Edgy sealed inference';
    hide(frame);
    this.#frame = frame;
    const loaded = new Promise<void>((resolve) => frame.addEventListener('load', () => resolve(), { once: true }));
    this.#port = new Promise((resolve, reject) => {
      loaded.then(() => this.#shakeHands(resolve));
      this.#failed = reject;
    });
    this.#port.catch(() => {});
    // No event tells that a frame was taken out of the page.
    this.#watch = setInterval(() => {
      if (!frame.isConnected) this.#die('The sealed frame was removed from the page.');
    }, kWatchEvery);
    // The page's own policy says at once that it does not let the frame be.
    document.addEventListener(
      'securitypolicyviolation',
      ({ blockedURI, effectiveDirective, disposition }) => {
        if (
          disposition === 'enforce' &&
          /^(frame|child|default)-src$/.test(effectiveDirective) &&
          isAt(blockedURI, url)
        ) {
          this.#die(`The page's own policy refuses the frame at ${url}: its ${effectiveDirective} has to allow it.`);
        }
      },
      { signal: this.#ended.signal },
    );
    frame.src = url.href;
    (document.body ?? document.documentElement).append(frame);
    this.#file = whatIsWrong(url, this.#ended.signal);
    void this.#requireAnswer(url, loaded);
  }

  /** Of the answers so far. */
  get price(): Price | undefined {
    return this.#price;
  }

  /** The frame is there, with the file that it was made of. Rejects as soon as it is known that no seal comes about here. */
  async ready(): Promise<SealFile> {
    await this.#port;
    const late = new Promise<SealFile>((resolve) =>
      setTimeout(resolve, kStepWithin, { trouble: '', hint: '', connectionAllowlist: '' }),
    );
    return Promise.race([this.#file, late]);
  }

  /** Hands in the engine and the runtime. Resolves when the seal is closed. */
  async open(request: SealRequest<'open'>): Promise<SealResult<'open'>> {
    await this.#port;
    const late = setTimeout(
      () =>
        this.#die('The sealed worker does not start, and nothing says why: a policy or an extension may forbid it.'),
      kStepWithin,
    );
    try {
      return await this.ask('open', request, [request.engine, request.wasm]);
    } finally {
      clearTimeout(late);
    }
  }

  async ask<O extends SealOperation>(
    operation: O,
    request: SealRequest<O>,
    transfer: Transferable[] = [],
  ): Promise<SealResult<O>> {
    const port = this.#open ?? (await this.#port);
    const result = (await this.#pending.call((id) => {
      try {
        port.postMessage({ id, operation, request }, transfer);
      } catch (error) {
        throw notHandedOver(error);
      }
    })) as SealResult<O>;
    this.#price = (result as Partial<Priced>).price ?? this.#price;
    return result;
  }

  /** The guard takes `run` and `encode` of a session's calls and says no to the others. */
  call<O extends Operation>(operation: O, request: RequestOf<O>, transfer: Transferable[]): Promise<ResultOf<O>> {
    return this.ask(operation as never, request as never, transfer) as Promise<ResultOf<O>>;
  }

  close(): void {
    this.#end();
    this.#pending.clear();
    this.#open?.close();
  }

  #shakeHands(done: (port: MessagePort) => void): void {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Answer | Almost | Ready>) => {
      if (data === 'ready') {
        this.#open = port1;
        done(port1);
      } else if (data !== 'almost') this.#pending.settle(data.id, data.outcome);
    };
    port1.onmessageerror = () => this.#die('An answer of the seal could not be read.');
    // The frame's origin is opaque, so it cannot be named.
    this.#frame.contentWindow?.postMessage({ edgy: 'seal' } satisfies Handshake, '*', [port2]);
    this.#frame.addEventListener('load', () => this.#die('The sealed frame was led elsewhere.'), { once: true });
  }

  /** Looks at what the server answers, as a frame that fails says nothing, and waits for the frame no longer than it may take. */
  async #requireAnswer(url: URL, loaded: Promise<void>): Promise<void> {
    const arrived = this.#file.then(({ trouble }) => {
      if (trouble) this.#die(trouble);
    });
    await Promise.race([arrived, loaded]);
    if (this.#ended.signal.aborted) return;
    const late = setTimeout(async () => this.#die(sayWhy(url, await this.#file)), kStepWithin);
    const stop = () => clearTimeout(late);
    this.#ended.signal.addEventListener('abort', stop, { once: true });
    await this.#port.then(stop, stop);
  }

  #end(): void {
    clearInterval(this.#watch);
    this.#ended.abort();
    this.#frame.remove();
  }

  #die(what: string): void {
    if (this.#ended.signal.aborted) return;
    const error = new EdgyError('sealed', what);
    this.#pending.die(error);
    this.#failed(error);
    this.#end();
  }
}

function isAt(blocked: string, url: URL): boolean {
  return blocked !== '' && url.href.startsWith(blocked);
}

/** Out of sight and reach, but not `hidden`: Chromium gives the process of a hidden frame less of the processor. */
function hide(frame: HTMLIFrameElement): void {
  frame.inert = true;
  frame.ariaHidden = 'true';
  frame.tabIndex = -1;
  Object.assign(frame.style, {
    position: 'fixed',
    inset: '0 auto auto 0',
    width: '1px',
    height: '1px',
    border: '0',
    opacity: '0',
    pointerEvents: 'none',
  });
}
