export { type BrowserBundle, bundleForBrowser } from './bundle.ts'
export { chromiumPath, launchChromium } from './chromium.ts'
export { serveFolder } from './serve-folder.ts'
