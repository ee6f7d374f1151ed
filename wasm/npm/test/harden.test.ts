import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

let source = '';
beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: "export { harden } from './harden.js';", resolveDir: 'src/seal', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'edgy',
  });
  source = outputFiles[0]?.text ?? '';
});

/** Runs scripts in the realm of a worker, one after the other, and gives what the last evaluates to, or the error as text. */
async function inWorker(...scripts: string[]): Promise<unknown> {
  const program = `const { workerData, parentPort } = require('node:worker_threads');
    const run = require('node:vm').runInThisContext;
    const post = parentPort.postMessage.bind(parentPort);
    let answer;
    try { for (const script of workerData) answer = run(script); } catch (error) { answer = String(error); }
    post(answer)`;
  const worker = new Worker(program, { eval: true, workerData: scripts });
  const [answer] = await once(worker, 'message');
  await worker.terminate();
  return answer;
}

const hardened = (script: string) => inWorker(source, 'edgy.harden(globalThis)', script);

describe('harden', () => {
  it.each([
    'Array.prototype.map = () => []',
    'Array.prototype.extra = 1',
    'Object.prototype.then = 1',
    'Object.prototype.toString = () => ""',
    'Object.defineProperty(Object.prototype, "note", { get: () => 1 })',
    'Promise.prototype.then = () => {}',
    'Promise.prototype.constructor = class {}',
    'Math.round = () => 1',
    'Math = {}',
    'globalThis.Number = () => 1',
    'Error.prepareStackTrace = () => {}',
    'Error.prototype.name = "x"',
    'delete Array.prototype.map',
    'Object.setPrototypeOf(Array.prototype, {})',
    'Object.getPrototypeOf([].values()).next = () => ({ done: true })',
    'Object.getPrototypeOf(Int8Array).prototype.slice = () => []',
    'Object.getPrototypeOf(async () => {}).extra = 1',
    'Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())).next = () => 1',
    'Object.getPrototypeOf(/a/[Symbol.matchAll]("a")).next = () => 1',
    'Reflect.getOwnPropertyDescriptor(Map.prototype, "size").get.call = 1',
  ])('forbids %s', async (program) => {
    const strict = `(() => { 'use strict'; ${program}; return 'done'; })()`;
    expect(await inWorker(strict), 'in a realm as it is').toBe('done');
    expect(await hardened(strict)).toMatch(/^TypeError/);
  });

  it('leaves what programs do with objects of their own', async () => {
    const seen = await hardened(`(() => { 'use strict';
      class Own extends Error { constructor(text) { super(text); this.name = 'Own'; } }
      const plain = {};
      plain.toString = () => 'mine';
      plain.constructor = Own;
      function Old() {}
      Old.prototype = Object.create(Error.prototype);
      Old.prototype.constructor = Old;
      Old.prototype.toString = () => 'old';
      const own = new Own('why');
      return [own.name, own.message, String(own), String(plain), plain.constructor === Own, String(new Old()),
        Object.keys(plain).join(), [3, 1].map((x) => x + 1).sort().join(), JSON.stringify({ a: [1] })].join('|');
    })()`);
    expect(seen).toBe('Own|why|Own: why|mine|true|old|toString,constructor|2,4|{"a":[1]}');
  });

  it('lets later scripts declare what they like but names of the language', async () => {
    expect(await hardened('let own = 1; own')).toBe(1);
    for (const declaration of ['let Array = 1', 'const Promise = 1', 'class Math {}', 'function Object() {}']) {
      expect(await hardened(declaration), declaration).toMatch(/^(SyntaxError|TypeError)/);
    }
    expect(await hardened('var Reflect = 1; typeof Reflect')).toBe('object');
  });
});
