// A file's head and what the user says about it in; the importer that reads it, or why none does, out.
import { Fault, nearestName } from '../core/fault/fault.ts'
import { isPages } from './head.ts'
import { type Head, type Importer, type ImportOptions, profileNames } from './importer.ts'
import { generic, importers, published } from './importers.ts'
import { likelyMap } from './likely-columns.ts'
import { headOfList } from './listed-lines.ts'
import { columnsOf, listed } from './table-columns.ts'

/** The importer that was asked for by name. */
export function importerNamed(format: string): Importer {
  const found = importers.find(importer => importer.name === format)
  if (found) return found
  const names = importers.map(importer => importer.name)
  const nearest = nearestName(format, names)
  throw new Fault('UNKNOWN_FORMAT', `unknown format "${format}"`, {
    where: '--format',
    fix: nearest ? `did you mean ${nearest}?` : `use one of ${names.join(', ')}`,
  })
}

/** A file as it is read: `isList` where its records are taken out of one document and read line by line. */
export interface Recognised {
  readonly importer: Importer
  readonly head: Head
  readonly isList: boolean
}

/** The importer that was asked for, or that recognises the file or the records of the list that it is. */
export function recognised(head: Head, options: ImportOptions): Recognised {
  const list = headOfList(head)
  if (options.format !== undefined) {
    const importer = importerNamed(options.format)
    const isList = list !== null && !importer.matches(head) && readsLines(importer) && importer.matches(list)
    if (!isList) checkContainer(head, importer)
    return { importer, head: isList ? list : head, isList }
  }
  if (list === null) return { importer: detect(head, options), head, isList: false }
  try {
    return { importer: detect(head, options), head, isList: false }
  } catch (thrown) {
    const isUnknown = thrown instanceof Fault && ['FORMAT_UNKNOWN', 'FILE_UNREADABLE'].includes(thrown.code)
    if (!isUnknown) throw thrown
    try {
      return { importer: detect(list, options), head: list, isList: true }
    } catch (ofList) {
      // Of a list its records say what is missing.
      throw head.text.trimStart().startsWith('[') ? ofList : thrown
    }
  }
}

const readsLines = ({ container }: Importer): boolean => [container].flat().includes('jsonl')

/** The importer that recognises the file. */
export function detect(head: Head, options: ImportOptions): Importer {
  if (options.map === undefined) {
    const matches = published.filter(importer => importer.matches(head))
    if (matches.length === 1) return matches[0]!
    if (matches.length > 1) {
      throw new Fault('FORMAT_AMBIGUOUS', `the file may be ${matches.map(m => m.title).join(' or ')}`, {
        where: head.name,
        fix: `say which with --format ${matches.map(m => m.name).join('|')}`,
      })
    }
  }
  const table = generic.find(importer => importer.name === head.container)
  if (table && (options.map !== undefined || table.matches(head))) return table
  const tried = importers.filter(importer => importer.name !== 'lengths').map(importer => importer.name)
  if (head.container === 'protobuf') {
    // OTLP alone is known in it, and matches; with a map of columns it is no table.
    throw new Fault('FILE_BINARY', 'the file is not text', { where: head.name, fix: 'leave --map out' })
  }
  if (!table) {
    if (!isPages(head.text)) {
      throw new Fault('FILE_UNREADABLE', 'one JSON document, of no known format', {
        where: head.name,
        fix: 'turn it into JSON Lines, one record a line, with jq',
      })
    }
    throw new Fault('FORMAT_UNKNOWN', `no format reads these pages of JSON (tried ${tried.join(', ')})`, {
      where: head.name,
      fix: 'reports of OpenAI and Anthropic and known logs are read; turn others into JSON Lines with jq',
    })
  }
  const columns = columnsOf(head, options.map ?? {})
  const missing = (['time', 'input', 'output'] as const).filter(field => columns[field] === undefined)
  const wanted = columns.model === undefined && options.model === undefined ? [...missing, 'model' as const] : missing
  const map = likelyMap(
    head.columns,
    wanted,
    Object.values(columns).filter(column => typeof column === 'string'),
  )
  throw new Fault('FORMAT_UNKNOWN', `no format reads the columns ${listed(head.columns)}: no ${missing.join(', ')}`, {
    where: head.name,
    fix: `name them${map.includes('=COLUMN') ? '' : ', if these are they'}: ${map}`,
  })
}

/** Refuses a shape of traffic that nobody knows. */
export function checkProfile({ profile }: ImportOptions): void {
  if (profile === undefined || profileNames.includes(profile)) return
  const near = nearestName(profile, profileNames)
  throw new Fault('UNKNOWN_PROFILE', `unknown arrival profile "${profile}"`, {
    where: '--profile',
    fix: near ? `did you mean ${near}?` : `use one of ${profileNames.join(', ')}`,
  })
}

const containerNames = {
  csv: 'CSV',
  jsonl: 'JSON Lines',
  parquet: 'Parquet',
  json: 'pages of JSON',
  protobuf: 'protobuf',
  metrics: 'metrics',
} as const

/** A format that was asked for by name must find its kind of file. */
export function checkContainer(head: Head, importer: Importer): void {
  const containers = [importer.container].flat()
  if (containers.includes(head.container)) return
  const [is, wanted] = [containerNames[head.container], containers.map(one => containerNames[one]).join(' or ')]
  throw new Fault('FORMAT_WRONG', `the file is ${is}, and the ${importer.name} format is ${wanted}`, {
    where: head.name,
    fix: 'leave --format out to have the format detected',
  })
}
