// An answer as JSON on standard input → what tasks say of its options, a line each.
import { readFileSync } from 'node:fs'

for (const { name, tried, meetsQuality, tokenRatio } of JSON.parse(readFileSync(0, 'utf8')).options) {
  if (tried === null) continue
  const { passRate, n, usdPerSuccess } = tried
  const rate = `${Math.round(passRate.value * 100)} % of ${n} tasks`
  const usd = usdPerSuccess === null ? 'unknown' : `$${usdPerSuccess.value.toPrecision(3)}`
  const words = tokenRatio.output === null ? '' : `, ${tokenRatio.output.toPrecision(3)} × the words`
  console.log(`${name}: ${rate}, bar met: ${meetsQuality}, ${usd} a success${words}`)
}
