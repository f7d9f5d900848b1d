/** The window's beginning: theme first, so that nothing flashes, then the connection, then the app. */
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import type { Method } from '../shared/contract.ts';
import App from './App.vue';
import { engine } from './engine/connection.ts';
import { router } from './router.ts';
import { applyTheme } from './theme.ts';
import './style/tokens.css';
import './style/base.css';

applyTheme();
// Under way while the page is built.
void engine.connect();
// eslint-disable-next-line @typescript-eslint/no-unsafe-argument -- the linter's parser does not know Vue's files; vue-tsc does.
createApp(App).use(createPinia()).use(router).mount('#app');

// A browser under automation may ask the engine through the page's own connection: tests set their scenes with it.
if (navigator.webdriver) Object.assign(window, { criaTest: (method: Method, params: object) => engine.request(method, params as never) });
