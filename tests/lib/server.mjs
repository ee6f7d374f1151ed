// A static file server for tests: every folder at a prefix of its own, cross-origin isolated (but not under /plain/).
import { createServer } from 'node:http';
import sirv from 'sirv';

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** What a careful site sends. Under /strict/ every response carries it, the worker's too. */
const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self'";

/** The least that a page around a sealed session needs. Under /embedder/ every response but the seal's own page carries it. */
const embedderPolicy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

/**
 * @param {Record<string, string>} folders prefix ('/edgy/') to folder; the longest matching prefix wins
 * @param {Record<string, { status?: number, type?: string, headers?: Record<string, string>, body: string | Uint8Array }>} [answers]
 *   fixed answers by path
 */
export async function serve(folders, answers = {}) {
  const mounts = Object.entries(folders)
    .map(([prefix, folder]) => ({ prefix, handler: sirv(folder, { dev: true, dotfiles: false }) }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const server = createServer((request, response) => {
    let path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path.startsWith('/plain/')) path = path.slice('/plain'.length);
    else for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
    if (path.startsWith('/strict/')) {
      response.setHeader('Content-Security-Policy', strictPolicy);
      path = path.slice('/strict'.length);
    }
    if (path.startsWith('/embedder/')) {
      if (!path.endsWith('/seal.htm')) response.setHeader('Content-Security-Policy', embedderPolicy);
      path = path.slice('/embedder'.length);
    }
    const answer = answers[path];
    if (answer) {
      response
        .writeHead(answer.status ?? 200, { 'Content-Type': answer.type ?? 'text/plain', ...answer.headers })
        .end(answer.body);
      return;
    }
    const notFound = () => response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not Found');
    const mount = mounts.find(({ prefix }) => path.startsWith(prefix));
    if (!mount) {
      notFound();
      return;
    }
    request.url = `/${path.slice(mount.prefix.length)}`;
    mount.handler(request, response, notFound);
  });
  // A connection that is closed while a request comes in loses it; so the browser closes them.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
