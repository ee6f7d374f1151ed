// Times every kernel form in headless Chromium, next to the peak of its instructions: node bench-kernels.mjs [options]
//   --simd FILE --relaxed FILE   the two builds of bench_kernels.wasm
//   --json FILE                  also write the figures there
//   --js-flags FLAGS             for V8, such as --no-enable-avx-vnni
//   --browser FILE               Chromium (default /usr/bin/chromium)
//   --only TEXT                  only rows whose name contains TEXT
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values: options } = parseArgs({
  options: {
    simd: { type: 'string', default: `${root}build/wasm-simd/bin/bench_kernels.wasm` },
    relaxed: { type: 'string', default: `${root}build/wasm-relaxed/bin/bench_kernels.wasm` },
    json: { type: 'string' },
    'js-flags': { type: 'string', default: '' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
    only: { type: 'string', default: '' },
  },
});

/** Runs in the page. Rows are measured in turns, so that drift of the clock hits all alike; other load only adds, so the least time counts. */
async function measure({ modules, only }) {
  const FORMS = ['reference', 'simd128', 'relaxed-dot', 'relaxed-pair'];
  const stubs = (module) => {
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] =
        name === 'clock_time_get'
          ? (id, precision, out) => {
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

  const rows = [];
  const add = (row) => {
    if (row.name.includes(only)) rows.push(row);
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
  for (const [level, bytes] of [
    ['16 kB', 16 << 10],
    ['256 kB', 256 << 10],
    ['1.75 MB', 1792 << 10],
    ['24 MB', 24 << 20],
  ]) {
    add({ name: `load ${level}`, unit: 'GB/s', work: bytes * 1e-9, run: (times) => relaxed.load_bytes(bytes, times) });
  }
  const layer = (title, spec) => {
    const { inC, outC, kernel = 1, positions, square = 0, depthwise = 0, densities = [100] } = spec;
    for (const percent of densities) {
      for (const sparse of depthwise
        ? [0]
        : densities.length > 1 && percent === 100
          ? [0, 1]
          : percent < 100
            ? [1]
            : [0]) {
        for (const form of [1, 2, 3]) {
          const exports = form === 1 ? simd : relaxed;
          const area = square ? positions * positions : positions;
          const macs = area * outC * (depthwise ? 1 : inC) * (square ? kernel * kernel : kernel);
          const setUp = () =>
            exports.set_up(inC, outC, kernel, positions, square, depthwise, percent * 10, sparse, form);
          setUp();
          add({
            name: `${title} ${sparse ? 'sparse' : 'dense'} ${percent}% ${FORMS[form]}`,
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
  layer('gemv 256x256', { inC: 256, outC: 256, positions: 1, densities: [100, 20] });
  layer('conv 768x2304 T1000', { inC: 768, outC: 768, kernel: 3, positions: 1000, densities: [100, 20] });
  layer('dense 384x384 T128', { inC: 384, outC: 384, positions: 128, densities: [100, 20] });
  layer('pointwise 64x64 28x28', { inC: 64, outC: 64, positions: 28, square: 1, densities: [100, 20] });
  layer('pointwise 256x256 7x7', { inC: 256, outC: 256, positions: 7, square: 1, densities: [100, 20] });
  layer('conv3x3 64x64 14x14', { inC: 64, outC: 64, kernel: 3, positions: 14, square: 1, densities: [100, 20] });
  layer('depthwise3x3 64 28x28', { inC: 64, outC: 64, kernel: 3, positions: 28, square: 1, depthwise: 1 });

  const time = (row, times) => {
    const start = performance.now();
    row.run(times);
    return performance.now() - start;
  };
  for (const row of rows) {
    row.prepare?.();
    time(row, 1);
    row.times = 1;
    while (time(row, row.times) < 12) row.times *= 2;
    row.samples = [];
  }
  for (let turn = 0; turn < 9; ++turn) {
    for (const row of rows) {
      row.prepare?.();
      time(row, 1);
      row.samples.push(time(row, row.times) / row.times);
    }
  }
  return {
    fastest: FORMS[relaxed.fastest_form(7)],
    rows: rows.map(({ name, unit, work, denseWork, bytes, samples }) => {
      const ms = Math.min(...samples);
      const seconds = ms / 1000;
      return {
        name,
        unit,
        milliseconds: ms,
        rate: work / seconds,
        ...(denseWork && { asIfDense: denseWork / seconds, weightGBps: (bytes * 1e-9) / seconds }),
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
  const modules = {};
  for (const name of ['simd', 'relaxed']) {
    modules[name] = (await readFile(options[name])).toString('base64');
  }
  const result = await page.evaluate(measure, { modules, only: options.only });
  const best = Math.max(
    0,
    ...result.rows.filter((row) => /^(tile|registers)_(i16|dot|pair)/.test(row.name)).map((row) => row.rate),
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
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
} finally {
  await browser.close();
}
