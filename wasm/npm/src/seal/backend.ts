/** The page's side of the seal: makes the frame, hands the files in, and talks to the gate and then the guard through one port. */
import { type Backend, notHandedOver } from '../backend.js';
import { EdgyError } from '../errors.js';
import { PendingCalls } from '../pending_calls.js';
import type { Answer, Operation, RequestOf, ResultOf } from '../protocol.js';
import type { Almost, Handshake, SealOperation, SealRequest, SealResult } from './protocol.js';

/** From the frame's `load` to the gate's answer, which takes milliseconds unless something holds it back for good. */
const kAnswerWithin = 30_000;
const kWatchEvery = 250;

export class SealBackend implements Backend {
  readonly #frame: HTMLIFrameElement;
  readonly #pending = new PendingCalls();
  readonly #port: Promise<MessagePort>;
  readonly #watch: ReturnType<typeof setInterval>;
  #open: MessagePort | undefined;

  constructor(url: URL) {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.referrerPolicy = 'no-referrer';
    frame.title = 'Edgy sealed inference';
    hide(frame);
    this.#frame = frame;
    this.#port = new Promise((resolve) => {
      frame.addEventListener(
        'load',
        () => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }: MessageEvent<Answer | Almost>) => {
            if (data !== 'almost') this.#pending.settle(data.id, data.outcome);
          };
          port1.onmessageerror = () => this.#die('An answer of the seal could not be read.');
          // The frame's origin is opaque, so it cannot be named.
          frame.contentWindow?.postMessage({ edgy: 'seal' } satisfies Handshake, '*', [port2]);
          this.#open = port1;
          resolve(port1);
          frame.addEventListener('load', () => this.#die('The sealed frame was led elsewhere.'), { once: true });
        },
        { once: true },
      );
    });
    // No event tells that a frame was taken out of the page.
    this.#watch = setInterval(() => {
      if (!frame.isConnected) this.#die('The sealed frame was removed from the page.');
    }, kWatchEvery);
    frame.src = url.href;
    (document.body ?? document.documentElement).append(frame);
  }

  /** Hands in the engine and the runtime. Resolves when the seal is closed. */
  async open(request: SealRequest<'open'>): Promise<SealResult<'open'>> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new EdgyError('sealed', silence(this.#frame.src))), kAnswerWithin);
    });
    try {
      return await Promise.race([this.ask('open', request, [request.engine, request.wasm]), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async ask<O extends SealOperation>(
    operation: O,
    request: SealRequest<O>,
    transfer: Transferable[] = [],
  ): Promise<SealResult<O>> {
    const port = this.#open ?? (await this.#port);
    return this.#pending.call((id) => {
      try {
        port.postMessage({ id, operation, request }, transfer);
      } catch (error) {
        throw notHandedOver(error);
      }
    }) as Promise<SealResult<O>>;
  }

  /** The guard takes `run` and `encode` of a session's calls and says no to the others. */
  call<O extends Operation>(operation: O, request: RequestOf<O>, transfer: Transferable[]): Promise<ResultOf<O>> {
    return this.ask(operation as never, request as never, transfer) as Promise<ResultOf<O>>;
  }

  close(): void {
    clearInterval(this.#watch);
    this.#pending.clear();
    this.#open?.close();
    this.#frame.remove();
  }

  #die(what: string): void {
    clearInterval(this.#watch);
    this.#pending.die(new EdgyError('sealed', what));
    this.#frame.remove();
  }
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

function silence(url: string): string {
  return (
    `The frame at ${url} does not answer. It must be served as text/html, the page's policy must allow it (frame-src), and no ` +
    `header of its own may forbid framing (X-Frame-Options, frame-ancestors), its script or its blob: worker: see integrity.json ` +
    'for the policy that it needs.'
  );
}
