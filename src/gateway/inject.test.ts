import fc from 'fast-check'
import { expect, test } from 'vitest'
import { askingForUsage } from './inject.ts'

test('a body that asks for usage says all else as it did, to the last byte', () => {
  const asked = (text: string) => askingForUsage(Buffer.from(text), JSON.parse(text)).toString()
  // An integer that no double holds, and a name that stands in a prompt too.
  const prompt = '"messages":[{"role":"user","content":"\\"stream_options\\": {}"}],"seed":9007199254740993'
  expect(asked(`{${prompt},"stream":true}`)).toBe(`{${prompt},"stream":true,"stream_options":{"include_usage":true}}`)
  expect(asked(`{"stream_options" : { "include_obfuscation":false },${prompt}}`)).toBe(
    `{"stream_options" : { "include_usage":true,"include_obfuscation":false },${prompt}}`,
  )
  expect(asked(`{"stream_options":{},${prompt}}`)).toBe(`{"stream_options":{"include_usage":true},${prompt}}`)
  expect(JSON.parse(asked('{"stream_options":{"include_usage":false,"x":1}}'))).toEqual({
    stream_options: { include_usage: true, x: 1 },
  })
})

test('whatever a body holds, it is the same with the asking', () => {
  const options = fc.option(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }), { nil: undefined })
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
      options,
      fc.boolean(),
      (rest, own, spaced) => {
        const { stream_options: _, ...others } = rest
        const made = { ...others, stream: true, ...(own === undefined ? {} : { stream_options: own }) }
        const bytes = Buffer.from(JSON.stringify(made, null, spaced ? 2 : 0))
        const body = JSON.parse(bytes.toString()) as typeof made
        const text = askingForUsage(bytes, body).toString()
        expect(JSON.parse(text)).toEqual({ ...body, stream_options: { ...body.stream_options, include_usage: true } })
      },
    ),
  )
})
