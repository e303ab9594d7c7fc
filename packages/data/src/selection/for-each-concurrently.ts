/** Calls `act` for 0 … count - 1 in order, at most `limit` at once. @throws the first error, once all that run have ended. */
export async function forEachConcurrently(
  count: number,
  limit: number,
  act: (i: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const i = next++
      await act(i).catch((error) => {
        next = count
        throw error
      })
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(limit, count) }, work))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
