/**
 * Whether a worker is still there. Browsers tell a page of what a worker throws, and nothing of one that was ended from outside (by a
 * browser short of memory, a tool, another script of the page): calls would wait for ever. So the worker holds a lock as long as it lives,
 * and the page waits for it. Where there are no locks (insecure pages, opaque origins, Node), nobody is told, as before.
 */

interface Locks {
  request(name: string, options: { signal?: AbortSignal }, work: () => unknown): Promise<unknown>;
}

const locks = (): Locks | undefined => (globalThis.navigator as unknown as { locks?: Locks } | undefined)?.locks;

/** A name for a worker's lock; undefined where there are none. */
export function newLife(): string | undefined {
  return locks() ? `edgy ${crypto.randomUUID()}` : undefined; // both exist in secure contexts alone
}

/** In the worker: holds the lock until the worker ends. Whether it does is known when the promise resolves. */
export function holdLife(life: string): Promise<boolean> {
  return new Promise((resolve) => {
    const held = locks()?.request(life, {}, () => {
      resolve(true);
      return new Promise(() => {});
    });
    if (held) held.catch(() => resolve(false));
    else resolve(false);
  });
}

/** On the page, once the worker said that it holds the lock: calls `died` when it is free, unless `signal` is aborted before. */
export function watchLife(life: string, signal: AbortSignal, died: () => void): void {
  locks()
    ?.request(life, { signal }, died)
    .catch(() => {});
}
