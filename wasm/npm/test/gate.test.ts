import { describe, expect, it } from 'vitest';
import { Gate } from '../src/seal/gate.js';
import type { Outcome } from '../src/worker/protocol.js';

const lockdown = { removed: [], kept: [] };
const engine = () => new ArrayBuffer(1);
const wasm = () => new ArrayBuffer(2);
const load = { id: 2, operation: 'load', request: { model: new ArrayBuffer(4) } };

/** A gate that takes files for what their lengths say, before a worker with these probes. */
function gateWith(probes = { connect: true, import: true, eval: true }, trouble = '') {
  let started = 0;
  const gate = new Gate({
    integrity: { engine: 'hash 1', simd: 'hash 2', relaxed: 'hash 3' },
    digest: async (bytes) => `hash ${bytes.byteLength}`,
    trouble: async () => trouble,
    letIn: async () => {
      started++;
      return { policy: '', frame: { lockdown, origin: 'null' }, worker: { lockdown, probes } };
    },
  });
  const ask = async (operation: unknown, request: unknown) =>
    (await gate.handle({ id: 1, operation, request }))?.message.outcome as Outcome<unknown>;
  return { gate, ask, started: () => started };
}

const sealed = (message: string) => ({ ok: false, code: 'sealed', message: expect.stringContaining(message) });

describe('Gate', () => {
  it('lets the files of its release in, once', async () => {
    const { gate, ask } = gateWith();
    expect(await gate.handOff(load)).toBeUndefined();
    expect(await ask('open', { engine: engine(), wasm: wasm(), variant: 'simd' })).toMatchObject({
      ok: true,
      value: { engine: 'hash 1', wasm: 'hash 2' },
    });
    expect(await ask('open', { engine: engine(), wasm: wasm(), variant: 'simd' })).toMatchObject(sealed('once'));
  });

  it('hands the call that comes next to the guard, once, with the hash of the model', async () => {
    const { gate, ask } = gateWith();
    await ask('open', { engine: engine(), wasm: wasm(), variant: 'simd' });
    expect(await gate.handOff({ id: 2, operation: 'encode', request: {} })).toBeUndefined();
    expect(await gate.handOff(load)).toEqual({
      runtime: { module: wasm(), variant: 'simd' },
      digest: 'hash 4',
      call: load,
    });
    expect(await gate.handOff(load)).toBeUndefined();
  });

  it.each([null, {}, { model: 'text' }])('leaves it to the guard to refuse a load of %j', async (request) => {
    const { gate, ask } = gateWith();
    await ask('open', { engine: engine(), wasm: wasm(), variant: 'simd' });
    expect(await gate.handOff({ id: 2, operation: 'load', request })).toMatchObject({ digest: '' });
  });

  it.each([
    ['another engine', { engine: new ArrayBuffer(3), wasm: wasm(), variant: 'simd' }, 'sealed-engine.txt has the hash'],
    ['another runtime', { engine: engine(), wasm: wasm(), variant: 'relaxed' }, 'edgy-relaxed.wasm has the hash'],
    ['an unknown variant', { engine: engine(), wasm: wasm(), variant: 'none' }, 'neither simd nor relaxed'],
    ['no buffer', { engine: 'text', wasm: wasm(), variant: 'simd' }, 'no ArrayBuffer'],
    ['nothing', null, 'no object'],
  ])('refuses %s', async (_, request, message) => {
    const { gate, ask } = gateWith();
    expect(await ask('open', request)).toMatchObject(sealed(message));
    expect(await gate.handOff(load)).toBeUndefined();
  });

  it('refuses a worker in which the policy does not hold', async () => {
    const { gate, ask } = gateWith({ connect: true, import: false, eval: true });
    expect(await ask('open', { engine: engine(), wasm: wasm(), variant: 'simd' })).toMatchObject(sealed('import'));
    expect(await gate.handOff(load)).toBeUndefined();
  });

  it('lets no engine in where no seal can be closed', async () => {
    const { gate, ask, started } = gateWith(undefined, 'A policy has refusals reported.');
    expect(await ask('open', { engine: engine(), wasm: wasm(), variant: 'simd' })).toMatchObject(sealed('reported'));
    expect(await gate.handOff(load)).toBeUndefined();
    expect(started()).toBe(0);
  });

  it.each(['load', 'run', 'encode', 'tighten', 'constructor', undefined])('refuses %s before', async (operation) => {
    expect(await gateWith().ask(operation, {})).toMatchObject({ ok: false, code: 'sealed' });
  });
});
