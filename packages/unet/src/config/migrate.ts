/**
 * The present form of a configuration of a U-Net or an encoder as checkpoints before version 0.1 have it, whose `noiseEmbedding` was
 * identified by `kind`. All else is left as it is. Unchecked.
 */
export function migrateNetwork<T>(config: T): T {
  const { noiseEmbedding } = (config ?? {}) as { readonly noiseEmbedding?: { readonly kind?: string } }
  if (noiseEmbedding?.kind === undefined) return config
  const { kind: name, ...rest } = noiseEmbedding
  return { ...config, noiseEmbedding: { name, ...rest } }
}
