// Loads bench_kernels.wasm (tests/bench/kernels).

/** Bench modules import a clock and little else; none of it matters to a loop. */
function importsOf(module, state) {
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] =
      name === 'clock_time_get'
        ? (_id, _precision, out) => {
            new DataView(state.memory.buffer).setBigUint64(out, BigInt(Math.round(performance.now() * 1e6)), true);
            return 0;
          }
        : name === 'emscripten_get_now'
          ? () => performance.now()
          : () => 0;
  }
  return imports;
}

/** @returns the module's exports, ready to run */
export async function loadBenchModule(url) {
  const state = {};
  const module = await WebAssembly.compileStreaming(fetch(url));
  const { exports } = await WebAssembly.instantiate(module, importsOf(module, state));
  state.memory = exports.memory;
  exports._initialize?.();
  exports.fill_operands(3);
  return exports;
}
