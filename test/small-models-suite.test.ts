// Each of the suite's answers, found once more from its question by other means.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSuite } from '../src/cli/tasks/suite-file.ts'
import type { Json, Task } from '../src/tasks/task.ts'
import { suiteFolder } from './traffic/small-models.ts'

const { tasks } = readSuite(join(suiteFolder, 'tasks.yaml'))

const questionOf = ({ work }: Task): string =>
  work.kind === 'prompt' ? (work.prompt.messages.at(-1)!.content as string) : ''

/** The last line that asks, without the examples before it. */
const asked = (text: string): string => text.split('\n').at(-1)!
const numbers = (text: string): number[] => [...text.matchAll(/\d+/g)].map(Number)
const line = (text: string, label: string): string =>
  text
    .slice(text.lastIndexOf(label) + label.length)
    .split('\n')[0]!
    .trim()

const good = /love|delicious|great|excellent|happy|beautiful|enjoyed|perfect/
const bad = /terrible|awful|boring|bad|unhappy|dirty|disappointed|horrible|hate/
const animals = new Set('cat dog horse sheep goat duck hen cow mouse rabbit'.split(' '))
const opposites: Readonly<Record<string, string>> = {
  hot: 'cold',
  big: 'small',
  up: 'down',
  day: 'night',
  open: 'closed',
  happy: 'sad',
}
const weekdayOf = (day: number): string =>
  new Intl.DateTimeFormat('en', { weekday: 'long' }).format(new Date(2024, 0, day))

const oracles: Readonly<Record<string, (question: string) => Json>> = {
  sum: text => numbers(asked(text)).reduce((a, b) => a + b),
  product: text => numbers(text).reduce((a, b) => a * b),
  story: text => {
    const [a, b] = numbers(text)
    return /gives/.test(text) ? a! - b! : a! + b!
  },
  largest: text => Math.max(...numbers(asked(text))),
  parity: text => (/[02468]:$/.test(asked(text)) ? 'even' : 'odd'),
  sentiment: text => {
    const review = line(text, 'Review:').toLowerCase()
    expect(good.test(review.replace('unhappy', ''))).not.toBe(bad.test(review))
    return bad.test(review) ? 'negative' : 'positive'
  },
  email: text => /[\w.]+@[\w.]*\w/.exec(line(text, 'Text:'))![0],
  date: text => {
    const day = new Date(`${asked(text).replace('->', '')} UTC`)
    return day.toISOString().slice(0, 10)
  },
  weekday: text => {
    const [today] = [1, 2, 3, 4, 5, 6, 7].filter(day => text.includes(`after ${weekdayOf(day)}`))
    return weekdayOf(today! + 1)
  },
  json: text => {
    const [, name, age, city] = /(\w+) is (\d+) years old and lives in (\w+)/.exec(line(text, 'Sentence:'))!
    return { name: name!, age: Number(age), city: city! }
  },
  form: text => line(text, 'Colours:').split(', '),
  animals: text =>
    line(text, 'Words:')
      .split(', ')
      .filter(word => animals.has(word))
      .sort(),
  upper: text => asked(text).split(' ')[0]!.toUpperCase(),
  opposite: text => opposites[asked(text).split(' ')[0]!]!,
}

test('the suite has 120 tasks of fourteen kinds, twenty of them quick, each with its difficulty', () => {
  expect(tasks).toHaveLength(120)
  expect(new Set(tasks.map(({ tags }) => tags[0]))).toEqual(new Set(Object.keys(oracles)))
  expect(tasks.filter(({ tags }) => tags.includes('quick'))).toHaveLength(20)
  for (const { tags } of tasks) expect(['easy', 'medium', 'hard']).toContain(tags[1])
})

test.each(Object.keys(oracles))('what is expected of %s is what its questions say', kind => {
  for (const task of tasks.filter(({ tags }) => tags[0] === kind)) {
    const found = oracles[kind]!(questionOf(task))
    const right = kind === 'opposite' ? (task.expected as readonly Json[])[0] : task.expected
    expect([task.id, right]).toEqual([task.id, found])
  }
})
