// The converter of the package: Edgy's command, compiled to WebAssembly. It reads and writes the machine's files as a native one does.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = new URL('../converter/edgy-converter.mjs', import.meta.url);

/** What the converter's command line begins with: `edgy WORD ...`. */
export const converterCommands = [
  'convert',
  'export',
  'inspect',
  'policy',
  'run',
  'compare',
  'audit',
  'operators',
  'config',
  'finetune',
  'private-encoder',
  '--version',
];

/**
 * Runs `edgy WORDS...`; the process's exit code is the command's. Returns once it has ended.
 * @param {string[]} words
 * @throws where the package was built without the converter.
 */
export async function runConverter(words) {
  if (!existsSync(file))
    throw new Error(
      `this package was built without the converter: ${fileURLToPath(file)} is missing. Build it from Edgy's sources: make converter-wasm package`,
    );
  const { default: create } = await import(file.href);
  await create({ arguments: words, thisProgram: 'edgy' });
}
