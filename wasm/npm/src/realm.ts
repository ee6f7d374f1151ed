/** What a value is, wherever it was made: `instanceof` knows the classes of one realm only, and frames and test runners have others. */

const arrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as () => string | undefined;

/** 'Float32Array' and the like; undefined for what is no typed array. */
export function arrayKind(value: unknown): string | undefined {
  return arrayName.call(value);
}

/** 'ArrayBuffer', 'Blob', 'Response', ...: what the value calls itself. */
export function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** Also of another realm. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return arrayKind(value) === 'Float32Array';
}
