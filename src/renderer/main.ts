/** The window's beginning: theme first, so that nothing flashes, then the app, then the connection. */
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { engine } from './engine/connection.ts';
import { router } from './router.ts';
import { applyTheme } from './theme.ts';
import './style/tokens.css';
import './style/base.css';

applyTheme();
createApp(App).use(createPinia()).use(router).mount('#app');
void engine.connect();
