// What `edgy bundle` can cut out of a runtime: features, each of functions that are entered when a model needs it and not otherwise.
// Operators are those of the catalog; the rest is named here. A feature is cut at its functions; what nothing else needs goes with them, as
// the linker's references tell. So a list that is too short costs bytes, and one that is too long an error with the feature's name.
import { readFileSync } from 'node:fs';

const catalog = new URL('../../format/catalog/operators.inc', import.meta.url);

/** Families of the runtime's registry with the operators that they make. @returns {Map<string, string[]>} */
function families() {
  const made = new Map();
  for (const [, type, family] of readFileSync(catalog, 'utf8').matchAll(/^EDGY_OPERATOR\((\w+), +(\w+),/gm))
    made.set(family, [...(made.get(family) ?? []), type]);
  return made;
}

/**
 * Beside operators. Which of them a model needs must not depend on the sizes of what it is fed, but on the file and the processor alone.
 * Functions by their names after edgy::, or by a pattern of their mangled names.
 * @type {readonly (readonly [string, readonly (string | RegExp)[]])[]}
 */
const others = [
  ['convolution in float32', ['runtime::make_xnnpack_float']],
  ['int8 convolution of uneven groups', ['runtime::make_xnnpack_int8']],
  ['convolution in int8', ['runtime::make_conv_int8']],
  ['Lstm in int8', ['runtime::make_lstm_int8']],
  ['Unary in int8', ['runtime::make_unary_int8']],
  ['Binary in int8', ['runtime::make_binary_int8']],
  ['pooling in int8', ['runtime::PoolInt8::make', 'runtime::PoolInt8::run']],
  ['Unary in float32', ['kernels::unary']],
  ['Binary in float32', ['kernels::binary']],
  ['int4 weights', ['format::unpack_int4']],
  ['float16 constants', ['format::unpack_float16']],
  ['sparse weights', ['format::decode_sparse']],
  [
    'sparse kernels',
    ['kernels::PackedSparseWeights::new', 'kernels::sparse_conv_int8', 'kernels::sparse_conv_offsets'],
  ],
  ['kernels of single positions', ['kernels::PackedColumnWeights::new', 'kernels::column_int8']],
  ['kernels of single weights', ['kernels::single_row']],
  ['depthwise kernels', ['kernels::run_depthwise', 'kernels::depthwise_rows']],
  ['reference kernels', ['kernels::conv_int8_reference', 'kernels::store_reference', 'kernels::lookup_reference']],
  ['dense kernels in simd128', ['kernels::conv_simd128']],
  ['dense kernels in relaxed-dot', ['kernels::conv_relaxed_dot']],
  ['dense kernels in relaxed-pair', ['kernels::conv_relaxed_pair']],
  ['sparse kernels in simd128', ['kernels::sparse_simd128', 'kernels::sparse_wide']],
  ['sparse kernels in relaxed-dot', ['kernels::sparse_relaxed_dot']],
  ['sparse kernels in relaxed-pair', ['kernels::sparse_relaxed_pair']],
  ['single weights in simd128', ['kernels::single_simd128']],
  ['single weights in relaxed forms', ['kernels::single_relaxed']],
  ['single positions in simd128', ['kernels::column_simd128']],
  ['single positions in relaxed-dot', ['kernels::column_relaxed_dot']],
  ['single positions in relaxed-pair', ['kernels::column_relaxed_pair']],
  ['sparse kernels that leave sums', [/^_ZN4edgy7kernels12sparse_chunkI\w+RowsToSums/]],
  // Asked for when JavaScript passes what Embind does not know, which is an error anyway.
  ['names of types', [/^__getTypeName$/]],
  ['the audio front end', ['runtime::AudioFrontEnd::create', 'runtime::AudioFrontEnd::compute']],
];
/** Of builds with relaxed SIMD alone. */
const ofRelaxed = /relaxed/;

/** `edgy::kernels::unary` of a mangled name; constructors are called new. @param {string} mangled */
export function qualifiedName(mangled) {
  const nested = /^_ZNK?/.exec(mangled);
  if (!nested) return '';
  const parts = [];
  let rest = mangled.slice(nested[0].length);
  for (;;) {
    const length = /^\d+/.exec(rest)?.[0];
    if (length === undefined) break;
    rest = rest.slice(length.length);
    parts.push(rest.slice(0, Number(length)));
    rest = rest.slice(Number(length));
  }
  if (/^C[123]/.test(rest)) parts.push('new');
  return parts.join('::');
}

/**
 * @param {readonly string[]} names mangled, of the functions of a runtime by their numbers @param {boolean} relaxed
 * @returns {{ name: string, functions: number[] }[]}
 */
export function features(names, relaxed) {
  const places = new Map();
  names.forEach((mangled, index) => {
    const name = qualifiedName(mangled);
    if (name.startsWith('edgy::')) places.set(name, [...(places.get(name) ?? []), index]);
  });
  const operators = Array.from(families(), ([family, types]) => [
    `operator ${types.join(' or ')}`,
    [`runtime::make_${family}`],
  ]);
  return [...operators, ...others.filter(([name]) => relaxed || !ofRelaxed.test(name))].map(([name, functions]) => ({
    name,
    functions: functions.flatMap((each) => {
      const found =
        typeof each === 'string'
          ? places.get(`edgy::${each}`)
          : names.flatMap((mangled, index) => (each.test(mangled) ? [index] : []));
      if (!found?.length) throw new Error(`the runtime has no function ${each}: adapt scripts/features.mjs`);
      return found;
    }),
  }));
}

/** The number of the function that tells the processor's class. @param {readonly string[]} names */
export function dotClassOf(names) {
  const index = names.findIndex((name) => name === '_ZN4edgy7kernels9dot_classEv');
  if (index < 0) throw new Error('the runtime has no function edgy::kernels::dot_class: adapt scripts/features.mjs');
  return index;
}
