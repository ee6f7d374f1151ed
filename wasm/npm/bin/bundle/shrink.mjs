// Binaryen's work on a cut runtime: it removes what is not referred to any more and makes the rest small.
import { Worker } from 'node:worker_threads';

/** The same in another thread. @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
export function shrinkAside(bytes) {
  const worker = new Worker(new URL('./shrink_worker.mjs', import.meta.url), { workerData: bytes });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

/** Loaded when it is needed: 10 MB. */
async function loadBinaryen() {
  try {
    return (await import('binaryen')).default;
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(
      'edgy bundle needs Binaryen, which was left out when this package was installed: npm install binaryen@132.0.0',
    );
  }
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
export async function shrink(bytes) {
  const binaryen = await loadBinaryen();
  const module = binaryen.readBinary(bytes);
  try {
    const { Features } = binaryen;
    module.setFeatures(
      Features.MVP |
        Features.SIMD128 |
        Features.RelaxedSIMD |
        Features.BulkMemory |
        Features.BulkMemoryOpt |
        Features.NontrappingFPToInt |
        Features.SignExt |
        Features.MutableGlobals |
        Features.Multivalue |
        Features.ReferenceTypes |
        Features.Atomics |
        Features.CallIndirectOverlong,
    );
    // Level 3 keeps the kernels' loops as fast as they are; shrinking is what the passes around them do.
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(1);
    // Not a closed world: JavaScript calls what is in the table, too.
    binaryen.setDebugInfo(false);
    module.runPasses(['remove-unused-module-elements', 'strip-debug', 'strip-producers']);
    // Each round takes seconds, and what the first leaves to the others is little.
    for (let before = Infinity; ; ) {
      module.optimize();
      const { length } = module.emitBinary();
      if (length > before * 0.995) break;
      before = length;
    }
    module.runPasses(['remove-unused-module-elements', 'strip-target-features', 'reorder-functions']);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
