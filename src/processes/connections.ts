// Accepted sockets in; each handed to one of the gateways that are there, in turn, or kept until one is.
import type { Socket } from 'node:net'

/** A process that takes connections, one at a time. */
export interface Taker {
  /** False when it is gone. */
  take(socket: Socket): boolean
}

interface Place {
  readonly taker: Taker
  /** On its way: handed over, not yet taken. */
  under: Socket | null
  hasRoom: boolean
}

/** What becomes of a process that takes connections. */
export interface Opening {
  /** Without room for another it is handed none. */
  took(hasRoom: boolean): void
  room(): void
  /** It is gone, or takes no more. */
  closed(): void
}

export interface Connections {
  add(socket: Socket): void
  /** A process takes connections from now on. */
  open(taker: Taker): Opening
  /** Who still waits is let go. */
  close(): void
}

/** More than wait here while no gateway is up are turned away. */
const mostWaiting = 10_000

export function handConnections(): Connections {
  const places: Place[] = []
  const waiting: Socket[] = []
  let turn = 0
  let isClosed = false
  const nextFree = (): Place | null => {
    for (let i = 0; i < places.length; i++) {
      const place = places[(turn + i) % places.length]!
      if (place.under !== null || !place.hasRoom) continue
      turn += i + 1
      return place
    }
    return null
  }
  const remove = (place: Place): void => {
    if (places.includes(place)) places.splice(places.indexOf(place), 1)
  }
  const hand = (): void => {
    while (waiting.length > 0) {
      const place = nextFree()
      if (place === null) return
      const socket = waiting.shift()!
      if (place.taker.take(socket)) place.under = socket
      else {
        remove(place)
        waiting.unshift(socket)
      }
    }
  }
  return {
    add(socket) {
      socket.on('error', () => {})
      if (waiting.length >= mostWaiting) socket.destroy()
      else waiting.push(socket)
      hand()
    },
    open(taker) {
      const place: Place = { taker, under: null, hasRoom: true }
      places.push(place)
      hand()
      return {
        took(hasRoom) {
          place.hasRoom = hasRoom
          // Closes it here alone: the other process has it too.
          place.under?.destroy()
          place.under = null
          hand()
        },
        room() {
          place.hasRoom = true
          hand()
        },
        closed() {
          remove(place)
          // It was not taken, so nothing of it was read: another may have it.
          if (place.under !== null && isClosed) place.under.destroy()
          else if (place.under !== null) waiting.unshift(place.under)
          place.under = null
          hand()
        },
      }
    },
    close() {
      isClosed = true
      for (const socket of waiting.splice(0)) socket.destroy()
    },
  }
}
