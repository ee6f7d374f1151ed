/** How many threads a session gets: what was asked for, as far as this page can have it. */
import { relaxedSimd } from 'wasm-feature-detect';
import { EdgyError } from './errors.js';
import type { Variant } from './types.js';

/** As the runtime's. */
const kMost = 32;
/** Without a wish: more share too little work each in models of this size, and a page wants cores too. */
const kMostByDefault = 4;

/** What decides, beside the wish. */
export interface Surroundings {
  readonly isolated: boolean;
  /** Whether the session has a worker. */
  readonly worker: boolean;
  readonly node: boolean;
  readonly variant: 'auto' | Variant;
  readonly relaxed: boolean;
  readonly cores: number;
}

export async function surroundings(variant: 'auto' | Variant, worker: boolean, node: boolean): Promise<Surroundings> {
  return {
    isolated: globalThis.crossOriginIsolated === true,
    worker,
    node,
    variant,
    relaxed: !node && (await relaxedSimd()),
    cores: globalThis.navigator?.hardwareConcurrency ?? 1,
  };
}

/** `obstacle` says, in words, why there is one thread although more were asked for. */
export function chooseThreads(
  wanted: number | undefined,
  here: Surroundings,
): { readonly threads: number; readonly obstacle?: string } {
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= kMost)) {
    const shown = typeof wanted === 'string' ? `'${wanted}'` : String(wanted);
    throw new EdgyError('invalid-argument', `threads is ${shown}: it must be a whole number from 1 to ${kMost}.`);
  }
  const threads = wanted ?? Math.min(here.cores, kMostByDefault);
  const obstacle = threads > 1 ? obstacleTo(here) : undefined;
  if (obstacle === undefined) return { threads };
  return wanted === undefined ? { threads: 1 } : { threads: 1, obstacle };
}

function obstacleTo({ node, worker, isolated, variant, relaxed }: Surroundings): string | undefined {
  if (node) return 'under Node sessions have one';
  if (!worker) return 'without a worker (worker: false) a session has one';
  if (variant === 'simd') return "the variant 'simd' has one";
  if (!relaxed) return 'this browser has no relaxed SIMD, which the build with threads needs';
  if (!isolated) {
    return (
      'this page is not cross-origin isolated, so it has no shared memory. Its server has to send the headers ' +
      '"Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp" ' +
      '(self.crossOriginIsolated is true then)'
    );
  }
  return undefined;
}

let said = false;

/** Once a page, however many sessions there are. */
export function sayOnce(wanted: number, obstacle: string): void {
  if (said) return;
  said = true;
  console.warn(`Edgy: ${wanted} threads were asked for, but one computes: ${obstacle}.`);
}
