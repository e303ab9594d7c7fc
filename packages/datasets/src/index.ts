export { type DicebearOptions, type DicebearStyle, loadDicebear } from './dicebear.ts'
export { loadMnist, type MnistOptions } from './mnist.ts'
