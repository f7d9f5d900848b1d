/** Stands in for the renderer while that does not build: the window's own connection, and its state in the page. */
import { watchEffect } from 'vue';
import { engine } from '../../../src/renderer/engine/connection.ts';

watchEffect(() => {
  document.getElementById('state')!.textContent = engine.state.value;
});
void engine.connect();
