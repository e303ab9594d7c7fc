import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { unet } from '@cascade-diffusion/unet'
import { InferenceSession } from 'onnxruntime-node'
import { batchFor } from './inputs.ts'
import { models, worksNamed } from './models.ts'
import { runner } from './network.ts'

/** Lines of operators with their shapes. */
const lines = 50

/** One operator in one run of the model. */
interface Call {
  op: string
  shapes: string
  ms: number
  gflop: number
}

/**
 * Prints the times of our side of a workload that ONNX Runtime measures: by operator, and by operator with its shapes,
 * the most expensive first; matrix products with their GFLOP/s.
 */
export async function profileWork(name: string, runs: number): Promise<void> {
  const [work] = worksNamed([name])
  const { model, batch } = work!
  const shared = { weights: unet(models[model]).init(rng(0)), batch: batchFor(model, batch) }
  const calls = await profiled(() => runner(work!, shared), runs)
  const total = calls.reduce((sum, { ms }) => sum + ms, 0) / runs
  const print = (group: (call: Call) => string, most: number) => {
    console.log('\n      ms      %  times  GFLOP/s')
    for (const { name, ms, count, gflop } of grouped(calls, group, runs).slice(0, most)) {
      const share = ((100 * ms) / total).toFixed(1)
      const rate = gflop > 0 ? ((1000 * gflop) / ms).toFixed(0) : ''
      console.log(
        `${ms.toFixed(2).padStart(8)}${share.padStart(7)}${String(count).padStart(7)}${rate.padStart(9)}  ${name}`,
      )
    }
  }
  console.log(`${name}: ${total.toFixed(1)} ms in operators, mean of ${runs} runs`)
  print(({ op }) => op, Number.POSITIVE_INFINITY)
  print(({ op, shapes }) => `${op}  ${shapes}`, lines)
}

function grouped(calls: readonly Call[], group: (call: Call) => string, runs: number) {
  const groups = new Map<string, { name: string; ms: number; count: number; gflop: number }>()
  for (const call of calls) {
    const name = group(call)
    const sum = groups.get(name) ?? { name, ms: 0, count: 0, gflop: 0 }
    groups.set(name, {
      name,
      ms: sum.ms + call.ms / runs,
      count: sum.count + 1 / runs,
      gflop: sum.gflop + call.gflop / runs,
    })
  }
  return [...groups.values()].sort((a, b) => b.ms - a.ms).map((sum) => ({ ...sum, count: Math.round(sum.count) }))
}

/**
 * All operators of `runs` runs, after two that are not counted: the second may still write to new memory. Sessions are
 * those of the engine, with a profile.
 */
async function profiled(make: () => ReturnType<typeof runner>, runs: number): Promise<Call[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-profile-'))
  const sessions: InferenceSession[] = []
  const create = InferenceSession.create.bind(InferenceSession)
  InferenceSession.create = (async (model: Uint8Array, options?: InferenceSession.SessionOptions) => {
    const profiling = { enableProfiling: true, profileFilePrefix: join(folder, `session-${sessions.length}`) }
    const session = await create(model, { ...options, ...profiling })
    sessions.push(session)
    return session
  }) as typeof create
  try {
    const ours = make()
    for (let run = 0; run < runs + 2; run++) await ours.run()
    for (const session of sessions) session.endProfiling()
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
    await ours.dispose()
    return files.flatMap((events) => callsOf(JSON.parse(events), runs))
  } finally {
    InferenceSession.create = create
    await rm(folder, { recursive: true })
  }
}

/** An event of ONNX Runtime: its start, its duration (both in µs), and its operator. */
interface Event {
  cat: string
  name: string
  ts: number
  dur: number
  args: { op_name?: string; input_type_shape?: Typed[]; output_type_shape?: Typed[] }
}

type Typed = Record<string, number[]>

function callsOf(events: readonly Event[], runs: number): Call[] {
  const starts = events.filter(({ name }) => name === 'model_run').map(({ ts }) => ts)
  const from = starts.sort((a, b) => a - b).at(-runs)!
  return events
    .filter(({ cat, name, ts }) => cat === 'Node' && name.endsWith('_kernel_time') && ts >= from)
    .map(({ dur, args }) => {
      const [inputs, outputs] = [args.input_type_shape ?? [], args.output_type_shape ?? []]
      const op = args.op_name ?? '?'
      return {
        op,
        shapes: `${written(inputs)} → ${written(outputs)}`,
        ms: dur / 1000,
        gflop: gflop(op, inputs, outputs),
      }
    })
}

const shapeOf = (typed: Typed | undefined): number[] => Object.values(typed ?? {})[0] ?? []
const written = (types: readonly Typed[]) => types.map((type) => `[${shapeOf(type)}]`).join(' ')
const product = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1)

/**
 * Of matrix products and convolutions. The length of the sum follows from the sizes, whichever operand is transposed.
 */
function gflop(op: string, inputs: readonly Typed[], outputs: readonly Typed[]): number {
  const [a, b, y] = [shapeOf(inputs[0]), shapeOf(inputs[1]), shapeOf(outputs[0])]
  if (op === 'Conv') return (2 * product(y) * product(b.slice(1))) / 1e9
  if (!op.endsWith('MatMul') && op !== 'Gemm') return 0
  const batch = Math.min(product(a.slice(0, -2)), product(b.slice(0, -2)))
  const summed = Math.sqrt((product(a) * product(b)) / (product(y) * batch))
  return (2 * product(y) * summed) / 1e9
}
