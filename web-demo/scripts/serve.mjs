#!/usr/bin/env node
/** `make demo`: serves the built page until Ctrl-C. PORT chooses the port; without it 8080 or, if that is taken, any free one. */
import { startServer } from './server.mjs';

const wanted = process.env.PORT ? Number(process.env.PORT) : undefined;

async function start() {
  if (wanted !== undefined) return startServer(wanted);
  try {
    return await startServer(8080);
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    return startServer(0);
  }
}

try {
  const server = await start();
  console.log(`\n  Edgy's demo:  ${server.url}\n\n  Ctrl-C ends it.`);
  process.once('SIGINT', () => server.close().then(() => process.exit(0)));
} catch (error) {
  console.error(`serve: ${error.message}`);
  process.exit(1);
}
