#!/usr/bin/env node
// What the package does on the command line: `edgy assets DIR`, `edgy bundle MODEL.edgy -o DIR`, and all that the converter does.
import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { converterCommands, runConverter } from './converter.mjs';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const usage = `Usage: edgy assets DIR [--plain | --sealed]

Copies the files that Edgy loads while it runs into DIR: workers, WebAssembly, and what sealed sessions need. For bundlers that leave them
behind (esbuild, Rollup): DIR is then the folder of the bundle. For another folder say where it is: wasmPaths: '/its/address/'.

  --plain   without the files of sealed sessions
  --sealed  with nothing else than they need

Usage: edgy bundle MODEL.edgy... -o DIR

Makes DIR: runtime and loader with what these models need alone. edgy bundle --help says more.

Usage: edgy convert MODEL.onnx -o MODEL.edgy [OPTION]...
       edgy inspect | run | compare | export | operators | config ...

The converter, as WebAssembly: no compiler is needed. Each command explains itself: edgy convert --help.
`;

function fail(message) {
  process.stderr.write(`edgy: ${message}\n`);
  process.exit(1);
}

/** Names of the files in dist/ that are no modules to import: each is exported under its name. */
async function assets() {
  const { exports } = JSON.parse(await readFile(path.join(here, 'package.json'), 'utf8'));
  const files = await readdir(path.join(here, 'dist'));
  return Object.values(exports)
    .filter((target) => typeof target === 'string' && target.startsWith('./dist/') && !target.endsWith('.json'))
    .flatMap((target) => {
      const [before, after] = path.basename(target).split('*');
      return after === undefined ? before : files.filter((name) => name.startsWith(before) && name.endsWith(after));
    });
}

const isSealed = (name) => name.startsWith('seal');
/** What sealed sessions load beside their own files. */
const isShared = (name) => /^edgy-(simd|relaxed)\.wasm$/.test(name);

async function copyAssets(folder, options) {
  for (const option of options)
    if (option !== '--plain' && option !== '--sealed') fail(`'${option}' is no option of assets.\n\n${usage}`);
  const wanted = (await assets()).filter((name) =>
    options.includes('--sealed') ? isSealed(name) || isShared(name) : !(options.includes('--plain') && isSealed(name)),
  );
  await mkdir(folder, { recursive: true }).catch((error) => fail(`${folder} cannot be made: ${error.message}`));
  let total = 0;
  for (const name of wanted) {
    const from = path.join(here, 'dist', name);
    await copyFile(from, path.join(folder, name)).catch((error) => fail(`${name} cannot be copied: ${error.message}`));
    const { size } = await stat(from);
    total += size;
    process.stdout.write(`${String(size).padStart(9)}  ${path.join(folder, name)}\n`);
  }
  process.stdout.write(`${String(total).padStart(9)}  bytes in ${wanted.length} files\n`);
}

const [command, ...rest] = process.argv.slice(2);
if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
  process.stdout.write(usage);
} else if (command === 'assets') {
  const options = rest.filter((word) => word.startsWith('-'));
  const [folder, ...more] = rest.filter((word) => !word.startsWith('-'));
  if (more.length > 0) fail(`assets takes one folder, not '${more[0]}' as well.\n\n${usage}`);
  if (folder === undefined) fail(`assets needs a folder.\n\n${usage}`);
  await copyAssets(folder, options);
} else if (command === 'bundle') {
  const { bundleCommand } = await import('./bundle/command.mjs');
  await bundleCommand(here, rest).then(
    (text) => process.stdout.write(text),
    (error) => fail(error.message),
  );
} else if (converterCommands.includes(command)) {
  await runConverter([command, ...rest]).catch((error) => fail(error.message));
} else {
  fail(`'${command}' is no command.\n\n${usage}`);
}
