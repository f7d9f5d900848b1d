/** The pages of the rail, in its order. */
import { Boxes, ChartNoAxesCombined, Columns3, FlaskConical, Library, ListOrdered, Plus, Settings, SquareCheckBig, TextSearch } from '@lucide/vue';
import type { Component } from 'vue';

export interface Page {
  name: string;
  path: string;
  icon: Component;
  /** Second key after `g`. */
  key: string;
}

export const PAGES: readonly Page[] = [
  { name: 'Runs', path: '/runs', icon: ChartNoAxesCombined, key: 'r' },
  { name: 'Compare', path: '/compare', icon: Columns3, key: 'c' },
  { name: 'New run', path: '/new', icon: Plus, key: 'n' },
  { name: 'Distil', path: '/distil', icon: FlaskConical, key: 'd' },
  { name: 'Queue', path: '/queue', icon: ListOrdered, key: 'q' },
  { name: 'Evaluate', path: '/evaluate', icon: SquareCheckBig, key: 'e' },
  { name: 'Text lab', path: '/lab', icon: TextSearch, key: 'l' },
  { name: 'Models', path: '/models', icon: Boxes, key: 'm' },
  { name: 'Corpora', path: '/corpora', icon: Library, key: 'o' },
  { name: 'Settings', path: '/settings', icon: Settings, key: 's' },
];
