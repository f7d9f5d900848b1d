/** Suggestions for misspelt words. */

/** The choice that needs the fewest edits (Damerau-Levenshtein, neighbours swapped count once); null when none is near. */
export function nearest(word: string, choices: readonly string[]): string | null {
  let best: string | null = null;
  let fewest = Math.max(2, Math.ceil(word.length / 3)) + 1;
  for (const choice of choices) {
    const edits = distance(word.toLowerCase(), choice.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = choice;
    }
  }
  return best;
}

function distance(a: string, b: string): number {
  // Row by row over the table of distances between beginnings; two rows back are needed for swaps.
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
