// A suite's file (YAML, JSON, or JSON Lines of tasks) in; its tasks and options, checked, out. Loads zod and a YAML parser: import lazily.
import { basename, dirname, resolve } from 'node:path'
import { paramFault } from '../../server/parameters.ts'
import { optionsShape, type StatedOption } from '../../tasks/suite/option-shape.ts'
import { type Suite, type SuiteSource, suiteOf } from '../../tasks/suite/suite.ts'
import { type StatedSuite, suiteShape } from '../../tasks/suite/suite-shape.ts'
import { checkFile } from '../unreadable.ts'
import { checkedYaml, readYaml } from '../yaml-file.ts'

/** @throws Fault with file, line, field and what was expected */
export function readSuite(path: string): Suite {
  checkFile(path)
  const folder = resolve(dirname(path))
  const name = basename(path).replace(/\.[^.]*$/, '')
  if (/\.(jsonl|ndjson)$/i.test(path)) {
    return suiteOf(
      { tasks: resolve(path) },
      sourceOf(name, folder, () => path),
    )
  }
  const file = readYaml(path)
  const stated: StatedSuite = checkedYaml(file, suiteShape)
  return suiteOf(
    stated,
    sourceOf(name, folder, way => file.placeOf(way)),
  )
}

/** Options in a file of their own: the same as under `options:` of a suite. @throws Fault as readSuite */
export function readOptions(path: string): Readonly<Record<string, StatedOption>> {
  const file = readYaml(path)
  const value = file.value as { options?: unknown }
  const isNested = typeof value === 'object' && value !== null && Object.keys(value).join() === 'options'
  if (!isNested) return checkedYaml(file, optionsShape)
  const placeOf = (way: readonly PropertyKey[]) => file.placeOf(['options', ...way])
  return checkedYaml({ value: value.options, placeOf }, optionsShape)
}

const sourceOf = (name: string, folder: string, placeOf: SuiteSource['placeOf']): SuiteSource => ({
  name,
  folder,
  placeOf,
  faultOf: paramFault,
})
