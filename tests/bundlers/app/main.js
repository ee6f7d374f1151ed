// A page: what came out is left where the test looks. `sessionOptions` is for bundles that need some.
import { check } from './check.js';

const wanted = ['plain', 'alone', 'ort', 'sealed', ...(self.crossOriginIsolated ? ['threads'] : [])];
check('/models/edgy-256-int8.edgy', wanted, globalThis.sessionOptions).then((results) => {
  globalThis.results = results;
});
