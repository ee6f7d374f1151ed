/**
 * Keeps a copy of the page, so that it opens and works without a network. scripts/offline.mjs puts the list of files and its hash
 * in. Serves files of this page and of no other origin; whatever is not on the list goes its way as if there were no service worker.
 */
const kVersion = '@version@';
const kFiles = ['@files@'];
const kName = `edgy-demo-${kVersion}`;

const kept = new Set(kFiles.map((file) => new URL(file, self.registration.scope).href));
/** Their names hold the hash of their content: the copy can not be out of date. */
const isImmutable = (url) => /\/assets\/[^/]+-[\w-]{8}\.\w+$/.test(url);
const withoutQuery = (url) => url.split(/[?#]/)[0];
/** What there is of an address: of the folder's own, the page in parts. */
const copyOf = (url) => (url === self.registration.scope ? `${url}index.html` : url);

self.addEventListener('install', (event) => {
  const requests = [...kept].map((url) => new Request(url, { cache: 'no-cache' }));
  event.waitUntil(caches.open(kName).then((cache) => cache.addAll(requests)));
  // Pages that are open have fetched all they ever will: nothing to wait for.
  self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  const outdated = async () => {
    const names = await caches.keys();
    await Promise.all(
      names.filter((name) => name.startsWith('edgy-demo-') && name !== kName).map((name) => caches.delete(name)),
    );
  };
  event.waitUntil(outdated());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = copyOf(withoutQuery(request.url));
  if (request.method !== 'GET' || !kept.has(url)) return;
  event.respondWith(
    isImmutable(url) ? fromCopy(url).then((copy) => copy ?? fetch(request)) : freshOrCopy(request, url),
  );
});

/** Marked, so that the page can tell these answers from those of the network (src/panels/network.ts). */
async function fromCopy(url) {
  const copy = await (await caches.open(kName)).match(url);
  if (!copy) return undefined;
  const headers = new Headers(copy.headers);
  headers.set('Server-Timing', 'offline-copy');
  return new Response(copy.body, { status: copy.status, statusText: copy.statusText, headers });
}

/** What may have changed since: from the server, if that answers. */
async function freshOrCopy(request, url) {
  try {
    return await fetch(request);
  } catch (error) {
    const copy = await fromCopy(url);
    if (copy) return copy;
    throw error;
  }
}
