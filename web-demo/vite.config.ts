import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    // The policy of the page forbids data: in scripts, and every request shall show up in the list.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // The package in a file of its own, so that the page can tell the runtime's bytes from its own;
        // without the engine, which only a page without workers would load here.
        codeSplitting: { groups: [{ name: 'edgy', test: /wasm[\\/]npm[\\/]dist[\\/](index|shared)/ }] },
      },
    },
  },
  worker: { format: 'es' },
});
