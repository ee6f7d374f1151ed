// A page: what came out is left where the test looks.
import { check } from './check.js';

const wanted = ['plain', 'alone', 'ort', ...(self.crossOriginIsolated ? ['threads'] : [])];
globalThis.results = await check('/models/edgy-256-int8.edgy', wanted);
