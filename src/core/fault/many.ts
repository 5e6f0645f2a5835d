// A count and what is counted in; both in words out.

/** `1 row`, `2,000 rows`; `plural` where that is not the noun with an s. */
export const many = (n: number, noun: string, plural = `${noun}s`): string =>
  `${n.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',')} ${n === 1 ? noun : plural}`
