// What threads cost and gain, in headless Chromium: how long it takes to hand work to helpers that are awake and to ones that sleep,
// and each layer's time on one thread and on several. Usage: node threads.mjs [--threads 2] [MODEL.edgy ...]
// (default: what tests/bench/run made of the 768-channel encoder, dense and at 20 %)
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { chromiumArguments, chromium as chromiumPath, dist, root } from '../../lib/paths.mjs';
import { serve } from '../../lib/server.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string', default: '2' }, runs: { type: 'string', default: '40' } },
});
const threads = Number(options.threads);
const models = positionals.length > 0 ? positionals : ['100', '20'].map((d) => `build/bench/encoder-768-${d}.edgy`);

/** In the page: microseconds of a hand-over, least of several turns, and the middle one after a pause in which helpers fall asleep. */
async function handOver(/** @type {number} */ threads) {
  const { default: create } = await import(`${location.origin}/cases/thread_cases.mjs`);
  const module = await create({ helpers: threads - 1 });
  module._start_threads(threads);
  module._meet(1000);
  const time = (times) => {
    const begin = performance.now();
    module._meet(times);
    return ((performance.now() - begin) * 1000) / times;
  };
  const awake = Array.from({ length: 20 }, () => time(1000));
  const asleep = [];
  for (let turn = 0; turn < 40; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    asleep.push(time(1));
  }
  return { awake: Math.min(...awake), asleep: asleep.sort((a, b) => a - b)[asleep.length / 2] };
}

/** In the page: per number of threads the median of a run, in milliseconds, and the least time of each layer. */
async function layers({ url, counts, runs }) {
  const { InferenceSession, Tensor } = await import(`${location.origin}/edgy/index.js`);
  const mel = new Tensor(
    'float32',
    Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i) / 2 + 0.5),
    [1, 80, 100],
  );
  const sessions = [];
  for (const threads of counts) sessions.push(await InferenceSession.create(url, { threads, profile: true }));
  const seen = counts.map((threads) => ({ threads, times: [], least: [] }));
  for (let run = -10; run < runs; run++) {
    for (const [i, session] of sessions.entries()) {
      const begin = performance.now();
      await session.run({ mel });
      const time = performance.now() - begin;
      if (run < 0) continue;
      seen[i].times.push(time);
      const steps = await session.profile();
      seen[i].least = steps.map(({ name, kernel, milliseconds }, step) => ({
        name: `${name} ${kernel}`,
        milliseconds: Math.min(milliseconds, seen[i].least[step]?.milliseconds ?? Number.POSITIVE_INFINITY),
      }));
    }
  }
  for (const session of sessions) await session.release();
  return seen.map(({ threads, times, least }) => ({
    threads,
    median: times.sort((a, b) => a - b)[Math.floor(times.length / 2)],
    fastest: times[0],
    least,
  }));
}

const server = await serve({
  '/edgy/': dist,
  '/cases/': path.join(root, 'build/wasm-relaxed-threads/bin'),
  '/file/': root,
});
const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArguments });
try {
  const page = await browser.newPage();
  await page.goto(`${server.url}/edgy/`);
  const cost = await page.evaluate(handOver, threads);
  console.log(`A hand-over to ${threads - 1} awake: ${cost.awake.toFixed(2)} us, asleep: ${cost.asleep.toFixed(0)} us`);
  for (const model of models) {
    const url = `/file/${path.relative(root, path.resolve(root, model))}`;
    const seen = await page.evaluate(layers, { url, counts: [1, threads], runs: Number(options.runs) });
    console.log(`\n${model}, 1 s of audio, ms: one thread, ${threads} threads`);
    const row = (name, one, several) =>
      console.log(
        `  ${name.padEnd(58)}${one.toFixed(3).padStart(8)}${several.toFixed(3).padStart(8)}  ${(one / several).toFixed(2)}x`,
      );
    const [one, several] = seen;
    for (const [i, { name, milliseconds }] of one.least.entries())
      row(name, milliseconds, several.least[i].milliseconds);
    row('a run, fastest', one.fastest, several.fastest);
    row('a run, median', one.median, several.median);
  }
} finally {
  await browser.close();
  server.close();
}
