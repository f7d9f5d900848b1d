/** What the window's shell does for the engine, without a window: keeps one, and starts it again when it dies. Arguments: the workspace. */
import { resolve } from 'node:path';
import { EngineKeeper } from '../../src/main/shell/engineKeeper.ts';

const keeper = new EngineKeeper({ node: process.execPath, entry: resolve(import.meta.dirname, '../../src/main/engineProcess.ts'), workspace: process.argv[2]! });
keeper.onFailure = (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};
for (;;) {
  // As a window does: connected for as long as there is an engine.
  const channel = await keeper.connect().catch(() => null);
  if (channel) await new Promise<void>((closed) => channel.onClose(closed));
  await new Promise((again) => setTimeout(again, 100));
}
