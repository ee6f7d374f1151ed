// Times every kernel form in headless Chromium, next to the peak of its instructions: node bench-kernels.mjs [options]
//   --simd FILE --relaxed FILE   the two builds of bench_kernels.wasm
//   --json FILE                  also write the figures there
//   --js-flags FLAGS             for V8, such as --no-enable-avx-vnni
//   --browser FILE               Chromium (default /usr/bin/chromium)
//   --only TEXT                  only rows whose name the regular expression TEXT finds
//   --cases N                    first compare all kernels and forms on N random convolutions (default 2000)
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { fit, formatFit } from './fit.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values: options } = parseArgs({
  options: {
    simd: { type: 'string', default: `${root}build/wasm-simd/bin/bench_kernels.wasm` },
    relaxed: { type: 'string', default: `${root}build/wasm-relaxed/bin/bench_kernels.wasm` },
    json: { type: 'string' },
    'js-flags': { type: 'string', default: '' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
    only: { type: 'string', default: '' },
    cases: { type: 'string', default: '2000' },
  },
});

/** Runs in the page. Rows are measured in turns, so that drift of the clock hits all alike; other load only adds, so the least time counts. */
async function measure({ modules, only, cases }) {
  const FORMS = ['reference', 'simd128', 'relaxed-dot', 'relaxed-pair'];
  const stubs = (module) => {
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] =
        name === 'clock_time_get'
          ? (_id, _precision, out) => {
              new DataView(stubs.memory.buffer).setBigUint64(out, BigInt(Math.round(performance.now() * 1e6)), true);
              return 0;
            }
          : name === 'emscripten_get_now'
            ? () => performance.now()
            : () => 0;
    }
    return imports;
  };
  const builds = {};
  for (const [name, base64] of Object.entries(modules)) {
    const module = await WebAssembly.compile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
    const { exports } = await WebAssembly.instantiate(module, stubs(module));
    stubs.memory = exports.memory;
    exports._initialize?.();
    exports.fill_operands(3);
    builds[name] = exports;
  }
  const { simd, relaxed } = builds;

  const firstSeed = 1 + Math.floor(Math.random() * 1e9);
  const differing = {};
  for (const [name, exports] of Object.entries(builds)) differing[name] = exports.check_cases(firstSeed, cases);
  const equal = differing.simd < 0 && differing.relaxed < 0 && simd.cases_hash() === relaxed.cases_hash();
  const checked = { firstSeed, cases, differing, equal };

  const rows = [];
  const add = (row) => {
    if (new RegExp(only).test(row.name)) rows.push(row);
  };
  const peak = (exports, name, macsPerRound, extra) =>
    add({
      name,
      unit: 'GMAC/s',
      work: macsPerRound * 1e-9,
      ...extra,
      run: (times) => exports[name](times),
    });
  for (const [kind, chains] of [
    ['registers', 8],
    ['tile', 256],
  ]) {
    peak(simd, `${kind}_f32`, chains * 4);
    peak(relaxed, `${kind}_f32_relaxed`, chains * 4);
    peak(simd, `${kind}_i16`, chains * 8);
    peak(relaxed, `${kind}_dot`, chains * 16);
    peak(relaxed, `${kind}_pair`, chains * 16);
  }
  peak(relaxed, 'tile_sum_pair', 256 * 16);
  for (const [level, bytes] of [
    ['16 kB', 16 << 10],
    ['256 kB', 256 << 10],
    ['448 kB', 448 << 10],
    ['1.1 MB', 1152 << 10],
    ['1.75 MB', 1792 << 10],
    ['24 MB', 24 << 20],
  ]) {
    add({ name: `load ${level}`, unit: 'GB/s', work: bytes * 1e-9, run: (times) => relaxed.load_bytes(bytes, times) });
  }
  // As the cost model names it.
  const kernelOf = (depthwise, sparse, area) => {
    if (depthwise) return 'depthwise';
    if (area === 1) return `${['dense', 'sparse', '4x4'][sparse]} column`;
    return sparse === 1 ? 'sparse' : 'dense';
  };
  const layer = (title, spec) => {
    const { inC, outC, kernel = 1, positions, square = 0, depthwise = 0, densities = [100] } = spec;
    for (const percent of densities) {
      // 0: dense kernel, 1: 1x4 blocks, 2: 4x4 blocks
      for (const sparse of depthwise || densities.length === 1 ? [0] : percent === 100 ? [0, 1] : [1, 2]) {
        for (const form of [1, 2, 3]) {
          const exports = form === 1 ? simd : relaxed;
          const area = square ? positions * positions : positions;
          const macs = area * outC * (depthwise ? 1 : inC) * (square ? kernel * kernel : kernel);
          const setUp = () =>
            exports.set_up(inC, outC, kernel, positions, square, depthwise, percent * 10, sparse, form);
          setUp();
          add({
            name: `${title} ${['dense', 'sparse', '4x4'][sparse]} ${percent}% ${FORMS[form]}`,
            kernel: kernelOf(depthwise, sparse, area),
            form: FORMS[form],
            layerWork: [0, 1, 2].map((which) => exports.layer_work(which)),
            unit: 'GMAC/s',
            work: macs * (percent / 100) * 1e-9,
            denseWork: macs * 1e-9,
            bytes: exports.weight_bytes(),
            prepare: setUp,
            run: (times) => exports.run_layer(times),
          });
        }
      }
    }
  };
  const densities = [100, 50, 30, 20, 10];
  layer('conv 768x2304 T100', { inC: 768, outC: 768, kernel: 3, positions: 100, densities });
  layer('conv 768x2304 T1', { inC: 768, outC: 768, kernel: 3, positions: 1, densities });
  // Its pruned weights lie in the first-level cache: what the loop does without any miss.
  layer('conv 32x2304 T1', { inC: 768, outC: 32, kernel: 3, positions: 1, densities: [100, 20] });
  layer('conv 768x2304 T50', { inC: 768, outC: 768, kernel: 3, positions: 50, densities: [100, 20, 10] });
  layer('conv 768x240 T100', { inC: 80, outC: 768, kernel: 3, positions: 100, densities: [100, 20] });
  layer('pointwise 64x768 T50', { inC: 768, outC: 64, positions: 50, densities: [100, 20] });
  layer('gemv 1024x512', { inC: 512, outC: 1024, positions: 1, densities: [100, 20, 10] });
  layer('gemv 256x256', { inC: 256, outC: 256, positions: 1, densities: [100, 20] });
  layer('conv 768x2304 T1000', { inC: 768, outC: 768, kernel: 3, positions: 1000, densities: [100, 20] });
  layer('dense 384x384 T128', { inC: 384, outC: 384, positions: 128, densities: [100, 20] });
  layer('pointwise 64x64 28x28', { inC: 64, outC: 64, positions: 28, square: 1, densities: [100, 20] });
  layer('pointwise 256x256 7x7', { inC: 256, outC: 256, positions: 7, square: 1, densities: [100, 20] });
  layer('conv3x3 64x64 14x14', { inC: 64, outC: 64, kernel: 3, positions: 14, square: 1, densities: [100, 20] });
  layer('depthwise3x3 64 28x28', { inC: 64, outC: 64, kernel: 3, positions: 28, square: 1, depthwise: 1 });
  layer('depthwise3x3 256 7x7', { inC: 256, outC: 256, kernel: 3, positions: 7, square: 1, depthwise: 1 });
  layer('depthwise9 256 T100', { inC: 256, outC: 256, kernel: 9, positions: 100, depthwise: 1 });

  const time = (row, times) => {
    const start = performance.now();
    row.run(times);
    return performance.now() - start;
  };
  for (const row of rows) {
    row.prepare?.();
    time(row, 1);
    row.times = 1;
    while (time(row, row.times) < 2) row.times *= 2;
    row.samples = [];
  }
  for (let turn = 0; turn < 9; ++turn) {
    for (const row of rows) {
      row.prepare?.();
      time(row, 1);
      for (let sample = 0; sample < 3; ++sample) row.samples.push(time(row, row.times) / row.times);
    }
  }
  return {
    checked,
    fastest: FORMS[relaxed.fastest_form(7)],
    rows: rows.map(({ name, unit, work, denseWork, bytes, samples, kernel, form, layerWork }) => {
      const ms = Math.min(...samples);
      const seconds = ms / 1000;
      return {
        name,
        unit,
        milliseconds: ms,
        rate: work / seconds,
        ...(layerWork && { kernel, form, work: layerWork }),
        ...(denseWork && { bytes, asIfDense: denseWork / seconds, weightGBps: (bytes * 1e-9) / seconds }),
      };
    }),
  };
}

