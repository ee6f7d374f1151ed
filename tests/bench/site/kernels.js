// Times every kernel form next to the peak of its instructions. Rows are measured in turns, so that drift of the clock hits all alike; other
// load only adds, so the least time counts.
import { loadBenchModule } from './bench_module.js';

/** DotClass of kernels/dot_class.h. */
const CLASSES = ['none', 'saturating-pairs', 'signed-pairs', 'exact-unsigned', 'exact-signed'];

const FORMS = ['reference', 'simd128', 'relaxed-dot', 'relaxed-pair'];

/** Which weights are kept, as set_up of tests/bench/kernels/layers.cpp numbers them. */
const PATTERNS = { '1x4': 0, '4x4': 1, '2x4': 2, '2:4': 3, '1x1': 4 };

/** Compares all kernels and forms on random convolutions. */
function check({ simd, relaxed }, cases) {
  const firstSeed = 1 + Math.floor(Math.random() * 1e9);
  const differing = { simd: simd.check_cases(firstSeed, cases), relaxed: relaxed.check_cases(firstSeed, cases) };
  const equal = differing.simd < 0 && differing.relaxed < 0 && simd.cases_hash() === relaxed.cases_hash();
  return { firstSeed, cases, differing, equal };
}

/** Loops of instructions, and loads. */
function addLoops({ simd, relaxed }, add) {
  const peak = (exports, name, macsPerRound) =>
    add({ name, unit: 'GMAC/s', work: macsPerRound * 1e-9, run: (times) => exports[name](times) });
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
}

/** As the cost model names it. */
function kernelOf(depthwise, sparse, area) {
  if (depthwise) return 'depthwise';
  if (area === 1) return `${['dense', 'sparse', '4x4'][sparse]} column`;
  return { 1: 'sparse', 3: 'single' }[sparse] ?? 'dense';
}

const areaOf = ({ positions, square = 0 }) => (square ? positions * positions : positions);
const macsOf = (spec) => {
  const { inC, outC, kernel = 1, square = 0, depthwise = 0 } = spec;
  return areaOf(spec) * outC * (depthwise ? 1 : inC) * (square ? kernel * kernel : kernel);
};

/** One kernel (`sparse` 0: dense, 1: 1x4 blocks, 2: 4x4 blocks, 3: single weights) in one form. `fitted`: what the cost model is fitted to. */
function addLayer(
  builds,
  add,
  spec,
  { title, percent, sparse, form, pattern = sparse === 2 ? '4x4' : '1x4', fitted = true },
) {
  const { inC, outC, kernel = 1, positions, square = 0, depthwise = 0 } = spec;
  const exports = form === 1 ? builds.simd : builds.relaxed;
  const setUp = () =>
    exports.set_up(inC, outC, kernel, positions, square, depthwise, percent * 10, sparse, form, PATTERNS[pattern]);
  setUp();
  add({
    name: `${title} ${FORMS[form]}`,
    ...(fitted && {
      kernel: kernelOf(depthwise, sparse, areaOf(spec)),
      form: FORMS[form],
      layerWork: [0, 1, 2].map((which) => exports.layer_work(which)),
    }),
    unit: 'GMAC/s',
    work: macsOf(spec) * (percent / 100) * 1e-9,
    denseWork: macsOf(spec) * 1e-9,
    bytes: exports.weight_bytes(),
    prepare: setUp,
    run: (times) => exports.run_layer(times),
  });
}

/** All densities, kernels and forms of a layer; and XNNPACK's int8 convolution of it. */
function addLayers(builds, add, title, spec) {
  const { inC, outC, kernel = 1, positions, square = 0, depthwise = 0, densities = [100] } = spec;
  for (const percent of densities) {
    for (const sparse of depthwise || densities.length === 1 ? [0] : percent === 100 ? [0, 1] : [1, 2]) {
      for (const form of [1, 2, 3]) {
        const kind = ['dense', 'sparse', '4x4'][sparse];
        addLayer(builds, add, spec, { title: `${title} ${kind} ${percent}%`, percent, sparse, form });
      }
    }
  }
  for (const [build, exports] of Object.entries(builds)) {
    add({
      name: `${title} XNNPACK 100% ${build}`,
      unit: 'GMAC/s',
      work: macsOf(spec) * 1e-9,
      denseWork: macsOf(spec) * 1e-9,
      bytes: inC * outC,
      prepare: () => exports.set_up_xnnpack(inC, outC, kernel, positions, square, depthwise),
      run: (times) => exports.run_xnnpack(times),
    });
  }
}

/** All forms of the kernel of single weights. */
function addSingles(builds, add, title, spec, percents) {
  for (const percent of percents) {
    for (const form of [1, 2, 3]) {
      addLayer(builds, add, spec, { title: `${title} single ${percent}%`, percent, sparse: 3, form, pattern: '1x1' });
    }
  }
}

/** What other patterns of zeros gain, by each kernel that could run them. */
function addPatterns(builds, add) {
  const spec = { inC: 768, outC: 768, kernel: 3, positions: 96 }; // whole strips for all kernels
  const row = (pattern, percent, sparse, form = 3) =>
    addLayer(builds, add, spec, {
      title: `pattern ${pattern} ${percent}% by ${['dense', '1x4', '4x4', 'single weights'][sparse]}`,
      percent,
      sparse,
      form,
      pattern,
      fitted: false,
    });
  for (const percent of [20, 10]) {
    row('1x4', percent, 1);
    row('2x4', percent, 1);
    row('4x4', percent, 1);
  }
  row('2:4', 50, 0);
  row('2:4', 50, 1);
  for (const percent of [20, 10, 5, 2, 1]) {
    for (const form of [3, 1]) {
      row('1x1', percent, 1, form);
      row('1x1', percent, 3, form);
    }
  }
}

function allRows(builds, only) {
  const rows = [];
  const add = (row) => {
    if (new RegExp(only).test(row.name)) rows.push(row);
  };
  addLoops(builds, add);
  const layer = (title, spec) => addLayers(builds, add, title, spec);
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
  const singles = (title, spec, percents) => addSingles(builds, add, title, spec, percents);
  singles('conv 768x2304 T100', { inC: 768, outC: 768, kernel: 3, positions: 100 }, [20, 5, 1]);
  singles('conv 768x240 T100', { inC: 80, outC: 768, kernel: 3, positions: 100 }, [20, 5]);
  singles('pointwise 64x768 T50', { inC: 768, outC: 64, positions: 50 }, [20, 5]);
  singles('dense 384x384 T128', { inC: 384, outC: 384, positions: 128 }, [20, 5, 1]);
  singles('pointwise 64x64 28x28', { inC: 64, outC: 64, positions: 28, square: 1 }, [20, 5]);
  singles('conv3x3 64x64 14x14', { inC: 64, outC: 64, kernel: 3, positions: 14, square: 1 }, [20, 5]);
  addPatterns(builds, add);
  return rows;
}

function time(row, times) {
  const start = performance.now();
  row.run(times);
  return performance.now() - start;
}

function measureInTurns(rows) {
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
}

/** @param {{ urls: { simd: string, relaxed: string }, only: string, cases: number }} task */
globalThis.measureKernels = async ({ urls, only, cases }) => {
  const builds = { simd: await loadBenchModule(urls.simd), relaxed: await loadBenchModule(urls.relaxed) };
  const checked = check(builds, cases);
  const rows = allRows(builds, only);
  measureInTurns(rows);
  return {
    checked,
    dotClass: CLASSES[builds.relaxed.processor_class()],
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
};
