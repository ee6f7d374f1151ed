// A program outside browsers: prints what came out.
import { check } from './check.js';

console.log(`RESULTS ${JSON.stringify(await check(process.argv[2], ['plain', 'ort']))}`);
