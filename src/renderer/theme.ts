/** Dark or light: as the system says, unless the user says otherwise. */
import { ref, type Ref } from 'vue';

export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'cria.theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');

export const themeChoice: Ref<ThemeChoice> = ref((localStorage.getItem(KEY) as ThemeChoice | null) ?? 'system');
/** Whether the page is dark now; charts redraw when it changes. */
export const isDark: Ref<boolean> = ref(false);

export function applyTheme(): void {
  isDark.value = themeChoice.value === 'system' ? systemDark.matches : themeChoice.value === 'dark';
  document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light';
}

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  localStorage.setItem(KEY, choice);
  applyTheme();
}

systemDark.addEventListener('change', applyTheme);

/** A colour of the page as the charts need it: a value, not a variable. */
export function themeColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
