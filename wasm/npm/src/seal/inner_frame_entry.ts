/** The script of the inner frame: keeps what the gate needs, removes the rest, and waits for the one port. */

import { EdgyError, messageOf } from '../errors.js';
import { modelIn } from './checks.js';
import { makeDigester } from './digest.js';
import { Gate } from './gate.js';
import { kLanguage, type Lockdown, lockDown } from './lockdown.js';
import type { Closure, Handover, Integrity, WorkerReport } from './protocol.js';
import { trusted } from './trusted.js';

/** Replaced by the build script. */
declare const EDGY_PRELUDE: string;
declare const EDGY_INTEGRITY: Integrity;

const { Blob, Worker, document, parent, origin } = globalThis;
const makeUrl = URL.createObjectURL.bind(URL);
const digest = makeDigester();
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

let used = false;
listen('message', ({ data, ports, source }: MessageEvent<Handover>) => {
  const [port] = ports;
  if (source !== parent || data?.edgy !== 'seal' || !port || used) return;
  used = true;
  serve(port, data.policy);
});

function serve(port: MessagePort, policy: string): void {
  let worker: Worker | undefined;
  const gate = new Gate({
    integrity: EDGY_INTEGRITY,
    digest,
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
          reject(new EdgyError('sealed', `The sealed worker could not be started. ${event.message ?? ''}`.trim()));
        };
        worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => resolve({ policy, frame, worker: data });
      }),
  });
  port.onmessage = async ({ data }) => {
    const handoff = await gate.handOff(data);
    if (handoff) {
      const model = modelIn(data.request);
      worker?.postMessage(handoff, [port, handoff.runtime.module, ...(model ? [model] : [])]);
      return;
    }
    const reply = await gate.handle(data);
    if (reply) port.postMessage(reply.message, reply.transfer);
  };
}
