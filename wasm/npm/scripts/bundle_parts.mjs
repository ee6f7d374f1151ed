// bundle/ of the package, beside its loader: the whole runtimes with their graphs, and the scripts of the seal's frames.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dotClassOf, features } from './features.mjs';
import { sealScripts } from './seal_page.mjs';
import { makeWhole } from './whole_module.mjs';

/**
 * @param {{ into: string, variants: Record<string, { relaxed: boolean, threads: boolean }>, folders: Record<string, string> }} what
 *   `folders`: where CMake built each variant
 * @returns {Promise<string[]>} the variants that can be cut
 */
export async function makeBundleParts({ into, variants, folders }) {
  await writeFile(path.join(into, 'variants.json'), JSON.stringify(variants));
  // Runtimes with threads are not cut: bin/bundle/command.mjs.
  const cuttable = Object.keys(variants).filter((variant) => !variants[variant]?.threads);
  for (const variant of cuttable) {
    const file = path.join(folders[variant], `edgy-${variant}`);
    const linked = await readFile(`${file}-whole.wasm`).catch(() => {
      throw new Error(`${file}-whole.wasm is missing: build the CMake preset wasm-${variant} first`);
    });
    const { bytes, graph, names } = makeWhole({ linked, glue: await readFile(`${file}.mjs`, 'utf8') });
    await writeFile(path.join(into, `whole-${variant}.wasm`), bytes);
    const content = { ...graph, features: features(names, variants[variant].relaxed), dotClass: dotClassOf(names) };
    await writeFile(path.join(into, `whole-${variant}.json`), JSON.stringify(content));
  }
  const { inner, outer } = await sealScripts();
  await writeFile(path.join(into, 'seal-inner.txt'), inner);
  await writeFile(path.join(into, 'seal-outer.txt'), outer);
  return cuttable;
}
