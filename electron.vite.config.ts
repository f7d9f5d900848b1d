import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';

const source = (file: string) => resolve(import.meta.dirname, 'src', file);

export default defineConfig({
  main: {
    build: {
      // The engine forks job.js, so it is an entry of its own beside the command line.
      rollupOptions: { input: { cli: source('main/cli.ts'), job: source('main/job.ts') } },
    },
  },
});
