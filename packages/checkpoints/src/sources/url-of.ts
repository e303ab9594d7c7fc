/** The URL that a place is; undefined for a path in Node.js. In a browser a path is relative to the page, or to the worker. */
export function urlOf(place: string | URL): URL | undefined {
  if (place instanceof URL) return place
  if (/^(https?|file):/i.test(place)) return new URL(place)
  const { process: node, location } = globalThis as Surroundings
  return location && !node?.getBuiltinModule ? new URL(place, location.href) : undefined
}

/** What Node.js or a browser has. */
interface Surroundings {
  readonly process?: { readonly getBuiltinModule?: unknown }
  readonly location?: { readonly href: string }
}

/** A place in words: a URL without its query, which may hold a key. */
export function shownPlace(place: string | URL): string {
  const url = urlOf(place)
  return url && url.protocol !== 'file:' ? `${url.origin}${url.pathname}` : String(place)
}
