// Who could hear a document: a site with its own server, others for datagrams, for connections that ask for nothing, and for names.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { createServer as createListener } from 'node:net';

const kHost = '127.0.0.1';
const kNamePort = 53;

const listening = (server, port = 0) =>
  new Promise((resolve, reject) =>
    server.once('error', reject).listen(port, kHost, () => resolve(server.address().port)),
  );
const bound = (socket, port = 0) =>
  new Promise((resolve, reject) =>
    socket.once('error', reject).bind(port, kHost, () => resolve(socket.address().port)),
  );

/**
 * @param {Record<string, Record<string, string>>} pages path to headers, of documents with nothing on them
 * @param {boolean} names whether questions for names come here
 * @param {Record<string, string>} [scripts] path to what runs in such a document
 */
export async function collectors(pages, names, scripts = {}) {
  /** Attempts that were heard of with the secret, or with whatever else proves them. */
  const heard = new Set();
  const note = (address, body) => {
    if (!`${address} ${body}`.includes('secret-')) return;
    const attempt = new URL(address, 'http://collector').searchParams.get('attempt');
    if (attempt) heard.add(attempt);
  };
  const site = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { pathname } = new URL(request.url ?? '/', 'http://site');
      // No connection outlives its answer, so that none says a word later.
      response.setHeader('Connection', 'close');
      response.setHeader('Cache-Control', 'no-store');
      const headers = pages[pathname];
      if (headers) {
        response.writeHead(200, { 'Content-Type': 'text/html', ...headers });
        const script = scripts[pathname] ? `<script>${scripts[pathname]}</script>` : '';
        response.end(`<!doctype html><title>A document</title><link rel="icon" href="data:,">${script}<body>`);
        return;
      }
      note(request.url ?? '/', body);
      response.writeHead(200, { 'Content-Type': 'text/javascript', 'Access-Control-Allow-Origin': '*' });
      response.end('');
    });
  });
  site.on('upgrade', (request, socket) => {
    note(request.url ?? '/', '');
    socket.destroy();
  });
  const tcp = createListener((socket) => {
    heard.add('preconnect');
    socket.on('error', () => {}).destroy();
  });
  let datagrams = 0;
  const udp = createSocket('udp4').on('message', () => datagrams++);
  const resolver = createSocket('udp4').on('message', (question) => {
    if (question.includes('secret-')) heard.add('dns-prefetch');
  });
  const url = `http://${kHost}:${await listening(site)}`;
  const addresses = { tcp: `http://${kHost}:${await listening(tcp)}`, udp: `stun:${kHost}:${await bound(udp)}` };
  if (names) await bound(resolver, kNamePort);
  return {
    url,
    addresses,
    heard,
    datagrams: () => datagrams,
    close: () => {
      site.closeAllConnections();
      for (const open of [site, tcp, udp, ...(names ? [resolver] : [])]) open.close();
    },
  };
}
