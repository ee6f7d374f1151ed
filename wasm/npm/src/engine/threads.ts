/** How many threads a session gets: what was asked for, as far as this page can have it. */
import { EdgyError } from '../errors/errors.js';
import type { Obstacle } from '../errors/trouble.js';

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
  readonly cores: number;
}

export function surroundings(worker: boolean, node: boolean): Surroundings {
  return {
    isolated: globalThis.crossOriginIsolated === true,
    worker,
    node,
    cores: globalThis.navigator?.hardwareConcurrency ?? 1,
  };
}

/** `obstacle`: why there is one thread although more were asked for. */
export function chooseThreads(
  wanted: number | undefined,
  here: Surroundings,
): { readonly threads: number; readonly obstacle?: Obstacle } {
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= kMost)) {
    const shown = typeof wanted === 'string' ? `'${wanted}'` : String(wanted);
    throw new EdgyError('invalid-argument', `threads is ${shown}: it must be a whole number from 1 to ${kMost}.`);
  }
  const threads = wanted ?? Math.min(here.cores, kMostByDefault);
  const obstacle = threads > 1 ? obstacleTo(here) : undefined;
  if (obstacle === undefined) return { threads };
  return wanted === undefined ? { threads: 1 } : { threads: 1, obstacle };
}

function obstacleTo({ node, worker, isolated }: Surroundings): Obstacle | undefined {
  if (node) return 'node';
  if (!worker) return 'worker';
  return isolated ? undefined : 'isolated';
}

let said = false;

/** Once a page, however many sessions there are. */
export async function sayOnce(wanted: number, obstacle: Obstacle): Promise<void> {
  if (said) return;
  said = true;
  const why = await import('../errors/trouble.js').then(({ obstacles }) => obstacles[obstacle]).catch(() => obstacle);
  console.warn(`Edgy: ${wanted} threads were asked for, but one computes: ${why}.`);
}
