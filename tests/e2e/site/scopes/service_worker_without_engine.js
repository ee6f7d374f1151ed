import { work } from './work.js';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', ({ ports: [port] }) => work().then((result) => port.postMessage(result)));
