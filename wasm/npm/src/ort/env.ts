import type { Env } from './api.js';

/** Settings for the sessions that are made after them, under the names of onnxruntime-web. */
export const env: Env = {
  logLevel: 'warning',
  // Programs ask for it to load files of onnxruntime's; there are none.
  versions: { common: 'edgy' },
  wasm: {},
  webgl: {} as Env.WebGLFlags,
  webgpu: { profiling: {} } as Env.WebGpuFlags,
};

const said = new Set<string>();

/** Tells the developer, once a page for each `name`, that it has no effect and why. */
export function sayOnce(name: string, why: string): void {
  if (said.has(name) || env.logLevel === 'error' || env.logLevel === 'fatal') return;
  said.add(name);
  console.info(`edgy/ort: ${name} has no effect: ${why}.`);
}
