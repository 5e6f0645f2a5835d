// Tables of request lengths without arrivals (Vidur's processed traces): recognised, so that the refusal can say what they lack.
import { Fault } from '../core/fault/fault.ts'
import { hasColumns, type Importer } from './importer.ts'

export const lengthsOnly: Importer = {
  name: 'lengths',
  title: 'request lengths without arrivals',
  container: 'csv',
  matches: head =>
    hasColumns(head, ['num_prefill_tokens', 'num_decode_tokens']) && !head.columns.includes('arrived_at'),
  content: head => {
    throw new Fault('NO_ARRIVALS', 'the file has request lengths but no arrival times, so it is not traffic', {
      where: head.name,
      fix: 'import a trace with a time column (Azure, BurstGPT, Mooncake, or CSV with --map time=COLUMN)',
    })
  },
}
