#!/usr/bin/env node
// Has documents try to speak, behind the wall and without it, and prints as JSON what was heard and how many packets there were.
//
// usage: measure.mjs own|shared   (own: in a network namespace that was made for it, see network.mjs)
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { digest } from '../../../wasm/npm/scripts/seal_page.mjs';
import { kQuietHeaders, responsePolicy } from '../../../web-demo/scripts/quiet_headers.mjs';
import { root } from '../paths.mjs';
import { attempts, program, reported } from './attempts.mjs';
import { openBrowser } from './browser.mjs';
import { collectors } from './collectors.mjs';
import { countPackets, raiseNetwork } from './network.mjs';

/** How long an attempt that works takes to be heard of, in milliseconds, on a machine that does much else. */
const kPatience = 15_000;
/** For a document to try everything. */
const kTrying = 120_000;
/** After a walled document's attempts. Those that work are heard of well within it. */
const kAfter = 2_000;
/** For a document to have loaded, and for the connection that it came by to be gone. */
const kSettling = 700;

const own = process.argv[2] === 'own';
const folder = mkdtempSync(path.join(tmpdir(), 'silence-'));
if (own) raiseNetwork(path.join(folder, 'resolv.conf'));
const report = {
  'Content-Security-Policy': "img-src 'none'; report-uri /leak?attempt=refused%20picture%2C%20reported",
};
// As the demo's: no service worker, and nothing in its scope that announces names.
const start = readFileSync(path.join(root, 'web-demo/scripts/quiet_start.js'), 'utf8');
const documents = {
  '/open': {},
  '/open-reported': report,
  '/wall': { 'Connection-Allowlist': '()' },
  '/wall-reported': { ...report, 'Connection-Allowlist': '()' },
  '/quiet': { ...kQuietHeaders, 'Content-Security-Policy': responsePolicy([digest(start)], digest('')) },
};
const scripts = { '/quiet': start };
const packets = own ? await countPackets() : undefined;
const browser = await openBrowser(folder);

/** One document at `address`, with a network of collectors of its own. */
async function onDocument(address, made) {
  const net = await collectors(documents, own, scripts);
  const page = await browser.newPage();
  try {
    await page.goto(net.url + address);
    await setTimeout(kSettling);
    const before = net.datagrams();
    await packets?.taken();
    const started = Date.now();
    const ran = page.evaluate(program(made, net.url, net.addresses)).catch(() => 0);
    const tried = await Promise.race([ran, setTimeout(kTrying, 0)]);
    const proven = ({ name, by }) => (by === 'datagram' ? net.datagrams() > before : net.heard.has(name));
    // Without a resolver of the test's own, nobody hears of names.
    const awaited = made.filter(({ by }) => own || by !== 'question');
    const limit = address.startsWith('/open') ? kPatience : kAfter;
    const from = Date.now();
    while (Date.now() - from < limit && !(address.startsWith('/open') && awaited.every(proven))) await setTimeout(50);
    console.error(
      `${address}: ${made.length === 1 ? made[0].name : made.length}, ${((Date.now() - started) / 1000).toFixed(1)} s`,
    );
    return {
      tried,
      heard: Object.fromEntries(made.map((attempt) => [attempt.name, proven(attempt)])),
      packets: await packets?.taken(),
    };
  } finally {
    await Promise.race([page.close().catch(() => {}), setTimeout(kPatience)]);
    net.close();
  }
}

/** All attempts at `address`: together those that leave the document in place, each of the others alone. */
async function all(address, extra = []) {
  const heard = {};
  /** What the packets were, by attempt. */
  const packetsOf = {};
  let count = 0;
  // Datagrams are told apart by nothing, so each of those has a document of its own as well.
  const alone = attempts.filter(({ ends, by }) => ends || by === 'datagram');
  const together = attempts.filter((attempt) => !alone.includes(attempt));
  const rounds = [
    { where: address, made: together },
    ...alone.map((attempt) => ({ where: address, made: [attempt] })),
    ...extra.map((attempt) => ({ where: `${address}-reported`, made: [attempt] })),
  ];
  let tried = 0;
  for (const { where, made } of rounds) {
    const result = await onDocument(where, made);
    Object.assign(heard, result.heard);
    if (made.length > 1) tried = result.tried;
    count += result.packets?.length ?? 0;
    const kinds = [...new Set(result.packets ?? [])];
    if (kinds.length > 0) packetsOf[made.length > 1 ? 'together' : made[0].name] = kinds;
  }
  return { heard, tried, together: together.length, packets: packets && count, packetsOf };
}

try {
  const idle = await onDocument('/open', []);
  const result = {
    counted: own
      ? 'packets on every interface of a network namespace'
      : 'requests, connections and datagrams at collectors',
    idle: idle.packets?.length,
    quiet: await all('/quiet'),
    wall: await all('/wall', reported),
    open: await all('/open', reported),
  };
  process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
} finally {
  await Promise.race([browser.close(), setTimeout(kPatience)]);
  packets?.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
