/**
 * Builds the shell, the preload script and the renderer for the old Electron that the tests can have: older JavaScript, CommonJS,
 * polyfills. The engine's process is not built; it runs from the sources under Cria's own Node.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { build, type InlineConfig, type Plugin } from 'vite';

const here = import.meta.dirname;
const project = resolve(here, '../..');
/** Inside the project, so that the built shell finds its modules. */
export const OUT = join(project, 'out', 'test-electron');

const NODE = 'es2019';
const CHROME = 'chrome83';

/** Node's modules by the names and with the functions that an old Node has. */
const oldNode: Plugin = {
  name: 'cria-old-node',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id === 'node:fs') return join(here, 'oldNode', 'fs.ts');
    if (id.endsWith('/setupMachinery.ts')) return join(here, 'oldNode', 'setupMachinery.ts');
    if (id === 'node:timers/promises') return join(here, 'oldNode', 'timersPromises.ts');
    const name = id.replace(/^node:/, '');
    return importer && builtinModules.includes(name) ? { id: name, external: true } : null;
  },
};

/** What Chromium 83 lacks, in front of the page's own code. */
const oldBrowser: Plugin = {
  name: 'cria-old-browser',
  transform: (code, id) => (/\/renderer\/(setup\/)?main\.ts$/.test(id) ? `import 'core-js/stable';\n${code}` : null),
};

const shared: InlineConfig = { configFile: false, root: project, logLevel: 'warn' };

function script(entry: string, folder: string, name = 'index'): InlineConfig {
  return {
    ...shared,
    plugins: [oldNode],
    ssr: { noExternal: true, external: ['electron'], target: 'node' },
    build: {
      ssr: entry,
      target: NODE,
      outDir: join(OUT, folder),
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { format: 'cjs', entryFileNames: `${name}.cjs`, codeSplitting: false } },
    },
  };
}

const renderer: InlineConfig = {
  ...shared,
  root: join(project, 'src', 'renderer'),
  base: './',
  plugins: [vue(), oldBrowser],
  build: {
    rolldownOptions: { input: ['index.html', 'setup.html'].map((file) => join(project, 'src', 'renderer', file)) },
    target: CHROME, cssTarget: CHROME, outDir: join(OUT, 'renderer'), emptyOutDir: true, minify: false, modulePreload: false, chunkSizeWarningLimit: 10_000,
  },
};

/** Builds everything into {@link OUT}. */
export async function buildForOldElectron(): Promise<void> {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(join(OUT, 'main'), { recursive: true });
  await build(script(join(here, 'oldNode', 'main.ts'), 'main'));
  for (const preload of ['index', 'setup']) await build(script(join(project, 'src', 'preload', `${preload}.ts`), 'preload', preload));
  writeFileSync(join(OUT, 'main', 'engineProcess.js'), "import '../../../src/main/engineProcess.ts';\n");
  await build(renderer);
}
