// biome-ignore-all lint/suspicious/noShadowRestrictedNames: to stand for them is what these constants are for.
/**
 * Every name of the global scope that the guard reads, read once, when the worker starts and before anything else has run in it. The
 * build puts these constants in the place of the names in all of the guard's sources (esbuild's `inject`), so that the guard's code looks
 * nothing up in a scope that it shares with the engine; a test reads the built script and finds no other name.
 */
export const {
  AggregateError,
  Array,
  ArrayBuffer,
  BigInt,
  BigInt64Array,
  Blob,
  DataView,
  Error,
  EvalError,
  Float32Array,
  Function,
  Int32Array,
  Int8Array,
  JSON,
  Map,
  Math,
  Number,
  Object,
  Promise,
  RangeError,
  ReferenceError,
  Reflect,
  Set,
  String,
  Symbol,
  SyntaxError,
  TextDecoder,
  TypeError,
  URIError,
  URL,
  Uint16Array,
  Uint8Array,
  WebAssembly,
  performance,
} = globalThis;
