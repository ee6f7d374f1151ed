// Reads the module that checks/embind.cpp became. Node's compiler for first runs may not know relaxed SIMD, so without the
// flag this checks the glue and the wasm's validity as far as this Node can.
import { pathToFileURL } from 'node:url';

const create = (await import(pathToFileURL(process.argv[2]).href)).default;
const module = await create();
const result = module.dot('abcdefgh', 'abcdefgh');
const expected = [...'abcdefgh'].reduce((sum, letter) => sum + letter.charCodeAt(0) ** 2, 0);
if (result !== expected) throw new Error(`dot gave ${result} instead of ${expected}`);
console.log(`embind.wasm runs: ${result}`);
