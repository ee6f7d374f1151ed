// What a collector of leaks sees: requests of any kind, upgrades to WebSocket, datagrams, other TCP connections.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';

/** As every attempt writes it. */
export const secretPattern = /secret-[0-9a-f]{64}/;

export async function collect() {
  /** @type {{ attempt: string, text: string }[]} */
  const leaks = [];
  let datagrams = 0;
  const note = (address, body) => {
    const url = new URL(address ?? '/', 'http://collector');
    const reported = /attempt=([^&"\s]*)/.exec(body)?.[1];
    const attempt = url.searchParams.get('attempt') ?? decodeURIComponent(reported ?? '');
    leaks.push({ attempt, text: `${address} ${body}` });
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      note(request.url, body);
      response.writeHead(200, {
        'Content-Type': 'text/javascript',
        'Access-Control-Allow-Origin': '*',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        'Cache-Control': 'no-store',
      });
      response.end('');
    });
  });
  server.on('upgrade', (request, socket) => {
    note(request.url, '');
    socket.destroy();
  });
  const udp = createSocket('udp4');
  udp.on('message', () => datagrams++);
  // A connection that is closed while a request comes in loses it; so the browser closes them.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  await new Promise((resolve) => udp.bind(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    udp: `stun:127.0.0.1:${udp.address().port}`,
    /** Everything that came. */
    leaks,
    /** Whether the secret came by this attempt. @param {string} attempt */
    caught: (attempt) => leaks.some((leak) => leak.attempt === attempt && secretPattern.test(leak.text)),
    datagrams: () => datagrams,
    close: () => {
      server.closeAllConnections();
      server.close();
      udp.close();
    },
  };
}
