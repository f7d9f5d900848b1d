/**
 * The address keeps what a page shows. A page writes its view into it with `keepView`; an address that comes from elsewhere (a link, the
 * palette, a bookmark, the back button) makes the page anew.
 */
import { ref } from 'vue';
import type { LocationQueryRaw, Router } from 'vue-router';

/** Counts the times that the page shown has to begin anew at an address of the same path. */
export const beginnings = ref(0);

let isOwn = false;

/** Whether the address is being changed by the page that it belongs to. */
export const isOwnView = (): boolean => isOwn;

export async function keepView(router: Router, query: LocationQueryRaw): Promise<void> {
  isOwn = true;
  await router.replace({ query }).finally(() => (isOwn = false));
}

export function watchAddress(router: Router): void {
  router.afterEach((to, from) => {
    if (!isOwn && to.path === from.path && to.fullPath !== from.fullPath) beginnings.value++;
  });
}
