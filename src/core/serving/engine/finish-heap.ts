// Decoding sequences → the one that finishes first: a binary heap of request numbers over shared flat arrays.

export interface FinishHeap {
  readonly top: () => number
  readonly pop: () => void
  readonly push: (id: number) => void
  readonly remove: (id: number) => void
}

/** Orders by `key[id]`; `place[id]` keeps each request's index in the heap, so that any can be removed in O(log n). */
export function finishHeap(key: Float64Array, place: Int32Array, capacity: number): FinishHeap {
  const heap = new Int32Array(capacity + 1)
  let size = 0

  function up(start: number, id: number): void {
    let i = start
    const k = key[id]!
    while (i > 0) {
      const parent = (i - 1) >> 1
      const other = heap[parent]!
      if (key[other]! <= k) break
      heap[i] = other
      place[other] = i
      i = parent
    }
    heap[i] = id
    place[id] = i
  }

  function down(start: number, id: number): void {
    let i = start
    const k = key[id]!
    for (;;) {
      let child = 2 * i + 1
      if (child >= size) break
      if (child + 1 < size && key[heap[child + 1]!]! < key[heap[child]!]!) child++
      const other = heap[child]!
      if (key[other]! >= k) break
      heap[i] = other
      place[other] = i
      i = child
    }
    heap[i] = id
    place[id] = i
  }

  function remove(id: number): void {
    const i = place[id]!
    size--
    if (i === size) return
    const last = heap[size]!
    if (i > 0 && key[heap[(i - 1) >> 1]!]! > key[last]!) up(i, last)
    else down(i, last)
  }

  return {
    top: () => heap[0]!,
    pop: () => {
      size--
      if (size > 0) down(0, heap[size]!)
    },
    push: id => {
      up(size++, id)
    },
    remove,
  }
}
