// Data sets that need no files.

export { loadDicebear, loadMnist } from '@cascade-diffusion/datasets'
