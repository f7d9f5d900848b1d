/** Where the window was and how large: kept between starts, and used only where a screen still shows it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const rectangle = { x: z.int(), y: z.int(), width: z.int().min(400).max(20_000), height: z.int().min(300).max(20_000) };
const placeSchema = z.object({ ...rectangle, maximized: z.boolean() });
export type WindowPlace = z.infer<typeof placeSchema>;

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** This much of a window must show for it to be found and moved. */
const VISIBLE = { width: 200, height: 60 };

/** The kept place; null when there is none, or none of ours. */
export function readPlace(file: string): WindowPlace | null {
  try {
    return placeSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Losing a window's place is no trouble worth telling of: a full or read-only disk is passed over. */
export function writePlace(file: string, place: WindowPlace): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp`, JSON.stringify(place), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  } catch {
    // The next start opens the window where the system puts it.
  }
}

/** Whether enough of the window's upper edge lies on one of the screens. */
export function isVisible(place: WindowPlace, screens: readonly Area[]): boolean {
  return screens.some((screen) => {
    const width = Math.min(place.x + place.width, screen.x + screen.width) - Math.max(place.x, screen.x);
    const height = Math.min(place.y + place.height, screen.y + screen.height) - Math.max(place.y, screen.y);
    return width >= VISIBLE.width && height >= VISIBLE.height && place.y >= screen.y;
  });
}
