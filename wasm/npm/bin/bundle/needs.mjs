// Which features of a runtime a model needs: those that the runtime itself enters while it loads the model, on each kind of processor, and
// while it computes something of each of its parts. No list of this program's own says what a model needs.
import { setFlagsFromString } from 'node:v8';
import { telling } from './runtime.mjs';

/** As kernels/dot_class.h counts processors; of builds with relaxed SIMD. */
const kDotClasses = [1, 2, 3, 4];
/** What a dynamic extent is tried with; those that the model does not take are passed over. */
const kExtents = [100, 128, 512, 257, 37, 16, 5, 1];
/** Of a run on dynamic extents: multiplications and values, as `workLimit` counts them; and values of an input. */
const kMostWork = 2e10;
const kMostElements = 2 ** 24;

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
    const { entered } = await listening(() => use(new Engine(), module, whole.variant, model));
    for (const id of entered) names.add(whole.graph.features[id].name);
  }
  return names;
}

/**
 * Loads the model, computes on all extents that it takes, and hears something where it has a front end. What would take minutes is left out,
 * if anything else is computed. @returns the outputs, one after the other
 */
export async function use(engine, module, variant, model) {
  const limited = await useWithin(kMostWork, engine, module, variant, model);
  const { outputs, error } =
    limited.outputs.length > 0 ? limited : await useWithin(Infinity, engine, module, variant, model);
  engine.close();
  if (outputs.length === 0) throw error ?? new Error('the model has no outputs');
  return outputs;
}

async function useWithin(workLimit, engine, module, variant, model) {
  const bytes = Uint8Array.from(model).buffer;
  const request = { module, variant, model: bytes, isa: 'auto', memoryLimit: 2 ** 32 - 1, profile: false, workLimit };
  const { inputs, outputs: declared, metadata } = answer(await engine.handle('load', request));
  const outputs = [];
  let error;
  const take = (ran) => {
    if (ran.ok) outputs.push(...ran.value.outputs);
    else if (ran.code === 'internal' || ran.code === 'unsupported-model') answer(ran);
    else error ??= failure(ran);
    return ran.ok;
  };
  const isFixed = inputs.every(({ shape }) => shape.every(isExtent));
  for (const extent of isFixed ? kExtents.slice(0, 1) : kExtents) {
    const shapes = inputs.map(({ shape }) => shape.map((axis) => (isExtent(axis) ? axis : extent)));
    if (!isFixed && shapes.some((dims) => elements(dims) > kMostElements)) continue;
    const feeds = inputs.map(({ type }, i) => feedOf(type, shapes[i]));
    // Without a limit the first that the model takes has to do.
    if (take(await engine.handle('run', { feeds, fetches: Array.from(declared.keys()) })) && workLimit === Infinity)
      break;
  }
  if (metadata.logMel) {
    const pcm = Float32Array.from({ length: 2 * metadata.logMel.sampleRate }, (_, i) => Math.sin(i * i * 1e-6) / 2);
    take(await engine.handle('encode', { pcm, mel: true }));
  }
  return { outputs, error };
}

const failure = ({ message, code }) => Object.assign(new Error(message), { code });

function answer(outcome) {
  if (!outcome.ok) throw failure(outcome);
  return outcome.value;
}

const kArrays = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Whether an axis has the same extent in every input. */
const isExtent = (axis) => typeof axis === 'number' && axis >= 0;

const elements = (dims) => dims.reduce((product, axis) => product * axis, 1);

/** Numbers without a pattern for floats; for integers, which may be indices, 0 and 1. */
function feedOf(type, dims) {
  const data = new kArrays[type](elements(dims));
  for (let i = 0; i < data.length; i++)
    data[i] = type === 'float32' ? Math.sin(i * 12.9898) : type === 'int64' ? BigInt(i & 1) : i & 1;
  return { type, dims, data };
}
