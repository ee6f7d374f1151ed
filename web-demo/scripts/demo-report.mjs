#!/usr/bin/env node
/**
 * `make demo HEADLESS=1`: opens the built page in headless Chromium, measures a bundled recording and prints what came out.
 * Also writes build/demo-report.json and, with --screenshots, build/screenshots/. CLIP names another recording.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, untilDone } from './browser.mjs';
import { takeScreenshots } from './screenshots.mjs';
import { isSealProbe } from './seal_probes.mjs';
import { startServer } from './server.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const kColumn = 34;

const whole = (value) => Math.round(value).toLocaleString('en');
const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)} %`;
const ms = (value) => `${value.toFixed(2)} ms`;
const line = (name, value) => `  ${name.padEnd(kColumn)}${value}`;

function describe(report, userAgent) {
  const { model, runtime, oneSecond, allClips, requests, private: hiding } = report;
  const [, version = '?'] = /Chrome\/(\d+)/.exec(userAgent) ?? [];
  return [
    `Edgy ${runtime.version} in headless Chromium ${version}, one thread`,
    `variant ${runtime.variant}, int8 kernels in the form ${runtime.isa}`,
    '',
    'The page’s encoder, trained to hide who speaks',
    line(
      `int8 .edgy, ${percent(hiding.sparsity, 0)} zeros`,
      `${whole(hiding.bytes)} bytes, ${percent(hiding.bytes / hiding.onnxBytes)} of its ONNX`,
    ),
    line('1 s of speech, sound to events', ms(oneSecond.private.total)),
    line(
      `events of "${report.title}"`,
      `${whole(hiding.events.phones)} at moderate, ${whole(hiding.events.classes)} at high`,
    ),
    '',
    'The pair that shows what compression costs: EDGY-256',
    line('fp32 ONNX', `${whole(model.onnxBytes)} bytes`),
    line(
      `int8 .edgy, ${percent(model.sparsity, 0)} zeros`,
      `${whole(model.int8Bytes)} bytes, ${percent(model.int8Bytes / model.onnxBytes)}`,
    ),
    line('runtime (wasm + JavaScript)', `${whole(runtime.rawBytes)} bytes, brotli ${whole(runtime.transferredBytes)}`),
    '',
    `int8 beside fp32, ${allClips.clips} recordings of real speech, ${whole(allClips.frames)} codes`,
    line('cosine of z', allClips.cosine.toFixed(5)),
    line('code agreement', percent(allClips.agreement)),
    '',
    `Latency, medians of ${oneSecond.runs} runs${' '.repeat(8)}int8        fp32`,
    line('1 s of speech, sound to codes', `${ms(oneSecond.int8.total).padEnd(12)}${ms(oneSecond.f32.total)}`),
    line('  of which log-mel', `${ms(oneSecond.int8.frontEnd).padEnd(12)}${ms(oneSecond.f32.frontEnd)}`),
    line('  of which the model', `${ms(oneSecond.int8.inference).padEnd(12)}${ms(oneSecond.f32.inference)}`),
    line(
      `"${report.title}", ${report.seconds.toFixed(1)} s`,
      `${ms(report.latency.int8.total).padEnd(12)}${ms(report.latency.f32.total)}`,
    ),
    line('real-time factor', `${report.realTime.int8.toFixed(4).padEnd(12)}${report.realTime.f32.toFixed(4)}`),
    '',
    'Network',
    line('requests at start-up', whole(requests.startup.length)),
    line('requests after start-up', requests.after.length ? whole(requests.after.length) : 'none'),
  ].join('\n');
}

async function main() {
  const server = await startServer();
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !isSealProbe(message.text())) problems.push(message.text());
    });
    await page.goto(`${server.url}index.html?auto=1&clip=${encodeURIComponent(process.env.CLIP ?? '')}`);
    await untilDone(page);
    const report = await page.evaluate(() => window.__edgyReport);
    const userAgent = await page.evaluate(() => navigator.userAgent);
    await page.close();
    await mkdir(join(root, 'build'), { recursive: true });
    await writeFile(join(root, 'build/demo-report.json'), `${JSON.stringify({ userAgent, ...report }, null, 2)}\n`);
    console.log(describe(report, userAgent));
    console.log('\nWritten to build/demo-report.json');
    if (process.argv.includes('--screenshots')) {
      const folder = join(root, 'build/screenshots');
      const files = await takeScreenshots(browser, `${server.url}index.html`, folder);
      console.log(`${files.length} screenshots in ${relative(process.cwd(), folder) || '.'}`);
    }
    if (problems.length) throw new Error(`The page reported errors:\n  ${problems.join('\n  ')}`);
    if (report.requests.after.length) throw new Error('The page made requests after start-up.');
  } finally {
    await browser.close();
    await server.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(`demo-report: ${error.message}`);
  process.exit(1);
}
