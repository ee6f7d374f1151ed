import { work } from './work.js';

registerProcessor(
  'edgy',
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      work().then((result) => this.port.postMessage(result));
    }
    process() {
      return true;
    }
  },
);
