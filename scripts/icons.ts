/**
 * `node bin/cria.mjs --run scripts/icons.ts`: draws resources/icons/icon.svg at the sizes that each system wants: PNGs for Linux, one ICO for
 * Windows, one ICNS for macOS. Run it when the drawing has changed; its results are committed.
 *
 * Both containers hold PNGs: ICO as a directory of offsets (https://learn.microsoft.com/en-us/previous-versions/ms997538), ICNS as a
 * sequence of typed chunks with big-endian lengths that count their own eight bytes.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openBrowser } from '../tests/window/browser.ts';

const folder = resolve(import.meta.dirname, '../resources/icons');
const LINUX = [16, 24, 32, 48, 64, 128, 256, 512];
const WINDOWS = [16, 24, 32, 48, 64, 128, 256];
/** Chunk types by pixels; a size without a type of its own is some other's double. */
const MACOS: readonly (readonly [type: string, size: number])[] = [['icp4', 16], ['icp5', 32], ['ic07', 128], ['ic08', 256], ['ic09', 512], ['ic10', 1024], ['ic11', 32], ['ic12', 64], ['ic13', 256], ['ic14', 512]];

async function draw(sizes: readonly number[]): Promise<Map<number, Buffer>> {
  const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
  const browser = await openBrowser();
  const pictures = new Map<number, Buffer>();
  for (const size of sizes) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${size}px; height: ${size}px }</style>${svg}`);
    pictures.set(size, await page.screenshot({ omitBackground: true }));
    await page.close();
  }
  await browser.close();
  return pictures;
}

function ico(pictures: readonly (readonly [size: number, png: Buffer])[]): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2); // An icon, not a cursor.
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  pictures.forEach(([size, png], i) => {
    const at = 6 + 16 * i;
    head.writeUInt8(size % 256, at); // 256 is written as 0.
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4); // Planes.
    head.writeUInt16LE(32, at + 6); // Bits per pixel.
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...pictures.map(([, png]) => png)]);
}

function icns(pictures: readonly (readonly [type: string, png: Buffer])[]): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const head = Buffer.alloc(8, type, 'latin1');
    head.writeUInt32BE(8 + body.length, 4);
    return Buffer.concat([head, body]);
  };
  return chunk('icns', Buffer.concat(pictures.map(([type, png]) => chunk(type, png))));
}

const pictures = await draw([...new Set([...LINUX, ...WINDOWS, ...MACOS.map(([, size]) => size)])]);
mkdirSync(join(folder, 'linux'), { recursive: true });
for (const size of LINUX) writeFileSync(join(folder, 'linux', `${size}x${size}.png`), pictures.get(size)!);
writeFileSync(join(folder, 'icon.ico'), ico(WINDOWS.map((size) => [size, pictures.get(size)!])));
writeFileSync(join(folder, 'icon.icns'), icns(MACOS.map(([type, size]) => [type, pictures.get(size)!])));
