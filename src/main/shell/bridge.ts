/** The shell's side of the bridge (src/shared/shellBridge.ts): relays each window's messages, and does what only the shell can. */
import { BrowserWindow, dialog, ipcMain, Notification, type IpcMainEvent, type WebContents } from 'electron';
import { FROM_PAGE } from '../../shared/shellBridge.ts';
import { relayWindow } from '../transport/relay.ts';
import type { ChosenFolders } from './chosenFolders.ts';
import type { EngineKeeper } from './engineKeeper.ts';
import { isTrustedSender, readFraction, readText, untrusted } from './senders.ts';
import { WindowChannel } from './windowChannel.ts';
import type { Windows } from './windows.ts';

const MAX_TITLE_LENGTH = 200;
const MAX_BODY_LENGTH = 2000;

export function setUpBridge(windows: Windows, keeper: EngineKeeper, folders: ChosenFolders): void {
  const channels = new Map<WebContents, WindowChannel>();
  const choosers = new Map<WebContents, (folder: string) => void>();
  const abandon = (page: WebContents) => {
    channels.get(page)?.abandon();
    channels.delete(page);
    choosers.delete(page);
  };
  /** Listens to a channel of the page's; whoever else sends on it is not heard. */
  const listen = (name: string, act: (page: WebContents, ...values: unknown[]) => void) =>
    ipcMain.on(name, (event: IpcMainEvent, ...values: unknown[]) => {
      if (isTrustedSender(event, windows.pages)) act(event.sender, ...values);
    });

  windows.onOpened((page) => {
    // A page that goes, by its window's end, a crash or a reload, leaves its connection behind.
    page.once('destroyed', () => abandon(page));
    page.on('render-process-gone', () => abandon(page));
    // Should the new page have opened its own by now, it is told and opens another.
    page.on('did-navigate', () => channels.get(page)?.close());
  });

  listen(FROM_PAGE.open, (page) => {
    abandon(page);
    const channel = new WindowChannel(page);
    channels.set(page, channel);
    choosers.set(page, relayWindow(channel, keeper.connect(), folders.list()));
  });
  listen(FROM_PAGE.send, (page, message) => {
    const channel = channels.get(page);
    const text = readText(message);
    if (text === null) channel?.close();
    else channel?.receive(text);
  });
  listen(FROM_PAGE.setProgress, (page, fraction) => {
    const value = readFraction(fraction);
    if (value !== null) BrowserWindow.fromWebContents(page)?.setProgressBar(value);
  });
  listen(FROM_PAGE.notify, (page, title, body) => {
    const [head, text] = [readText(title, MAX_TITLE_LENGTH), readText(body, MAX_BODY_LENGTH)];
    if (head === null || text === null || !Notification.isSupported()) return;
    const notification = new Notification({ title: head, body: text });
    notification.on('click', () => windows.focus(page));
    notification.show();
  });
  listen(FROM_PAGE.setUnsaved, (page, unsaved) => windows.unsaved.set(page, unsaved === true));
  ipcMain.handle(FROM_PAGE.chooseFolder, async (event, title: unknown): Promise<string | null> => {
    const window = BrowserWindow.fromWebContents(event.sender);
    if (!isTrustedSender(event, windows.pages) || !window) throw untrusted();
    const { filePaths } = await dialog.showOpenDialog(window, {
      title: readText(title, MAX_TITLE_LENGTH) ?? 'Choose a folder',
      properties: ['openDirectory', 'createDirectory'],
    });
    const [folder] = filePaths;
    if (folder === undefined) return null;
    folders.add(folder);
    for (const choose of choosers.values()) choose(folder);
    return folder;
  });
}
