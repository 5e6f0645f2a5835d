// What is kept of what calls say: whether it is asked for, whether its key can be used, how much there is and whether expired days are gone.
import { Fault } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { captureSizes, expiredDays } from '../../server/capture/capture-files.ts'
import { captureKeys, keyFileOf, keyVariable } from '../../server/capture/capture-key.ts'
import { captureDefaults } from '../../server/capture/capture-settings.ts'
import { bytesText, type Check, type Finding, fail, ok, warn } from './check.ts'

export const captures: Check = {
  name: 'captures',
  look(frame) {
    const { data } = frame.globals()
    const settings = frame.settings().gateway?.capture
    const days = captureSizes(data)
    if (settings === undefined && days.length === 0) return [ok('off: nothing of what calls say is kept')]
    const found: Finding[] = []
    const keepDays = settings?.keepDays ?? captureDefaults.keepDays
    try {
      const [key] = captureKeys(data, settings?.keyFile)
      if (key !== undefined)
        found.push(
          ok(
            `key ${key.id}, ${process.env[keyVariable] ? 'of the environment' : `in ${keyFileOf(data, settings?.keyFile)}`}`,
          ),
        )
      else if (days.length > 0) found.push(fail('no key for the captures that are there', `set ${keyVariable}`))
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      found.push(fail(`${thrown.message} (${thrown.where})`, thrown.fix ?? 'set it'))
    }
    const bytes = days.reduce((sum, one) => sum + one.bytes, 0)
    if (settings === undefined) {
      found.push(ok(`off, with ${bytesText(bytes)} kept from before, until it expires`))
    } else found.push(ok(`${many(days.length, 'day')}, ${bytesText(bytes)}, each gone ${keepDays} days after its end`))
    const late = expiredDays(data, settings?.keepDays ?? null, Date.now())
    if (late.length > 0) {
      found.push(warn(`expired and still there: ${late.join(', ')}`, 'crossline serve removes them within the hour'))
    }
    return found
  },
}
