import { work } from './work.js';

self.onconnect = ({ ports: [port] }) => work().then((result) => port.postMessage(result));
