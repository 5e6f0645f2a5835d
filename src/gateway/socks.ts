// A SOCKS proxy and a host beyond it in; a connection that it leads there, out (RFC 1928, its passwords RFC 1929).
import { once } from 'node:events'
import { connect, isIP, isIPv4, type Socket } from 'node:net'
import { unreached } from './unreached.ts'

export interface Login {
  readonly user: string
  readonly password: string
}

interface Place {
  readonly host: string
  readonly port: number
}

const version = 5
const nothingAsked = 0
const passwordAsked = 2

/** What it may answer with, where it does not lead there. */
const refusals: Readonly<Record<number, string>> = {
  1: 'it fails',
  2: 'its rules do not allow it',
  3: 'the network is unreachable',
  4: 'the host is unreachable',
  5: 'the connection is refused',
  6: 'too many hops',
  7: 'it leads nobody anywhere',
  8: 'it does not know such addresses',
}

/**
 * Rejects in words that go on a sentence about the proxy. Names are sent as they are, so that they are looked up beyond it:
 * what is behind a SOCKS proxy often has its names there.
 */
export async function connectBySocks(proxy: Place, to: Place, login: Login | null, withinMs: number): Promise<Socket> {
  const socket = connect(proxy)
  // Whoever waits for it hears of its errors.
  const ignore = () => {}
  const late = setTimeout(() => socket.destroy(new Error(`says nothing within ${withinMs / 1000} s`)), withinMs)
  socket.on('error', ignore)
  try {
    await once(socket, 'connect').catch(thrown => {
      throw new Error(`cannot be used: ${unreached(thrown as Error).message}`)
    })
    await greet(socket, login)
    socket.write(Buffer.concat([Buffer.from([version, 1, 0]), addressOf(to.host), portOf(to.port)]))
    const [, code, , type] = (await take(socket, 4)) as unknown as [number, number, number, number]
    if (code !== 0) throw new Error(`does not connect to ${to.host}:${to.port}: ${refusals[code] ?? `code ${code}`}`)
    // Its own address on the other side, which nobody needs: a name says how long it is.
    await take(socket, (type === 1 ? 4 : type === 4 ? 16 : (await take(socket, 1))[0]!) + 2)
    return socket
  } catch (thrown) {
    socket.destroy()
    throw thrown
  } finally {
    clearTimeout(late)
    if (!socket.destroyed) socket.off('error', ignore)
  }
}

async function greet(socket: Socket, login: Login | null): Promise<void> {
  const methods = login === null ? [nothingAsked] : [nothingAsked, passwordAsked]
  socket.write(Buffer.from([version, methods.length, ...methods]))
  const [speaks, method] = await take(socket, 2)
  if (speaks !== version) throw new Error('does not speak SOCKS 5')
  if (method === nothingAsked) return
  if (method !== passwordAsked || login === null) throw new Error('wants another proof of who asks')
  socket.write(Buffer.concat([Buffer.from([1]), counted(login.user), counted(login.password)]))
  const [, refused] = await take(socket, 2)
  if (refused !== 0) throw new Error('refuses its user or password')
}

/** So many bytes, once they are here; what came behind them is put back. */
async function take(socket: Socket, bytes: number): Promise<Buffer> {
  let taken: Buffer = Buffer.alloc(0)
  while (taken.length < bytes) {
    // All that is there: who waits while something is left is told at once that there is something, without end.
    const piece = socket.read() as Buffer | null
    if (piece === null) await more(socket)
    else taken = Buffer.concat([taken, piece])
  }
  if (taken.length > bytes) socket.unshift(taken.subarray(bytes))
  return taken.subarray(0, bytes)
}

function more(socket: Socket): Promise<void> {
  return new Promise((go, fail) => {
    const close = () => {
      socket.off('readable', read)
      fail(socket.errored ?? new Error('hangs up'))
    }
    const read = () => {
      socket.off('close', close)
      go()
    }
    if (socket.destroyed) return close()
    socket.once('readable', read)
    socket.once('close', close)
  })
}

function addressOf(host: string): Buffer {
  if (isIP(host) === 0) return Buffer.concat([Buffer.from([3]), counted(host)])
  if (isIPv4(host)) return Buffer.from([1, ...host.split('.').map(Number)])
  return Buffer.from([4, ...sixteenOf(host)])
}

/** The bytes of an IPv6 address, as a URL has written it: `::` once, and no IPv4 at its end. */
function sixteenOf(address: string): number[] {
  const [before = [], after = []] = address.split('::').map(half => half.split(':').filter(group => group !== ''))
  const groups = [...before, ...Array(8 - before.length - after.length).fill('0'), ...after]
  return groups.flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
}

function portOf(port: number): Buffer {
  return Buffer.from([port >> 8, port & 255])
}

/** With its length before it: no more than 255 bytes can be said. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
