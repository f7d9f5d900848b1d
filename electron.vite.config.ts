import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';

const source = (file: string) => resolve(import.meta.dirname, 'src', file);

export default defineConfig({
  main: {
    build: {
      // Pure JavaScript that every start needs comes in one piece: finding and reading its hundred files took longer than all else.
      externalizeDeps: { exclude: ['zod', 'yaml'] },
      // The shell forks the engine's process and the engine forks jobs, so each is an entry of its own beside the command line.
      rollupOptions: {
        input: { index: source('main/index.ts'), cli: source('main/cli.ts'), engineProcess: source('main/engineProcess.ts'), job: source('main/job.ts') },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload script is CommonJS and in one piece; these share no module.
      rollupOptions: { input: { index: source('preload/index.ts'), setup: source('preload/setup.ts') }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer: {
    root: source('renderer'),
    plugins: [vue()],
    base: './',
    build: {
      minify: true,
      rollupOptions: { input: { index: source('renderer/index.html'), setup: source('renderer/setup.html') } },
      // ECharts and the editor are large, and come from the same disk.
      chunkSizeWarningLimit: 1500,
    },
  },
});
