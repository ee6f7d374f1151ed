/** The script of the inner frame: keeps what the gate needs, removes the rest, and waits for the one port. */

import { EdgyError, messageOf } from '../errors/errors.js';
import { modelIn } from './checks.js';
import { makeDigester } from './digest.js';
import { Gate } from './gate.js';
import { kLanguage, type Lockdown, lockDown } from './lockdown.js';
import type { Arrival, Closure, Handover, Integrity, Ready, WorkerNews } from './protocol.js';
import { whoIsTold } from './reporting.js';
import { trusted } from './trusted.js';

/** Replaced by the build script. */
declare const EDGY_GUARD: string;
declare const EDGY_INTEGRITY: Integrity;

const { Blob, Worker, document, parent, origin } = globalThis;
const makeUrl = URL.createObjectURL.bind(URL);
const digest = makeDigester();
const toTrusted = trusted();

const listen = addEventListener.bind(globalThis);
// Asked now, while the page still fetches the files.
const reports = whoIsTold(listen, fetch.bind(globalThis), setTimeout.bind(globalThis));

/** Started ahead, with the guard alone in it: the engine goes in when its hash has been taken. */
const worker = new Worker(toTrusted.scriptUrl(makeUrl(new Blob([EDGY_GUARD], { type: 'text/javascript' }))), {
  name: 'edgy sealed',
});
/** Resolves when the worker has shut itself and the engine is in it. */
const shut = new Promise<Closure['worker']>((resolve, reject) => {
  const fail = (why: string) => reject(new EdgyError('sealed', why));
  worker.onerror = (event) => {
    event.preventDefault();
    fail(
      'The sealed worker could not be started: no policy but that of seal.htm may apply to it (worker-src blob:). ' +
        (event.message ?? ''),
    );
  };
  worker.onmessage = ({ data }: MessageEvent<WorkerNews>) => {
    if ('failure' in data) fail(data.failure);
    else resolve(data);
  };
});
// Told when somebody asks.
shut.catch(() => {});

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
  port.postMessage('ready' satisfies Ready);
  serve(port, data);
});

function serve(port: MessagePort, { policy, trouble }: Handover): void {
  const gate = new Gate({
    integrity: EDGY_INTEGRITY,
    digest,
    trouble: async () => {
      if (origin !== 'null') return `The frame has the origin ${origin}: it has to be sandboxed.`;
      if (typeof lockdown === 'string') return `The frame is not closed. ${lockdown}`;
      return trouble || (await reports);
    },
    letIn: async (engine) => {
      worker.postMessage({ engine } satisfies Arrival, [engine]);
      return { policy, frame: { lockdown: lockdown as Lockdown, origin }, worker: await shut };
    },
  });
  port.onmessage = async ({ data }) => {
    const handoff = await gate.handOff(data);
    if (handoff) {
      const model = modelIn(data.request);
      worker.postMessage(handoff, [port, handoff.runtime.module, ...(model ? [model] : [])]);
      return;
    }
    const reply = await gate.handle(data);
    if (reply) port.postMessage(reply.message, reply.transfer);
  };
}
