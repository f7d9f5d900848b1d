/**
 * A run's colour: from the set of Okabe and Ito (2008), made for colour-blind eyes, and the same for that run on every page. Past eight
 * the line's style tells runs apart, and colour is never alone in telling: lines carry labels, cells carry numbers.
 */

const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8f7a00', '#3d9bd1', '#b07100', '#4d4d4d'];
const DARK = ['#56b4e9', '#e8803c', '#2ec49a', '#e39ac5', '#f0e442', '#8fc7f2', '#e69f00', '#c9c9c9'];
const DASHES: ('solid' | 'dashed' | 'dotted')[] = ['solid', 'dashed', 'dotted'];

export interface RunStyle {
  colour: string;
  dash: 'solid' | 'dashed' | 'dotted';
}

/** A number that follows from the id alone, so that nothing has to be remembered. */
function hash(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619) >>> 0;
  return value;
}

/** How many colours there are before line styles have to tell. */
export const COLOURS = LIGHT.length;

/** Which of them is a run's own. */
export function colourIndex(id: string): number {
  return hash(id) % COLOURS;
}

const assigned = new Map<string, number>();

/** The style of one run alone. */
export function styleOfRun(id: string, isDark: boolean): RunStyle {
  return styleOfIndex(assigned.get(id) ?? colourIndex(id), isDark);
}

/**
 * Styles of runs shown together: each keeps its own unless an earlier one of the list has it; then it takes the next free one, and keeps
 * that for as long as the window is open.
 * @param remembered what was given out before; a report, which stands alone, brings an empty one
 */
export function stylesOfRuns(ids: readonly string[], isDark: boolean, remembered = assigned): Map<string, RunStyle> {
  const taken = new Set<number>();
  const styles = new Map<string, RunStyle>();
  for (const id of ids) {
    let index = remembered.get(id) ?? colourIndex(id);
    while (taken.has(index)) index = (index + 1) % (LIGHT.length * DASHES.length);
    taken.add(index);
    remembered.set(id, index);
    styles.set(id, styleOfIndex(index, isDark));
  }
  return styles;
}

function styleOfIndex(index: number, isDark: boolean): RunStyle {
  return { colour: (isDark ? DARK : LIGHT)[index % LIGHT.length]!, dash: DASHES[Math.floor(index / LIGHT.length) % DASHES.length]! };
}
