import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';

const { audit } = (await import(new URL('../scripts/audit.mjs', import.meta.url).href)) as {
  audit(what: {
    file: string;
    bytes: Uint8Array;
    glue: string;
    allowed: object;
    threads?: boolean;
  }): Promise<{ imports: object[]; exports: object[] }>;
};

/** A module with one imported and one exported function. */
function moduleWith(importModule: string, letter: string): Uint8Array {
  const module = new binaryen.Module();
  module.addFunctionImport('imported', importModule, letter, binaryen.none, binaryen.none);
  module.addFunction('f', binaryen.none, binaryen.none, [], module.call('imported', [], binaryen.none));
  module.addFunctionExport('f', 'X');
  return module.emitBinary();
}

/** The same, with a memory that is imported. */
function moduleWithMemory(): Uint8Array {
  const module = new binaryen.Module();
  module.setFeatures(binaryen.Features.All);
  module.setMemory(1, 2, undefined, [], true);
  module.addMemoryImport('0', 'a', 'a', true);
  module.addFunction('f', binaryen.none, binaryen.none, [], module.nop());
  module.addFunctionExport('f', 'X');
  return module.emitBinary();
}

const glue = 'var wasmImports={a:__abort_js,b:_fetch_it};var _free=wasmExports["X"];';
const allowed = { imports: { __abort_js: 'ends' }, exports: { _free: 'frees' } };
const check = (bytes: Uint8Array, text = glue, list = allowed) =>
  audit({ file: 'test.wasm', bytes, glue: text, allowed: list });

describe('the import audit', () => {
  it('passes what is listed, by the names that the JavaScript binds', async () => {
    const seen = await check(moduleWith('a', 'a'));
    expect(seen.imports).toEqual([{ kind: 'function', module: 'a', letter: 'a', name: '__abort_js' }]);
    expect(seen.exports).toEqual([{ kind: 'function', letter: 'X', name: '_free' }]);
  });

  it('fails on a new import, a new export, another module and an unbound name', async () => {
    await expect(check(moduleWith('a', 'b'))).rejects.toThrow('import _fetch_it (function)');
    await expect(check(moduleWith('a', 'c'))).rejects.toThrow(
      "import 'c' (function), which the JavaScript does not bind",
    );
    await expect(check(moduleWith('env', 'a'))).rejects.toThrow("import of a function from 'env'");
    const list = { ...allowed, exports: {} as { _free: string } };
    await expect(check(moduleWith('a', 'a'), glue, list)).rejects.toThrow('export _free (function)');
  });

  it('lets the memory come from outside where threads share it, and nowhere else', async () => {
    const bytes = moduleWithMemory();
    const what = { file: 'test.wasm', bytes, glue: 'var wasmImports={a:wasmMemory};var _free=wasmExports["X"];' };
    const list = { imports: { wasmMemory: 'shared' }, exports: allowed.exports };
    await expect(audit({ ...what, allowed: list })).rejects.toThrow("import of a memory from 'a'");
    const seen = await audit({ ...what, allowed: list, threads: true });
    expect(seen.imports).toEqual([{ kind: 'memory', module: 'a', letter: 'a', name: 'wasmMemory' }]);
  });
});
