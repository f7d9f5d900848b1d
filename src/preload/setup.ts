/** The set-up window's bridge: it can be begun, stopped and left, and nothing more. */
import { contextBridge, ipcRenderer } from 'electron';
import { FROM_SETUP, TO_SETUP, type SetupBridge, type SetupState } from '../shared/setupBridge.ts';

const bridge: SetupBridge = {
  onState(listener) {
    ipcRenderer.on(TO_SETUP.state, (_event, state: SetupState) => listener(state));
    ipcRenderer.send(FROM_SETUP.ready);
  },
  begin: () => ipcRenderer.send(FROM_SETUP.begin),
  stop: () => ipcRenderer.send(FROM_SETUP.stop),
  quit: () => ipcRenderer.send(FROM_SETUP.quit),
};

contextBridge.exposeInMainWorld('criaSetup', bridge);
