// What a resumed run has left: what was paid counts, and what may have been paid is held.
import { expect, test } from 'vitest'
import { parseUsd } from '../../core/meter/money.ts'
import type { Entry } from '../../tasks/run/journal.ts'
import { openPurse } from '../../tasks/run/purse.ts'
import { payForWhatWasTold } from './budget-room.ts'

test('law 4: a call of unknown cost is held at its most in a resumed run too, never free', () => {
  const told = (id: string, usd: string | null) => ({ kind: 'told', step: id, id, usd }) as Entry
  const asking = (id: string, mostUsd: string | null): Entry => ({ kind: 'asking', step: id, id, mostUsd })
  const purse = openPurse(parseUsd('1'))
  payForWhatWasTold(
    [
      ...[asking('paid', '0.5'), told('paid', '0.25')],
      ...[asking('cut', '0.125'), told('cut', null)],
      ...[asking('unpriced', null), told('unpriced', null)],
    ],
    purse,
  )
  expect(purse.state()).toMatchObject({ spent: parseUsd('0.25'), held: parseUsd('0.125'), unpriced: 2 })
})
