// A call that is opened, with what a test says of whose it is.
import { type Attribution, nobody } from '../../core/meter/call.ts'
import type { Opened } from '../../core/meter/call-record.ts'

export type CallAttribution = Partial<Attribution>

export const openedForTest = (attribution: CallAttribution): Opened => ({
  kind: 'opened',
  key: 'k',
  atMicros: 0,
  upstream: 'openai',
  provider: 'openai',
  wire: 'openai.chat',
  model: 'm',
  path: '/v1/chat/completions',
  stream: false,
  attribution: { ...nobody, ...attribution },
  tags: {},
  needs: [],
  prefix: null,
})
