/** Pages with text that is not saved: asked about before it is lost by a window's end, a reload, or the app's. */
import { dialog, type BrowserWindow, type MessageBoxSyncOptions, type WebContents } from 'electron';

const QUESTION: MessageBoxSyncOptions = {
  type: 'question',
  title: 'Leave without saving?',
  message: 'A config has changes that are not saved.',
  detail: 'They are in no file and no run.',
  buttons: ['Discard the changes', 'Cancel'],
  defaultId: 1,
  cancelId: 1,
  noLink: true,
};

export class Unsaved {
  readonly #pages = new Set<WebContents>();
  /** Once the app is on its way out, what it asked about may go. */
  #isSettled = false;

  get any(): boolean {
    return this.#pages.size > 0;
  }

  set(page: WebContents, isUnsaved: boolean): void {
    if (isUnsaved) this.#pages.add(page);
    else this.#pages.delete(page);
  }

  /** Guards a window's page: it holds on to itself (`beforeunload`), and lets go when the user says so. */
  guard(window: BrowserWindow): void {
    const page = window.webContents;
    page.on('will-prevent-unload', (event) => {
      // There is no waiting here: the page stands still until it is known.
      if (this.#isSettled || dialog.showMessageBoxSync(window, QUESTION) === 0) event.preventDefault();
    });
    page.on('did-navigate', () => this.#pages.delete(page));
    page.once('destroyed', () => this.#pages.delete(page));
  }

  /** Before the app ends. @returns false when the user would rather stay */
  async mayEnd(window: BrowserWindow | null): Promise<boolean> {
    if (!this.any) return true;
    const { response } = await (window ? dialog.showMessageBox(window, QUESTION) : dialog.showMessageBox(QUESTION));
    return response === 0;
  }

  /** From here on nothing is asked. */
  settle(): void {
    this.#isSettled = true;
  }
}
