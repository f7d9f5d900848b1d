/** The layers of the code: renderer -> shared <- main; inside main, parts never import processes, and one file alone names tfjs. */
const PROCESSES = '^src/main/((index|host|cli|engine|engineProcess|job)\\.ts|cli/|handlers/|shell/)';
const PARTS = '^src/main/(corpus|models|training|generation|tensorflow|evaluation|demo|exchange|lab|config|store|disk)/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'shared-stands-alone', severity: 'error', from: { path: '^src/shared' }, to: { pathNot: '^(src/shared|node_modules/zod)' } },
    { name: 'shared-without-node', severity: 'error', from: { path: '^src/shared' }, to: { dependencyTypes: ['core'] } },
    { name: 'renderer-knows-only-the-contract', severity: 'error', from: { path: '^src/renderer' }, to: { path: '^src/(main|preload)' } },
    { name: 'parts-never-import-processes', severity: 'error', from: { path: PARTS }, to: { path: PROCESSES } },
    {
      name: 'store-imports-no-part',
      severity: 'error',
      from: { path: '^src/main/store/' },
      to: { path: '^src/main/', pathNot: '^src/main/(store|disk)/' },
    },
    {
      name: 'one-file-names-tfjs',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/main/tensorflow/tf\\.ts$' },
      to: { path: 'node_modules/@tensorflow' },
    },
    {
      name: 'engine-never-loads-tensorflow',
      severity: 'error',
      from: { path: '^src/main/(engine|cli)\\.ts$' },
      to: { path: '^src/main/tensorflow/tf\\.ts$', reachable: true },
    },
    {
      // Whatever the window's process loads can make it stutter or take it down; the engine's work is done elsewhere.
      name: 'shell-only-relays',
      severity: 'error',
      from: { path: '^src/main/(index\\.ts|shell/)' },
      to: { path: '^src/main/', pathNot: '^src/main/(shell/|transport/|host/rendererFiles\\.ts|store/lock\\.ts|workspaceFolder\\.ts)' },
    },
    {
      name: 'shell-never-loads-the-engine',
      severity: 'error',
      from: { path: '^src/main/index\\.ts$' },
      to: { path: '^(src/main/(engine|workspace)\\.ts|src/main/(handlers|queue|cli)/|src/main/store/store\\.ts|src/main/tensorflow/|node_modules/(better-sqlite3|tokenizers|ws)/)', reachable: true },
    },
    { name: 'preload-knows-only-the-bridge', severity: 'error', from: { path: '^src/preload' }, to: { path: '^src/', pathNot: '^src/shared/(shell|setup)Bridge\\.ts$' } },
    { name: 'only-the-shell-and-preload-know-electron', severity: 'error', from: { path: '^src', pathNot: '^src/(main/index\\.ts|main/shell/|preload/)' }, to: { path: '^(node_modules/)?electron(/|$)' } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
