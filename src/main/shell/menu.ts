/** The application's menu. What concerns the page goes to the page as a command, so that menu, palette and shortcuts do the same. */
import { Menu, type MenuItemConstructorOptions } from 'electron';
import { TO_PAGE } from '../../shared/shellBridge.ts';
import type { Windows } from './windows.ts';

const PAGES: readonly (readonly [label: string, path: string])[] = [
  ['Runs', '/runs'],
  ['Compare', '/compare'],
  ['Queue', '/queue'],
  ['Evaluate', '/evaluate'],
  ['Models', '/models'],
  ['Corpora', '/corpora'],
  ['Settings', '/settings'],
];

export interface MenuActions {
  command: (command: string) => void;
  openWindow: () => void;
}

/** The menu as data. Every item of ours has an id, which is its command's name. */
export function menuTemplate({ command, openWindow }: MenuActions, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  const item = (label: string, name: string, more: MenuItemConstructorOptions = {}): MenuItemConstructorOptions => ({ id: name, label, click: () => command(name), ...more });
  // The page has these keys itself; the menu only shows them.
  const shown = (accelerator: string): MenuItemConstructorOptions => ({ accelerator, registerAccelerator: false });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        item('New run', 'go:/new', { accelerator: 'CmdOrCtrl+N' }),
        item('Distil', 'go:/distil'),
        { id: 'new-window', label: 'New window', accelerator: 'CmdOrCtrl+Shift+N', click: openWindow },
        separator,
        { role: 'close' },
        ...(isMac ? [] : [{ role: 'quit' } as const]),
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: [item('Search', 'search', shown('CmdOrCtrl+K')), separator, ...PAGES.map(([label, path]) => item(label, `go:${path}`))],
    },
    {
      label: '&View',
      submenu: [
        { role: 'reload' },
        { role: 'toggleDevTools' },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('Keyboard shortcuts', 'shortcuts'), ...(isMac ? [] : [separator, { role: 'about' } as const])] },
  ];
}

export function setUpMenu(windows: Windows): void {
  const command = (name: string) => {
    const page = windows.current()?.webContents;
    if (page) page.send(TO_PAGE.command, name);
    // On a Mac the menu is there without a window.
    else windows.open().webContents.once('did-finish-load', () => command(name));
  };
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate({ command, openWindow: () => void windows.open() }, process.platform)));
}
