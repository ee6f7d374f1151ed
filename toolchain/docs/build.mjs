// Pages of both APIs from the doc comments, in build/docs/api: C++ by Doxygen, TypeScript by TypeDoc. A comment that either cannot
// read (a link to nothing, an unknown command) is an error.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const output = path.join(root, 'build/docs/api');
mkdirSync(output, { recursive: true });

const doxygen = spawnSync('doxygen', [path.join(here, 'Doxyfile')], { cwd: root, encoding: 'utf8' });
if (doxygen.error) throw new Error(`doxygen does not run (${doxygen.error.message}): toolchain/setup docs installs it`);
if (doxygen.status !== 0 || doxygen.stderr.trim()) {
  process.stderr.write(doxygen.stderr.replaceAll(`${root}/`, ''));
  process.exit(1);
}
console.log('  build/docs/api/cpp/index.html  converter, runtime, kernels');

execFileSync(
  path.join(here, 'node_modules/.bin/typedoc'),
  ['--options', path.join(here, 'typedoc.json'), '--logLevel', 'Warn'],
  {
    cwd: here,
    stdio: 'inherit',
  },
);
console.log('  build/docs/api/js/index.html   the npm package');
