/** Resolved by the build script to the JavaScript that Emscripten wrote beside each WebAssembly file. */
declare module '#native/*' {
  const createNative: import('./native.js').NativeFactory;
  export default createNative;
}
declare module '#native/threads' {
  /** Of the build with threads of each variant. */
  const createNative: Readonly<Record<import('../types.js').Variant, import('./native.js').NativeFactory>>;
  export default createNative;
}
declare module '#native/resample' {
  /** edgy-resample.wasm. */
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
