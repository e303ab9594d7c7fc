/// <reference lib="dom" />
import { type Command, columns, type News, type Provider } from './messages.ts'
import { paintImages, paintLosses } from './paint.ts'
import { classNames } from './shapes.ts'

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T
const write = (id: string, text: string) => {
  element(id).textContent = text
}
const buttons = Array.from(document.querySelectorAll<HTMLButtonElement>('[data-provider]'))
const names: Record<Provider, string> = {
  webgpu: 'WebGPU',
  wasm: crossOriginIsolated ? `WebAssembly × ${navigator.hardwareConcurrency}` : 'WebAssembly',
}

let provider: Provider
let worker: Worker | undefined
let running = false
let losses: number[] = []
let times: number[] = []

const send = (command: Command) => worker?.postMessage(command)

/** Chooses an engine and restarts. */
function choose(chosen: Provider): void {
  worker?.terminate()
  worker = undefined
  provider = chosen
  losses = []
  times = []
  setRunning(false)
  for (const button of buttons) button.ariaPressed = String(button.dataset.provider === chosen)
  write('engine', names[chosen])
  for (const id of ['time', 'loss']) write(id, '–')
  write('steps', '0')
  paintLosses(element('chart'), losses)
}

function setRunning(value: boolean): void {
  running = value
  write('run', running ? 'Pause' : losses.length > 0 ? 'Continue' : 'Start')
}

function start(): void {
  worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<News>) => hear(data))
  worker.addEventListener('error', ({ message }) => hear({ type: 'error', message }))
  send({ type: 'start', provider })
  write('caption', 'Compiling …')
}

function hear(news: News): void {
  if (news.type === 'error') {
    setRunning(false)
    write('caption', news.message)
  } else if (news.type === 'samples') {
    paintImages(element('samples'), news.pixels, columns)
    write('caption', `What the model draws after ${news.step} ${news.step === 1 ? 'step' : 'steps'}, each row a shape.`)
  } else hearStep(news)
}

function hearStep({ loss, milliseconds }: { loss: number; milliseconds: number }): void {
  losses.push(loss)
  write('steps', `${losses.length}`)
  const recent = losses.slice(-50)
  write('loss', (recent.reduce((a, b) => a + b) / recent.length).toFixed(3))
  // The first step compiles.
  if (losses.length > 1) times = [...times, milliseconds].slice(-20)
  if (times.length > 0) write('time', `${[...times].sort((a, b) => a - b)[times.length >> 1]!.toFixed(0)} ms`)
  paintLosses(element('chart'), losses)
}

element('run').addEventListener('click', () => {
  setRunning(!running)
  if (!worker) start()
  else send({ type: running ? 'resume' : 'pause' })
})
for (const button of buttons) button.addEventListener('click', () => choose(button.dataset.provider as Provider))

element('classes').append(
  ...classNames.map((name) => Object.assign(document.createElement('li'), { textContent: name })),
)
paintImages(element('samples'), new Float32Array(classNames.length * columns * 16 * 16 * 3).fill(-0.85), columns)

// WebGPU in software is slower than WebAssembly.
const gpu = (navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } }).gpu
const adapter = await gpu?.requestAdapter()
const notes = [
  adapter ? '' : 'This browser has no WebGPU.',
  crossOriginIsolated ? '' : 'The page is not isolated from other origins, so WebAssembly has one thread.',
]
write('note', notes.join(' ').trim())
for (const button of buttons) if (button.dataset.provider === 'webgpu') button.disabled = !adapter
choose(adapter && adapter.info.architecture !== 'swiftshader' ? 'webgpu' : 'wasm')

interface Adapter {
  readonly info: { readonly architecture: string }
}
