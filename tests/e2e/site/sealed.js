// The page around sealed sessions. Keeps the ports that sessions talk through, as a hostile page would.
import './page.js';
import { createSealedSession, SealedSession } from '../edgy/sealed.js';

const ports = [];
const Channel = globalThis.MessageChannel;
globalThis.MessageChannel = class extends Channel {
  constructor() {
    super();
    ports.push(this.port1);
  }
};

/** Says `message` to the guard behind the library's back and gives its answer. */
function askRaw(port, message, transfer = []) {
  return new Promise((resolve) => {
    const answered = port.onmessage;
    port.onmessage = (event) => {
      if (event.data === 'almost') return;
      port.onmessage = answered;
      resolve(event.data);
    };
    port.postMessage(message, transfer);
  });
}

globalThis.sealing = { createSealedSession, SealedSession, ports, askRaw };
