/** The bridge: what a page may ask of the shell, and nothing more. No Electron object crosses, and no channel is named by the page. */
import { contextBridge, ipcRenderer } from 'electron';
import { FROM_PAGE, TO_PAGE, type ShellBridge } from '../shared/shellBridge.ts';

const bridge: ShellBridge = {
  open: () => ipcRenderer.send(FROM_PAGE.open),
  send: (message) => ipcRenderer.send(FROM_PAGE.send, message),
  // The event is left behind: it would hand the page the means to send on channels of its own choice.
  onMessage: (listener) => void ipcRenderer.on(TO_PAGE.message, (_event, message: string) => listener(message)),
  onClose: (listener) => void ipcRenderer.on(TO_PAGE.close, () => listener()),
  chooseFolder: (title) => ipcRenderer.invoke(FROM_PAGE.chooseFolder, title) as Promise<string | null>,
  setProgress: (fraction) => ipcRenderer.send(FROM_PAGE.setProgress, fraction),
  notify: (title, body) => ipcRenderer.send(FROM_PAGE.notify, title, body),
  setUnsaved: (unsaved) => ipcRenderer.send(FROM_PAGE.setUnsaved, unsaved),
  onCommand: (listener) => void ipcRenderer.on(TO_PAGE.command, (_event, command: string) => listener(command)),
};

contextBridge.exposeInMainWorld('cria', bridge);
