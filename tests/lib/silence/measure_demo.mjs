#!/usr/bin/env node
// Records from a microphone in the demo page as one document, has everything tried meanwhile, and prints as JSON what was heard, what the
// page answered, and how many packets there were between the first sample and the end.
//
// usage: measure_demo.mjs own|shared   (own: in a network namespace that was made for it, see network.mjs)
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startServer } from '../../../web-demo/scripts/server.mjs';
import { root } from '../paths.mjs';
import { attempts, program } from './attempts.mjs';
import { openBrowser } from './browser.mjs';
import { collectors } from './collectors.mjs';
import { countPackets, raiseNetwork } from './network.mjs';

const kPatience = 120_000;
/** What an attempt that works takes to be heard of at most, and a connection that is over to be gone, in milliseconds. */
const kHearing = 15_000;
const kAfter = 3_000;
const kSpoken = 2_500;

const own = process.argv[2] === 'own';
const folder = mkdtempSync(path.join(tmpdir(), 'silence-'));
if (own) raiseNetwork(path.join(folder, 'resolv.conf'));
const packets = own ? await countPackets() : undefined;
const microphone = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];
const browser = await openBrowser(folder, microphone);

/** The same document as from a server that knows nothing of walls: no header, and without the policy in its markup. */
async function withoutWall() {
  const page = readFileSync(path.join(root, 'web-demo/dist/quiet.html'), 'utf8');
  const html = page.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, { 'Content-Type': 'text/html', Connection: 'close' });
    response.end(request.url === '/' ? html : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

// What a link would download from another origin it goes to instead, which ends the document.
const made = attempts.filter(({ name, ends }) => !ends && name !== 'download');

async function record(site) {
  const net = await collectors({}, own);
  const page = await browser.newPage();
  const state = (wanted) =>
    page.waitForFunction((wanted) => document.documentElement.dataset.edgy === wanted, wanted, { timeout: kPatience });
  // By script: on a busy machine a pointer waits for frames to be painted.
  const press = () => page.evaluate(() => document.getElementById('record')?.click());
  page.setDefaultTimeout(kPatience);
  try {
    await page.goto(site.url, { timeout: kPatience });
    await state('done');
    await setTimeout(kAfter);
    const wall = await page.locator('#wall').textContent();
    await packets?.taken();
    const datagrams = net.datagrams();
    await press();
    await page.waitForFunction(() => document.getElementById('record')?.ariaPressed === 'true', undefined, {
      timeout: kPatience,
    });
    await setTimeout(kSpoken);
    const tried = await page.evaluate(program(made, net.url, net.addresses));
    await press();
    await page.waitForFunction(() => document.getElementById('stage-title')?.textContent === 'Your voice', undefined, {
      timeout: kPatience,
    });
    await state('done');
    const heardOf = ({ name, by }) => (by === 'datagram' ? net.datagrams() > datagrams : net.heard.has(name));
    const awaited = made.filter(({ by }) => own || by !== 'question');
    const limit = site.walled ? kAfter : kHearing;
    for (const from = Date.now(); Date.now() - from < limit && !awaited.every(heardOf); ) await setTimeout(100);
    const seen = await packets?.taken();
    const { frames, seconds } = await page.evaluate(() => window.__edgyReport);
    console.error(`${site.walled ? 'with' : 'without'} the wall: ${seen?.length ?? 'no count of'} packets`);
    return {
      wall,
      tried,
      frames,
      seconds,
      heard: Object.fromEntries(made.map((attempt) => [attempt.name, heardOf(attempt)])),
      packets: seen?.length,
      kinds: [...new Set(seen ?? [])],
    };
  } finally {
    await Promise.race([page.close().catch(() => {}), setTimeout(kHearing)]);
    net.close();
  }
}

try {
  const demo = await startServer();
  const walled = await record({ ...demo, walled: true });
  await demo.close();
  const bare = await withoutWall();
  const open = await record({ ...bare, walled: false });
  bare.close();
  const counted = own ? 'packets on every interface of a network namespace' : 'requests, connections and datagrams';
  process.stdout.write(`${JSON.stringify({ counted, walled, open }, null, 1)}\n`);
} finally {
  await Promise.race([browser.close(), setTimeout(kHearing)]);
  packets?.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
