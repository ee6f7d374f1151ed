import { afterEach, describe, expect, it, vi } from 'vitest';
import { chooseThreads, type Surroundings, sayOnce } from '../src/engine/threads.js';
import { EdgyError } from '../src/errors/errors.js';
import { obstacles } from '../src/errors/trouble.js';

const able: Surroundings = {
  isolated: true,
  worker: true,
  node: false,
  cores: 8,
};

describe('the number of threads', () => {
  it.each([1, 2, 3, 32])('is what was asked for where it can be: %d', (wanted) => {
    expect(chooseThreads(wanted, able)).toEqual({ threads: wanted });
  });

  it.each([
    [1, 1],
    [2, 2],
    [4, 4],
    [64, 4],
  ])('without a wish is that of %d cores: %d', (cores, threads) => {
    expect(chooseThreads(undefined, { ...able, cores })).toEqual({ threads });
  });

  it.each([
    ['not isolated', { isolated: false }, /not cross-origin isolated.*Cross-Origin-Embedder-Policy/],
    ['no worker', { worker: false }, /worker: false/],
    ['Node', { node: true, worker: false }, /Node/],
  ])('is one, with the reason if more were asked for: %s', (_, difference, reason) => {
    const { threads, obstacle } = chooseThreads(2, { ...able, ...difference });
    expect(threads).toBe(1);
    expect(obstacle && obstacles[obstacle]).toMatch(reason);
    expect(chooseThreads(1, { ...able, ...difference })).toEqual({ threads: 1 });
    expect(chooseThreads(undefined, { ...able, ...difference })).toEqual({ threads: 1 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 33, '2', null, true, {}])('cannot be %s', (wanted) => {
    const choose = () => chooseThreads(wanted as number, able);
    expect(choose).toThrow(EdgyError);
    expect(choose).toThrow(/^threads is .*: it must be a whole number from 1 to 32\.$/);
  });
});

describe('the warning', () => {
  afterEach(() => vi.restoreAllMocks());

  it('comes once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await Promise.all([sayOnce(2, 'worker'), sayOnce(4, 'node')]);
    expect(warn.mock.calls).toEqual([
      ['Edgy: 2 threads were asked for, but one computes: without a worker (worker: false) a session has one.'],
    ]);
  });
});
