import { describe, expect, it } from 'vitest';
import { lockDown } from '../src/seal/lockdown.js';

class Base {
  fetch(): void {}
}
class Scope extends Base {
  get navigator(): number {
    return 1;
  }
}
const scopeWith = (own: object) => Object.assign(new Scope(), own);

describe('lockDown', () => {
  it('removes own and inherited names that are not allowed, and says what it did', () => {
    const scope = scopeWith({ indexedDB: 1, Array });
    const { removed, kept } = lockDown(scope, ['Array']);
    expect([...removed].sort()).toEqual(['constructor', 'fetch', 'indexedDB', 'navigator']);
    expect(kept).toEqual(['Array']);
    expect('fetch' in scope || 'navigator' in scope || 'indexedDB' in scope).toBe(false);
  });

  it('throws when a name cannot be removed', () => {
    const scope = {};
    Object.defineProperty(scope, 'fetch', { value: () => {}, configurable: false });
    expect(() => lockDown(scope, [])).toThrow('These could not be removed: fetch.');
  });

  it('leaves numeric constants, which are of no use', () => {
    const scope = {};
    Object.defineProperty(scope, 'PERSISTENT', { value: 1 });
    expect(lockDown(scope, [])).toEqual({ removed: [], kept: [] });
  });
});
