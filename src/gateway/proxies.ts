// The environment's proxies in; through which of them an origin is reached, or that it is reached directly, out.
import { BlockList, isIP } from 'node:net'
import { Fault } from '../core/fault/fault.ts'
import type { Login } from './socks.ts'

/** A proxy between here and an upstream. */
export interface ForwardProxy {
  readonly speaks: 'http' | 'socks'
  /** Without credentials: it may be shown. */
  readonly origin: string
  /** Who it wants to be told asks, before it lets anybody through; null = nobody. */
  readonly login: Login | null
  /** The variable that names it. */
  readonly variable: string
}

/** Null = directly. */
export type ProxyOf = (origin: string) => ForwardProxy | null

/**
 * As curl reads them: HTTPS_PROXY for https, HTTP_PROXY for http, ALL_PROXY for either that has none, in small letters first,
 * and NO_PROXY for names (with what is below them), addresses, ranges of them, and `*`. What is on this machine is reached
 * directly, as nothing else could.
 * @throws Fault PROXY_UNREADABLE
 */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): ProxyOf {
  const named = (name: string) => [name.toLowerCase(), name].find(variable => environment[variable])
  const [secure, plain] = ['HTTPS_PROXY', 'HTTP_PROXY'].map(name => {
    const variable = named(name) ?? named('ALL_PROXY')
    return variable === undefined ? null : proxyOf(variable, environment[variable]!)
  })
  const isSpared = sparedBy(environment[named('NO_PROXY') ?? ''] ?? '')
  return origin => {
    const { protocol, hostname, port } = new URL(origin)
    const proxy = (protocol === 'https:' ? secure : plain) ?? null
    if (proxy === null) return null
    return isSpared(unbracketed(hostname), port || (protocol === 'https:' ? '443' : '80')) ? null : proxy
  }
}

/** An IPv6 address stands in brackets in a URL, and nowhere else. */
export const unbracketed = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1')

function proxyOf(variable: string, text: string): ForwardProxy {
  const fault = (problem: string) =>
    new Fault('PROXY_UNREADABLE', `${variable} ${problem}`, {
      where: `the environment's ${variable}`,
      fix: `write it as http://host:port or socks5://host:port, or unset ${variable}`,
    })
  const written = text.includes('://') ? text : `http://${text}`
  // Its words are not repeated: there may be a password among them.
  if (!URL.canParse(written)) throw fault('is no address')
  const { protocol, host, hostname, port, username, password } = new URL(written)
  const speaks = languages[protocol]
  if (speaks === undefined) throw fault(`names a proxy that speaks ${protocol.slice(0, -1)}`)
  if (hostname === '') throw fault('is no address')
  const isSilentOfPort = speaks === 'socks' && port === ''
  return {
    speaks,
    origin: `${protocol}//${host}${isSilentOfPort ? ':1080' : ''}`,
    login: username === '' ? null : { user: unescaped(username), password: unescaped(password) },
    variable,
  }
}

/** A name is looked up by the SOCKS proxy in any case, so that `socks5` is `socks5h`, as in Go. Version 4 is another language. */
const languages: Readonly<Record<string, ForwardProxy['speaks']>> = {
  'http:': 'http',
  'https:': 'http',
  'socks5:': 'socks',
  'socks5h:': 'socks',
  // As desktops write it.
  'socks:': 'socks',
}

/** A `%` in a password that stands for itself is common. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function sparedBy(list: string): (host: string, port: string) => boolean {
  const ranges = new BlockList()
  ranges.addSubnet('127.0.0.0', 8, 'ipv4')
  ranges.addAddress('::1', 'ipv6')
  const names: { readonly name: string; readonly port: string | null }[] = [{ name: 'localhost', port: null }]
  for (const entry of list.toLowerCase().split(/[\s,]+/)) {
    const range = /^([\d.]+|[\da-f:]+)\/(\d+)$/.exec(entry)
    const [, base = '', bits] = range ?? []
    if (isIP(base) !== 0 && Number(bits) <= (isIP(base) === 4 ? 32 : 128)) {
      ranges.addSubnet(base, Number(bits), familyOf(base))
    }
    if (isIP(entry) !== 0) ranges.addAddress(entry, familyOf(entry))
    else if (entry !== '') {
      const [, name, port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry)!
      names.push({ name: name!.replace(/^\*?\./, ''), port: port ?? null })
    }
  }
  return (host, port) => {
    if (isIP(host) !== 0 && ranges.check(host, familyOf(host))) return true
    return names.some(
      one =>
        (one.port === null || one.port === port) &&
        (one.name === '*' || host === one.name || host.endsWith(`.${one.name}`)),
    )
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
