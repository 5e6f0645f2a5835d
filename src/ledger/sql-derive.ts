// A plan's derived columns in; what a SELECT must add to the file's rows so that they stand there like any other, out.
import type { CellSource, LoadPlan } from '../core/meter/load.ts'
import { list, literal } from './sql.ts'

export interface DerivedSql {
  /** The rows with the derived columns d0…dn beside the file's own. */
  readonly rows: string
  /** SQL name of a derived column; null when the plan has none of this name. */
  readonly cell: (name: string) => string | null
  /** SQL of a cell's list of `name:value` texts as structs {k, v}. */
  readonly tagEntries: (column: string) => string
}

/** JSON path of keys from the outside in. */
export const jsonPath = (keys: readonly string[]): string =>
  literal(`$${keys.map(key => `."${key.replaceAll('"', '\\"')}"`).join('')}`)

/** Lays the plan's derived columns over `rows`; `cell` names the file's own columns. */
export function derive(plan: LoadPlan, rows: string, cell: (text: string) => string): DerivedSql {
  const derived = plan.derived ?? []
  const paths = new Map<string, string[]>()
  const lists = new Set<string>()
  const found = (source: CellSource): string => {
    const own = cell(source.column)
    if ('tag' in source) {
      lists.add(own)
      return `list_filter(l_${own}, lambda e: lower(e.k) = ${literal(source.tag)} AND e.v <> '')[1].v`
    }
    if ('before' in source) {
      const prefix = `lower(split_part(${own}, '/', 1))`
      return `CASE WHEN contains(${own}, '/') AND ${prefix} IN (${list(source.before.map(literal))}) THEN ${prefix} END`
    }
    if ('behind' in source) {
      const prefix = `lower(split_part(${own}, '/', 1))`
      const known = `CASE WHEN ${prefix} IN (${list(source.among.map(literal))}) THEN ${prefix} END`
      const expected = source.behind === null ? known : `coalesce(lower(nullif(${cell(source.behind)}, '')), ${known})`
      return `CASE WHEN contains(${own}, '/') AND ${prefix} = ${expected} THEN substr(${own}, length(${prefix}) + 2) ELSE ${own} END`
    }
    if (source.keys === undefined) return own
    const known = paths.get(own) ?? []
    paths.set(own, known)
    const path = jsonPath(source.keys)
    if (!known.includes(path)) known.push(path)
    return `j_${own}[${known.indexOf(path) + 1}]`
  }
  const columns = derived.map(({ from, pick }, i) => {
    const values = from.map(found)
    const chosen =
      pick === 'first'
        ? `coalesce(${list(values.map(value => `nullif(trim(${value}), '')`))})`
        : `greatest(${list(values.map(value => `try_cast(${value} AS DOUBLE)`))})::VARCHAR`
    return `${chosen} AS d${i}`
  })
  if (plan.tagList) lists.add(cell(plan.tagList))
  const opened = [
    ...[...paths].map(
      ([own, known]) =>
        `CASE WHEN json_valid(${own}) THEN json_extract_string(${own}, [${list(known)}]) END AS j_${own}`,
    ),
    ...[...lists].map(own => `${entriesOf(own)} AS l_${own}`),
  ]
  const whole = opened.length ? `SELECT *, ${list(opened)} FROM (${rows})` : rows
  return {
    rows: columns.length ? `SELECT *, ${list(columns)} FROM (${whole})` : whole,
    cell: name => {
      const index = derived.findIndex(column => column.name === name)
      return index < 0 ? null : `d${index}`
    },
    tagEntries: column => `l_${cell(column)}`,
  }
}

/** A text without a value is a tag that is simply there. */
const entriesOf = (own: string): string =>
  `CASE WHEN json_valid(${own}) AND json_type(${own}) = 'ARRAY' THEN list_transform(from_json(${own}, '["VARCHAR"]'),
    lambda x: CASE WHEN regexp_matches(x, '[:=]') THEN {'k': trim(regexp_extract(x, '^([^:=]*)', 1)), 'v': trim(regexp_extract(x, '[:=](.*)$', 1))}
      ELSE {'k': trim(x), 'v': 'true'} END) END`

/** Entries as a map's; of several with one name the first counts. */
export const firstOfEach = (entries: string): string =>
  `list_filter(${entries}, lambda e, i: e.k <> '' AND e.v IS NOT NULL AND list_position(list_transform(${entries}, lambda o: o.k), e.k) = i)`
