import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import type { CommandFrame } from './command.ts'
import { type CrossoverFlags, crossoverParams, declareCrossoverFlags } from './crossover-flags.ts'

const frame = { settings: () => ({}), globals: () => ({ seed: 1 }) } as unknown as CommandFrame

async function paramsOf(...words: string[]) {
  const command = declareCrossoverFlags(new Command().exitOverride())
  return crossoverParams(frame, command.parse(words, { from: 'user' }).opts<CrossoverFlags>())
}

function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'crossover-flags-')), name)
  writeFileSync(path, text)
  return path
}

const servers = `capexUsdPerServer: 250000
lifeYears: 5
costOfCapital: 0.08
kilowattsPerServer: 10
pue: 1.3
usdPerKwh: 0.1
coloUsdPerKwMonth: 150
operationsShare: 0.05
idleShare: 0.3
`

test('a GPU that nobody knows is blamed on the line of the file that names it', async () => {
  expect((await paramsOf('--own', file('own.yaml', `${servers}gpu: h100-sxm-80gb\n`))).own?.gpu).toBe('h100-sxm-80gb')
  const path = file('own.yaml', `${servers}gpu: h1000-sxm\n`)
  await expect(paramsOf('--own', path)).rejects.toMatchObject({ code: 'GPU_UNKNOWN', where: `${path}:10` })
})

test('a price of the compared API without the API is blamed on its flag; the API may stand in the plan', async () => {
  await expect(paramsOf('--api-usd-per-mtok', '1')).rejects.toMatchObject({
    code: 'API_MISSING',
    where: '--api-usd-per-mtok',
    fix: 'name it with --api',
  })
  const plan = file('plan.yaml', 'api: groq/llama\n')
  expect(await paramsOf('--api-usd-per-mtok', '1', '--plan', plan)).toMatchObject({ apiUsdPerMtok: 1 })
})

test('a share of all is no share, and a volume has an end', async () => {
  await expect(paramsOf('--output-share', '1')).rejects.toMatchObject({ where: '--output-share' })
  await expect(paramsOf('--volume', '1e30')).rejects.toMatchObject({ where: '--volume' })
})

test('the help of --own names the terms that a file of servers may not state', async () => {
  const help = declareCrossoverFlags(new Command()).helpInformation().replaceAll(/\s+/g, ' ')
  for (const term of ['utilization', 'rentUsdPerGpuHour', 'horizonMonths']) {
    expect(help).toMatch(new RegExp(`terms of own in --inputs but [^-]*${term}`))
    const path = file('own.yaml', `${servers}gpu: h100\n${term}: 1\n`)
    await expect(paramsOf('--own', path)).rejects.toMatchObject({ code: 'PARAMETER_UNKNOWN', where: `${path}:11` })
  }
})
