/** An engine that cannot be had: the user is told what hinders it and what to do, and decides. */
import { app, dialog } from 'electron';
import { toWireError } from '../../shared/errors.ts';
import type { EngineKeeper } from './engineKeeper.ts';

export function setUpTrouble(keeper: EngineKeeper): void {
  keeper.onFailure = ({ message, hint }) => {
    process.stderr.write(`${message}\n${hint}\n`);
    void app
      .whenReady()
      .then(() => dialog.showMessageBox({ type: 'error', title: 'Cria', message, detail: hint, buttons: ['Try again', 'Quit'], defaultId: 0, cancelId: 1, noLink: true }))
      .then(({ response }) => (response === 0 ? keeper.retry() : app.quit()));
  };
}

/** What kept the window itself from opening; nothing can be done but to say it and go. */
export function endWithError(thrown: unknown): void {
  const { message, hint } = toWireError(thrown);
  process.stderr.write(`${message}\n${hint}\n`);
  dialog.showErrorBox('Cria cannot open its window', `${message}\n\n${hint}`);
  app.exit(1);
}
