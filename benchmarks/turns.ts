import { setTimeout as sleep } from 'node:timers/promises'

/** Something to time: gives the milliseconds of each call in its turn. */
export type Contender = () => Promise<readonly number[]>

/** Threads of one side spin for some milliseconds after its turn: the other side's turn starts when they rest. */
const pauseMs = 100

/** All times of each contender; each has its turn once in every round, another one first each time. */
export async function takeTurns(
  contenders: Record<string, Contender>,
  rounds: number,
): Promise<Record<string, number[]>> {
  const names = Object.keys(contenders)
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length]!
      await sleep(pauseMs)
      times[name]!.push(...(await contenders[name]!()))
    }
  return times
}

/** The milliseconds of each call, after some that do not count. */
export async function timed(run: () => Promise<unknown>, warmup: number, calls: number): Promise<number[]> {
  const times: number[] = []
  for (let call = -warmup; call < calls; call++) {
    const start = performance.now()
    await run()
    if (call >= 0) times.push(performance.now() - start)
  }
  return times
}
