import { expect, test } from 'vitest'
import { pageEvidence } from '../../test/journeys/page-evidence.ts'
import { defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import { answerHtml, embeddable } from './html.ts'
import { answerPng } from './png.ts'
import { answerSvg } from './svg.tsx'

const evidence = pageEvidence({ sample: true })
const answer = decide(evidence, defaultChoices)

test('the SVG file asks for nothing and styles itself', () => {
  const svg = answerSvg(answer)
  expect(svg.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true)
  expect(svg).not.toMatch(/href=|url\((?!#)|<style|<script|var\(/)
  expect(svg).toContain('SAMPLE DATA')
  expect(answerSvg(answer)).toBe(svg)
})

test('the PNG is a PNG of the asked size with something written on it, in light and in dark', async () => {
  const light = Buffer.from(await answerPng(answer, { width: 800, height: 450, scale: 1 }))
  expect(light.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
  expect([light.readUInt32BE(16), light.readUInt32BE(20)]).toEqual([800, 450])
  const dark = Buffer.from(await answerPng(answer, { width: 800, height: 450, scale: 1, theme: 'dark' }))
  expect(dark.equals(light)).toBe(false)
  const { createCanvas, loadImage } = await import('@napi-rs/canvas')
  const inkIn = async (png: Buffer, x: number, y: number, w: number, h: number) => {
    const canvas = createCanvas(800, 450)
    const context = canvas.getContext('2d')
    context.drawImage(await loadImage(png), 0, 0)
    const { data } = context.getImageData(x, y, w, h)
    let dark = 0
    for (let i = 0; i < data.length; i += 4) if (data[i]! < 110) dark++
    return dark
  }
  // The verdict is set in letters: without a font its band would be blank.
  expect(await inkIn(light, 15, 12, 500, 24)).toBeGreaterThan(300)
})

test('a name in the evidence cannot end the script that carries it', () => {
  const hostile = '</script><script>alert(1)</script><!-- \u2028'
  expect(embeddable({ hostile })).not.toMatch(/[<>\u2028]/)
  expect(JSON.parse(embeddable({ hostile }))).toEqual({ hostile })
  const html = answerHtml({ ...evidence, attribution: [hostile] }, defaultChoices, {
    js: 'let a="</script>"',
    css: 'a{}',
  })
  expect(html.match(/<script/g)).toHaveLength(3)
  expect(html.match(/<\/script>/g)).toHaveLength(3)
})
