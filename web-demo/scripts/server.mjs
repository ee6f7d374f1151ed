/**
 * Serves web-demo/dist on this machine, with the headers that a deployment should send as well. `/` is the page as one document that can
 * open no connection, `/index.html` the same page in parts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');

const kPagePolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "manifest-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** A worker lives under the policy of its own response: the one that hears the recording may connect to nothing at all. */
const kWorkerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";

function policyOf(pathname) {
  if (/\/worker[^/]*\.js$/.test(pathname)) return kWorkerPolicy;
  // The seal brings its own, which is stricter.
  return /\/seal-[^/]*\.htm$/.test(pathname) ? undefined : kPagePolicy;
}

/**
 * What a policy cannot forbid (WebRTC, preconnect, navigation) has this wall in Chromium 152 and later; other browsers ignore it. The page in parts
 * may ask its own server, as it loads everything; the seal's frame and the workers, which hear the recording, nobody at all.
 */
function allowlistOf(pathname) {
  return /\/(worker[^/]*\.js|seal-[^/]*\.htm)$/.test(pathname) ? '()' : '(response-origin)';
}

/** Where the document is that cannot speak, in dist/. */
const kQuiet = '/quiet.html';

function setHeaders(response, pathname, quiet = {}) {
  if (pathname === kQuiet) {
    for (const [name, value] of Object.entries(quiet)) response.setHeader(name, value);
    // The one connection that it came by ends with it.
    response.setHeader('Connection', 'close');
    return;
  }
  response.setHeader('Connection-Allowlist', allowlistOf(pathname));
  const policy = policyOf(pathname);
  if (policy) response.setHeader('Content-Security-Policy', policy);
  // Names in assets/ hold the hash of their content.
  if (pathname.startsWith('/assets/')) response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', 'microphone=(self), camera=(), geolocation=()');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('X-Content-Type-Options', 'nosniff');
}

/** Resolves to `{ url, close }`. Port 0 takes any free one. */
export async function startServer(port = 0, folder = dist) {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new Error('web-demo/dist is missing: run "make page" first.');
  }
  const quiet = JSON.parse(readFileSync(join(folder, 'quiet.json'), 'utf8'));
  const serve = sirv(folder, {
    brotli: true,
    etag: true,
    setHeaders: (response, pathname) => setHeaders(response, pathname, quiet),
  });
  const server = createServer((request, response) => {
    request.url = request.url?.replace(/^\/(?=$|\?)/, kQuiet);
    serve(request, response, () => {
      setHeaders(response, '');
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end('Not found\n');
    });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
