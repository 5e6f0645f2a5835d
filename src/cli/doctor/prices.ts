// The price catalog: how old it is, and what the team lays over it.
import { type Check, ok, warn } from './check.ts'

export const catalogPrices: Check = {
  name: 'prices',
  async look(frame) {
    const { ageDays, STALE_AFTER_DAYS } = await import('../../catalog/age.ts')
    const { loadPriceBook } = await import('../../catalog/price-book.ts')
    const overlays = frame.settings().prices ?? []
    const book = loadPriceBook({ configFile: frame.globals().config, overlays })
    const today = new Date().toISOString().slice(0, 10)
    const age = ageDays(book.newestDate, today) ?? 0
    const text = `newest of ${book.newestDate}, ${book.sellers.length} sellers, ${overlays.length} files of your own`
    if (age <= STALE_AFTER_DAYS) return [ok(text)]
    return [warn(`${text}: ${age} days old`, 'update crossline, or lay a prices.yaml over the catalog')]
  },
}
