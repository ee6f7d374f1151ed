// What this machine can do in this page session: the peak rate of each instruction form, and how fast bytes come from memory.

import { loadBenchModule } from './bench_module.js';

/** Least milliseconds of one call of `run(1)`: other load only adds. */
function leastTime(run) {
  const time = (times) => {
    const begin = performance.now();
    run(times);
    return performance.now() - begin;
  };
  for (let times = 1; ; times *= 2) {
    if (time(times) < 8) continue;
    let least = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 9; turn++) least = Math.min(least, time(times));
    // Much shorter than what ended the search: that one was held up, and the clock is too coarse for so few calls.
    if (least > 4) return least / times;
  }
}

/**
 * @param {{ simd: string, relaxed: string }} urls of bench_kernels.wasm
 * @returns {Promise<{ name: string, unit: string, rate: number, variant: string }[]>} GMAC/s of instruction loops, GB/s of loads
 */
globalThis.roofline = async (urls) => {
  const simd = await loadBenchModule(urls.simd);
  const relaxed = await loadBenchModule(urls.relaxed);
  // A round of a tile is 256 instructions' worth of lanes: see kernels/peaks.cpp.
  const loops = [
    ['f32 multiply, add', 'simd', simd.tile_f32, 4],
    ['f32 relaxed multiply-add', 'relaxed', relaxed.tile_f32_relaxed, 4],
    ['i16 dot', 'simd', simd.tile_i16, 8],
    ['i8 relaxed dot, added', 'relaxed', relaxed.tile_dot, 16],
    ['i8 relaxed dot, widened', 'relaxed', relaxed.tile_pair, 16],
    ['i8 relaxed dot, two added, widened', 'relaxed', relaxed.tile_sum_pair, 16],
  ];
  const rows = loops.map(([name, variant, run, lanes]) => ({
    name,
    variant,
    unit: 'GMAC/s',
    rate: (256 * lanes) / leastTime(run) / 1e6,
  }));
  for (const [name, bytes] of [
    ['load from 16 kB', 16 << 10],
    ['load from 256 kB', 256 << 10],
    ['load from 24 MB', 24 << 20],
  ]) {
    const milliseconds = leastTime((times) => relaxed.load_bytes(bytes, times));
    rows.push({ name, variant: 'relaxed', unit: 'GB/s', rate: bytes / milliseconds / 1e6 });
  }
  return rows;
};
