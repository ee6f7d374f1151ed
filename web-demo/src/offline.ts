/** A copy of the page that the browser keeps, so that it opens without a network; and what of this visit came out of that copy. */
import type { NetworkPanel } from './panels/network';
import { quiet } from './quiet/shelf';

const kWorker = new URL('sw.js', document.baseURI);

/** Resolves when the copy is complete, or can not be made. Part of start-up: the service worker makes its requests now or never. */
export async function keepOffline(network: NetworkPanel): Promise<void> {
  if (quiet) {
    network.hold(quiet.bytes);
    return tell(
      'none',
      'Everything is in this one document, so it works on without a network; it keeps no copy, as what keeps one could speak for it.',
    );
  }
  const { serviceWorker } = navigator;
  if (await quietPageIsOpen()) return tell('none', 'No copy is kept while the page that cannot speak is open.');
  if (!serviceWorker) return tell('none', 'This browser keeps no copy of the page: it opens only with a network.');
  try {
    const before = await keptFiles();
    const registration = await serviceWorker.register(kWorker, { updateViaCache: 'none' });
    network.note(kWorker.href, 'service worker');
    await settled(registration.installing);
    const kept = await keptFiles();
    const fresh = [...kept].filter(([url]) => !before.has(url));
    if (fresh.length) {
      network.summarize(
        `Offline copy: the same page again, ${fresh.length} files`,
        'service worker',
        fresh.length,
        fresh.reduce((sum, [, bytes]) => sum + bytes, 0),
      );
    }
    tell('kept', 'This page is kept on your device: it opens and works without a network, and can be installed.');
  } catch {
    tell('none', 'The browser did not keep a copy of this page: it opens only with a network.');
  }
}

/** A service worker that is registered now could speak for it. */
async function quietPageIsOpen(): Promise<boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === 'edgy-quiet');
}

/** Address to bytes of what service workers of this page keep. */
async function keptFiles(): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const response = await cache.match(request);
      files.set(request.url, Number(response?.headers.get('Content-Length') ?? 0));
    }
  }
  return files;
}

/** A worker that is being installed has made all its requests once it is past that. */
function settled(worker: ServiceWorker | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!worker || worker.state === 'installed' || worker.state === 'activating' || worker.state === 'activated')
        resolve();
      else if (worker.state === 'redundant') reject(new Error('The service worker could not be installed.'));
    };
    worker?.addEventListener('statechange', look);
    look();
  });
}

function tell(state: 'kept' | 'none', text: string): void {
  const line = document.getElementById('offline');
  if (!line) return;
  line.dataset.state = state;
  line.textContent = text;
}
