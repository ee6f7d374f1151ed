// Times every kernel form in headless Chromium, next to the peak of its instructions: node bench-kernels.mjs [options]
//   --simd FILE --relaxed FILE   the two builds of bench_kernels.wasm, inside the repository
//   --json FILE                  also write the figures there
//   --js-flags FLAGS             for V8. Without any, a processor with VNNI is measured as it is and with --no-enable-avx-vnni, as both classes
//   --browser FILE               Chromium (default /usr/bin/chromium)
//   --only TEXT                  only rows whose name the regular expression TEXT finds
//   --cases N                    first compare all kernels and forms on N random convolutions (default 2000)
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { chromiumArguments, chromium as chromiumPath, root } from '../../lib/paths.mjs';
import { serve } from '../../lib/server.mjs';
import { fit, formatFit } from './fit.mjs';

const { values: options } = parseArgs({
  options: {
    simd: { type: 'string', default: `${root}/build/wasm-simd/bin/bench_kernels.wasm` },
    relaxed: { type: 'string', default: `${root}/build/wasm-relaxed/bin/bench_kernels.wasm` },
    json: { type: 'string' },
    'js-flags': { type: 'string', default: '' },
    browser: { type: 'string', default: chromiumPath },
    only: { type: 'string', default: '' },
    cases: { type: 'string', default: '2000' },
  },
});

const server = await serve({ '/site/': `${root}/tests/bench/site`, '/file/': root });
const urlOf = (/** @type {string} */ file) => `/file/${path.relative(root, path.resolve(file))}`;

/** One page session. @param {string} flags for V8 */
async function measure(flags) {
  const browser = await chromium.launch({
    executablePath: options.browser,
    args: [...chromiumArguments, ...(flags ? [`--js-flags=${flags}`] : [])],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/site/kernels.html`);
    await page.waitForFunction(() => 'measureKernels' in globalThis);
    return await page.evaluate((/** @type {any} */ task) => globalThis.measureKernels(task), {
      urls: { simd: urlOf(options.simd), relaxed: urlOf(options.relaxed) },
      only: options.only,
      cases: Number(options.cases),
    });
  } finally {
    await browser.close();
  }
}

/** @param {any} session */
function report({ checked, dotClass, rows }) {
  console.log(
    `${checked.cases} random convolutions from seed ${checked.firstSeed}: ${
      checked.equal
        ? 'all kernels and forms of both builds are equal'
        : `DIFFERENT, first at ${JSON.stringify(checked.differing)}`
    }`,
  );
  if (!checked.equal) process.exitCode = 1;
  const loops = rows.filter((/** @type {any} */ { name }) => /^(tile|registers)_(i16|dot|pair|sum_pair)/.test(name));
  const best = Math.max(0, ...loops.map((/** @type {any} */ { rate }) => rate));
  console.log(`class of the processor: ${dotClass}; fastest int8 loop: ${best.toFixed(1)} GMAC/s\n`);
  console.log(`| ${'loop or layer'.padEnd(48)} | ms | rate | of the fastest loop | as if dense | weights GB/s |`);
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const row of rows) {
    const share = row.asIfDense && best ? `${((100 * row.rate) / best).toFixed(0)} %` : '';
    console.log(
      `| ${row.name.padEnd(48)} | ${row.asIfDense ? row.milliseconds.toFixed(3) : ''} | ${row.rate.toFixed(1)} ${row.unit} | ${share} | ${
        row.asIfDense?.toFixed(1) ?? ''
      } | ${row.weightGBps?.toFixed(1) ?? ''} |`,
    );
  }
  if (!options.only)
    console.log(`\nCost model (kernels/conv_cost/conv_cost.h) fitted to these times:\n${formatFit(fit({ rows }))}\n`);
}

/** A processor with VNNI plays the class without it as well. */
const kWithoutVnni = '--no-enable-avx-vnni';

try {
  const sessions = [await measure(options['js-flags'])];
  if (sessions[0].dotClass === 'exact-unsigned' && !options['js-flags']) sessions.push(await measure(kWithoutVnni));
  sessions.forEach(report);
  if (options.json) await writeFile(options.json, `${JSON.stringify({ sessions }, null, 2)}\n`);
} finally {
  server.close();
}
