import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // They want an Electron and a display: npm run test:electron.
    exclude: ['tests/electron/**'],
    // TensorFlow and the native modules want a process each, and two of them fill a small machine.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
