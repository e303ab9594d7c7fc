import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']
const folders = [...(process.env.PATH ?? '').split(delimiter), '/snap/bin', '/opt/google/chrome']
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The path of Chromium, Chrome or Edge: `CHROME_PATH`, or a usual place. */
export const chromiumPath: string | undefined = [
  process.env.CHROME_PATH ?? '',
  ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
  ...elsewhere,
].find((path) => path !== '' && existsSync(path))

if (!chromiumPath)
  console.warn('No Chromium found, its tests are skipped: install it, or set CHROME_PATH to where it is.')

/** Chromium without a window, and with WebGPU in software (SwiftShader), so that it needs no GPU. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
    ],
  })
