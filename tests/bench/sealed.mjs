// What the seal costs: plain and sealed sessions on one page, taking turns, 1 s of audio each time, from the call to the result; and how
// long a sealed session takes to come about.
// Usage: node sealed.mjs [--runs 60] [--warmup 15] [--starts 8] [--out FILE] [--dist DIR] [MODEL.edgy ...]; prints a table,
// writes build/sealed.json. DIR: another build of the package.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { benchOutput, chromiumArguments, chromium as chromiumPath, dist, int8Model } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '60' },
    warmup: { type: 'string', default: '15' },
    starts: { type: 'string', default: '8' },
    dist: { type: 'string', default: dist },
    out: { type: 'string', default: path.join(benchOutput, 'sealed.json') },
  },
});
const models = positionals.length > 0 ? positionals.map((file) => path.resolve(file)) : [int8Model];

const page = '<!doctype html><link rel="icon" href="data:,"><title>Sealed</title>';
const folders = Object.fromEntries(models.map((model, i) => [`/model-${i}/`, path.dirname(model)]));
const server = await serve(
  { '/edgy/': path.resolve(options.dist), ...folders },
  { '/': { type: 'text/html', body: page } },
);
const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArguments });

/** In the page: milliseconds of every counted round, both ways of each round next to each other. */
async function measure({ url, runs, warmup, starts }) {
  const { AudioEncoder } = await import('/edgy/index.js');
  const { createSealedSession } = await import('/edgy/sealed.js');
  const plain = await AudioEncoder.create(url, { threads: 1 });
  const sealed = await createSealedSession(url, { level: 'low' });
  const pcm = Float32Array.from({ length: 16000 }, (_, i) => Math.sin(i / 20) * Math.sin(i / 3000));
  const times = { plain: [], sealed: [], inferencePlain: [], inferenceSealed: [] };
  for (let round = 0; round < warmup + runs; round++) {
    // First one way, then the other, lest the second always find a warm cache.
    const order = round % 2 ? ['plain', 'sealed'] : ['sealed', 'plain'];
    for (const name of order) {
      const start = performance.now();
      const { timings } = await (name === 'plain' ? plain : sealed).encode(pcm);
      if (round < warmup) continue;
      times[name].push(performance.now() - start);
      times[`inference${name === 'plain' ? 'Plain' : 'Sealed'}`].push(timings.frontEnd + timings.inference);
    }
  }
  const info = sealed.runtimeInfo();
  await sealed.release();
  times.start = [];
  for (let i = 0; i < starts; i++) {
    const start = performance.now();
    const session = await createSealedSession(url, { level: 'low' });
    times.start.push(performance.now() - start);
    await session.release();
  }
  return { times, info };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const results = [];
try {
  for (const [i, model] of models.entries()) {
    const tab = await browser.newPage();
    await tab.goto(server.url);
    const url = `/model-${i}/${path.basename(model)}`;
    const { times, info } = await tab.evaluate(measure, {
      url,
      runs: Number(options.runs),
      warmup: Number(options.warmup),
      starts: Number(options.starts),
    });
    await tab.close();
    const [plain, sealed] = [median(times.plain), median(times.sealed)];
    // The ratio of neighbours drifts less than the ratio of medians.
    const ratio = median(times.plain.map((time, i) => times.sealed[i] / time));
    const start = median(times.start);
    const row = {
      model: path.basename(model),
      isa: info.isa,
      plain,
      sealed,
      ratio,
      start,
      rounds: times.plain.length,
      times,
    };
    results.push(row);
    console.log(
      `${row.model}: plain ${plain.toFixed(2)} ms, sealed ${sealed.toFixed(2)} ms, ` +
        `${(100 * (ratio - 1)).toFixed(1)} % (median of ${row.rounds} pairs, ${row.isa}), ` +
        `made in ${start.toFixed(0)} ms (median of ${times.start.length})`,
    );
  }
} finally {
  await browser.close();
  server.close();
}
mkdirSync(path.dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify({ secondsOfAudio: 1, results }, null, 2)}\n`);