const browser = await chromium.launch({
  executablePath: options.browser,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    ...(options['js-flags'] ? [`--js-flags=${options['js-flags']}`] : []),
  ],
});
try {
  const page = await browser.newPage();
  // A page of its own that is cross-origin isolated: its clock ticks in 5 us instead of 100.
  await page.route('**/*', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<!doctype html>',
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    }),
  );
  await page.goto('http://localhost/');
  const modules = {};
  for (const name of ['simd', 'relaxed']) {
    modules[name] = (await readFile(options[name])).toString('base64');
  }
  const result = await page.evaluate(measure, { modules, only: options.only, cases: Number(options.cases) });
  const { checked } = result;
  console.log(
    `${checked.cases} random convolutions from seed ${checked.firstSeed}: ${
      checked.equal
        ? 'all kernels and forms of both builds are equal'
        : `DIFFERENT, first at ${JSON.stringify(checked.differing)}`
    }`,
  );
  if (!checked.equal) process.exitCode = 1;
  const best = Math.max(
    0,
    ...result.rows.filter((row) => /^(tile|registers)_(i16|dot|pair|sum_pair)/.test(row.name)).map((row) => row.rate),
  );
  console.log(
    `fastest form by the runtime's own measurement: ${result.fastest}; fastest int8 loop: ${best.toFixed(1)} GMAC/s\n`,
  );
  console.log(`| ${'loop or layer'.padEnd(48)} | ms | rate | of the fastest loop | as if dense | weights GB/s |`);
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const row of result.rows) {
    const share = row.asIfDense && best ? `${((100 * row.rate) / best).toFixed(0)} %` : '';
    console.log(
      `| ${row.name.padEnd(48)} | ${row.asIfDense ? row.milliseconds.toFixed(3) : ''} | ${row.rate.toFixed(1)} ${row.unit} | ${share} | ${
        row.asIfDense?.toFixed(1) ?? ''
      } | ${row.weightGBps?.toFixed(1) ?? ''} |`,
    );
  }
  if (!options.only)
    console.log(`\nCost model (kernels/conv_cost.h) fitted to these times:\n${formatFit(fit(result))}`);
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
} finally {
  await browser.close();
}
