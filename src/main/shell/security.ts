/** What no page may do, whichever it is: leave the app, open windows, embed others, ask for devices. */
import { app, session } from 'electron';
import { isOwnAddress } from './appFiles.ts';
import { navigationTarget, refuseNewWindows } from './compat.ts';

/** Before the first window. */
export function setUpSecurity(): void {
  // A window that forgot to ask for the sandbox gets it all the same. With it forced, Chromium would not start at all for who has to do
  // without (the superuser in a container, who says so with --no-sandbox).
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  app.on('web-contents-created', (_event, contents) => {
    refuseNewWindows(contents);
    const stay = (event: { preventDefault(): void; url?: string }, url?: string) => {
      if (!isOwnAddress(navigationTarget(event, url))) event.preventDefault();
    };
    contents.on('will-navigate', stay);
    contents.on('will-redirect', stay);
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

/** Once the app is ready. */
export function setUpPermissions(): void {
  const own = session.defaultSession;
  // Text is copied from the app; nothing else is ever asked for.
  const allowed = new Set(['clipboard-sanitized-write']);
  own.setPermissionRequestHandler((_contents, permission, answer) => answer(allowed.has(permission)));
  own.setPermissionCheckHandler((_contents, permission) => allowed.has(permission));
  own.on('will-download', (event, item) => {
    // Charts and tables are saved from the page's own data; nothing is fetched from elsewhere.
    if (!/^(blob|data):/.test(item.getURL())) event.preventDefault();
  });
}
