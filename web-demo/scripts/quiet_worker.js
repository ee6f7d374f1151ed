/** Serves the quiet page, once, with the headers that its host does not send. scripts/quiet.mjs puts headers and hash in. */
const kIntegrity = '@integrity@';
const kHeaders = '@headers@';
const kName = 'edgy-quiet';
const kPage = new URL('page', registration.scope).href;

self.addEventListener('install', (event) => {
  const take = async () => {
    // Rejects when a byte is another one.
    const page = await fetch('../quiet.html', { cache: 'no-cache', integrity: kIntegrity });
    if (!page.ok) throw new Error(`HTTP ${page.status}`);
    await (await caches.open(kName)).put(kPage, page);
  };
  event.waitUntil(take());
  self.skipWaiting();
});

self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));

self.addEventListener('fetch', (event) => {
  // Nothing else passes: a worker from an address, which a quiet page's own service worker would be asked for, is none.
  event.respondWith(event.request.url.split(/[?#]/)[0] === kPage ? handOut() : fromLauncher(event.request));
});

/** The page, and no service worker any more that could fetch for it. */
async function handOut() {
  const copy = await (await caches.open(kName)).match(kPage);
  if (!copy) return Response.redirect('./');
  await registration.unregister();
  return new Response(await copy.arrayBuffer(), {
    headers: { 'Content-Type': 'text/html; charset=utf-8', ...kHeaders },
  });
}

/** The launcher itself may load what it is made of. */
function fromLauncher(request) {
  const { pathname } = new URL(request.url);
  const folder = new URL(registration.scope).pathname;
  const isOwn = [folder, `${folder}index.html`, `${folder}launcher.js`].includes(pathname) && request.method === 'GET';
  return isOwn && !new URL(request.url).search ? fetch(request) : Response.error();
}
