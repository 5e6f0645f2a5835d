// A bill in the FOCUS format (1.0 to 1.2 columns, CSV) as charges: of its services, those that are AI.
import type { ChargeCategory } from '../core/meter/charge.ts'
import { amountOf, billOf, type CsvRow, csvLines, currencyReason, type LineReading } from './bill.ts'
import { instantOf } from './bucket-times.ts'
import { hasColumns, type Importer } from './importer.ts'

const needed = ['BilledCost', 'BillingCurrency', 'ChargePeriodStart', 'ChargePeriodEnd', 'ChargeCategory']

export const focus: Importer = {
  name: 'focus',
  title: 'FOCUS bill',
  container: 'csv',
  matches: head => head.container === 'csv' && hasColumns(head, needed),
  content: head => ({
    kind: 'bill',
    bill: text =>
      billOf(csvLines(text, head), chargeOf, leftOut => [
        'BilledCost is taken: what the invoice asks for, after discounts',
        ...(leftOut > 0 ? [`${leftOut} lines of services other than AI and Machine Learning are left out`] : []),
      ]),
  }),
}

const categories: Readonly<Record<string, ChargeCategory>> = {
  usage: 'usage',
  purchase: 'purchase',
  tax: 'tax',
  credit: 'credit',
  adjustment: 'adjustment',
}

function chargeOf(row: CsvRow): LineReading {
  const service = (row.ServiceCategory ?? '').trim()
  const category = categories[(row.ChargeCategory ?? '').trim().toLowerCase()]
  // Tax and credits of a whole invoice name no service.
  const isWhole = category === 'tax' || category === 'credit'
  if (service !== '' && !/^ai and machine learning$/i.test(service) && !(isWhole && service === 'Other')) return null
  if (category === undefined)
    return {
      reason: `ChargeCategory: expected Usage, Purchase, Tax, Credit or Adjustment, got "${row.ChargeCategory ?? ''}"`,
    }
  const foreign = currencyReason(row.BillingCurrency)
  if (foreign) return { reason: foreign }
  const usd = amountOf(row.BilledCost ?? '')
  if (usd === null) return { reason: `BilledCost: expected an amount, got "${(row.BilledCost ?? '').slice(0, 40)}"` }
  const fromMicros = instantOf(row.ChargePeriodStart)
  const toMicros = instantOf(row.ChargePeriodEnd)
  if (fromMicros === null || toMicros === null || toMicros <= fromMicros)
    return { reason: 'ChargePeriodStart, ChargePeriodEnd: expected two times, the end later' }
  const provider = sellerOf(row)
  if (provider === null) return { reason: 'ProviderName: missing' }
  return {
    provider,
    fromMicros,
    toMicros,
    usd,
    category,
    description: row.ChargeDescription || row.SkuMeter || null,
    model: row.x_Model || row.x_model || null,
  }
}

/** Clouds sell several model services: the service tells them apart where it says so. */
function sellerOf(row: CsvRow): string | null {
  if (/bedrock/i.test(row.ServiceName ?? '')) return 'Amazon Bedrock'
  if (/azure.*openai|openai.*azure|foundry/i.test(row.ServiceName ?? '')) return 'Azure OpenAI'
  if (/vertex/i.test(row.ServiceName ?? '')) return 'Vertex AI'
  return row.ProviderName || row.ServiceProviderName || row.PublisherName || row.InvoiceIssuerName || null
}
