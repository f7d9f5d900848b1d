/** Whether the window has too little room for panels side by side: a small window, or text at 200 %. */
import { ref, type Ref } from 'vue';

const query = matchMedia('(max-width: 960px)');
const narrow = ref(query.matches);
query.addEventListener('change', ({ matches }) => (narrow.value = matches));

export const useNarrow = (): Ref<boolean> => narrow;
