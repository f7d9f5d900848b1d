/** Pages and their addresses. The address keeps what a page shows, so that every view can be reopened. */
import { watchAddress } from './viewAddress.ts';
import { createRouter, createWebHashHistory } from 'vue-router';

export const router = createRouter({
  // No server knows these addresses, and the shell loads files.
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/runs' },
    { path: '/runs', name: 'Runs', component: () => import('./pages/RunsPage.vue') },
    { path: '/runs/:id', name: 'Run', component: () => import('./pages/RunPage.vue'), props: true },
    { path: '/compare', name: 'Compare', component: () => import('./pages/ComparePage.vue') },
    { path: '/new', name: 'New run', component: () => import('./pages/NewRunPage.vue') },
    { path: '/distil', name: 'Distil', component: () => import('./pages/DistilPage.vue') },
    { path: '/queue', name: 'Queue', component: () => import('./pages/QueuePage.vue') },
    { path: '/evaluate', name: 'Evaluate', component: () => import('./pages/EvaluatePage.vue') },
    { path: '/lab', name: 'Text lab', component: () => import('./pages/TextLabPage.vue') },
    { path: '/models', name: 'Models', component: () => import('./pages/ModelsPage.vue') },
    { path: '/models/:name', name: 'Model', component: () => import('./pages/ModelPage.vue'), props: true },
    { path: '/corpora', name: 'Corpora', component: () => import('./pages/CorporaPage.vue') },
    { path: '/settings', name: 'Settings', component: () => import('./pages/SettingsPage.vue') },
    { path: '/:rest(.*)', name: 'Not found', component: () => import('./pages/NotFoundPage.vue') },
  ],
});

watchAddress(router);
router.afterEach(({ name }) => {
  document.title = `${String(name)} – Cria`;
});
