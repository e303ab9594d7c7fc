/** A key as errors show it: text, shortened, or bytes in hexadecimal digits. */
export function shownKey(key: Uint8Array): string {
  const text = new TextDecoder().decode(key)
  const shown = /^[\x20-\x7e]+$/.test(text) ? text : `0x${Buffer.from(key).toString('hex')}`
  return `'${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}'`
}
