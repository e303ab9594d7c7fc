/** The expected hash of a file, in hexadecimal digits, and its source. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'md5'
  readonly digest: string
  readonly source: string
}

const hex = (base64: string | undefined) => (base64 ? Buffer.from(base64, 'base64').toString('hex') : undefined)
const unquoted = (etag: string | null) => etag?.match(/^"([^"]*)"$/)?.[1]

/**
 * The checksum of the whole file in the headers of a server, if there is one. It may be an ETag that is a SHA-256 (the
 * Hugging Face hub sends it in `X-Linked-ETag` of a redirection), `Repr-Digest` (RFC 9530) or `Digest`, the MD5 of the
 * stores of Azure and Google, or `Content-MD5`.
 * @param headers of the redirections and the answer.
 * @param whole whether the answer is the whole file.
 */
export function announcedChecksum(headers: readonly Headers[], whole: boolean): Checksum | undefined {
  const last = headers.at(-1) as Headers
  const linked = headers.map((h) => unquoted(h.get('x-linked-etag'))).find((etag) => etag !== undefined)
  const digests = [last.get('repr-digest'), last.get('digest')].join(',')
  const candidates: [Checksum['algorithm'], string, string | undefined][] = [
    ['sha256', 'X-Linked-ETag', linked],
    ['sha256', 'Repr-Digest', hex(digests.match(/sha-256=:?([A-Za-z0-9+/]{43}=)/i)?.[1])],
    ['sha256', 'ETag', linked === undefined ? unquoted(last.get('etag')) : undefined],
    ['md5', 'x-ms-blob-content-md5', hex(last.get('x-ms-blob-content-md5') ?? undefined)],
    ['md5', 'x-goog-hash', hex(last.get('x-goog-hash')?.match(/md5=([A-Za-z0-9+/]{22}==)/)?.[1])],
    ['md5', 'Content-MD5', whole ? hex(last.get('content-md5') ?? undefined) : undefined],
  ]
  const lengths = { sha256: 64, md5: 32 }
  for (const [algorithm, source, digest] of candidates)
    if (digest?.length === lengths[algorithm] && /^[0-9a-f]+$/.test(digest))
      return { algorithm, digest, source: `the server's ${source}` }
  return undefined
}
