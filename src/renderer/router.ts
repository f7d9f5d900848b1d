/** Pages and their addresses. The address keeps what a page shows, so that every view can be reopened. */
import { createRouter, createWebHashHistory } from 'vue-router';
import RunsPage from './pages/RunsPage.vue';
import { watchAddress } from './viewAddress.ts';

const RunPage = () => import('./pages/RunPage.vue');
const ComparePage = () => import('./pages/ComparePage.vue');

/** Brings the pages with charts, which are the largest, while nobody waits for them. */
export const prefetchPages = () => requestIdleCallback(() => void Promise.all([RunPage(), ComparePage()]), { timeout: 3000 });

export const router = createRouter({
  // No server knows these addresses, and the shell loads files.
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/runs' },
    // The page that a start shows comes with the app; the others when they are gone to.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- the linter's parser does not know Vue's files; vue-tsc does.
    { path: '/runs', name: 'Runs', component: RunsPage },
    { path: '/runs/:id', name: 'Run', component: RunPage, props: true },
    { path: '/compare', name: 'Compare', component: ComparePage },
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
