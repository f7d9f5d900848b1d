/** The app's windows: opened, focused, remembered. All show the same page; each has a connection of its own. */
import { BrowserWindow, screen, type WebContents } from 'electron';
import { START_PAGE } from './appFiles.ts';
import { Unsaved } from './unsaved.ts';
import { isVisible, readPlace, writePlace, type WindowPlace } from './windowPlace.ts';

export interface WindowsOptions {
  preload: string;
  /** File that keeps the window's place. */
  placeFile: string;
}

const DEFAULT_SIZE = { width: 1360, height: 860 };
const MIN_SIZE = { width: 720, height: 480 };
/** Before the page's own colours are there. */
const BACKGROUND = '#14161a';

export class Windows {
  readonly unsaved = new Unsaved();
  readonly #options: WindowsOptions;
  readonly #pages = new Set<WebContents>();
  readonly #openedListeners: ((page: WebContents) => void)[] = [];
  /** May hinder a window from closing. */
  mayClose: (window: BrowserWindow) => boolean = () => true;

  constructor(options: WindowsOptions) {
    this.#options = options;
  }

  get pages(): ReadonlySet<WebContents> {
    return this.#pages;
  }

  /** Told of each new window's page, before it loads. */
  onOpened(listener: (page: WebContents) => void): void {
    this.#openedListeners.push(listener);
  }

  open(): BrowserWindow {
    const { preload, placeFile } = this.#options;
    const kept = readPlace(placeFile);
    const place = kept && this.#pages.size === 0 && isVisible(kept, screen.getAllDisplays().map(({ workArea }) => workArea)) ? kept : null;
    const window = new BrowserWindow({
      ...DEFAULT_SIZE,
      ...(place ? { x: place.x, y: place.y, width: place.width, height: place.height } : {}),
      minWidth: MIN_SIZE.width,
      minHeight: MIN_SIZE.height,
      title: 'Cria',
      show: false,
      backgroundColor: BACKGROUND,
      webPreferences: {
        preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webviewTag: false,
        webSecurity: true,
        spellcheck: false,
        // Curves go on being drawn, and events taken in, behind other windows.
        backgroundThrottling: false,
      },
    });
    const page = window.webContents;
    this.#pages.add(page);
    page.once('destroyed', () => this.#pages.delete(page));
    // A page that crashed starts anew; the engine has lost nothing by it.
    page.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit' && !page.isDestroyed()) page.reload();
    });
    this.unsaved.guard(window);
    window.once('ready-to-show', () => window.show());
    window.on('close', (event) => {
      writePlace(placeFile, placeOf(window));
      if (!this.mayClose(window)) event.preventDefault();
    });
    if (place?.maximized) window.maximize();
    for (const listener of this.#openedListeners) listener(page);
    void window.loadURL(START_PAGE);
    return window;
  }

  /** Brings a page's window to the front; without one, the latest used, or a new one. */
  focus(page?: WebContents): void {
    const window = (page && BrowserWindow.fromWebContents(page)) ?? this.current();
    if (!window) {
      this.open();
      return;
    }
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  /** The focused window, else any. */
  current(): BrowserWindow | null {
    return BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0] ?? null;
  }
}

function placeOf(window: BrowserWindow): WindowPlace {
  return { ...window.getNormalBounds(), maximized: window.isMaximized() };
}
