import { describe, expect, it } from 'vitest';
import { isRunOptions } from '../src/session.js';

const signal = new AbortController().signal;
const tensor = { type: 'float32', dims: [1], data: new Float32Array(1) };

describe('isRunOptions', () => {
  it('takes options for options', () => {
    expect(isRunOptions({}, ['z'])).toBe(true);
    expect(isRunOptions({ signal, transfer: true }, ['z'])).toBe(true);
    expect(isRunOptions({ signal: undefined }, ['signal'])).toBe(true);
    expect(isRunOptions({ transfer: true }, ['transfer'])).toBe(true);
    // Options that do not exist are options all the same: run() names them.
    expect(isRunOptions({ logSeverityLevel: 3 } as never, ['z'])).toBe(true);
    expect(isRunOptions({ tag: 'a', terminate: false } as never, ['z'])).toBe(true);
  });
  it('takes a null or a tensor under the name of an output for a wish to have it', () => {
    expect(isRunOptions({ transfer: null }, ['transfer', 'z'])).toBe(false);
    expect(isRunOptions({ signal: null }, ['signal'])).toBe(false);
    expect(isRunOptions({ signal: tensor as never }, ['signal'])).toBe(false);
    expect(isRunOptions({ z: null }, ['z'])).toBe(false);
    expect(isRunOptions({ y: null }, ['z'])).toBe(false);
    expect(isRunOptions({ tag: tensor } as never, ['z'])).toBe(false);
    expect(isRunOptions({ tag: 'a' } as never, ['tag'])).toBe(false);
    expect(isRunOptions(['signal'], ['signal'])).toBe(false);
    expect(isRunOptions(null, ['z'])).toBe(false);
  });
});
