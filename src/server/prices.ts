// A workplace's price book → the bulk prices that a ledger asks for while it loads or reprices.
import type { PriceCalls } from '../core/meter/load.ts'
import { pricesOf } from '../intake/prices.ts'
import type { Workplace } from './workplace.ts'

export async function priceCallsOf(workplace: Workplace): Promise<PriceCalls> {
  return pricesOf(await workplace.priceBook())
}
