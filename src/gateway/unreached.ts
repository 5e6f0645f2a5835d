// What Node says when a host cannot be reached in; words that tell a person why, and what to do where that is known, out.

/** OpenSSL's own words for them name its files and lines. */
const speaksNoTls = 'it does not speak TLS there: is its address http:// and not https://?'
const unknownAuthority = 'NODE_EXTRA_CA_CERTS names authorities to trust'
const hints: Readonly<Record<string, (message: string) => string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: () => speaksNoTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: () => speaksNoTls,
  DEPTH_ZERO_SELF_SIGNED_CERT: message => `${message} (${unknownAuthority})`,
  SELF_SIGNED_CERT_IN_CHAIN: message => `${message} (${unknownAuthority})`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: message => `${message} (${unknownAuthority})`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: message => `${message} (${unknownAuthority})`,
}

/** The same error in words. One of a host with several addresses has none of its own: each address has its. */
export function unreached(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException
  const each = error instanceof AggregateError ? (error.errors as readonly Error[]).map(one => one.message) : []
  const message = each.length > 0 ? [...new Set(each)].join('; ') : error.message
  return Object.assign(new Error((code && hints[code]?.(message)) || message || code || error.name), { code })
}
