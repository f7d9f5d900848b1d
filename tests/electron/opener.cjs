/**
 * Loaded by Electron before the shell (`electron -r`): tries to open windows from the page by each way there is, and writes what came of it
 * to standard output as JSON. Playwright cannot try it: it holds every new page until it has looked at it, also one that is refused.
 * Environment: CRIA_TEST_ELSEWHERE, an address of another origin.
 */
const { app, BrowserWindow, webContents } = require('electron');

const address = JSON.stringify(process.env.CRIA_TEST_ELSEWHERE);
const TRIES = `(async () => {
  window.open(${address});
  window.open('cria://app/index.html');
  const link = Object.assign(document.createElement('a'), { href: ${address}, target: '_blank' });
  document.body.appendChild(link);
  link.click();
  link.dispatchEvent(new MouseEvent('click', { ctrlKey: true }));
  const form = Object.assign(document.createElement('form'), { action: ${address}, target: '_blank' });
  document.body.appendChild(form);
  form.submit();
  await new Promise((resolve) => setTimeout(resolve, 500));
})()`;

app.once('browser-window-created', (_event, window) => {
  window.webContents.once('did-finish-load', async () => {
    await window.webContents.executeJavaScript(TRIES, true);
    process.stdout.write(`${JSON.stringify({ windows: BrowserWindow.getAllWindows().length, pages: webContents.getAllWebContents().length })}\n`);
    app.quit();
  });
});
