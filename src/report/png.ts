// An answer in; the same picture as `answerSvg` as PNG bytes out, with no browser and no font on the machine.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Answer } from '../core/decide/answer.ts'
import { Fault } from '../core/fault/fault.ts'
import { answerSvg, defaultPicture, type PictureOptions } from './svg.tsx'

export interface PngOptions extends PictureOptions {
  /** Device pixels per CSS pixel; the default is 2. */
  readonly scale?: number
}

/** The picture as PNG. */
export function answerPng(answer: Answer, options: PngOptions = {}): Promise<Uint8Array> {
  const { scale, ...picture } = options
  return pngOf(answerSvg(answer, picture), { ...defaultPicture, ...picture, scale })
}

/**
 * An SVG document of this size as PNG, enlarged by `scale` (2). Inter (OFL 1.1) is registered from the package, so a bare
 * machine draws the same letters.
 */
export async function pngOf(
  document: string,
  {
    width,
    height,
    scale = 2,
  }: { readonly width: number; readonly height: number; readonly scale?: number | undefined },
): Promise<Uint8Array> {
  // Loaded on demand: 35 MB of native code that no other command needs.
  const { createCanvas, GlobalFonts, loadImage } = await import('@napi-rs/canvas').catch((cause: unknown) => {
    throw new Fault(
      'PNG_UNAVAILABLE',
      'PNG needs @napi-rs/canvas, which has no build for this machine here',
      { fix: 'use --svg or --html, or run npm ci again on this machine', kind: 'outside' },
      { cause },
    )
  })
  if (!GlobalFonts.has('Inter')) {
    for (const path of fontPaths()) GlobalFonts.register(await readFile(path), 'Inter')
  }
  // Scaled in the SVG itself: an image drawn larger than it says would be enlarged as pixels.
  const svg = document.replace(
    `width="${width}" height="${height}" viewBox`,
    `width="${width * scale}" height="${height * scale}" viewBox`,
  )
  const image = await loadImage(Buffer.from(svg))
  const canvas = createCanvas(width * scale, height * scale)
  canvas.getContext('2d').drawImage(image, 0, 0)
  return canvas.encode('png')
}

function fontPaths(): string[] {
  const { resolve } = createRequire(import.meta.url)
  return [400, 600].map(weight => resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`))
}
