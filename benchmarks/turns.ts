import { setTimeout as sleep } from 'node:timers/promises'
import { apart, type CoreDistance } from './core-distance.ts'

/** Something to time: returns the milliseconds of each call in its turn. */
export type Contender = () => Promise<readonly number[]>

/** Whether the cores share a cache. */
export type Cores = 'together' | 'apart'

/** The milliseconds of each call in a turn, and where the cores were; `undefined` if that changed meanwhile. */
export interface Turn {
  readonly ms: readonly number[]
  readonly cores: Cores | undefined
}

/** Threads of one side spin for some milliseconds after its turn. The other side starts when they rest. */
const pauseMs = 100

/** All turns of each contender. Each has one in every round; another one is first each time. */
export async function takeTurns(
  contenders: Record<string, Contender>,
  rounds: number,
  distance: CoreDistance,
): Promise<Record<string, Turn[]>> {
  const names = Object.keys(contenders)
  const where = (): Cores => (apart(distance.measure()) ? 'apart' : 'together')
  const turns: Record<string, Turn[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length]!
      await sleep(pauseMs)
      const before = where()
      const ms = await contenders[name]!()
      turns[name]!.push({ ms, cores: where() === before ? before : undefined })
    }
  return turns
}

/** The milliseconds of all calls of some turns. */
export const timesOf = (turns: readonly Turn[] = []): number[] => turns.flatMap(({ ms }) => ms)

/** The milliseconds of each call, after some that are not counted. */
export async function timed(run: () => Promise<unknown>, warmup: number, calls: number): Promise<number[]> {
  const times: number[] = []
  for (let call = -warmup; call < calls; call++) {
    const start = performance.now()
    await run()
    if (call >= 0) times.push(performance.now() - start)
  }
  return times
}
