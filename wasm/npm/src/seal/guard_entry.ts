/** The script of the inner frame: keeps what the guard needs, removes the rest, and waits for the one port. */

import { EdgyError, messageOf } from '../errors.js';
import { PendingCalls } from '../pending_calls.js';
import type { Outcome } from '../protocol.js';
import { Guard } from './guard.js';
import { kLanguage, type Lockdown, lockDown } from './lockdown.js';
import type { Almost, Closure, Handover, Integrity, WorkerReport } from './protocol.js';
import { trusted } from './trusted.js';

/** Replaced by the build script. */
declare const EDGY_PRELUDE: string;
declare const EDGY_INTEGRITY: Integrity;

const { Blob, Worker, document, parent, crypto, origin } = globalThis;
const makeUrl = URL.createObjectURL.bind(URL);
const toBase64 = btoa.bind(globalThis);
const now = performance.now.bind(performance);
const toTrusted = trusted();

const listen = addEventListener.bind(globalThis);

// What no script can remove from a window. The outer frame's policy lets this one go nowhere.
const kUnforgeable = ['window', 'document', 'location', 'top'];
let lockdown: Lockdown | string;
try {
  const body = lockDown(document, ['location']);
  const scope = lockDown(globalThis, [...kLanguage, ...kUnforgeable]);
  lockdown = { removed: [...scope.removed, ...body.removed.map((name) => `document.${name}`)], kept: scope.kept };
} catch (error) {
  lockdown = messageOf(error);
}

let guarded = false;
listen('message', ({ data, ports, source }: MessageEvent<Handover>) => {
  const [port] = ports;
  if (source !== parent || data?.edgy !== 'seal' || !port || guarded) return;
  guarded = true;
  serve(port, data.policy);
});

function serve(port: MessagePort, policy: string): void {
  const pending = new PendingCalls();
  let worker: Worker;
  let announced = true;
  const announce = () => {
    if (!announced) port.postMessage('almost' satisfies Almost);
    announced = true;
  };
  const guard = new Guard({
    integrity: EDGY_INTEGRITY,
    now,
    digest: async (bytes) => {
      // Gone where the page itself came over plain HTTP.
      if (!crypto.subtle) throw new EdgyError('sealed', 'A seal needs a page from https or localhost.');
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return `sha256-${toBase64(String.fromCharCode(...hash))}`;
    },
    startWorker: (engine) =>
      new Promise<Pick<Closure, 'policy' | 'frame' | 'worker'>>((resolve, reject) => {
        if (origin !== 'null')
          throw new EdgyError('sealed', `The frame has the origin ${origin}: it has to be sandboxed.`);
        if (typeof lockdown === 'string') throw new EdgyError('sealed', `The frame is not closed. ${lockdown}`);
        const frame = { lockdown, origin };
        const url = makeUrl(new Blob([EDGY_PRELUDE, '\n', engine], { type: 'text/javascript' }));
        worker = new Worker(toTrusted.scriptUrl(url), { name: 'edgy sealed' });
        worker.onerror = (event) => {
          event.preventDefault();
          const error = new EdgyError(
            'sealed',
            `The sealed worker could not be started. ${event.message ?? ''}`.trim(),
          );
          reject(error);
        };
        worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
          worker.onmessage = ({ data }) => {
            if (data === 'almost') announce();
            else pending.settle(data?.id, { ok: true, value: data?.outcome });
          };
          worker.onerror = (event) => {
            event.preventDefault();
            pending.die(new EdgyError('internal', 'The sealed worker crashed.'));
          };
          resolve({ policy, frame, worker: data });
        };
      }),
    ask: (operation, request, transfer) =>
      pending.call((id) => {
        worker.postMessage({ id, operation, request }, transfer);
        announced = false;
      }) as Promise<Outcome<unknown>>,
  });
  port.onmessage = async ({ data }) => {
    const reply = await guard.handle(data);
    if (reply) port.postMessage(reply.message, reply.transfer);
  };
}
