// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scripts, as text.
/** What the guard reads of the scope that it shares with the engine: nothing, once it has started. */
import { describe, expect, it } from 'vitest';
import { freeNames } from './free_names.js';

const { bundleGuard } = (await import(new URL('../scripts/seal_page.mjs', import.meta.url).href)) as {
  bundleGuard(): Promise<string>;
};

const namesIn = (script: string) => freeNames(script).map(({ name }) => name);

describe('freeNames', () => {
  it.each([
    ['fetch(url)', 'fetch url'],
    ['(() => { const fetch = 1; return fetch; })()', ''],
    ['(() => { { let Math = 1; Math; } return Math; })()', 'Math'],
    ['(() => { { var Math = 1; } return Math; })()', ''],
    ['(() => { return late; function late() {} })()', ''],
    ['(() => { if (1) { function inner() {} } inner(); })()', 'inner'],
    ['((a, { b: c = d, ...e }, [f] = g) => [a, b, c, e, f])', 'd g b'],
    ['x.Number.y; ({ Number: 1, [Math]: 2 })', 'x Math'],
    ['({ Number })', 'Number'],
    ['class A extends B { #p = C; static s = D; Number() { return this.#p + A + super.E; } }', 'B C D'],
    ['(function me() { return me + arguments.length; })', ''],
    ['for (const i of list) i; i', 'list i'],
    ['for (let i = 0; i < 1; i++); i', 'i'],
    ['try { f(); } catch ({ message }) { message; } message', 'f message'],
    ['outer: for (;;) break outer', ''],
    ['switch (a) { case b: let c = 1; c; } c', 'a b c'],
    ['`${a}` + b`${c}` + a?.d?.[e] + new.target', 'a b c a e'],
    ['typeof Number', 'Number'],
    ['Number = 1', 'Number'],
    ['import(address)', 'address'],
  ])('%s', (script, expected) => {
    const wrapped = script.includes('new.target') ? `function t() { ${script} }` : script;
    expect(namesIn(wrapped).join(' ')).toBe(expected);
  });

  it('counts functions', () => {
    expect(freeNames('a; (() => { b; class C { f = c; static g = d; h() { e; } } })()')).toEqual([
      { name: 'a', depth: 0 },
      { name: 'b', depth: 1 },
      { name: 'c', depth: 2 },
      { name: 'd', depth: 1 },
      { name: 'e', depth: 2 },
    ]);
  });
});

describe('the guard', () => {
  it('reads the global scope once, at its start, and no name of it later', async () => {
    const guard = await bundleGuard();
    const found = freeNames(guard);
    // One function, called where it stands, is around all of it.
    expect(guard).toMatch(/^"use strict";\(\(\)=>\{/);
    expect(found.filter(({ depth }) => depth > 1)).toEqual([]);
    expect([...new Set(found.map(({ name }) => name))]).toEqual(['globalThis']);
  });

  it('would read names from there without words.ts', async () => {
    const { build } = await import('esbuild');
    const { outputFiles } = await build({
      entryPoints: ['src/seal/guard_entry.ts'],
      bundle: true,
      write: false,
      format: 'iife',
    });
    const late = freeNames(outputFiles[0]?.text ?? '').filter(({ depth }) => depth > 1);
    expect(late.map(({ name }) => name)).toEqual(expect.arrayContaining(['Number', 'Math', 'Object', 'Array']));
  });
});
