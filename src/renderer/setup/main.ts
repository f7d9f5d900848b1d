/** The page of the window in which a packaged app is set up (src/main/shell/setupWindow.ts). It knows its own bridge and nothing else. */
import { createApp, shallowRef } from 'vue';
import type { SetupBridge, SetupState } from '../../shared/setupBridge.ts';
import '../style/tokens.css';
import '../style/base.css';
import { applyTheme } from '../theme.ts';
import SetupPage from './SetupPage.vue';

applyTheme();
const bridge = (window as unknown as { criaSetup?: SetupBridge }).criaSetup;
if (bridge) {
  const state = shallowRef<SetupState | null>(null);
  bridge.onState((next) => (state.value = next));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-argument -- the linter's parser does not know Vue's files; vue-tsc does.
  createApp(SetupPage, { bridge, state }).mount('#app');
} else {
  document.body.textContent = 'This page belongs to the app. Run `npm start`, which sets Cria up in the terminal.';
}
