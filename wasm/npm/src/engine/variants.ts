/** The builds of the runtime that a session may load (wasm/variants.json), and where each lies. */
import type { Build, Variant } from '../types.js';

/** Addresses are written out, so that bundlers see the files and carry them along. */
export const builds: Readonly<Record<Build, () => URL>> = {
  simd: () => new URL('./edgy-simd.wasm', import.meta.url),
  relaxed: () => new URL('./edgy-relaxed.wasm', import.meta.url),
  'simd-threads': () => new URL('./edgy-simd-threads.wasm', import.meta.url),
  'relaxed-threads': () => new URL('./edgy-relaxed-threads.wasm', import.meta.url),
};

/** The build of `variant` for so many threads. */
export const buildOf = (variant: Variant, threads: number): Build => (threads > 1 ? `${variant}-threads` : variant);
