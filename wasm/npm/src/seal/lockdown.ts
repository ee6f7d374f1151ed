/** Takes from a global scope everything that is not on a list, so that what a browser adds next year is gone too. */

export interface Lockdown {
  /** Names that were there, own or inherited. */
  readonly removed: readonly string[];
  readonly kept: readonly string[];
}

/** The language itself, without `eval`, shared memory and streaming compilation, and what Emscripten's JavaScript needs. */
export const kLanguage: readonly string[] = [
  ...['Infinity', 'NaN', 'undefined', 'globalThis', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
  ...['Object', 'Function', 'Boolean', 'Symbol', 'Number', 'BigInt', 'Math', 'Date', 'String', 'RegExp', 'JSON'],
  ...['Array', 'ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array'],
  ...['Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array', 'Float32Array', 'Float64Array'],
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Promise', 'Proxy', 'Reflect'],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
  ...['TextDecoder', 'WebAssembly'],
];

/** `scope` and what it inherits from, short of the language's own prototype. */
function holders(scope: object): object[] {
  const chain: object[] = [];
  for (
    let holder: object | null = scope;
    holder && holder !== Object.prototype;
    holder = Reflect.getPrototypeOf(holder)
  ) {
    chain.push(holder);
  }
  return chain;
}

/** Names of properties, own or inherited. Web IDL's numeric constants cannot be removed and are of no use to anyone. */
function namesOf(scope: object): string[] {
  const names = holders(scope).flatMap((holder) =>
    Reflect.ownKeys(holder).filter((key) => typeof key === 'string' && !isConstant(holder, key)),
  );
  return [...new Set(names as string[])];
}

function isConstant(holder: object, name: string | symbol): boolean {
  const property = Reflect.getOwnPropertyDescriptor(holder, name);
  return property?.configurable === false && property.writable === false && typeof property.value === 'number';
}

/** Removes every name that is not `allowed`, then looks again. Throws when one is left. */
export function lockDown(scope: object, allowed: Iterable<string>): Lockdown {
  const keep = new Set(allowed);
  const removed = namesOf(scope).filter((name) => !keep.has(name));
  for (const holder of holders(scope)) {
    for (const name of removed) Reflect.deleteProperty(holder, name);
  }
  const kept = namesOf(scope);
  const left = kept.filter((name) => !keep.has(name));
  if (left.length > 0) throw new Error(`These could not be removed: ${left.join(', ')}.`);
  return { removed, kept };
}
