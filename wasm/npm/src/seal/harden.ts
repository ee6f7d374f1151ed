/**
 * Makes the guard safe from what runs beside it. The guard and the engine share the worker's realm, so that a call takes one way and
 * not two; what they share is frozen before the engine's first line: a realm in which nobody can change the language that the other
 * is written in (as in Hardened JavaScript, https://hardenedjs.org).
 */
import { kLanguage } from './lockdown.js';

/** Freezes the language, and its names in `scope`. To be called when everything else is gone from `scope`. */
export function harden(scope: object): void {
  for (const holder of assignedOver()) makeAssignable(holder);
  for (const name of kLanguage) {
    // A constant that cannot be configured cannot be declared anew either: a script that tries does not start.
    if (Object.hasOwn(scope, name)) Object.defineProperty(scope, name, { writable: false, configurable: false });
  }
  freezeAll([...kLanguage.map((name) => Reflect.get(scope, name)), ...hidden()], new Set([scope]));
}

/** Objects whose prototypes have no name. */
const hidden = (): readonly unknown[] => [
  [].values(),
  new Map().entries(),
  new Set().values(),
  ''[Symbol.iterator](),
  'a'.matchAll(/a/g),
  (function* () {})(),
  (async function* () {})(),
  async () => {},
];

/**
 * What programs assign over in objects that inherit it, such as an error's name. A frozen property would forbid that, so each becomes
 * a pair of functions of the same effect.
 */
const assignedOver = (): readonly object[] => [
  Object.prototype,
  Function.prototype,
  ...[Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    ({ prototype }) => prototype,
  ),
];

function makeAssignable(holder: object): void {
  for (const key of Reflect.ownKeys(holder)) {
    const property = Reflect.getOwnPropertyDescriptor(holder, key);
    if (!property?.configurable || !('value' in property)) continue;
    const { value, enumerable } = property as { value: unknown; enumerable: boolean };
    Object.defineProperty(holder, key, {
      get: () => value,
      set(this: object, own: unknown) {
        if (this === holder) throw new TypeError(`${String(key)} of a prototype is frozen.`);
        Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
      },
      enumerable,
      configurable: false,
    });
  }
}

/** `roots` and everything that can be reached from them by prototypes and properties, but not what is in `seen`. */
function freezeAll(roots: readonly unknown[], seen: Set<unknown>): void {
  const waiting = [...roots];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    Object.freeze(value);
    waiting.push(Reflect.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Reflect.getOwnPropertyDescriptor(value, key);
      waiting.push(property?.value, property?.get, property?.set);
    }
  }
}
