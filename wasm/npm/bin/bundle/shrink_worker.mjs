// One runtime shrunk in a thread of its own, as each takes Binaryen many seconds.
import { parentPort, workerData } from 'node:worker_threads';
import { shrink } from './shrink.mjs';

parentPort.postMessage(await shrink(workerData));
