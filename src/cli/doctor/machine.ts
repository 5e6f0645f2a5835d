// Node itself, and the version that runs on it.
import { version } from '../version.ts'
import { type Check, fail, ok } from './check.ts'

const [leastMajor, leastMinor] = [20, 19]

export const machine: Check = {
  name: 'version',
  look() {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const text = `crossline ${version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`
    if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return [ok(text)]
    return [fail(text, `install Node ${leastMajor}.${leastMinor} or newer`)]
  },
}
