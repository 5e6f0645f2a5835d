import { expect, test } from 'vitest'
import { startAsking } from './asking.ts'

test('answers come in whatever order; who is gone or too late is left out, and a late answer is no answer to another question', async () => {
  const asking = startAsking<string>(30)
  const asked: number[] = []
  const answers = (text: string) => (id: number) => {
    asked.push(id)
    queueMicrotask(() => asking.heard(id, text))
    return true
  }
  expect([...(await asking.ask([answers('a'), () => false, answers('b')]))].sort()).toEqual(['a', 'b'])
  expect(await asking.ask([answers('c'), () => true])).toEqual(['c'])
  asking.heard(asked[0]!, 'late')
  expect(await asking.ask([answers('d')])).toEqual(['d'])
  expect(await asking.ask([() => false])).toEqual([])
})
