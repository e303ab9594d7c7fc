/**
 * What `act` gives for 0 … count - 1, in this order, while at most `ahead` run at once.
 * @throws the first error in this order; what runs then ends by itself.
 */
export async function* inOrder<T>(
  count: number,
  ahead: number,
  act: (i: number) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  const running: Promise<T>[] = []
  for (let next = 0; next < count || running.length > 0; ) {
    while (running.length < ahead && next < count) {
      const started = act(next++)
      started.catch(() => {}) // It is reported when its turn comes.
      running.push(started)
    }
    yield await running.shift()!
  }
}
