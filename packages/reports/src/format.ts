/** A number for readers: `12,000`, `0.05`, `2.5e-7`; at most six significant digits. */
export function formatNumber(value: number): string {
  const rounded = Number(value.toPrecision(6))
  const size = Math.abs(rounded)
  if (!Number.isFinite(rounded)) return String(rounded)
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return rounded.toExponential().replace('e+', 'e')
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 10 })
}

/** Numbers of a column, in the form of {@link formatNumber}, all with the same number of decimals. */
export function formatNumbers(values: readonly number[]): string[] {
  const texts = values.map(formatNumber)
  if (texts.some((text) => text.includes('e'))) return texts
  const digits = Math.max(0, ...texts.map((text) => text.split('.')[1]?.length ?? 0))
  return values.map((value) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  )
}

/** A time in seconds for readers: `8 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  // Slightly less, to absorb the rounding errors of an estimate.
  const s = Math.ceil(seconds - 1e-6)
  const two = (n: number) => String(n).padStart(2, '0')
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`
  const minutes = Math.ceil(s / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}
