/// <reference lib="dom" />
import { loadCascade } from 'cascade-diffusion'

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T
const [canvas, classes] = [element<HTMLCanvasElement>('image'), element<HTMLSelectElement>('classes')]
const [button, said] = [element<HTMLButtonElement>('sample'), element('said')]

// By default the fastest engine that works here.
const engine = new URLSearchParams(location.search).has('wasm') ? 'wasm' : 'auto'
const cascade = await loadCascade('cascade', { engine })
for (const name of cascade.classNames ?? []) classes.append(new Option(name))

let seed = 0
async function sample() {
  button.disabled = true
  const start = performance.now()
  const images = await cascade.sample({
    label: classes.value || undefined,
    seed: seed++,
    stepProgress: ({ stage, step, steps }) => {
      said.textContent = `${stage}: step ${step} of ${steps}`
    },
  })
  const image = images.imageData(0)
  Object.assign(canvas, { width: image.width, height: image.height })
  canvas.getContext('2d')?.putImageData(image, 0, 0)
  said.textContent = `Made in ${((performance.now() - start) / 1000).toFixed(1)} s.`
}

button.onclick = () => {
  sample()
    .catch((error: Error) => {
      said.textContent = error.message
    })
    .finally(() => {
      button.disabled = false
    })
}
said.textContent = `${cascade.stages.map(({ size }) => size.join('×')).join(' → ')} pixels.`
button.disabled = false
