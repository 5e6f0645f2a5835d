// `keys`: access to the gateway given and taken back, in a file of the data folder; never opens the ledger.
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { attributionKinds } from '../../core/meter/call.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { listFlag, pairsFlag } from '../flags.ts'

interface CreateFlags {
  readonly name: string
  readonly workload?: string
  readonly feature?: string
  readonly task?: string
  readonly team?: string
  readonly user?: string
  readonly environment?: string
  readonly tag?: Readonly<Record<string, string>>
  readonly upstreams?: readonly string[]
  readonly expires?: string
}

export const keys: CommandModule = {
  name: 'keys',
  register(program, frame) {
    const command = program
      .command('keys')
      .summary('keys of the gateway: make, list, revoke')
      .description(
        "Keys that clients send to the gateway in the place of a provider's API key. The provider's own stays with the server.",
      )
    command
      .command('create')
      .summary('a new key; its secret is shown once')
      .requiredOption('--name <name>', 'what to call it')
      .option('--workload <workload>', 'what its calls belong to, whatever they say themselves; the same of')
      .option('--feature <feature>', '  the feature')
      .option('--task <task>', '  the task')
      .option('--team <team>', '  the team')
      .option('--user <user>', '  the user')
      .option('--environment <environment>', '  the environment')
      .option('--tag <name=value>', 'and tags', pairsFlag('--tag'))
      .option('--upstreams <a,b>', 'where it may be used (default: everywhere)', listFlag('--upstreams'))
      .option('--expires <time>', 'after 90d (12h, 2w), or on a date (default: never)')
      .addHelpText(
        'after',
        `
Examples:
  crossline keys create --name support-bot --workload support --expires 90d
  crossline keys create --name batch --upstreams openai --tag deferrable=true`,
      )
      .action((flags: CreateFlags) => create(frame, flags))
    command
      .command('list')
      .summary('all keys, without their secrets')
      .action(() => list(frame))
    command
      .command('revoke')
      .summary('a key no longer holds, within a second')
      .argument('<name>', 'its name or its id')
      .action((name: string) => revoke(frame, name))
  },
}

async function create(frame: CommandFrame, flags: CreateFlags): Promise<void> {
  const [{ makeKey, expiryOf }, { upstreamsOf }] = await Promise.all([
    import('../../server/making-keys.ts'),
    import('../../gateway/upstreams.ts'),
  ])
  const { zone = 'UTC', gateway } = frame.settings()
  const { name, tag = {}, upstreams = null, expires } = flags
  checkUpstreams(upstreams ?? [], [...upstreamsOf(gateway?.upstreams).keys()])
  if ('key' in tag)
    throw new Fault('BAD_TAG', 'the tag "key" names the key itself', { where: '--tag', fix: 'name it otherwise' })
  const nowMs = Date.now()
  const stated = attributionKinds.flatMap(kind => (flags[kind] === undefined ? [] : [[kind, flags[kind]]]))
  const asked = {
    name,
    attribution: Object.fromEntries(stated),
    tags: tag,
    upstreams,
    expiresAt: expires === undefined ? null : expiryOf(expires, zone, nowMs),
  }
  const { key, secret } = await makeKey(frame.globals().data, asked, nowMs)
  const { hash: _, ...shown } = key
  const { scopeText } = await import('../keys-text.ts')
  frame.output.result({ ...shown, secret }, () => secret)
  frame.output.note(`${key.id}: ${scopeText(key)}. The secret is shown this once; clients send it as their API key.`)
}

function checkUpstreams(asked: readonly string[], known: readonly string[]): void {
  for (const name of asked) {
    if (known.includes(name)) continue
    const near = nearestName(name, known)
    throw new Fault('UPSTREAM_UNKNOWN', `no upstream is called "${name}"`, {
      where: '--upstreams',
      fix: near === null ? `there are ${known.join(', ')}` : `did you mean ${near}?`,
    })
  }
}

async function list(frame: CommandFrame): Promise<void> {
  const [{ readKeys }, { standingOf }, { keysText }] = await Promise.all([
    import('../../server/key-file.ts'),
    import('../../server/making-keys.ts'),
    import('../keys-text.ts'),
  ])
  const rows = readKeys(frame.globals().data).map(({ hash: _, ...key }) => ({
    ...key,
    state: standingOf(key, Date.now()),
  }))
  frame.output.result({ keys: rows }, () => keysText(rows))
}

async function revoke(frame: CommandFrame, name: string): Promise<void> {
  const { revokeKeys } = await import('../../server/making-keys.ts')
  const revoked = (await revokeKeys(frame.globals().data, name, Date.now())).map(({ id }) => id)
  frame.output.result({ revoked }, () =>
    revoked.length === 0
      ? `${name} was revoked before.`
      : `Revoked: ${revoked.join(', ')}. Gateways notice within a second.`,
  )
}
