// A site under attack: the package as it ships, the same package with hostile code behind the seal, and the same hostile code with
// the seal taken off.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { digest, makeSealPage } from '../../../wasm/npm/scripts/seal_page.mjs';
import { dist, models } from '../paths.mjs';
import * as frame from './frame.mjs';
import * as worker from './worker.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const inDist = (name) => readFileSync(path.join(dist, name));

/** @param {Awaited<ReturnType<import('./collector.mjs').collect>>} collector */
export async function serveEscapes(collector) {
  const engine = inDist('sealed-engine.txt').toString();
  // Refused by the site's policy below, which reports it to the collector.
  const reported = `${collector.url.replace('127.0.0.1', 'localhost')}/reported`;
  const hostileEngine = (attempts) => worker.hostileEngine(engine, { ...collector, reported }, attempts);
  const wasm = { simd: digest(inDist('edgy-simd.wasm')), relaxed: digest(inDist('edgy-relaxed.wasm')) };
  const html = (script) =>
    `<!doctype html><html lang="en"><title>Loose</title><body><script>${script}</script></body></html>`;

  /** @type {Record<string, [type: string, body: string]>} */
  const files = {
    '/': ['text/html', readFileSync(path.join(here, 'page.html'), 'utf8')],
    '/page.js': ['text/javascript', readFileSync(path.join(here, 'page.js'), 'utf8')],
    // Without a guard there is none to be deceived.
    '/loose/worker.js': ['text/javascript', hostileEngine({ quietly: worker.answers, as: 'loose' })],
  };
  /** A seal around an engine, in a folder of its own. */
  const putSeal = async (folder, text, extra = {}) => {
    files[`${folder}/sealed-engine.txt`] = ['text/plain', text];
    const { html } = await makeSealPage({ ...wasm, engine: digest(text) }, extra);
    files[`${folder}/seal.htm`] = ['text/html', html];
  };
  await putSeal('/hostile', hostileEngine());
  // The control of attempts on the language: the same seal with the realm left as it is.
  for (const [name, body] of Object.entries(worker.realm)) {
    await putSeal(`/soft/${name}`, hostileEngine({ loudly: {}, quietly: { [name]: body } }), { without: 'harden' });
  }
  // That of attempts by names: guard and engine in one script.
  for (const [name, { top, after }] of Object.entries(worker.names)) {
    const attempts = { loudly: {}, quietly: { [name]: after }, top };
    await putSeal(`/named/${name}`, hostileEngine(attempts));
    const together = hostileEngine({ ...attempts, as: 'together' });
    await putSeal(`/together/${name}`, together, { without: 'entrance', together });
  }
  // That of attempts by reports: a seal that does not ask who hears of refusals.
  /** @type {Record<string, { header: string, hidden: boolean }>} */
  const reporting = {};
  for (const [name, { header, hidden }] of Object.entries(worker.reports)) {
    const text = hostileEngine({ loudly: { [name]: 'await import(url + secret)' }, quietly: {} });
    await putSeal(`/reporting/${name}`, text);
    await putSeal(`/deaf/${name}`, text, { without: 'reporting' });
    reporting[`/reporting/${name}/seal.htm`] = { header, hidden };
    reporting[`/deaf/${name}/seal.htm`] = { header, hidden: true };
  }
  const scripts = {
    network: { ...frame.network, ...frame.datagrams },
    page: frame.page,
    ...Object.fromEntries(Object.entries(frame.navigation).map(([name, body]) => [name, { [name]: body }])),
  };
  for (const [name, attempts] of Object.entries(scripts)) {
    const script = frame.hostileScript(attempts, collector);
    await putSeal(`/sealed/${name}`, engine, { inner: script });
    files[`/loose/${name}.html`] = ['text/html', html(script)];
  }
  // Lets everything through to the collector, so that it is the seal that holds, and reports what it does not.
  const policy = `connect-src 'self' data: http://127.0.0.1:* ws://127.0.0.1:* https://127.0.0.1:*; report-uri ${collector.url}/report`;
  const reportingPolicy = `script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; report-uri ${collector.url}/report`;
  const mounts = { '/edgy/': sirv(dist, { dev: true }), '/models/': sirv(models, { dev: true }) };
  const server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    response.setHeader('Cache-Control', 'no-cache');
    const file = files[name];
    if (file) {
      if (!name.endsWith('seal.htm')) response.setHeader('Content-Security-Policy', policy);
      const { header, hidden } = reporting[name] ?? {};
      if (header && (!hidden || request.headers['sec-fetch-dest'] === 'iframe')) {
        response.setHeader(header, reportingPolicy);
      }
      response.writeHead(200, { 'Content-Type': file[0] }).end(file[1]);
      return;
    }
    const prefix = Object.keys(mounts).find((start) => name.startsWith(start));
    const notFound = () => response.writeHead(404).end();
    if (!prefix) return notFound();
    request.url = `/${name.slice(prefix.length)}`;
    mounts[prefix](request, response, notFound);
  });
  // A connection that is closed while a request comes in loses it; so the browser closes them.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
