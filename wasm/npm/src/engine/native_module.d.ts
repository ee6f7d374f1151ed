/** Resolved by the build script to the JavaScript that Emscripten wrote beside each WebAssembly file. */
declare module '#native/*' {
  const createNative: import('./native.js').NativeFactory;
  export default createNative;
}
declare module '#native/threads' {
  /** Of the builds with threads, by variant; only those that exist are asked for. */
  const createNative: Readonly<Record<import('../types.js').Variant, import('./native.js').NativeFactory>>;
  export default createNative;
}
declare module '#native/resample' {
  /** edgy-resample.wasm. */
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
