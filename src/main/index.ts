/**
 * The shell: Electron's main process. It has windows, a menu and the system's favours, and relays messages between the windows and the
 * engine, a process of its own. No TensorFlow and no SQL in here, so that a window never stutters.
 */
import { app } from 'electron';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUpBridge } from './shell/bridge.ts';
import { ChosenFolders } from './shell/chosenFolders.ts';
import { EngineKeeper } from './shell/engineKeeper.ts';
import { EngineWatch } from './shell/engineWatch.ts';
import { setUpInstance } from './shell/instance.ts';
import { setUpMenu } from './shell/menu.ts';
import { setUpPowerSaveBlocker } from './shell/power.ts';
import { setUpQuit } from './shell/quit.ts';
import { setUpFiles, setUpScheme } from './shell/scheme.ts';
import { setUpPermissions, setUpSecurity } from './shell/security.ts';
import { prepareNode } from './shell/setupWindow.ts';
import { endWithError, setUpTrouble } from './shell/trouble.ts';
import { Windows } from './shell/windows.ts';
import { workspaceFolder } from './workspaceFolder.ts';

/** out/main, with out/preload and out/renderer beside it. */
const here = dirname(fileURLToPath(import.meta.url));
/** What other programs than Electron read lies beside a package's archive. */
const unpacked = (path: string) => path.replace(/app\.asar(?=[\\/]|$)/, 'app.asar.unpacked');
const workspace = workspaceFolder(undefined);

if (setUpInstance(workspace)) start().catch(endWithError);
else app.quit();

async function start(): Promise<void> {
  setUpScheme();
  setUpSecurity();
  await setUpFiles(join(here, '../renderer'));
  setUpPermissions();
  const node = await prepareNode({ root: unpacked(join(here, '../..')), preload: join(here, '../preload/setup.cjs') });
  if (!node) return app.quit();

  const keeper = new EngineKeeper({ node: node.path, entry: unpacked(join(here, 'engineProcess.js')), workspace });
  setUpTrouble(keeper);
  const watch = new EngineWatch(keeper);
  const windows = new Windows({ preload: join(here, '../preload/index.cjs'), placeFile: join(app.getPath('userData'), 'window.json') });
  setUpBridge(windows, keeper, new ChosenFolders(join(app.getPath('userData'), 'folders.json')));
  setUpQuit(windows, keeper, watch);
  setUpPowerSaveBlocker(watch);
  app.on('second-instance', () => windows.focus());
  app.on('activate', () => windows.focus());

  setUpMenu(windows);
  windows.open();
  node.dismiss();
}
