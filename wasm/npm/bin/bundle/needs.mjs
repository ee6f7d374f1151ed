// Which features of a runtime a model needs: those that the runtime itself enters while it loads the model, on each kind of processor, and
// while it computes something of each of its parts. No list of this program's own says what a model needs.
import { setFlagsFromString } from 'node:v8';
import { telling } from './runtime.mjs';

/** As kernels/dot_class.h counts processors; of builds with relaxed SIMD. */
const kDotClasses = [1, 2, 3, 4];
/** What a dynamic extent is tried with. */
const kExtents = [100, 128, 512, 16, 1];

/** A module of two instructions of relaxed SIMD. */
const relaxedProbe = Uint8Array.of(
  ...[
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
    253,
  ],
  ...[128, 2, 11],
);

/** Node 20 has relaxed SIMD behind a flag. Its baseline compiler computes some of it wrong, which is all the same to what is entered. */
function allowRelaxed() {
  if (WebAssembly.validate(relaxedProbe)) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (!WebAssembly.validate(relaxedProbe))
    throw new Error('edgy bundle needs a Node that knows relaxed SIMD (20.16 or newer)');
}

/**
 * Runs `work` while modules that are instantiated tell what they enter. @template T @param {() => Promise<T>} work
 * @returns {Promise<{ value: T, entered: Set<number> }>}
 */
async function listening(work) {
  const entered = new Set();
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = (module, imports) =>
    instantiate(module, { ...imports, a: { ...imports.a, missing: (id) => void entered.add(id) } });
  try {
    return { value: await work(), entered };
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

/**
 * Names of the features that `model` needs of `whole`.
 * @param {import('./runtime.mjs').Whole} whole @param {new () => any} Engine the loader's @param {Uint8Array} model
 * @throws an Error with the runtime's own words if it refuses the model
 */
export async function needs(whole, Engine, model) {
  const relaxed = whole.variant !== 'simd';
  if (relaxed) allowRelaxed();
  const names = new Set();
  for (const dotClass of relaxed ? kDotClasses : [undefined]) {
    const module = new WebAssembly.Module(telling(whole, dotClass));
    const { entered } = await listening(async () => {
      const engine = new Engine();
      const loaded = await load(engine, module, whole.variant, model);
      await use(engine, loaded);
      engine.close();
    });
    for (const id of entered) names.add(whole.graph.features[id].name);
  }
  return names;
}

/** @returns what the model declares */
export async function load(engine, module, variant, model) {
  const bytes = Uint8Array.from(model).buffer;
  const request = { module, variant, model: bytes, isa: 'auto', memoryLimit: 2 ** 32 - 1, profile: false };
  return answer(await engine.handle('load', request));
}

function answer(outcome) {
  if (!outcome.ok) throw Object.assign(new Error(outcome.message), { code: outcome.code });
  return outcome.value;
}

/** Computes once, on the first extents that the model takes, and hears something where it has a front end. @returns the outputs */
export async function use(engine, { inputs, metadata }) {
  const outputs = [];
  const errors = [];
  for (const extent of kExtents) {
    const ran = await engine.handle('run', { feeds: inputs.map((input) => feedOf(input, extent)), fetches: [] });
    if (!ran.ok) {
      errors.push(ran);
      continue;
    }
    outputs.push(...ran.value.outputs);
    break;
  }
  if (metadata.logMel) {
    const pcm = Float32Array.from({ length: 2 * metadata.logMel.sampleRate }, (_, i) => Math.sin(i * i * 1e-6) / 2);
    outputs.push(...answer(await engine.handle('encode', { pcm, mel: true })).outputs);
  } else if (outputs.length === 0 && errors.length === kExtents.length) answer(errors[0]);
  return outputs;
}

const kArrays = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Numbers without a pattern for floats; for integers, which may be indices, 0 and 1. */
function feedOf({ type, shape }, extent) {
  const dims = shape.map((axis) => (typeof axis === 'number' && axis >= 0 ? axis : extent));
  const count = dims.reduce((product, axis) => product * axis, 1);
  const data = new kArrays[type](count);
  for (let i = 0; i < count; i++)
    data[i] = type === 'float32' ? Math.sin(i * 12.9898) : type === 'int64' ? BigInt(i & 1) : i & 1;
  return { type, dims, data };
}
