import { defineConfig } from 'vitest/config';

// No test fails because the machine is busy: the limit is there for what hangs.
export default defineConfig({ test: { include: ['test/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } });
